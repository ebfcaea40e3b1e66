"""A run of a function as the journal keeps it, and the segments that X-Ray gets of it: views of one record."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import orjson

Data = dict[str, Any]
UNTOLD = "untold"  # the third member of a link of which X-Ray is told nothing
_THROTTLED = "TooManyRequestsException"


class Run(NamedTuple):
    """One run of a function. `root` is its trace's id, `parent` the id of what led to it there, empty for nothing.

    `service`, `function` and `invocation` are the ids of its parts as segments; `traced` says whether the function is
    traced actively. Times are epoch seconds of the cloud's clock, durations microseconds; `taken` is when an
    asynchronous event came, 0 for others. `links` is JSON: [trace id, segment id] of what a batch's records come from,
    and `source` the ARN of where it was read.
    """

    account: str
    region: str
    arn: str
    version: str
    request_id: str
    root: str
    parent: str
    service: str
    function: str
    invocation: str
    sampled: bool
    traced: bool
    taken: float
    attempt: int
    started: float
    micros: int
    init: int
    duration: int
    overhead: int
    error: str
    message: str
    log_group: str
    log_stream: str
    links: str
    source: str

    @property
    def name(self) -> str:
        """The function's name."""
        return self.arn.split(":")[6]


def documents(run: Run) -> list[Data]:
    """The segment documents that Lambda sends of a run: of the service, and of the function itself if it ran.

    Source: the traces in https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html and
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html
    """
    end = run.started + run.micros / 1e6
    service = {
        "id": run.service,
        "name": run.name,
        "start_time": run.taken or run.started,
        "end_time": end,
        "http": {"response": {"status": 429 if run.error == _THROTTLED else 200}},
        "aws": {"request_id": run.request_id},
        "trace_id": run.root,
        "origin": "AWS::Lambda",
        "resource_arn": run.arn,
    }
    if run.parent:
        service["parent_id"] = run.parent
    links = [
        {"trace_id": trace, "id": id, "attributes": {"reference_type": "parent"}}
        for trace, id, *untold in _links(run)
        if not untold
    ]
    if links:
        service["links"] = links
    above = run.service
    if run.taken:
        tries = _part(run, f"Attempt #{run.attempt}", run.started, end)
        service["subsegments"] = [_part(run, "Dwell Time", run.taken, run.started), tries]
        above = tries["id"]
    if run.error == _THROTTLED:
        return [{**service, "error": True, "throttle": True}]
    return [service, _function(run, above, end)]


def _function(run: Run, above: str, end: float) -> Data:
    ran = (run.duration - run.overhead) / 1e6
    answered = end - run.overhead / 1e6
    began = answered - ran
    about = {"function_arn": run.arn}
    parts = [
        {"id": run.invocation, "name": "Invocation", "start_time": began, "end_time": answered, "aws": about},
        {**_part(run, "Overhead", answered, end), "aws": about},
    ]
    start = began
    if run.init:
        start = began - run.init / 1e6
        parts.insert(0, {**_part(run, "Initialization", start, began), "aws": about})
    made: Data = {
        "id": run.function,
        "name": run.name,
        "start_time": start,
        "end_time": end,
        "parent_id": above,
        "aws": {
            "account_id": run.account,
            "function_arn": run.arn,
            "cold_start": bool(run.init),
            "resource_names": [run.name],
        },
        "trace_id": run.root,
        "origin": "AWS::Lambda::Function",
        "subsegments": parts,
    }
    if run.error:
        cause = {"exceptions": [{"id": id_of(run, "cause"), "type": run.error, "message": run.message}]}
        made |= {"fault": True, "cause": cause}
        parts[-2] |= {"fault": True, "cause": cause}
    return made


def _part(run: Run, name: str, start: float, end: float) -> Data:
    return {"id": id_of(run, name), "name": name, "start_time": min(start, end), "end_time": end}


def id_of(run: Run, name: str) -> str:
    """The id of a part of a run; the same each time."""
    return hashlib.sha256(f"{run.invocation} {name}".encode()).hexdigest()[:16]


def _links(run: Run) -> list[list[str]]:
    return orjson.loads(run.links) if run.links else []
