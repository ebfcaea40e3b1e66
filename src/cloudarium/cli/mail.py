"""`cloudarium mail`: what the cloud has sent, in the mail box."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer
from rich.markup import escape
from rich.table import Table

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import console, print_json, say


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(mail)


def mail(
    message_id: Annotated[
        str | None, typer.Argument(help="One mail, whole; without it the newest are listed.", show_default=False)
    ] = None,
    to: Annotated[str | None, typer.Option(help="Only mail to this address.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only mail with this in its subject.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many, the newest first.")] = 20,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the mail box: what was sent, to whom, and what became of it."""
    cloud = running.find(data)
    if message_id is not None:
        found = cloud.ask(f"mail/{quote(message_id, safe='')}")
        if as_json:
            print_json(found)
        else:
            _show(found)
        return
    given = {"limit": limit, "to": to, "subject": subject}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    mails = cloud.ask(f"mail?{query}")["mails"]
    if as_json:
        print_json(mails)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("sent", "to", "subject", "status", "id"):
        table.add_column(heading, overflow="fold")
    for each in reversed(mails):
        table.add_row(*_row(each))
    console.print(table)
    say(f"[dim]as pages: {cloud.endpoint}/_cloudarium/mail[/dim]")


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    to = ", ".join([*each["to"], *each["cc"], *each["bcc"]])
    return each["sent"][:19].replace("T", " "), escape(to), escape(each["subject"]), each["status"], each["id"]


def _show(found: dict[str, Any]) -> None:
    for each in found["headers"]:
        say(f"[dim]{escape(each['name'])}:[/dim] {escape(each['value'])}")
    print()
    print(found["text"] if found["text"] is not None else found["html"] or "")
    for number, each in enumerate(found["attachments"]):
        say(f"[dim]attachment {number}:[/dim] {escape(each['name'])}, {escape(each['type'])}, {each['size']} bytes")
    if found["reason"]:
        say(f"{escape(found['status'])}: {escape(found['reason'])}")
