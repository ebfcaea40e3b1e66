"""Queries of Logs Insights: start, read, stop, list."""

from __future__ import annotations

import re
import zlib
from collections.abc import Coroutine
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources, rules
from cloudarium.services.logs.insights import running, selection, syntax
from cloudarium.services.logs.insights.compiling import compile_query
from cloudarium.services.logs.insights.engine import PAGE
from cloudarium.services.logs.operations import keys
from cloudarium.services.logs.operations.groups import milliseconds
from cloudarium.services.logs.records import queries
from cloudarium.services.logs.records.groups import Group
from cloudarium.services.logs.records.queries import StoredQuery
from cloudarium.shared import ids, paging
from cloudarium.shared.errors import NotBuilt

_AT_A_TIME = 100
_MOST_GROUPS = 50
_MOST_ROWS = 10_000
_LISTED = 1000
_KEPT = 7 * rules.DAY
_MOST_KEPT = 5000  # of an account in a region: a dashboard that asks every ten seconds does not fill the disk
_STANDARD_ONLY = ("pattern", "diff", "unmask")
_UNDER_WAY = ("Scheduled", "Running")
_OWN_SOURCE = re.compile(r"\s*source\b", re.I)
_PATIENCE = 0.5  # seconds; most queries are done by then, and the client need not ask again


@operation("StartQuery", on=resources.queried)
def start_query(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Compile a query and leave it to be run; its results are kept for seven days."""
    refuse_language(call)
    groups = _groups(call, syntax.parse(call.input["queryString"]))
    return keys.guarded_all(call, groups, _start)


def _start(call: Call) -> dict[str, Any]:
    text = call.input["queryString"]
    query = syntax.parse(text)
    first, last = _times(call, query.source)
    groups = _groups(call, query)
    _check_class(query, groups)
    if queries.running(call.store, call.scope) >= _AT_A_TIME:
        raise errors.TooManyQueries(_AT_A_TIME)
    kept = {"ids": [group.id for group in groups], "names": [group.name for group in groups]}
    now = milliseconds(call)
    stored = StoredQuery(
        ids.uuid(),
        *call.scope,
        text,
        orjson.dumps(kept).decode(),
        min(first, records.FAR),
        min(last, records.FAR),
        call.input.get("limit"),
        now,
        "Scheduled",
    )
    plan = compile_query(query, running.target_of(call.store, stored, stored.most))
    if plan.unmasks:
        for group in groups:
            call.require("logs:Unmask", resources.stream_arn(call.scope, group.name, ""))
    queries.forget_older(call.store, call.scope, _MOST_KEPT - 1)
    queries.add_query(call.store, stored)
    call.later("RunQuery", {"QueryId": stored.id})
    call.later("ForgetQuery", {"QueryId": stored.id}, due=(now + _KEPT) / 1000)
    return {"queryId": stored.id}


def _times(call: Call, source: syntax.Source | None) -> tuple[int, int]:
    """The first and last millisecond that a query is about; what its own SOURCE says goes before the call's."""
    first, last, now = call.input["startTime"] * 1000, call.input["endTime"] * 1000 + 999, milliseconds(call)
    if source is not None and source.start is not None:
        first = source.start.at(now)
    if source is not None and source.end is not None:
        last = source.end.at(now)
    if last < first:
        raise errors.InvalidParameter("Start time cannot be greater than end time.")
    return max(first, 0), max(last, 0)


def _check_class(query: syntax.Query, groups: list[Group]) -> None:
    """Raise unless the groups' classes have the commands of the query."""
    if any(group.log_class != "STANDARD" for group in groups):
        for command in query.commands:
            if command.kind in _STANDARD_ONLY:
                raise errors.MalformedQuery(
                    f"{command.word} is not supported for log groups of the Infrequent Access class", *command.place
                )


def refuse_language(call: Call) -> None:
    """Raise NotBuilt for another query language than AWS's first."""
    language = call.input.get("queryLanguage", "CWLI")
    if language != "CWLI":
        raise NotBuilt(f"logs:{call.operation_name} queryLanguage {language}")


def _groups(call: Call, query: syntax.Query) -> list[Group]:
    """The groups that a query is about: named by the call in one of three ways, or by its SOURCE."""
    ways = [member for member in ("logGroupName", "logGroupNames", "logGroupIdentifiers") if call.input.get(member)]
    if len(ways) + (query.source is not None) != 1:
        raise errors.InvalidParameter(
            "Exactly one of logGroupName, logGroupNames, logGroupIdentifiers and a SOURCE command must be provided."
        )
    if query.source is not None:
        return _selected(call, query.source)
    given = call.input[ways[0]]
    names = [given] if isinstance(given, str) else given
    if len(names) > _MOST_GROUPS:
        raise errors.InvalidParameter(f"A query can be about {_MOST_GROUPS} log groups at most.")
    return [_named(call, name) for name in dict.fromkeys(names)]


def _named(call: Call, identifier: str) -> Group:
    scope, name = resources.group_of(identifier, call.scope)
    group = records.find_group(call.store, call.account, call.region, name) if scope == call.scope else None
    if group is None:
        raise errors.QueriedGroupNotFound(name or identifier, scope.account, call.request_id)
    return group


def _selected(call: Call, source: syntax.Source) -> list[Group]:
    if set(source.accounts) - {call.account}:
        raise NotBuilt("logs:StartQuery accountIdentifiers of SOURCE")
    if source.names:
        return [_named(call, name) for name in dict.fromkeys(source.names)]
    return selection.selected(call.store, call.scope, source)


def _found(call: Call) -> StoredQuery:
    query = queries.find_query(call.store, call.scope, call.input["queryId"])
    if query is None:
        raise errors.QueryNotFound
    return query


@operation("GetQueryResults", on=resources.read_query)
def get_query_results(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """The rows that a query found, up to 10,000 a page, and how much it read; waits a moment for one under way."""
    query = _found(call)
    _place(call)
    return _later(call, query) if query.status in _UNDER_WAY else _results(call, query)


async def _later(call: Call, query: StoredQuery) -> dict[str, Any]:
    await call.cloud.bells.wait((running.ENDED, query.id), call.cloud.clock.now() + _PATIENCE)
    return _results(call, _found(call))


def _results(call: Call, query: StoredQuery) -> dict[str, Any]:
    start, most = _place(call), call.input.get("maxItems") or _MOST_ROWS
    pages = queries.result_pages(call.store, query.id, start // PAGE, (start + most) // PAGE)
    rows = [row for _, _, data in pages for row in orjson.loads(zlib.decompress(data))]
    skipped = start % PAGE
    shown = rows[skipped : skipped + most]
    answer = {
        "queryLanguage": "CWLI",
        "results": shown,
        "statistics": {
            "recordsMatched": float(query.matched),
            "recordsScanned": float(query.scanned),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(query.bytes),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(len(orjson.loads(query.groups)["ids"])),
        },
        "status": query.status,
    }
    if len(rows) > skipped + most or queries.result_pages(call.store, query.id, start // PAGE + len(pages), 1 << 40):
        answer["nextToken"] = paging.encode(start + most)
    return answer


def _place(call: Call) -> int:
    token = call.input.get("nextToken")
    try:
        place = 0 if token is None else paging.decode(token)
    except ValueError:
        place = None
    if type(place) is not int or not 0 <= place < 1 << 40:
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return place


@operation("ListLogGroupsForQuery")
def list_log_groups_for_query(call: Call) -> dict[str, Any]:
    """The groups that a query was about, by their names."""
    query = _found(call)
    start, most = _place(call), call.input.get("maxResults", _MOST_GROUPS)
    names = orjson.loads(query.groups)["names"]
    more = {"nextToken": paging.encode(start + most)} if len(names) > start + most else {}
    return {"logGroupIdentifiers": names[start : start + most], **more}


@operation("StopQuery")
def stop_query(call: Call) -> dict[str, Any]:
    """End a query that is under way; one that has ended is an error."""
    query = _found(call)
    if query.status not in _UNDER_WAY:
        raise errors.InvalidParameter(f"Query Id {query.id} is not currently running.")
    queries.set_status(call.store, query.id, "Cancelled")
    running.pool(call.cloud).stop(query.id)
    return {"success": True}


@operation("DescribeQueries")
def describe_queries(call: Call) -> dict[str, Any]:
    """Queries of the last seven days, the latest first, narrowed by group and status."""
    if call.input.get("queryLanguage", "CWLI") != "CWLI":
        return {"queries": []}
    wanted, status = call.input.get("logGroupName"), call.input.get("status")
    limit = call.input.get("maxResults", _LISTED)
    shown: list[dict[str, Any]] = []
    before = _before(call)
    while True:
        some = queries.queries(call.store, call.scope, before, _LISTED)
        for query in some:
            names = orjson.loads(query.groups)["names"]
            if (wanted is not None and wanted not in names) or (status is not None and status != query.status):
                continue
            if len(shown) == limit:
                return {"queries": shown, "nextToken": paging.encode(list(before or ()))}
            before = (query.created, query.id)
            shown.append(_described(query, names))
        if len(some) < _LISTED:
            return {"queries": shown}
        before = (some[-1].created, some[-1].id)


def _before(call: Call) -> tuple[int, str] | None:
    token = call.input.get("nextToken")
    if token is None:
        return None
    try:
        created, query_id = paging.decode(token)
    except (ValueError, TypeError):
        created = query_id = None
    if type(created) is not int or not isinstance(query_id, str) or abs(created) > records.FAR:
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return created, query_id


def _described(query: StoredQuery, names: list[str]) -> dict[str, Any]:
    source = ", ".join(f'"{name}"' for name in names)
    # AWS writes the groups and the times into the text of the query.
    text = f"SOURCE {source} START={query.first} END={query.last} | {query.text}"
    shown = {
        "queryLanguage": "CWLI",
        "queryId": query.id,
        "queryString": query.text if _OWN_SOURCE.match(query.text) else text,
        "status": query.status,
        "createTime": query.created,
    }
    if names:
        shown["logGroupName"] = names[0]
    return shown
