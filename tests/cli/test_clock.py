"""clock: the words that move the time, and those that are none."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import typer
from rich.console import Console
from rich.status import Status

from cloudarium.cli import clock
from cloudarium.cli.clock import wanted
from cloudarium.cli.output import Failed
from tests.cli.conftest import Cli


@pytest.fixture
def moved(up: Cli) -> Iterator[Cli]:
    """The shared cloud, whose clock is put back after the test."""
    yield up
    up.ok("clock", "reset")


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("", {}),
        ("+30d", {"advance": 30 * 86400}),
        ("+1h30m", {"advance": 5400}),
        ("-5m", {"advance": -300}),
        ("+1.5h", {"advance": 5400}),
        ("+1w2d", {"advance": 9 * 86400}),
        ("+2w", {"advance": 14 * 86400}),
        ("-1h", {"advance": -3600}),
        ("+0.5s", {"advance": 0.5}),
        ("freeze", {"freeze": True}),
        ("run", {"run": True}),
        ("reset", {"reset": True}),
        ("at 2027-01-01T00:00", {"at": datetime(2027, 1, 1, tzinfo=UTC).timestamp()}),
        ("at 2027-01-01 00:00", {"at": datetime(2027, 1, 1, tzinfo=UTC).timestamp()}),
        ("at 2027-01-01T00:00+01:00", {"at": datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp()}),
        ("at 2027-01-01", {"at": datetime(2027, 1, 1, tzinfo=UTC).timestamp()}),
        ("at 2027-01-01T00:00:30.5", {"at": datetime(2027, 1, 1, tzinfo=UTC).timestamp() + 30.5}),
        ("at 2027-01-01T00:00:00Z", {"at": datetime(2027, 1, 1, tzinfo=UTC).timestamp()}),
    ],
)
def test_words(words: str, asked: dict[str, object]) -> None:
    assert wanted(words.split()) == asked


@pytest.mark.parametrize(
    "words",
    [
        "30d",
        "+30",
        "+30x",
        "+",
        "+1h-2m",
        "+1 h",
        "+१d",
        "+1e3s",
        "tomorrow",
        "at",
        "at noon",
        "at 2027-13-01",
        "freeze run",
        "+1d +2d",
        "--1d",
    ],
)
def test_bad_words(words: str) -> None:
    with pytest.raises(typer.BadParameter):
        wanted(words.split())


def test_the_cloud_moves(moved: Cli) -> None:
    up = moved
    assert up.json("clock")["offset_seconds"] == 0
    assert abs(up.json("clock", "+30d")["offset_seconds"] - 30 * 86400) < 1
    assert "30 d ahead" in up.ok("clock")
    assert "29 d 23 h ahead" in up.ok("clock", "-1h")
    frozen = up.json("clock", "freeze")
    assert frozen["frozen"] is True
    assert up.json("clock")["epoch"] == frozen["epoch"]
    assert up.json("clock", "+1d")["epoch"] == frozen["epoch"] + 86400
    assert ", frozen" in up.ok("clock")
    assert up.json("clock", "run")["frozen"] is False
    assert up.json("clock", "at", "2031-05-06T07:08")["now"].startswith("2031-05-06T07:0")
    assert "the machine's time" in up.ok("clock", "reset")


def test_a_moved_clock_is_remembered(cli: Cli) -> None:
    cli.json("up", "--port", "0")
    cli.ok("clock", "at", "2031-05-06")
    cli.ok("down")
    cli.json("up", "--port", "0")
    assert cli.json("clock")["now"].startswith("2031-05-06T")


def test_words_that_are_none_are_a_usage_error(up: Cli) -> None:
    done = up.run("clock", "tomorrow")
    assert done.returncode == 2
    assert "say +30d" in done.stderr
    assert "units: s, m, h, d, w" in up.run("clock", "+30 days").stderr
    assert "is not a time such as 2027-01-01" in up.run("clock", "at", "noon").stderr


def test_a_past_moment_is_refused_with_the_way_back(moved: Cli) -> None:
    moved.ok("clock", "at", "2031-05-06")
    told = moved.fails("clock", "at", "2031-05-05T23:59")
    assert "2031-05-05T23:59:00.000Z is past: the cloud's clock shows 2031-05-06T00:0" in told
    assert "-1h" in told and "reset" in told
    moved.ok("clock", "-1h")
    assert moved.json("clock")["now"].startswith("2031-05-05T23:0")


def test_a_time_outside_of_the_calendar_is_refused(up: Cli) -> None:
    before = up.json("clock")["offset_seconds"]
    for words in (["at", "0001-01-01"], ["-9999999d"], ["+9999999d"]):
        assert "between 1970 and 9999" in up.fails("clock", *words)
    assert up.json("clock")["offset_seconds"] == before


class _SlowCloud:
    """Stands in for a running cloud whose move goes on until somebody has looked where it is."""

    def __init__(self) -> None:
        self.looked = threading.Event()

    def ask(self, path: str, body: dict[str, object] | None = None, timeout: float | None = 120) -> dict[str, object]:
        if body is None:
            self.looked.set()
            return {"now": "2027-01-02T03:04:05.000Z", "moving_to": "2027-01-31T00:00:00.000Z"}
        assert timeout is None  # a move takes as long as its work
        assert self.looked.wait(30)
        return {"now": "there"}


def test_a_long_move_says_on_a_terminal_where_it_has_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    shown: list[str] = []
    console = Console(file=screen, force_terminal=True, width=120)
    update = Status.update
    monkeypatch.setattr(Status, "update", lambda self, text, **more: (shown.append(text), update(self, text, **more)))
    monkeypatch.setattr(clock, "console", console)
    monkeypatch.setattr(clock, "_SILENCE", 0.01)
    assert clock._moved(_SlowCloud(), {"advance": 86400}) == {"now": "there"}  # type: ignore[arg-type]
    assert shown == ["2027-01-02T03:04:05 on the way to 2027-01-31T00:00:00"] * len(shown) != []


def test_a_refused_move_is_an_error_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def ask(self, *given: object, **named: object) -> None:
            raise Failed("no")

    with pytest.raises(Failed, match="no"):
        clock._moved(Refusing(), {"advance": 1})  # type: ignore[arg-type]
