"""`cloudarium mail` and `smtp`: what the cloud has sent, and how a program sends by SMTP."""

from __future__ import annotations

import os
import shlex
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

import typer
from rich.markup import escape
from rich.table import Table

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json, authority
from cloudarium.cli.output import Failed, console, print_json, say


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(mail)
    app.command()(smtp)


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


def smtp(
    region: Annotated[str, typer.Option(help="The region to send from; a password is of one region.")] = "us-east-1",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Print the exports that point a mail program at the cloud's SMTP: eval "$(cloudarium smtp)".

    The user is the access key of AWS_ACCESS_KEY_ID (else test); the password is derived from AWS_SECRET_ACCESS_KEY, as
    AWS describes it. STARTTLS is at SMTP_PORT, TLS from the first byte at SMTPS_PORT.
    """
    from cloudarium.mail.smtp.credentials import password

    cloud = running.find(data)
    if "smtp" not in cloud.ports:
        raise Failed(f"The cloud at {cloud.endpoint} was not started from this folder: its SMTP port is not known.")
    exports = {
        "SMTP_HOST": urlsplit(cloud.endpoint).hostname or "localhost",
        "SMTP_PORT": str(cloud.ports["smtp"]),
        "SMTPS_PORT": str(cloud.ports["smtps"]),
        "SMTP_USERNAME": os.environ.get("AWS_ACCESS_KEY_ID") or "test",
        "SMTP_PASSWORD": password(os.environ.get("AWS_SECRET_ACCESS_KEY") or "test", region),
        "SMTP_CA": str(authority().certificate_file),
    }
    if as_json:
        print_json(exports)
        return
    for name, value in exports.items():
        print(f"export {name}={shlex.quote(value)}")
