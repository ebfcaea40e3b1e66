"""up, down, status and reset: one cloud per folder, and a sentence when it cannot be."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from cloudarium.cli import running
from tests.cli.conftest import Cli


def test_the_life_of_a_cloud(cli: Cli) -> None:
    up = cli.json("up", "--port", "0")
    assert up["already_running"] is False
    assert up["data"] == str(cli.data)
    again = cli.json("up", "--port", "0")
    assert again == {**up, "already_running": True}
    status = cli.json("status")
    assert (status["status"], status["endpoint"], status["pid"]) == ("running", up["endpoint"], up["pid"])
    assert "sts" in status["services"]
    assert up["endpoint"] in cli.ok("status")
    assert cli.json("down") == {"stopped": True}
    assert not running.alive(up["pid"])
    assert cli.json("down") == {"stopped": False}
    assert cli.ok("down") == "No cloud was running.\n"


def test_what_it_knew_is_there_after_down_and_up(cli: Cli) -> None:
    (cli.folder / "p.yaml").write_text(
        "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}"
    )
    cli.json("up", "--port", "0")
    cli.ok("deploy", cli.folder / "p.yaml", "--stack-name", "kept")
    cli.ok("down")
    cli.json("up", "--port", "0")
    assert cli.json("deploy", cli.folder / "p.yaml", "--stack-name", "kept")["changed"] is False


def test_two_at_once_start_one_cloud(cli: Cli) -> None:
    both = [
        subprocess.Popen(cli.command("up", "--port", "0", "--json"), env=cli.environment(), stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [json.loads(each.communicate(timeout=60)[0]) for each in both]
    assert {each["pid"] for each in told} == {told[0]["pid"]}
    assert sorted(each["already_running"] for each in told) == [False, True]


def test_a_folder_in_use_is_refused_and_its_cloud_stays_known(cli: Cli) -> None:
    up = cli.json("up", "--port", "0")
    said = cli.fails("serve", "--port", "0")
    assert said == f"cloudarium: another cloud runs on {cli.data}; stop it with `cloudarium down`\n"
    assert cli.json("status")["pid"] == up["pid"]


def test_a_taken_port_is_said(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = cli.fails("up", "--port", str(port))
    assert said.startswith(f"cloudarium: port {port} of 127.0.0.1 is taken.")
    assert "--port 0" in said
    assert cli.json("down") == {"stopped": False}


def test_a_file_where_the_folder_should_be_is_said(cli: Cli) -> None:
    (cli.folder / "file").write_text("")
    file = cli.folder / "file"
    for command in ("up", "serve"):
        said = cli.fails(command, "--port", "0", "--data", file)
        assert said == f"cloudarium: the data folder cannot be used: {file} is a file\n"
        said = cli.fails(command, "--port", "0", "--data", file / "below")
        assert said == f"cloudarium: the data folder cannot be used: Not a directory: {file / 'below'}\n"
    assert cli.ok("down", "--data", file) == "No cloud was running.\n"


@pytest.mark.skipif(os.getuid() == 0 and not Path("/sys/kernel").exists(), reason="root may write everywhere here")
def test_a_folder_that_cannot_be_written_is_said(cli: Cli) -> None:
    locked = cli.folder / "locked"
    locked.mkdir(mode=0o500)
    folder = Path("/sys/kernel/cloud") if os.getuid() == 0 else locked / "cloud"
    assert str(folder) in cli.fails("up", "--port", "0", "--data", folder)


def test_data_that_is_no_database_is_said(cli: Cli) -> None:
    cli.data.mkdir()
    (cli.data / "cloud.sqlite").write_text("this is no database, whatever its name says" * 100)
    said = cli.fails("up", "--port", "0")
    assert f"the data in {cli.data} cannot be read" in said
    assert str(cli.data / "cloudarium.log") in said


def test_an_ephemeral_cloud_is_found_and_leaves_nothing(cli: Cli) -> None:
    up = cli.json("up", "--ephemeral", "--port", "0")
    assert up["data"] is None
    assert cli.json("status")["data"] is None
    assert "kept nowhere" in cli.ok("status")
    cli.ok("down")
    assert not (cli.data / "cloud.sqlite").exists()


def test_a_killed_cloud_is_not_taken_for_a_running_one(cli: Cli) -> None:
    up = cli.json("up", "--port", "0")
    os.kill(up["pid"], signal.SIGKILL)
    while running.alive(up["pid"]):
        time.sleep(0.01)
    assert cli.run("status").returncode == 1
    assert cli.json("up", "--port", "0")["already_running"] is False


def test_another_process_with_the_number_of_a_dead_cloud_is_left_alone(cli: Cli) -> None:
    other = subprocess.Popen(["sleep", "60"])
    try:
        note = running.Running(other.pid, "http://127.0.0.1:1", None, "", born="long ago")
        running.write_note(cli.data, note)
        assert cli.json("down") == {"stopped": False}
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_in_the_foreground_it_is_found_too(cli: Cli) -> None:
    process = subprocess.Popen(
        cli.command("up", "--foreground", "--port", "0"), env=cli.environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    endpoint = process.stdout.readline().strip()
    assert cli.json("env")["AWS_ENDPOINT_URL"] == endpoint
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert cli.run("status", "--json").returncode == 1


def test_reset_asks_first_and_empties(cli: Cli) -> None:
    cli.json("up", "--port", "0")
    (cli.folder / "p.yaml").write_text(
        "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}"
    )
    cli.ok("deploy", cli.folder / "p.yaml", "--stack-name", "gone")
    asked = subprocess.run(
        cli.command("reset"), env=cli.environment(), input="n\n", capture_output=True, text=True, timeout=30
    )
    assert asked.returncode == 1
    assert "Everything in the cloud" in asked.stdout
    assert cli.json("deploy", cli.folder / "p.yaml", "--stack-name", "gone")["changed"] is False
    assert cli.json("reset", "--yes") == {"status": "empty"}
    assert cli.json("journal") == []
    assert cli.json("deploy", cli.folder / "p.yaml", "--stack-name", "gone")["changed"] is True


def test_without_a_cloud_every_command_says_how_to_start_one(cli: Cli) -> None:
    (cli.folder / "p.yaml").write_text("Resources: {}")
    for words in (
        ["env"],
        ["profile"],
        ["clock"],
        ["journal"],
        ["reset", "-y"],
        ["deploy", str(cli.folder / "p.yaml")],
    ):
        assert cli.fails(*words) == "cloudarium: No cloud is running. Start one with: cloudarium up\n", words
    assert cli.run("status").returncode == 1
    assert json.loads(cli.run("status", "--json").stdout) == {"status": "stopped"}


def test_an_endpoint_by_name_that_is_no_cloud_is_said(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "No cloud answers" in cli.fails("journal", AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
    assert "not Cloudarium" in cli.fails("clock", AWS_ENDPOINT_URL="nonsense")


def test_a_proxy_of_the_environment_is_passed_by(cli: Cli) -> None:
    proxied = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "no_proxy": "", "NO_PROXY": ""}
    up = cli.json("up", "--port", "0", **proxied)
    (cli.folder / "p.yaml").write_text(
        "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}"
    )
    assert cli.json("deploy", cli.folder / "p.yaml", **proxied)["changed"] is True
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(up["endpoint"]) as answer:
        assert answer.status == 200


def test_ports_beside_http_are_chosen(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        said = cli.fails("up", "--port", "0", "--listen", f"smtp={number}")
        assert f"the port smtp={number} of 127.0.0.1 is taken" in said
    for wrong in ("smtp", "nothing=1", "smtp=70000", "smtp=x"):
        assert f"--listen {wrong}: give NAME=PORT" in cli.fails("up", "--port", "0", "--listen", wrong)
    assert cli.json("up", "--port", "0", "--listen", f"smtp={number}")["ports"]["smtp"] == number


def test_a_mail_server_that_is_none_is_said(cli: Cli) -> None:
    said = cli.fails("up", "--port", "0", CLOUDARIUM_SMTP_RELAY="http://me:hidden@mail.test")
    assert "CLOUDARIUM_SMTP_RELAY" in said and "hidden" not in said
