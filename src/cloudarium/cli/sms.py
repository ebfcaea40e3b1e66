"""`cloudarium sms`: the text messages that the cloud has sent."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.markup import escape
from rich.table import Table

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import console, print_json, say


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(sms)


def sms(
    phone: Annotated[str | None, typer.Option(help="Only messages to this number.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many, the newest first.")] = 20,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the box of text messages: what was sent, and to whom."""
    cloud = running.find(data)
    given = {"limit": str(limit), **({"phone": phone} if phone is not None else {})}
    found = cloud.ask(f"sms?{urlencode(given)}")["messages"]
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("sent", "to", "from", "message"):
        table.add_column(heading, overflow="fold")
    for each in reversed(found):
        sent = each["sent"][:19].replace("T", " ")
        table.add_row(sent, each["phone"], escape(each["sender"] or ""), escape(each["message"]))
    console.print(table)
    say(f"[dim]as a page: {cloud.endpoint}/_cloudarium/sms[/dim]")
