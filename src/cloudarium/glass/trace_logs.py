"""What functions wrote into their logs during the runs of a trace, beside each run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.call import Call
from cloudarium.glass.traces import whole
from cloudarium.policy.principal import Principal
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_MOST_RUNS = 50  # of one trace whose logs are read
_MOST_LINES = 500  # of one run
_AROUND = 0.1  # seconds: the platform's own lines are written just before and after


async def add_logs(cloud: Cloud, told: dict[str, Any]) -> None:
    """Give each function of a trace its `logs`: [{"timestamp": milliseconds, "message": …}], as root of its account.

    An environment has a log stream of its own and one event at a time, so its lines of that time are the run's.
    """
    functions = [one for top in told["spans"] for one in whole(top) if one["kind"] == "function"]
    for span in functions[:_MOST_RUNS]:
        span["logs"] = await _lines(cloud, span)


async def _lines(cloud: Cloud, span: dict[str, Any]) -> list[dict[str, Any]]:
    if not span["log_stream"]:
        return []
    end = span["end"] if span["end"] is not None else span["start"]
    parent = Call(cloud, None)
    parent.service, parent.operation_name = "logs", "TraceLogs"
    given = {
        "logGroupName": span["log_group"],
        "logStreamName": span["log_stream"],
        "startFromHead": True,
        "startTime": int((span["start"] - _AROUND) * 1000),
        "endTime": math.ceil((end + _AROUND) * 1000),
        "limit": _MOST_LINES,
    }
    try:
        found = await parent.send(
            "logs",
            "GetLogEvents",
            given,
            as_=Principal.root(span["account"]),
            scope=Scope(span["account"], span["region"]),
        )
    except AwsError:  # nothing was logged, or the group is gone
        return []
    lines = [{"timestamp": one["timestamp"], "message": one["message"].rstrip("\n")} for one in found["events"]]
    own = [place for place, one in enumerate(lines) if span["request_id"] in one["message"]]
    if not own:  # of JSON logs the platform's own lines may be left out
        return [one for one in lines if span["start"] * 1000 - 1 <= one["timestamp"] <= end * 1000 + 1]
    first = 0 if span["cold"] else own[0]  # what a cold start says comes before its first event's START
    return lines[first : own[-1] + 1]
