"""What the tests of the command line share: the command itself, with a data folder and a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Cli:
    """Runs `cloudarium` as a user would, with everything it may write below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.variables = {
            "CLOUDARIUM_DATA": str(self.data), "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"), "NO_COLOR": "1",
        }  # fmt: skip

    def run(self, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return subprocess.run(
            self.command(*words), env=self.environment(variables), capture_output=True, text=True, timeout=60
        )

    def command(self, *words: str | Path) -> list[str]:
        """The command line as it is executed."""
        return [sys.executable, "-m", "cloudarium", *map(str, words)]

    def environment(self, variables: dict[str, str] | None = None) -> dict[str, str]:
        """The environment of the command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**kept, **self.variables, **(variables or {})}

    def ok(self, *words: str | Path, **variables: str) -> str:
        """What the command prints when it succeeds."""
        done = self.run(*words, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def json(self, *words: str | Path, **variables: str) -> Any:
        """What the command prints with --json."""
        return json.loads(self.ok(*words, "--json", **variables))

    def fails(self, *words: str | Path, **variables: str) -> str:
        """The sentence with which the command fails; exit code 1 and no traceback."""
        done = self.run(*words, **variables)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("cloudarium: "), done.stderr
        return done.stderr


def running_cli(folder: Path) -> Iterator[Cli]:
    cli = Cli(folder)
    cli.json("up", "--port", "0")
    yield cli
    cli.run("down")


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command, with no cloud up yet; one that a test starts is stopped."""
    made = Cli(tmp_path)
    yield made
    made.run("down")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command with a cloud that the module's tests share."""
    yield from running_cli(tmp_path_factory.mktemp("up"))
