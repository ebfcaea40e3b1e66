"""The help teaches: every command says what it does and what its options mean."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from cloudarium.cli.app import app

COMMANDS = (
    "up", "down", "status", "reset", "env", "profile", "deploy", "clock", "journal", "mail", "smtp", "sms", "why",
    "trace", "capstone",
)  # fmt: skip


def helped(*words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--help"], env={"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", done.output)


def test_the_help_names_every_command_and_a_first_tour() -> None:
    shown = helped()
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", shown), name
    assert "A first tour: cloudarium up" in shown
    assert " serve " not in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    shown = helped(command)
    assert len(shown.split("Usage:")[1].splitlines()[2].strip()) > 20
    for option in re.findall(r"^\W*(--[\w-]+)\s{2,}.*$", shown, re.M):
        line = next(line for line in shown.splitlines() if option in line)
        assert re.search(r"[a-z]{3,} [a-z]", line), line


def test_no_command_shows_the_help() -> None:
    done = CliRunner().invoke(app, [])
    assert "Usage" in done.output


def test_an_unknown_command_or_option_is_a_usage_error() -> None:
    for words in (["upp"], ["up", "--prt", "1"], ["up", "--port", "70000"], ["journal", "--limit", "0"]):
        assert CliRunner().invoke(app, words).exit_code == 2, words
