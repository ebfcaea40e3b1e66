"""Dead-letter queues: what a RedrivePolicy and a RedriveAllowPolicy may say."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.sqs import errors
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope

_MOST_RECEIVES = 1000
_MOST_SOURCES = 10


class Redrive(NamedTuple):
    """Where messages go that were received too often."""

    scope: Scope
    name: str
    most: int


def plain(name: str, text: str) -> str:
    """The policy as SQS shows it. Raises InvalidParameterValue, InvalidAttributeValue."""
    found = (_redrive if name == "RedrivePolicy" else _allow)(text)
    return orjson.dumps(found).decode() if found else ""


def _load(name: str, text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise errors.InvalidAttributeValue.of(name)
    return found


def _redrive(text: str) -> dict[str, Any]:
    found = _load("RedrivePolicy", text)
    if not found:
        return {}

    def wrong(reason: str) -> errors.InvalidParameterValue:
        return errors.InvalidParameterValue.of(text, "RedrivePolicy", reason)

    for member in ("deadLetterTargetArn", "maxReceiveCount"):
        if member not in found:
            raise wrong(f"Redrive policy does not contain mandatory attribute: {member}.")
    unknown = found.keys() - {"deadLetterTargetArn", "maxReceiveCount"}
    if unknown:
        raise wrong("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
    target = arns.parse(found["deadLetterTargetArn"])
    if target is None or target.service != "sqs":
        raise wrong("Invalid value for deadLetterTargetArn.")
    most = _whole(found["maxReceiveCount"])
    if most is None or not 1 <= most <= _MOST_RECEIVES:
        raise wrong(
            f"Invalid value for maxReceiveCount: {found['maxReceiveCount']}, valid values are from 1 to 1000 both "
            "inclusive."
        )
    return {"deadLetterTargetArn": str(target), "maxReceiveCount": most}


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) else None


def _allow(text: str) -> dict[str, Any]:
    found = _load("RedriveAllowPolicy", text)
    if not found:
        return {}

    def wrong(reason: str) -> errors.InvalidParameterValue:
        return errors.InvalidParameterValue.of(text, "RedriveAllowPolicy", reason)

    permission, sources = found.get("redrivePermission"), found.get("sourceQueueArns")
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise wrong(
            "Amazon SQS can't create the redrive allow policy: redrivePermission must be one of allowAll, "
            "denyAll, byQueue."
        )
    if found.keys() - {"redrivePermission", "sourceQueueArns"}:
        raise wrong("Only following attributes are supported: [redrivePermission, sourceQueueArns].")
    if permission != "byQueue":
        if sources:
            raise wrong("sourceQueueArns can only be specified when redrivePermission is byQueue.")
        return {"redrivePermission": permission}
    if not isinstance(sources, list) or not 1 <= len(sources) <= _MOST_SOURCES:
        raise wrong("byQueue needs 1 to 10 sourceQueueArns.")
    if not all(isinstance(each, str) and (arn := arns.parse(each)) and arn.service == "sqs" for each in sources):
        raise wrong("Invalid value for sourceQueueArns.")
    return {"redrivePermission": permission, "sourceQueueArns": sources}


def policy(text: str | None) -> Redrive | None:
    """What a queue's RedrivePolicy says, None without one."""
    if not text:
        return None
    found = orjson.loads(text)
    target = arns.parse(found["deadLetterTargetArn"])
    assert target is not None
    return Redrive(Scope(target.account, target.region), target.resource, found["maxReceiveCount"])


def allows(text: str | None, source: str) -> bool:
    """Whether a dead-letter queue's RedriveAllowPolicy lets this queue use it."""
    if not text:
        return True
    found = orjson.loads(text)
    permission = found["redrivePermission"]
    return permission == "allowAll" or (permission == "byQueue" and source in found["sourceQueueArns"])
