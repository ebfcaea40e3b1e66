"""env and profile: a shell can use the one, and the other leaves what is not its own alone."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

from tests.cli.conftest import Cli


def test_a_shell_can_take_the_exports(up: Cli) -> None:
    done = subprocess.run(
        ["sh", "-euc", 'eval "$("$@")"; echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_REGION"', "sh",
         *up.command("env", "--region", "eu-west-1")],
        env=up.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    exports = up.json("env", "--region", "eu-west-1")
    assert done.stdout.split() == [exports["AWS_ENDPOINT_URL"], "test", "eu-west-1"]


def test_a_profile_is_written_and_others_stay(up: Cli, tmp_path: Path) -> None:
    config, credentials = tmp_path / "aws" / "config", tmp_path / "aws" / "credentials"
    config.parent.mkdir()
    config.write_text(
        "[default]\nregion = eu-central-1\ns3 =\n    max_concurrent_requests = 5\n\n[profile work]\nrole_arn = a%b\n"
    )
    credentials.write_text("[work]\naws_access_key_id = REAL\naws_secret_access_key = a%SECRET\n")
    mode = credentials.stat().st_mode
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    told = up.json("profile", **files)
    assert told == {"profile": "cloudarium", "config": str(config), "credentials": str(credentials)}
    up.ok("profile", "--region", "eu-west-1", **files)
    written, secrets = configparser.RawConfigParser(), configparser.RawConfigParser()
    written.read(config)
    secrets.read(credentials)
    assert written["default"]["region"] == "eu-central-1"
    assert written["default"]["s3"].strip() == "max_concurrent_requests = 5"
    assert written["profile work"]["role_arn"] == "a%b"
    assert dict(written["profile cloudarium"]) == {
        "region": "eu-west-1", "endpoint_url": up.json("env")["AWS_ENDPOINT_URL"], "output": "json",
        "disable_host_prefix_injection": "true",
    }  # fmt: skip
    assert secrets["work"]["aws_secret_access_key"] == "a%SECRET"
    assert secrets["cloudarium"]["aws_access_key_id"] == "test"
    assert credentials.stat().st_mode == mode  # an existing file keeps its own


def test_comments_links_and_further_settings_of_the_profile_stay(up: Cli, tmp_path: Path) -> None:
    config, link = tmp_path / "dotfiles", tmp_path / "config"
    config.write_text(
        "# mine\n[profile cloudarium]\nregion = us-west-2\ncli_pager =\n\n[profile work]  # theirs\nregion = a\n"
    )
    link.symlink_to(config)
    files = {"AWS_CONFIG_FILE": str(link), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    up.ok("profile", **files)
    lines = config.read_text().splitlines()
    assert link.is_symlink()
    assert (tmp_path / "credentials").stat().st_mode & 0o077 == 0
    assert lines[:3] == ["# mine", "[profile cloudarium]", "region = us-east-1"]
    assert lines[6:] == ["cli_pager =", "", "[profile work]  # theirs", "region = a"]
    up.ok("profile", **files)
    assert config.read_text().splitlines() == lines


def test_a_config_that_cannot_be_read_stays_and_is_said(up: Cli, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("no section here\n")
    said = up.fails("profile", AWS_CONFIG_FILE=str(config), AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "credentials"))
    assert str(config) in said
    assert config.read_text() == "no section here\n"
