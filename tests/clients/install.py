"""Set up the clients of the journeys, each in a place of its own: `python -m tests.clients`.

Python's go to `.venv-clients/NAME`, JavaScript's to `.venv-clients/javascript`. What is already there as asked for is
left alone, so this is quick the second time. The standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / ".venv-clients"

# The SDK of the journeys' own programs (boto3) comes with the tests; these are the tools that a shell would run.
PYTHON = {
    "aws": ["awscli>=1.40,<2"],
    "celery": ["celery[sqs]>=5.5,<6"],
    "sam": ["aws-sam-cli>=1.130,<2", "cfn-lint>=1.20,<2"],
}
JAVASCRIPT = [
    "@aws-sdk/client-dynamodb@3",
    "@aws-sdk/client-eventbridge@3",
    "@aws-sdk/client-lambda@3",
    "@aws-sdk/client-s3@3",
    "@aws-sdk/client-sns@3",
    "@aws-sdk/client-sqs@3",
    "@aws-sdk/client-sts@3",
    "@aws-sdk/lib-dynamodb@3",
    "@aws-sdk/s3-request-presigner@3",
    "amazon-cognito-identity-js@6.3.21",
    "aws-amplify@6.22.1",
    "esbuild@0.25.10",
    "sns-validator@0.3",
]


def install() -> None:
    """Set up what is not there yet, all at the same time; print what was done."""
    HOME.mkdir(exist_ok=True)
    with ThreadPoolExecutor() as pool:
        work = [pool.submit(_install_python, name, wanted) for name, wanted in PYTHON.items()]
        work.append(pool.submit(_install_javascript, JAVASCRIPT))
        for done in work:
            print(done.result(), flush=True)


def _install_python(name: str, wanted: list[str]) -> str:
    folder = HOME / name
    asked = _fingerprint([sys.version, *wanted])
    if _is_there(folder, asked):
        return f"{name}: there"
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    _run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], HOME)
    return _installed(name, folder, asked, started)


def _install_javascript(wanted: list[str]) -> str:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "javascript: node and npm are not here, its journeys are skipped"
    folder = HOME / "javascript"
    asked = _fingerprint(wanted)
    if _is_there(folder, asked):
        return "javascript: there"
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", *wanted], folder)
    return _installed("javascript", folder, asked, started)


def _fingerprint(wanted: list[str]) -> str:
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()


def _is_there(folder: Path, asked: str) -> bool:
    mark = folder / ".installed"
    return mark.is_file() and mark.read_text() == asked


def _installed(name: str, folder: Path, asked: str, started: float) -> str:
    # The mark comes last: a set-up that was cut off is made anew.
    (folder / ".installed").write_text(asked)
    return f"{name}: installed in {time.monotonic() - started:.0f} s"


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
