"""The package as users get it: its wheel in an empty virtual environment starts a cloud that answers, and stops."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with nothing but the built wheel; the folder of its programs."""
    dist = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", dist, ROOT)
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    (wheel,) = dist.glob("cloudarium-*.whl")
    run(folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel)
    return folder / "bin"


def run(*command: str | Path, **variables: str) -> str:
    """Run a command that must succeed, away from the source tree; what it printed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command], cwd="/", env={**kept, **variables}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_brings_a_cloud_up_and_down(installed: Path, tmp_path: Path) -> None:
    tool, home = installed / "cloudarium", {"CLOUDARIUM_DATA": str(tmp_path / "data")}
    assert "up" in run(tool, "--help")
    up = json.loads(run(tool, "up", "--ephemeral", "--port", "0", "--json", **home))
    try:
        ask = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        exports = json.loads(run(tool, "env", "--json", **home))
        assert exports["AWS_ENDPOINT_URL"] == up["endpoint"]
        assert run(installed / "python", "-c", ask, **exports).strip() == "arn:aws:iam::000000000000:root"

        (tmp_path / "stack.yaml").write_text(
            "Resources: {Setting: {Type: AWS::SSM::Parameter, Properties: {Name: /a, Type: String, Value: b}}}"
        )
        run(tool, "deploy", tmp_path / "stack.yaml", "--stack-name", "settings", **home)
        read = "import boto3; print(boto3.client('ssm').get_parameter(Name='/a')['Parameter']['Value'])"
        assert run(installed / "python", "-c", read, **exports).strip() == "b"
        assert json.loads(run(tool, "status", "--json", **home))["endpoint"] == up["endpoint"]
        assert "PutParameter" in run(tool, "journal", "--json", **home)
    finally:
        assert json.loads(run(tool, "down", "--json", **home)) == {"stopped": True}
    assert json.loads(run(tool, "down", "--json", **home)) == {"stopped": False}
