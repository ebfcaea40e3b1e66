"""`cloudarium env` and `profile`: how other programs find the cloud."""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import Failed, print_json, say

Region = Annotated[str, typer.Option(help="The region that clients shall use.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command()(env)
    app.command()(profile)


def env(data: Data = None, region: Region = "us-east-1", as_json: Json = False) -> None:
    """Print the exports that point AWS clients at the cloud: eval "$(cloudarium env)".

    The keys test/test are the root of account 000000000000; make users and roles with IAM for anyone less.
    """
    cloud = running.find(data)
    exports = {
        "AWS_ENDPOINT_URL": cloud.https or cloud.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # else live tail asks for a host stream-127.0.0.1
    }
    if cloud.ca is not None:  # Node alone does not look at the first
        exports |= {"AWS_CA_BUNDLE": cloud.ca, "NODE_EXTRA_CA_CERTS": cloud.ca}
    for port, number in cloud.ports.items():
        exports[f"CLOUDARIUM_{port.upper().replace('-', '_')}_PORT"] = str(number)
    if "xray-daemon" in cloud.ports:
        address = f"127.0.0.1:{cloud.ports['xray-daemon']}"
        exports["AWS_XRAY_DAEMON_ADDRESS"] = address
        exports["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"http://{address}/v1/traces"
        exports["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"  # Python's distribution would use gRPC
    if as_json:
        print_json(exports)
        return
    for name, value in exports.items():
        print(f"export {name}={shlex.quote(value)}")


def profile(
    name: Annotated[str, typer.Argument(help="The profile's name.")] = "cloudarium",
    data: Data = None,
    region: Region = "us-east-1",
    as_json: Json = False,
) -> None:
    """Write an AWS CLI profile with the cloud's endpoint: then aws --profile cloudarium s3 ls."""
    cloud = running.find(data)
    config = Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")
    credentials = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    section = name if name == "default" else f"profile {name}"
    endpoint = cloud.https or cloud.endpoint
    settings = {"region": region, "endpoint_url": endpoint, "ca_bundle": cloud.ca, "output": "json"}
    _set(config, section, {**settings, "disable_host_prefix_injection": "true"})
    _set(credentials, name, {"aws_access_key_id": "test", "aws_secret_access_key": "test"})
    if as_json:
        print_json({"profile": name, "config": str(config), "credentials": str(credentials)})
    else:
        say(f"Profile [bold]{name}[/bold] is in {config}. Try: aws --profile {name} sts get-caller-identity")


def _set(path: Path, section: str, values: Mapping[str, str | None]) -> None:
    """Set values of one section of an ini file (None: take it away); every other line stays as it is. Raises Failed."""
    path = path.resolve()  # a link to where someone keeps their settings stays one
    try:
        text = path.read_text() if path.exists() else ""
        configparser.RawConfigParser(strict=False).read_string(text)
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Failed(f"{path} is left as it is, for it cannot be read: {error}") from error
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.cloudarium-new")
    temporary.touch(mode=0o600)
    temporary.write_text("\n".join(_changed(text.splitlines(), section, values)) + "\n")
    temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
    temporary.replace(path)


def _changed(lines: list[str], section: str, values: Mapping[str, str | None]) -> list[str]:
    settings = [f"{name} = {value}" for name, value in values.items() if value is not None]
    start = next((at for at, line in enumerate(lines) if line.strip() == f"[{section}]"), None)
    if start is None:
        space = [""] if lines and lines[-1].strip() else []
        return [*lines, *space, f"[{section}]", *settings]
    end = next((at for at in range(start + 1, len(lines)) if lines[at].startswith("[")), len(lines))
    kept = [line for line in lines[start + 1 : end] if line.partition("=")[0].strip() not in values]
    return [*lines[: start + 1], *settings, *kept, *lines[end:]]
