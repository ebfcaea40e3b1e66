"""Logs of caches: what may be configured, and how an entry is written.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from cloudarium.services.elasticache.errors import Combination, Invalid
from cloudarium.services.elasticache.rules.engines import Version
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
SLOW, ENGINE = "slow-log", "engine-log"
_SINCE = {SLOW: (6, 0), ENGINE: (6, 2)}
_LEVELS = {".": "DEBUG", "-": "VERBOSE", "*": "NOTICE", "#": "WARNING"}
_ENGINE_LINE = re.compile(r"\d+:([A-Z]) (\d{1,2} \w{3} \d{4} \d{2}:\d{2}:\d{2}\.\d{3}) ([.*#-]) (.*)")


class Slow(NamedTuple):
    """An entry of the engine's slow log; `at` is the cloud's time."""

    id: int
    at: float
    microseconds: int
    words: Sequence[str]
    client: str


def configured(given: Sequence[Data], old: Sequence[Data], version: Version) -> list[Data]:
    """The deliveries that a cache has from now on. Raises Invalid, Combination and NotBuilt."""
    types = [one.get("LogType") for one in given]
    if len(set(types)) < len(types):
        raise Combination("LogDeliveryConfigurations must not name a log type twice.")
    found = {one["LogType"]: one for one in old}
    for one in given:
        type = one.get("LogType")
        if type not in _SINCE:
            raise Invalid(f"Invalid LogType: {type}. Valid values are: slow-log, engine-log.")
        if one.get("Enabled") is False:
            found.pop(type, None)
            continue
        if version.number < _SINCE[type]:
            raise Combination(f"{type} is not supported for engine version {version.full}.")
        found[type] = _delivery(one, type)
    return list(found.values())


def _delivery(given: Data, type: str) -> Data:
    if given.get("DestinationType") == "kinesis-firehose":
        raise NotBuilt("log delivery to Firehose")
    if given.get("DestinationType") != "cloudwatch-logs":
        raise Invalid("Invalid DestinationType. Valid values are: cloudwatch-logs, kinesis-firehose.")
    group = ((given.get("DestinationDetails") or {}).get("CloudWatchLogsDetails") or {}).get("LogGroup")
    if not group:
        raise Invalid("DestinationDetails must name a LogGroup for the destination type cloudwatch-logs.")
    if given.get("LogFormat") not in ("json", "text"):
        raise Invalid("Invalid LogFormat. Valid values are: json, text.")
    return {
        "LogType": type,
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": group}},
        "LogFormat": given["LogFormat"],
        "Status": "enabling",
    }


def stream(engine: str, cluster: str, type: str) -> str:
    """The log stream of a cluster's node."""
    return f"elasticache/{engine}/{cluster}/0001/{type}"


def slow_line(cluster: str, entry: Slow, format: str) -> str:
    """An entry of the slow log: the command without what it was about."""
    count = len(entry.words) - 1
    command = entry.words[0].upper() + (f" ... ({count} more arguments)" if count else "")
    if format == "text":
        parts = (cluster, "0001", entry.id, int(entry.at), entry.microseconds, command, "", entry.client)
        return ",".join(str(part) for part in parts)
    found = {
        "CacheClusterId": cluster, "CacheNodeId": "0001", "Id": entry.id, "Timestamp": int(entry.at),
        "Duration (us)": entry.microseconds, "Command": command, "ClientAddress": "", "ClientName": entry.client,
    }  # fmt: skip
    return orjson.dumps(found).decode()


def engine_line(cluster: str, line: str, format: str) -> str | None:
    """A line of the engine's log; None for what is no entry, such as its banner."""
    found = _ENGINE_LINE.fullmatch(line)
    if found is None:
        return None
    role, time, level, message = found.groups()
    if format == "text":
        return f"{cluster}/0001:{role} {time} UTC {level} {message}"
    return orjson.dumps(
        {
            "CacheClusterId": cluster, "CacheNodeId": "0001", "LogLevel": _LEVELS[level], "Role": role,
            "Time": f"{time} UTC", "Message": message,
        }
    ).decode()  # fmt: skip
