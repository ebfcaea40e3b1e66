"""The clients as a journey uses them: where each is, the environment it runs in, and running it."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.clients import install

CAPSTONE = Path(__file__).resolve().parents[2] / "capstone"


class Shell:
    """A developer's shell, pointed at a cloud by environment variables alone, in a home folder of its own."""

    def __init__(self, endpoint: str, home: Path, key: str, secret: str = "test", region: str = "us-east-1") -> None:
        self.endpoint = endpoint
        self.folder = home
        _share_caches(home)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {
            **kept,
            "HOME": str(home),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "SAM_CLI_TELEMETRY": "0",
        }

    def run(self, *command: str | Path, cwd: Path | None = None, **variables: str) -> str:
        """Run a command that must succeed; what it printed."""
        done = self.attempt(*command, cwd=cwd, **variables)
        if done.returncode:
            raise AssertionError(f"{' '.join(map(str, command))} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def attempt(
        self, *command: str | Path, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that may fail."""
        environment = {**self.environment, **variables}
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            stdin=subprocess.DEVNULL,
        )

    def sam(self, *words: str | Path, cwd: Path | None = None) -> str:
        """Run the SAM CLI."""
        return self.run(python_tool("sam", "sam"), *words, cwd=cwd)

    def aws(self, *words: str | Path, **options: Any) -> str:
        """Run the AWS CLI, version 1 (as PyPI has it)."""
        return self.run(python_tool("aws", "aws"), *words, **options)

    def aws_v2(self, *words: str | Path) -> str:
        """Run the AWS CLI, version 2. The one that Debian packages is too old to read AWS_ENDPOINT_URL."""
        return self.run(aws_v2(), "--endpoint-url", self.endpoint, *words)

    def node(self, program: Path, *words: str) -> str:
        """Run a JavaScript program with the AWS SDK v3 at hand."""
        return self.run(node(), program, *words, NODE_PATH=str(install.HOME / "javascript" / "node_modules"))


def _share_caches(home: Path) -> None:
    """Let the home folder use the developer's own pip settings, and caches: packages are fetched and built once."""
    (Path.home() / ".cache/cloudarium").mkdir(parents=True, exist_ok=True)
    for place in (".config/pip", ".cache/pip", ".cache/cloudarium"):
        real, link = Path.home() / place, home / place
        if real.is_dir() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(real)


def python_tool(name: str, command: str) -> Path:
    """A tool of `.venv-clients`; without it the journeys would prove nothing, so that is an error."""
    tool = install.HOME / name / "bin" / command
    if not tool.is_file():
        pytest.fail(f"{tool} is not there: run `python -m tests.clients`")
    return tool


def node() -> str:
    """Node.js, or a skipped test where it is not installed."""
    program = shutil.which("node")
    if program is None or not (install.HOME / "javascript" / ".installed").is_file():
        pytest.skip("Node.js and npm are not installed")
    return program


@cache
def _aws_v2() -> str | None:
    # A shim of a Python version manager may come before it on the PATH, so look at each.
    for folder in os.get_exec_path():
        program = Path(folder) / "aws"
        if program.is_file() and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if said.stdout.startswith("aws-cli/2."):
                return str(program)
    return None


def aws_v2() -> str:
    """The AWS CLI v2, which is not on PyPI, or a skipped test where it is not installed."""
    return _aws_v2() or pytest.skip("the AWS CLI v2 is not installed (Debian: apt-get install awscli)")
