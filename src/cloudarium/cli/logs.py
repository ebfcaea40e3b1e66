"""`cloudarium logs`: what functions and applications have logged, live or by a query of Logs Insights."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cloudarium.cli import running
from cloudarium.cli.deploy import Key, Secret, Signer, Token
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import Failed, console, print_json, say
from cloudarium.shared.clock import iso_millis
from cloudarium.shared.columns import columns_of

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_AGE = re.compile(r"(\d{1,6})([smhdw])")
_UNDER_WAY = ("Scheduled", "Running")


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(logs)


def logs(
    group: Annotated[
        list[str] | None,
        typer.Argument(help="Log groups, by name; without one they are listed.", show_default=False),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    insights: Annotated[
        str | None, typer.Option(help="A query of Logs Insights, such as 'stats count(*) by bin(5m)'.")
    ] = None,
    pattern: Annotated[str, typer.Option("--filter", help="Only events that match this filter pattern.")] = "",
    since: Annotated[str, typer.Option(help="From how long ago: 30s, 10m, 2h, 1d, 1w.")] = "1h",
    region: Annotated[str, typer.Option(help="The region of the groups.")] = "us-east-1",
    key: Key = "test",
    secret: Secret = "test",
    token: Token = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show log groups, their events, and what a query of Logs Insights finds in them."""
    if insights is not None and (follow or pattern):
        raise Failed("A query says itself what it wants: --insights goes with neither --follow nor --filter.")
    cloud = running.find(data)
    now = _now(cloud)
    start = now - _seconds(since)
    with _client(cloud.endpoint, Signer(key, secret, region, token)) as client:
        if insights is not None:
            _query(client, group or [], insights, start, now, as_json)
        elif not group:
            _list(client, as_json)
        else:
            _show(client, group, pattern, start, follow, as_json)


def _now(cloud: running.Running) -> float:
    """The cloud's time, which may have been moved."""
    from datetime import datetime

    return datetime.fromisoformat(cloud.ask("clock")["now"]).timestamp()


def _seconds(age: str) -> int:
    match = _AGE.fullmatch(age)
    if match is None:
        raise Failed(f"{age!r} is no time such as 30s, 10m, 2h, 1d or 1w.")
    return int(match[1]) * _UNITS[match[2]]


@contextmanager
def _client(endpoint: str, signer: Signer) -> Iterator[Any]:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.session.Session(signer.key, signer.secret, signer.token or None, region_name=signer.region)
    config = Config(proxies={}, retries={"total_max_attempts": 1}, inject_host_prefix=False)
    try:
        yield session.client("logs", endpoint_url=endpoint, config=config)
    except (ClientError, BotoCoreError) as error:
        raise Failed(str(error)) from error
    except KeyboardInterrupt:
        return


def _list(client: Any, as_json: bool) -> None:
    pages = client.get_paginator("describe_log_groups").paginate()
    groups = [each for page in pages for each in page["logGroups"]]
    if as_json:
        print_json([{"name": each["logGroupName"], "bytes": each["storedBytes"]} for each in groups])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("group", overflow="fold")
    table.add_column("bytes", justify="right")
    table.add_column("kept for", justify="right")
    for each in groups:
        days = each.get("retentionInDays")
        table.add_row(
            escape(each["logGroupName"]),
            f"{each['storedBytes']:,}",
            "ever" if not days else "1 day" if days == 1 else f"{days} days",
        )
    console.print(table)


# ---- Events ----------------------------------------------------------------------------------------------------------


def _show(client: Any, groups: list[str], pattern: str, start: float, follow: bool, as_json: bool) -> None:
    write = _writer(as_json, len(groups) > 1)
    tail = _tail(client, groups, pattern) if follow else None  # before the events are read: none is missed
    known = set()
    events = [event for group in groups for event in _events(client, group, pattern, start)]
    for event in sorted(events, key=lambda event: event["timestamp"]):
        known.add(_identity(event))
        write(event)
    for event in tail or ():
        if _identity(event) not in known:
            write(event)


def _identity(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["group"], event["logStreamName"], event["timestamp"], event["message"]


def _events(client: Any, group: str, pattern: str, start: float) -> Iterator[dict[str, Any]]:
    given = {"logGroupName": group, "startTime": max(int(start * 1000), 0), "filterPattern": pattern}
    for page in client.get_paginator("filter_log_events").paginate(**given):
        for event in page["events"]:
            yield {**event, "group": group}


def _tail(client: Any, groups: list[str], pattern: str) -> Iterator[dict[str, Any]]:
    """The events that come from now on."""
    arns = []
    for group in groups:
        found = client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        arns += [each["logGroupArn"] for each in found if each["logGroupName"] == group]
    stream = client.start_live_tail(logGroupIdentifiers=arns, logEventFilterPattern=pattern)["responseStream"]
    updates = iter(stream)
    next(updates)  # the session's start

    def coming() -> Iterator[dict[str, Any]]:
        for update in updates:
            for event in update.get("sessionUpdate", {}).get("sessionResults", ()):
                yield {**event, "group": event["logGroupIdentifier"].rpartition("log-group:")[2]}

    return coming()


def _writer(as_json: bool, several: bool) -> Callable[[dict[str, Any]], None]:
    """What writes one event as a line."""
    import json

    def write(event: dict[str, Any]) -> None:
        message = event["message"].rstrip("\n")
        if as_json:
            shown = {
                "time": iso_millis(event["timestamp"] / 1000),
                "group": event["group"],
                "stream": event["logStreamName"],
                "message": message,
            }
            print(json.dumps(shown), flush=True)
            return
        where = f"[cyan]{escape(event['group'])}[/cyan] " if several else ""
        say(f"[dim]{iso_millis(event['timestamp'] / 1000)}[/dim] {where}{escape(message)}")

    return write


# ---- Queries ---------------------------------------------------------------------------------------------------------


def _query(client: Any, groups: list[str], text: str, start: float, end: float, as_json: bool) -> None:
    named = {"logGroupNames": groups} if groups else {}
    given = {"startTime": max(int(start), 0), "endTime": int(end) + 1, "queryString": text}
    query = client.start_query(**given, **named)["queryId"]
    try:
        while (answer := client.get_query_results(queryId=query))["status"] in _UNDER_WAY:
            time.sleep(0.2)  # the cloud has waited before it answered
    except KeyboardInterrupt:
        client.stop_query(queryId=query)
        raise
    if answer["status"] != "Complete":
        raise Failed(f"The query ended as {answer['status']}.")
    rows = [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in answer["results"]]
    if as_json:
        print_json({"rows": rows, "statistics": answer["statistics"]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = columns_of(rows)
    for name in columns:
        table.add_column(escape(name), overflow="fold")
    for row in rows:
        table.add_row(*(escape(row.get(name, "")) for name in columns))
    console.print(table)
    counts = answer["statistics"]
    matched, scanned = int(counts["recordsMatched"]), int(counts["recordsScanned"])
    size = int(counts["bytesScanned"])
    say(f"[dim]{len(rows):,} rows · {matched:,} of {scanned:,} events matched · {size:,} bytes[/dim]")
