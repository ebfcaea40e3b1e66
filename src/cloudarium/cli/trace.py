"""`cloudarium trace`: what happened for a request, as a waterfall, with IAM's decision beside each call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import console, print_json, say
from cloudarium.shared.clock import iso_millis

_BAR = 30  # characters of the widest bar
_ROWS = 400
_LINES = {"call": "", "door": "", "function": "λ ", "segment": "", "part": ""}


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(trace)


def trace(
    id: Annotated[
        str | None,
        typer.Argument(
            help="The id of a trace, or of any request in it (its first eight characters do).", show_default=False
        ),
    ] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many traces are listed.")] = 20,
    single: Annotated[bool, typer.Option("--all", help="List requests that led to nothing else, too.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="List only those in which something failed.")] = False,
    logs: Annotated[bool, typer.Option("--logs", help="Show what each function wrote into its log.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show one trace: who called whom, how long it took, and IAM's decisions. Without an id, the last traces."""
    cloud = running.find(data)
    if id is None:
        query = f"limit={limit}{'&single=true' if single else ''}{'&failed=true' if failed else ''}"
        found = cloud.ask(f"traces?{query}")["traces"]
        print_json(found) if as_json else _list(found, failed)
        return
    told = cloud.ask(f"traces/{quote(id, safe='')}{'?lines=true' if logs else ''}")
    print_json(told) if as_json else _show(told)


def _list(found: list[dict[str, Any]], failed: bool) -> None:
    if not found:
        say("Nothing has failed." if failed else "No request has led to others yet; --all lists single calls.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("time", "trace", "began with", "status", "calls", "took"):
        right = heading in ("calls", "took")
        table.add_column(heading, overflow="fold", justify="right" if right else "left", no_wrap=heading == "trace")
    for one in reversed(found):
        wrong = _wrong(one)
        colour = "red" if one["status"] >= 400 else "yellow" if wrong else "green"
        table.add_row(
            iso_millis(one["start"])[11:-1],
            one["id"],
            escape(_named(one)),
            f"[{colour}]{one['status'] or 'ok'}{wrong}[/{colour}]",
            str(one["calls"]),
            _time(one["duration"]),
        )
    console.print(table)


def _wrong(one: dict[str, Any]) -> str:
    """What went wrong inside of a trace, as its list says it."""
    counts = (
        (one["denied"], "denied"),
        (one["faults"], "fault"),
        (one["throttles"], "throttle"),
        (one["errors"], "error"),
    )
    count, word = next((each for each in counts if each[0]), (0, ""))
    return f", {count} {word}{'s' if count > 1 and word != 'denied' else ''}" if count else ""


def _show(told: dict[str, Any]) -> None:
    took = told["end"] - told["start"]
    first = told["spans"][0]
    say(f"[bold]{escape(_named(first))} → {first['status'] or 'ok'}[/bold]")
    say(f"{told['id']} · {iso_millis(told['start'])} · {_time(took)}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what", overflow="fold", ratio=4)
    table.add_column("answer", overflow="fold")
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("when", no_wrap=True, width=_BAR)
    table.add_column("IAM", overflow="fold", ratio=3)
    rows = list(_walk(told["spans"], ""))
    for line, span in rows[:_ROWS]:
        table.add_row(Text(line), _answer(span), _took(span), Text(_bar(span, told["start"], took)), _decision(span))
    console.print(table)
    if len(rows) > _ROWS:
        say(f"[dim]{len(rows) - _ROWS} more parts; --json has them[/dim]")
    _show_logs(rows)
    for word, ids in (("came from", told["came_from"]), ("went on in", told["went_on"])):
        for other in ids:
            say(f"{word} {other}")


def _show_logs(rows: list[tuple[str, dict[str, Any]]]) -> None:
    for _, span in rows:
        if "logs" in span:
            say(f"\n[bold]λ {escape(span['name'])}[/bold] · {escape(span['log_group'])} · {span['request_id']}")
            for one in span["logs"]:
                say(f"{iso_millis(one['timestamp'] / 1000)[11:-1]} {escape(one['message'])}")


def _walk(spans: list[dict[str, Any]], before: str) -> Iterator[tuple[str, dict[str, Any]]]:
    waiting = [(span, before, place == len(spans) - 1, True) for place, span in enumerate(spans)][::-1]
    while waiting:
        span, lead, last, top = waiting.pop()
        yield f"{lead}{'' if top else '└ ' if last else '├ '}{_LINES[span['kind']]}{_named(span)}", span
        inner = span["spans"]
        deeper = lead + ("" if top else "  " if last else "│ ")
        waiting += [(one, deeper, place == len(inner) - 1, False) for place, one in enumerate(inner)][::-1]


def _named(span: dict[str, Any]) -> str:
    asked = span.get("asked")
    return f"{asked['name']}: {span['name']}" if asked else str(span["name"])


def _answer(span: dict[str, Any]) -> str:
    said = f"{span['status'] or ''} {span['error']}".strip()
    return f"[green]{escape(said or 'ok')}[/green]" if span["ok"] else f"[red]{escape(said or 'failed')}[/red]"


def _took(span: dict[str, Any]) -> str:
    return "…" if span["end"] is None else _time(span["end"] - span["start"])


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def _bar(span: dict[str, Any], start: float, took: float) -> str:
    if took <= 0:
        return "█"
    end = span["end"] if span["end"] is not None else start + took
    first = min(_BAR - 1, max(0, int((span["start"] - start) / took * _BAR)))
    length = max(1, round((end - span["start"]) / took * _BAR))
    return " " * first + "█" * min(length, _BAR - first)


def _decision(span: dict[str, Any]) -> str:
    found = span.get("decision")
    if not found:
        return ""
    shown = next((one for one in found if not one["allowed"]), found[-1])
    by = ", ".join(f"{each['policy']}#{each['sid']}" if each["sid"] else each["policy"] for each in shown["statements"])
    text = escape(f"{shown['reason']}{f' ({by})' if by else ''}")
    return text if shown["allowed"] else f"[red]{text}: {escape(shown['action'])}[/red]"
