"""What the attributes of a queue may be, and what they are where nobody said.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import orjson

from cloudarium.policy.documents import MalformedPolicy, compile_document
from cloudarium.services.sqs import errors
from cloudarium.services.sqs.rules import redrive

Attributes = dict[str, str]

MOST_BYTES = 1_048_576  # of a message, and of a batch
SUFFIX = ".fifo"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)

_RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, MOST_BYTES),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}
_CHOICES = {
    "FifoQueue": ("true", "false"),
    "ContentBasedDeduplication": ("true", "false"),
    "SqsManagedSseEnabled": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_ONLY_FIFO = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_READ_ONLY = frozenset(("All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", *_COUNTS))
_KNOWN = _RANGES.keys() | _CHOICES.keys() | _READ_ONLY | {"KmsMasterKeyId", *_DOCUMENTS}

DEFAULTS: Mapping[str, str] = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": str(MOST_BYTES),
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
FIFO_DEFAULTS: Mapping[str, str] = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
REUSE = "300"  # KmsDataKeyReusePeriodSeconds


def check_name(name: str, fifo: bool) -> None:
    """Raise InvalidParameterValue unless a queue of this kind can have this name."""
    if fifo:
        if not name.endswith(SUFFIX) or len(name) > 80 or not _NAME.fullmatch(name.removesuffix(SUFFIX)):
            raise errors.InvalidParameterValue(
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
                "with .fifo suffix and be 1 to 80 in length."
            )
    elif not _NAME.fullmatch(name):
        raise errors.InvalidParameterValue(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def set_attributes(given: Mapping[str, str], before: Mapping[str, str], fifo: bool, creating: bool) -> Attributes:
    """The attributes of a queue once `given` is set. Raises what SQS answers to what cannot be set."""
    for name, value in given.items():
        _check(name, value, fifo, creating)
    _check_encryption(given)
    after = {**before, **{name: _plain(name, value) for name, value in given.items()}}
    if fifo:
        after["FifoQueue"] = "true"
    for name in (*_DOCUMENTS, "KmsMasterKeyId"):
        if not after.get(name):
            after.pop(name, None)
    if given.get("KmsMasterKeyId"):
        after["SqsManagedSseEnabled"] = "false"
    elif given.get("SqsManagedSseEnabled") == "true":
        after.pop("KmsMasterKeyId", None)
    _check_throughput(after, fifo)
    return after


def _check(name: str, value: str, fifo: bool, creating: bool) -> None:
    if name not in _KNOWN or name in _READ_ONLY:
        raise errors.InvalidAttributeName.unknown(name)
    if name == "FifoQueue":
        _check_kind(value, fifo, creating)
    elif name in _ONLY_FIFO and not fifo:
        raise errors.InvalidAttributeName(f"You can specify the {name} only when FifoQueue is set to true.")
    elif name in _RANGES:
        low, high = _RANGES[name]
        if not _NUMBER.fullmatch(value) or not low <= int(value) <= high:
            raise errors.InvalidAttributeValue.of(name)
    elif name in _CHOICES:
        if value not in _CHOICES[name]:
            raise errors.InvalidAttributeValue.of(name)
    elif name == "Policy":
        _check_policy(value)
    elif name == "KmsMasterKeyId" and len(value) > 2048:
        raise errors.InvalidAttributeValue.of(name)


def _check_kind(value: str, fifo: bool, creating: bool) -> None:
    """FifoQueue says what a queue is from its making on; a standard queue has no such attribute."""
    if value not in ("true", "false"):
        raise errors.InvalidAttributeValue.of("FifoQueue")
    if not fifo:
        raise errors.InvalidAttributeName.unknown("FifoQueue")
    if value == "false":
        reason = "" if creating else "Modifying queue type is not supported."
        raise errors.InvalidAttributeValue.of("FifoQueue", reason)


def _check_policy(text: str) -> None:
    if not text:
        return
    try:
        compile_document(text, "queue", "resource")
    except MalformedPolicy:
        raise errors.InvalidAttributeValue.of("Policy") from None


def _check_encryption(given: Mapping[str, str]) -> None:
    if given.get("KmsMasterKeyId") and given.get("SqsManagedSseEnabled") == "true":
        raise errors.InvalidAttributeName(
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS "
            "SSE."
        )


def _check_throughput(after: Mapping[str, str], fifo: bool) -> None:
    per_group = after.get("FifoThroughputLimit") == "perMessageGroupId"
    if fifo and per_group and after.get("DeduplicationScope") != "messageGroup":
        raise errors.InvalidAttributeValue(
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
        )


def _plain(name: str, value: str) -> str:
    """A value as it is shown: numbers without leading zeros, documents of redrive in their own form."""
    if name in _RANGES:
        return str(int(value))
    if name in ("RedrivePolicy", "RedriveAllowPolicy") and value:
        return redrive.plain(name, value)
    return value


def differing(given: Mapping[str, str], kept: Mapping[str, str], fifo: bool) -> str | None:
    """The first attribute that a queue has with another value than is asked for."""
    shown = {**DEFAULTS, **(FIFO_DEFAULTS if fifo else {}), "KmsDataKeyReusePeriodSeconds": REUSE, **kept}
    for name, value in given.items():
        if not _same(name, _plain(name, value), shown.get(name, "")):
            return name
    return None


def _same(name: str, one: str, other: str) -> bool:
    if name in _DOCUMENTS and one and other:
        return bool(orjson.loads(one) == orjson.loads(other))
    return one == other


def wanted(names: Iterable[str]) -> frozenset[str]:
    """The attributes that are asked for. Raises InvalidAttributeName for one that there is not."""
    asked = frozenset(names)
    for name in asked - _KNOWN:
        raise errors.InvalidAttributeName.unknown(name)
    return asked


def counts_wanted(asked: frozenset[str]) -> bool:
    """Whether the messages have to be counted."""
    return "All" in asked or not asked.isdisjoint(_COUNTS)


def shown(kept: Mapping[str, str], fifo: bool) -> Attributes:
    """The attributes that a queue has, with those that nobody set."""
    every = {**DEFAULTS, **(FIFO_DEFAULTS if fifo else {}), **kept}
    if "KmsMasterKeyId" in every:
        every.setdefault("KmsDataKeyReusePeriodSeconds", REUSE)
    else:
        every.pop("KmsDataKeyReusePeriodSeconds", None)
    return every
