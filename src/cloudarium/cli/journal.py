"""`cloudarium journal`: every call, who made it, and why it was allowed or denied."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.markup import escape
from rich.table import Table

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import called, console, print_json
from cloudarium.shared.clock import iso_millis


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(journal)


def journal(
    limit: Annotated[
        int, typer.Option("-n", "--limit", min=1, max=1000, help="How many entries, the newest first.")
    ] = 20,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service, such as dynamodb.")] = None,
    operation: Annotated[str | None, typer.Option(help="Only this operation, such as PutItem.")] = None,
    error: Annotated[str | None, typer.Option(help="Only calls that ended with this error code.")] = None,
    path: Annotated[
        str | None, typer.Option(help="Only requests to APIs, function URLs and sign-in pages for this path or route.")
    ] = None,
    request_id: Annotated[str | None, typer.Option(help="Only this request.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the last calls: when, who, what, the answer, the time it took, and the decision with its statements."""
    given = {
        "limit": limit, "account": account, "service": service, "operation": operation, "error": error,
        "path": path, "request_id": request_id,
    }  # fmt: skip
    query = urlencode({name: value for name, value in given.items() if value is not None})
    entries = running.find(data).ask(f"journal?{query}")["entries"]
    if as_json:
        print_json(entries)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("time", "who", "call", "answer", "µs", "decision"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "µs" else "left")
    for entry in reversed(entries):
        table.add_row(*_row(entry))
    console.print(table)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    failed = entry["status"] >= 400
    answer = f"[red]{entry['status']} {escape(entry['error'])}[/red]" if failed else str(entry["status"])
    who = entry["principal"].rpartition(":")[2] if entry["principal"].startswith("arn:") else entry["principal"]
    return (
        iso_millis(entry["started"])[11:-1],
        escape(who),
        escape(f"{'  ' if entry['parent'] else ''}{called(entry)}"),
        answer,
        str(entry["micros"]),
        escape(_decision(entry)),
    )


def _decision(entry: dict[str, Any]) -> str:
    if not entry["decision"]:
        return "signature refused" if entry["access_key"] and not entry["signed"] else "none needed"
    last = entry["decision"][-1]
    by = ", ".join(f"{each['policy']}#{each['sid']}" for each in last["statements"])
    return f"{last['reason']}{f' ({by})' if by else ''}"
