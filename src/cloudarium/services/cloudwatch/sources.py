"""Functions as sources of time series: they are invoked before the queries that ask for them are answered.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_MultiDataSources-Connect-Custom.html
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.cloudwatch.metric_math import Frame, Series
from cloudarium.services.cloudwatch.metric_math.outside import Asked
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
PRINCIPAL = "lambda.datasource.cloudwatch.amazonaws.com"
FOR_CHARTS, FOR_ALARMS = 10.0, 4.5  # seconds that a function may take
_MOST_SERIES = 500
_MOST_ASKED, _AT_A_TIME = 100, 10
_STATUSES = ("Complete", "PartialData", "InternalError", "Forbidden")
_under_way: set[asyncio.Future[Data]] = set()


class Wanted(NamedTuple):
    """What is asked of a function, and for which times."""

    asked: Asked
    frame: Frame


@dataclass
class Answered:
    """What a function said: series; how it went, in AWS's words; and why nothing can be computed, if so."""

    series: list[Series] = field(default_factory=list)
    status: str = "Complete"
    messages: list[Data] = field(default_factory=list)
    invalid: str = ""


Answers = dict[Wanted, Answered]


async def answers(call: Call, wanted: Iterable[Wanted], seconds: float) -> Answers:
    """Invoke each function for what is wanted of it, some at a time, as the service that AWS's policies name.

    What is wanted beyond the first hundred is left out.
    """
    each = list(itertools.islice(dict.fromkeys(wanted), _MOST_ASKED))
    turns = asyncio.Semaphore(_AT_A_TIME)
    found = await asyncio.gather(*(_answer(call, one, seconds, turns) for one in each))
    return dict(zip(each, found, strict=True))


async def _answer(call: Call, wanted: Wanted, seconds: float, turns: asyncio.Semaphore) -> Answered:
    async with turns:
        return await _asked(call, wanted, seconds)


async def _asked(call: Call, wanted: Wanted, seconds: float) -> Answered:
    task = asyncio.ensure_future(_invoke(call, wanted))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    try:
        return _read(await asyncio.wait_for(asyncio.shield(task), seconds), wanted.frame)
    except TimeoutError:
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return _failed("InternalError", f"The Lambda function did not answer within {seconds:g} seconds")
    except AwsError as error:
        denied = error.status == 403 or error.code.startswith("AccessDenied")
        return _failed("Forbidden" if denied else "InternalError", error.message or error.code)


async def _invoke(call: Call, wanted: Wanted) -> Data:
    frame = wanted.frame
    request = {
        "StartTime": frame.start, "EndTime": int(frame.end), "Period": frame.period,
        "Arguments": orjson.loads(wanted.asked.arguments),
    }  # fmt: skip
    event = {"EventType": "GetMetricData", "GetMetricDataRequest": request}
    given = {"FunctionName": wanted.asked.function, "Payload": orjson.dumps(event)}
    output = await call.send(
        "lambda", "Invoke", given, as_=Principal.service(PRINCIPAL, call.account),
        context={"aws:SourceAccount": call.account},
    )  # fmt: skip
    payload = output.get("Payload") or b""
    if not isinstance(payload, bytes):
        payload = b"".join([chunk async for chunk in payload])
    return {"failed": "FunctionError" in output, "payload": payload}


def _failed(status: str, message: str) -> Answered:
    return Answered([Series({}, 60)], status, [{"Code": status, "Value": message}])


def _read(output: Data, frame: Frame) -> Answered:
    try:
        said = orjson.loads(output["payload"])
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return _failed("InternalError", "The Lambda function did not answer an object")
    if output["failed"]:
        return _failed("InternalError", str(said.get("errorMessage", "The Lambda function failed"))[:1024])
    error = said.get("Error")
    if isinstance(error, dict):
        return _error(str(error.get("Code", "")), str(error.get("Value", ""))[:1024])
    results = said.get("MetricDataResults")
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        return _failed("InternalError", "The Lambda function answered neither MetricDataResults nor Error")
    found = Answered()
    for each in results[:_MOST_SERIES]:
        points = _points(each, frame)
        if points is None:
            return _failed("InternalError", "Timestamps and Values must be arrays of numbers of the same length")
        found.series.append(Series(points, frame.period, str(each.get("Label") or "")))
        if each.get("StatusCode") in _STATUSES[1:] and found.status == "Complete":
            found.status = each["StatusCode"]
        found.messages += _messages(each.get("Messages"))
    return found


def _error(code: str, value: str) -> Answered:
    if code == "Validation":
        return Answered(invalid=value or "The Lambda function found the request not valid")
    if code == "Forbidden":
        return _failed("Forbidden", value)
    failed = _failed("InternalError", value)
    failed.messages[0]["Code"] = code or "InternalError"
    return failed


def _points(given: Data, frame: Frame) -> dict[int, float] | None:
    """Those that begin a period that was asked for; None when they cannot be read."""
    times, values = given.get("Timestamps", []), given.get("Values", [])
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
        return None
    if not all(_is_number(each) for each in (*times, *values)):
        return None
    pairs = ((int(time), float(value)) for time, value in zip(times, values, strict=True) if time == int(time))
    return {
        time: value
        for time, value in sorted(pairs)
        if frame.start <= time < frame.end and (time - frame.start) % frame.period == 0
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _messages(given: Any) -> list[Data]:
    told = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return [{"Code": str(each.get("Code", "")), "Value": str(each.get("Value", ""))[:1024]} for each in told[:10]]
