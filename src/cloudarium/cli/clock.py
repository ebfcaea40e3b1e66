"""`cloudarium clock`: see and move the cloud's time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import print_json, say

_STEP = re.compile(r"([+-])((?:\d+(?:\.\d+)?[smhdw])+)")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    # -1h is a step back, not the short form of --help.
    app.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})(clock)


def clock(
    move: Annotated[
        list[str] | None,
        typer.Argument(help="+30d, +1h30m, -5m · at 2027-01-01T00:00 · freeze · run · reset. Nothing: only show it."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the cloud's time, or move it. Whatever became due has happened when this returns.

    Sessions expire, items with a TTL go, schedules fire, retries are tried, in the order of their due times.
    """
    cloud = running.find(data)
    body = wanted(move or [])
    shown = cloud.ask("clock", body or None)
    if as_json:
        print_json(shown)
        return
    offset = shown["offset_seconds"]
    ahead = "the machine's time" if abs(offset) < 1 else f"{_words(abs(offset))} {'ahead' if offset > 0 else 'behind'}"
    say(f"[bold]{shown['now']}[/bold]  {ahead}{', frozen' if shown['frozen'] else ''}")


def wanted(words: list[str]) -> dict[str, Any]:
    """What to ask of the cloud's clock for the words of the command. Raises typer.BadParameter."""
    if not words:
        return {}
    if len(words) == 1 and words[0] in ("freeze", "run", "reset"):
        return {words[0]: True}
    if len(words) == 1 and _STEP.fullmatch(words[0]):
        sign = -1 if words[0].startswith("-") else 1
        return {"advance": sign * sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(words[0]))}
    if len(words) in (2, 3) and words[0] == "at":
        named = "T".join(words[1:])
        try:
            moment = datetime.fromisoformat(named)
        except ValueError:
            raise typer.BadParameter(f"{named!r} is not a time such as 2027-01-01T00:00") from None
        return {"at": (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()}
    raise typer.BadParameter("say +30d, -5m, at 2027-01-01T00:00, freeze, run or reset")


def _words(seconds: float) -> str:
    days, rest = divmod(round(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return " ".join(parts[:2])
