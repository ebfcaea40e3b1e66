"""The AWS SDK for JavaScript, version 3: fetched once by npm for the first function that names it, then shared."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

# On AWS every client is there. These are the clients of the services that Cloudarium covers or is to cover.
CLIENTS = [
    "api-gateway",
    "apigatewayv2",
    "apigatewaymanagementapi",
    "application-auto-scaling",
    "cloudformation",
    "cloudwatch",
    "cloudwatch-logs",
    "cognito-identity",
    "cognito-identity-provider",
    "dynamodb",
    "dynamodb-streams",
    "ec2",
    "ecr",
    "elasticache",
    "eventbridge",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "rds",
    "s3",
    "scheduler",
    "secrets-manager",
    "ses",
    "sesv2",
    "sfn",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "xray",
]
LIBRARIES = ("@aws-sdk/lib-dynamodb", "@aws-sdk/lib-storage", "@aws-sdk/s3-request-presigner", "@aws-sdk/util-dynamodb")
PACKAGES = tuple(f"@aws-sdk/client-{name}@3" for name in CLIENTS) + tuple(f"{name}@3" for name in LIBRARIES)
FETCH_SECONDS = 300
_fetch: asyncio.Task[str] | None = None


def user_cache() -> Path:
    """What can be fetched or built again is kept here, for all of this user's clouds."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "cloudarium"


def cache_folder() -> Path:
    """The user's cache folder for the SDK; the release of the list is part of its name."""
    return user_cache() / "aws-sdk-js-v3"


def at_hand(link: Path) -> bool:
    """Is the SDK fetched? Then `link` is made to show it."""
    if not (cache_folder() / "complete").exists():
        return False
    _show(link)
    return True


def _show(link: Path) -> None:
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(cache_folder())


async def ready(link: Path) -> str:
    """Make `link` show the SDK, fetching it when missing; the text says why it is not there, else it is empty."""
    global _fetch
    folder = cache_folder()
    note = ""
    if not (folder / "complete").exists():
        if _fetch is None or _fetch.done():
            _fetch = asyncio.ensure_future(_install(folder))
        note = await asyncio.shield(_fetch)
    if not note:
        _show(link)
    return note


async def _install(folder: Path) -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "The AWS SDK for JavaScript is not at hand: `npm` was not found on this machine's PATH to fetch it."
    place = folder.with_name(f"{folder.name}.{os.getpid()}")
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text(json.dumps({"name": "runtime-sdk", "private": True}))
        process = await asyncio.create_subprocess_exec(
            *(
                npm,
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--omit=dev",
                "--loglevel=error",
                *PACKAGES,
            ),
            cwd=place,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, errors = await asyncio.wait_for(process.communicate(), FETCH_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            return "The AWS SDK for JavaScript is not at hand: fetching it took too long."
        if process.returncode != 0:
            reason = errors.decode(errors="replace").strip().splitlines()[:1]
            return f"The AWS SDK for JavaScript is not at hand: npm could not fetch it ({' '.join(reason)})."
        (place / "complete").touch()
        place.rename(folder)
        return ""
    except OSError as error:
        return "" if (folder / "complete").exists() else f"The AWS SDK for JavaScript is not at hand: {error}"
    finally:
        shutil.rmtree(place, ignore_errors=True)
