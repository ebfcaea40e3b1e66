"""The editor of Logs Insights: a query over log groups, its answer as a table, and as a chart if it counts by time.

Queries can be saved, as PutQueryDefinition keeps them, and the fields that AWS would discover stand beside the answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused, body_of
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared.clock import seconds_of
from cloudarium.shared.columns import columns_of
from cloudarium.shared.errors import AwsError

RANGES = {"5m": "5 minutes", "1h": "1 hour", "12h": "12 hours", "1d": "1 day", "7d": "a week", "30d": "30 days"}
_USUAL = "fields @timestamp, @message\n| sort @timestamp desc\n| limit 50"
_PATIENCE = 30.0  # seconds that a page waits for a query
_PAUSE = 0.05  # seconds until it is asked again
_GOING = ("Scheduled", "Running", "Unknown")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", re.ASCII)
_MOST_GROUPS = 50
_LOOKED_INTO = 5  # groups whose fields are discovered
_MOST_FIELDS = 100

Rows = list[dict[str, str]]


async def show(visit: Visit) -> HttpResponse:
    """The editor; with `query` and a `group` or more, the answer below it; with `saved`, that query. Raises Refused."""
    groups = [each["logGroupName"] async for each in visit.each("logs", "DescribeLogGroups", "logGroups", "nextToken")]
    definitions = await _definitions(visit)
    saved = next((each for each in definitions if each["queryDefinitionId"] == visit.asked.get("saved")), None)
    chosen = [value for name, value in visit.pairs if name == "group"][:_MOST_GROUPS]
    query, span = visit.asked.get("query", "").replace("\r\n", "\n"), visit.range_of(RANGES)
    shown: dict[str, Any] = {"rows": [], "names": [], "drawn": None, "statistics": None, "said": "", "state": ""}
    if query and (chosen or _names_groups(query)):
        shown |= await _answer(visit, query, chosen, span)
    if saved is not None and not query:
        query, chosen = saved["queryString"], chosen or saved.get("logGroupNames", [])
    first = sorted(groups, key=lambda name: name not in chosen)
    return page(
        visit, "insights.html", "Logs Insights", groups=first, chosen=chosen, query=query or _USUAL, range=span,
        ranges=RANGES, definitions=definitions, saved=saved, fields=await _fields(visit, chosen), **shown,
    )  # fmt: skip


async def save(visit: Visit) -> HttpResponse:
    """Save the query of the editor's form under its name, in place of one of that name. Raises Refused and AwsError."""
    form = parse_qsl((await body_of(visit.request)).decode("utf-8", "replace"), max_num_fields=200)
    given = dict(form)
    name = given.get("name", "").strip()
    if not name:
        raise Refused(400, "A saved query needs a name: write one beside Save.")
    asked: dict[str, Any] = {"name": name, "queryString": given.get("query", "").replace("\r\n", "\n")}
    asked["logGroupNames"] = [value for key, value in form if key == "group"][:_MOST_GROUPS]
    known = [each["queryDefinitionId"] for each in await _definitions(visit) if each["name"] == name]
    if known:
        asked["queryDefinitionId"] = known[0]
    kept = await visit.ask("logs", "PutQueryDefinition", **asked)
    there = visit.href("logs", "insights", saved=kept["queryDefinitionId"], range=given.get("range", ""))
    return HttpResponse(303, {"location": there, "cache-control": "no-store"})


async def _definitions(visit: Visit) -> list[dict[str, Any]]:
    listing = visit.each("logs", "DescribeQueryDefinitions", "queryDefinitions", "nextToken")
    return [each async for each in listing]


async def _fields(visit: Visit, groups: Sequence[str]) -> list[tuple[str, int]]:
    """The fields of the newest events of the first few groups, and in how many of a hundred each is at most.

    The log's own come before those that AWS makes.
    """
    found: dict[str, int] = {}
    for group in groups[:_LOOKED_INTO]:
        try:
            newest = await visit.ask(
                "logs", "DescribeLogStreams", logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
            )
            time = next((each.get("lastEventTimestamp", 0) for each in newest["logStreams"]), 0)
            answer = await visit.ask("logs", "GetLogGroupFields", logGroupName=group, time=time // 1000)
        except AwsError:
            continue  # a group that is gone, or under a key that does not open
        for each in answer["logGroupFields"]:
            found[each["name"]] = max(found.get(each["name"], 0), each["percent"])
    return sorted(found.items(), key=lambda item: (item[0].startswith("@"), -item[1], item[0]))[:_MOST_FIELDS]


def _names_groups(query: str) -> bool:
    return query.lstrip().lower().startswith("source")


async def _answer(visit: Visit, query: str, groups: list[str], span: str) -> dict[str, Any]:
    given: dict[str, Any] = {"startTime": int(visit.now - seconds_of(span)), "endTime": int(visit.now) + 1}
    try:
        if not _names_groups(query):
            given["logGroupNames"] = groups
        started = await visit.ask("logs", "StartQuery", queryString=query, **given)
        answer = await _ended(visit, started["queryId"])
    except AwsError as error:
        return {"said": error.message}
    rows = [{each["field"]: each.get("value") or "" for each in row} for row in answer.get("results", ())]
    names = columns_of(rows, ("@ptr",))
    return {
        "rows": rows,
        "names": names,
        "drawn": drawn(rows, names, visit.now - seconds_of(span), visit.now),
        "statistics": answer.get("statistics"),
        "state": answer["status"],
    }


async def _ended(visit: Visit, id: str) -> dict[str, Any]:
    """The answer of a query once it has ended; one that takes too long is stopped. Raises Refused then."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + _PATIENCE
    while loop.time() < limit:
        answer = await visit.ask("logs", "GetQueryResults", queryId=id)
        if answer["status"] not in _GOING:
            return answer
        await asyncio.sleep(_PAUSE)
    await visit.ask("logs", "StopQuery", queryId=id)
    raise Refused(504, f"The query took more than {_PATIENCE:.0f} seconds and was stopped: look at less.")


def drawn(rows: Rows, names: list[str], start: float, end: float) -> dict[str, Any] | None:
    """A chart of rows that count by time, None for others: one line for each number, and for each group of its rows."""
    time = next((name for name in names if name.startswith("bin(")), "")
    if not time or not all(_MOMENT.fullmatch(row.get(time, "")) for row in rows):
        return None
    numbers = [name for name in names if name != time and _counts(row.get(name, "") for row in rows)]
    others = [name for name in names if name != time and name not in numbers]
    lines: dict[str, dict[float, float | None]] = {}
    for row in rows:
        group = " ".join(row.get(name, "") for name in others)
        moment = datetime.fromisoformat(row[time]).replace(tzinfo=UTC).timestamp()
        for name in numbers:
            lines.setdefault(f"{group} {name}".strip(), {})[moment] = _number(row.get(name, ""))
    times = sorted({moment for line in lines.values() for moment in line})
    series = [[line.get(moment) for moment in times] for line in lines.values()]
    return {
        "labels": list(lines), "times": times, "series": series, "threshold": None, "start": start, "end": end,
    }  # fmt: skip


def _counts(values: Iterable[str]) -> bool:
    """Whether a column holds numbers, but for rows that have nothing there."""
    said = [value for value in values if value]
    return bool(said) and all(_number(value) is not None for value in said)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
