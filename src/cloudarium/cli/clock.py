"""`cloudarium clock`: see and move the cloud's time."""

from __future__ import annotations

import threading
from typing import Annotated, Any

import typer

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import Failed, console, print_json, say
from cloudarium.shared.clock import moment_of, seconds_of

_SILENCE = 1.0  # seconds that a move may take before its progress is shown
_WORDS = "say +30d, +1h30m, +2w, -5m, at 2027-01-01T00:00, freeze, run or reset"


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

    Sessions expire, items with a TTL go, schedules fire, retries are tried, in the order of their due times: time
    passes through each of them. freeze also ends a long move where it has come to.
    """
    cloud = running.find(data)
    body = wanted(move or [])
    shown = _moved(cloud, body) if body else cloud.ask("clock")
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
    try:
        if len(words) == 1 and words[0] in ("freeze", "run", "reset"):
            return {words[0]: True}
        if len(words) == 1 and words[0][0:1] in ("+", "-"):
            return {"advance": seconds_of(words[0])}
        if len(words) in (2, 3) and words[0] == "at":
            return {"at": moment_of("T".join(words[1:]))}
    except ValueError as error:
        raise typer.BadParameter(f"{error}; {_WORDS}") from None
    raise typer.BadParameter(_WORDS)


def _moved(cloud: running.Running, body: dict[str, Any]) -> Any:
    """Ask for a move and wait however long it takes, saying on a terminal where it has come to."""
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(cloud.ask("clock", body, timeout=None))
        except Failed as error:
            answer.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_SILENCE)
    if asking.is_alive() and console.is_terminal:
        with console.status("The clock moves") as shown:
            while asking.is_alive():
                place = cloud.ask("clock")
                if place["moving_to"]:
                    shown.update(f"{place['now'][:19]} on the way to {place['moving_to'][:19]}")
                asking.join(_SILENCE / 4)
    asking.join()
    if isinstance(answer[0], Failed):
        raise answer[0]
    return answer[0]


def _words(seconds: float) -> str:
    days, rest = divmod(round(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return " ".join(parts[:2])
