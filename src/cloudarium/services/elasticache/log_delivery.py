"""Slow logs and engine logs on their way to CloudWatch Logs, once a minute, as the delivery service that AWS has."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.background import Event
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.elasticache import errors, lookup, records
from cloudarium.services.elasticache.records import CLUSTER, Data
from cloudarium.services.elasticache.rules import log_entries
from cloudarium.services.elasticache.rules.engines import Version
from cloudarium.services.elasticache.rules.log_entries import SLOW, Slow
from cloudarium.shared.errors import AwsError

if TYPE_CHECKING:
    from cloudarium.runtime.caches import Valkey
    from cloudarium.services.elasticache.running.cache import Cache

log = logging.getLogger("cloudarium")
_DELIVERY = Principal.service("delivery.logs.amazonaws.com")
_MOST_ENTRIES = 128
_MOST_BYTES = 256 * 1024
_MEMBER = "LogDeliveryConfigurations"


def wanted(call: Call, old: Sequence[Data], version: Version) -> list[Data]:
    """The deliveries that a call asks for, which its caller must be allowed to set up. Raises what that answers."""
    given = call.input.get(_MEMBER)
    if not given:
        return list(old)
    if call.operation_name.startswith("Modify") and not call.input.get("ApplyImmediately"):
        raise errors.Combination("Log delivery can only be modified with ApplyImmediately.")
    found = log_entries.configured(given, old, version)
    for action in ("logs:CreateLogDelivery", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy"):
        call.require(action, "*")
    return found


async def check(event: Event, kind: str, id: str) -> None:
    """Have new deliveries be active, or in error where they cannot be made."""
    data = records.find(event.store, event.scope, kind, id)
    problems = {}
    for one in (data or {}).get(_MEMBER) or ():
        if data is not None and one["Status"] != "active":
            problems[one["LogType"]] = await _problem(event, data, one)
    if not problems:
        return
    with event.transaction():
        data = lookup.find(event, kind, id)
        for one in data[_MEMBER]:
            if one["LogType"] in problems:
                _settle(one, problems[one["LogType"]])
        lookup.keep(event, kind, id, data)


def _settle(one: Data, problem: str) -> None:
    one["Status"] = "error" if problem else "active"
    one.pop("Message", None)
    if problem:
        one["Message"] = problem


async def _problem(event: Event, data: Data, one: Data) -> str:
    for name in data.get("MemberClusters") or [data["CacheClusterId"]]:
        cluster = lookup.find(event, CLUSTER, name)
        try:
            await _write(event, "CreateLogStream", _place(one, cluster))
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                return error.message or error.code
    return ""


def _place(one: Data, cluster: Data) -> dict[str, Any]:
    group = one["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"]
    stream = log_entries.stream(cluster["Engine"], cluster["CacheClusterId"], one["LogType"])
    return {"logGroupName": group, "logStreamName": stream}


async def _write(event: Event, operation: str, given: Mapping[str, Any]) -> None:
    await event.send("logs", operation, given, as_=_DELIVERY, context={"aws:SourceAccount": event.account})


# ---- Delivery --------------------------------------------------------------------------------------------------------


async def deliver(event: Event, cache: Cache) -> None:
    """Deliver what a cache's engines have logged since the last time."""
    kind, id = event.payload["Kind"], event.payload["Id"]
    data = records.find(event.store, event.scope, kind, id)
    for one in (data or {}).get(_MEMBER) or ():
        for name, server in list(cache.servers.items()):
            cluster = records.find(event.store, event.scope, CLUSTER, name)
            if cluster is None or not server.running or one["Status"] != "active":
                continue
            lines = await (_slow if one["LogType"] == SLOW else _engine)(event, cache, server, name, one["LogFormat"])
            if lines:
                await _put(event, _place(one, cluster), lines)


async def _put(event: Event, place: dict[str, Any], lines: list[tuple[float, str]]) -> None:
    events = [{"timestamp": int(at * 1000), "message": line} for at, line in sorted(lines)]
    try:
        await _write(event, "PutLogEvents", {**place, "logEvents": events})
    except AwsError as error:
        log.warning("%s does not take the logs of a cache: %s", place["logGroupName"], error.message or error.code)


async def _slow(event: Event, cache: Cache, server: Valkey, name: str, format: str) -> list[tuple[float, str]]:
    last, clock = cache.seen.slow.get((name, server.socket), -1), event.cloud.clock
    found = [Slow(one[0], clock.at(one[1]), one[2], one[3], one[5])
             for one in await server.command("SLOWLOG", "GET", _MOST_ENTRIES) if one[0] > last]  # fmt: skip
    if found:
        cache.seen.slow[name, server.socket] = max(one.id for one in found)
    return [(one.at, log_entries.slow_line(name, one, format)) for one in found]


async def _engine(event: Event, cache: Cache, server: Valkey, name: str, format: str) -> list[tuple[float, str]]:
    return [(event.now, line) for line in _lines(server, name, format)]


def _lines(server: Valkey, name: str, format: str) -> Iterator[str]:
    for line in server.logged(_MOST_BYTES):
        entry = log_entries.engine_line(name, line, format)
        if entry is not None:
            yield entry
