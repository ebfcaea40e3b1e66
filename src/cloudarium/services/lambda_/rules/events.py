"""Asynchronous events: how long and how often they are tried, and what is told about their end. No store, no clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudarium.shared.clock import iso_millis

DEFAULT_RETRIES = 2
DEFAULT_AGE = 21600
RETRY_PAUSES = (60.0, 120.0)  # after the first and after the second failure of the function
SYNC_LIMIT = 6291456
ASYNC_LIMIT = 1048576


def throttle_pause(times: int) -> float:
    """How long a throttled event waits: one second, doubling up to five minutes."""
    return min(300.0, 2.0 ** min(times, 9))


_TELLING = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}


def telling(target: str) -> tuple[str, str]:
    """What a role must be allowed, and on what, to tell a destination."""
    service = target.split(":")[2]
    return _TELLING[service], target + ("/*" if service == "s3" else "")


def record(
    event: Mapping[str, Any], arn: str, condition: str, now: float, result: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The record of an event's end, as a destination gets it. `result` has version, error and payload."""
    made: dict[str, Any] = {
        "version": "1.0",
        "timestamp": iso_millis(now),
        "requestContext": {
            "requestId": event["RequestId"],
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": event["Attempts"],
        },
        "requestPayload": as_json(event["Payload"]),
    }
    if result is not None:
        context = {"statusCode": 200, "executedVersion": result["version"]}
        if result["error"]:
            context["functionError"] = result["error"]
        made["responseContext"] = context
        made["responsePayload"] = as_json(result["payload"])
    return made


def destinations_text(given: Mapping[str, Any]) -> str:
    """A DestinationConfig as AWS writes it in errors."""
    sides = []
    for member, shown in (("OnSuccess", "onSuccess"), ("OnFailure", "onFailure")):
        target = (given.get(member) or {}).get("Destination")
        text = f"{member}(destination={target or 'null'})" if member in given else "null"
        sides.append(f"{shown}={text}")
    return f"DestinationConfig({', '.join(sides)})"


def as_json(text: str) -> Any:
    """A payload as the value that it is; the text itself when it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
