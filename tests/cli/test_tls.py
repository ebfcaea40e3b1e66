"""`up --tls`: a cloud that answers https too, an authority that is trusted once, and clients that are told of it."""

from __future__ import annotations

import configparser
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from cloudarium.cli import running
from tests.cli.conftest import Cli

ASK = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"


def test_everything_names_the_secured_endpoint(cli: Cli, tmp_path: Path) -> None:
    up = cli.json("up", "--tls", "--port", "0")
    ca = cli.folder / "state" / "cloudarium" / "ca.pem"
    secured = up["endpoint"].replace("http://", "https://")
    assert (up["https_endpoint"], up["ca"]) == (secured, str(ca))
    assert cli.json("status")["https_endpoint"] == secured
    assert secured in cli.ok("status") and str(ca) in cli.ok("status")

    exports = cli.json("env")
    assert exports["AWS_ENDPOINT_URL"] == secured
    assert exports["AWS_CA_BUNDLE"] == exports["NODE_EXTRA_CA_CERTS"] == str(ca)
    shell = f'eval "$({" ".join(cli.command("env"))})"; exec {sys.executable} -c "{ASK}"'
    told = subprocess.run(["sh", "-euc", shell], env=cli.environment(), capture_output=True, text=True, check=True)
    assert told.stdout == "000000000000\n"
    # A cloud that is known by the environment alone is asked over TLS too.
    elsewhere = {**exports, "CLOUDARIUM_DATA": str(tmp_path / "none")}
    assert cli.json("clock", **elsewhere)["frozen"] is False
    assert "CERTIFICATE_VERIFY_FAILED" in cli.fails("clock", **{**elsewhere, "AWS_CA_BUNDLE": ""})
    assert "No cloud answers" in cli.fails("clock", **{**elsewhere, "AWS_CA_BUNDLE": "/nowhere"})


def test_a_profile_names_the_authority_as_long_as_there_is_one(cli: Cli, tmp_path: Path) -> None:
    files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    port = cli.json("up", "--tls", "--port", "0")["endpoint"].rpartition(":")[2]
    cli.ok("profile", **files)
    with_tls = configparser.RawConfigParser()
    with_tls.read(tmp_path / "config")
    section = with_tls["profile cloudarium"]
    assert (section["endpoint_url"], section["ca_bundle"]) == (f"https://127.0.0.1:{port}", cli.json("status")["ca"])
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        env=cli.environment({**files, "AWS_PROFILE": "cloudarium"}), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout == "000000000000\n"
    cli.ok("down")
    cli.json("up", "--port", port)
    cli.ok("profile", **files)
    without = configparser.RawConfigParser()
    without.read(tmp_path / "config")
    assert dict(without["profile cloudarium"]) == {
        "endpoint_url": f"http://127.0.0.1:{port}", "region": "us-east-1", "output": "json",
        "disable_host_prefix_injection": "true",
    }  # fmt: skip


def test_tls_is_asked_for_at_each_start_and_the_authority_stays(cli: Cli) -> None:
    up = cli.json("up", "--tls", "--port", "0")
    made = Path(up["ca"]).read_bytes()
    assert cli.json("up") == {**up, "already_running": True}
    os.kill(up["pid"], signal.SIGKILL)
    plain = cli.json("up", "--port", "0")
    assert "https_endpoint" not in plain and "AWS_CA_BUNDLE" not in cli.json("env")
    assert "without TLS" in cli.fails("up", "--tls")
    assert running.alive(plain["pid"])
    cli.ok("down")
    assert "https://" in cli.ok("up", "--tls", "--port", "0", "--ephemeral")
    assert Path(up["ca"]).read_bytes() == made


def test_an_authority_that_cannot_be_used_is_said(cli: Cli) -> None:
    folder = cli.folder / "state" / "cloudarium"
    folder.mkdir(parents=True)
    (folder / "ca.pem").write_text("mine")
    said = cli.fails("up", "--tls", "--port", "0")
    assert str(folder / "ca.pem") in said and "Remove ca.pem and ca-key.pem" in said
    assert (folder / "ca.pem").read_text() == "mine"
    assert "authority" in cli.fails("up", "--tls", "--port", "0", XDG_STATE_HOME=str(folder / "ca.pem"))
    assert json.loads(cli.run("status", "--json").stdout) == {"status": "stopped"}
