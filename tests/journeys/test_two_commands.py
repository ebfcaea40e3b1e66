"""The first promise: `make up` brings the cloud and the shop up, again is quick and safe, `make down` stops it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.clients.tools import CAPSTONE

ROOT = CAPSTONE.parent


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Runs a target of the Makefile with a data folder and a port of the test's own; gives what it printed.

    `start` starts the cloud alone.
    """
    # A set-up that is out of date would be made anew, under the feet of the tests that run in it.
    if shutil.which("make") is None or subprocess.run(["make", "-q", ".venv/installed"], cwd=ROOT).returncode:
        pytest.skip("this is not a checkout that `make` has set up")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    environment = {**kept, "CLOUDARIUM_DATA": str(tmp_path / "data"), "PORT": str(port)}

    def run(target: str) -> str:
        command = ["make", target] if target != "start" else [ROOT / ".venv/bin/cloudarium", "up", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield run
    run("down")


def test_up_again_and_down(make: Callable[[str], str], tmp_path: Path) -> None:
    first = make("up")
    assert "placed an order" in first and "a customer's whole journey took" in first
    assert re.findall(r"^  ✓ (\d) ", first, re.M) == list("12345678"), (
        "it ends with the checklist, and every line holds"
    )
    running = json.loads((tmp_path / "data" / "running.json").read_text())
    with urlopen(f"{running['endpoint']}/_cloudarium/health") as answer:
        assert json.load(answer)["status"] == "running"

    again = make("up")
    assert "nothing to change" in again
    assert "a customer's whole journey took" in again
    assert json.loads((tmp_path / "data" / "running.json").read_text()) == running

    make("down")
    with pytest.raises(URLError):
        urlopen(f"{running['endpoint']}/_cloudarium/health")
    make("down")

    make("start")
    with urlopen(re.findall(r"ApiUrl +(\S+)", first)[0] + "/products") as answer:
        assert len(json.load(answer)["products"]) >= 2, "what was deployed is there after a stop"
