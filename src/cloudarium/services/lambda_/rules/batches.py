"""Batches: the events that functions get from queues and streams, filters, and what an answer says failed."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from cloudarium.shared import arn as arns
from cloudarium.shared.event_patterns import compile_pattern, flatten

Data = dict[str, Any]


def queue_record(message: Mapping[str, Any], source: str) -> Data:
    """A message as a function sees it. Source: lambda/latest/dg/with-sqs.html"""
    record: Data = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {
            name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()
        },
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    place = arns.parse(source)
    return record | {
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": place.region if place is not None else "",
    }


def _attribute(value: Mapping[str, Any]) -> Data:
    shown: Data = {}
    if "StringValue" in value:
        shown["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        shown["binaryValue"] = base64.b64encode(bytes(value["BinaryValue"])).decode()
    return shown | {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


# ---- filters ---------------------------------------------------------------------------------------------------------


class Filters:
    """The FilterCriteria of a mapping; a record that none of them lets through is never seen by the function."""

    def __init__(self, criteria: Mapping[str, Any] | None) -> None:
        texts = [each.get("Pattern") or "" for each in (criteria or {}).get("Filters") or []]
        self._patterns = [(orjson.loads(text), compile_pattern(text)) for text in texts]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def lets(self, record: Mapping[str, Any], data: str = "") -> bool:
        """Whether a record goes through; its member `data` is read as JSON by a pattern that is written for JSON."""
        if not self._patterns:
            return True
        for wanted, pattern in self._patterns:
            seen: Mapping[str, Any] | None = record
            if data and data in wanted:
                seen = _read(record, data, isinstance(wanted[data], dict))
            if seen is not None and pattern.matches(flatten(seen)):
                return True
        return False


def _read(record: Mapping[str, Any], data: str, as_json: bool) -> Mapping[str, Any] | None:
    """The record for a pattern on JSON or on plain text; None when the text is the other.

    Source: lambda/latest/dg/with-sqs-filtering.html, the table of formats.
    """
    try:
        value = orjson.loads(record[data])
    except (ValueError, TypeError):
        value = None
    if as_json:
        return {**record, data: value} if isinstance(value, dict) else None
    return None if isinstance(value, dict) else record


# ---- answers ---------------------------------------------------------------------------------------------------------


def failed_items(payload: bytes, known: Iterable[str]) -> set[str] | None:
    """Which items a function with ReportBatchItemFailures says have failed; None when its answer fails all of them.

    Source: lambda/latest/dg/services-sqs-errorhandling.html, "Success and failure conditions".
    """
    try:
        answer = orjson.loads(payload) if payload.strip() else None
    except ValueError:
        return None
    if answer is None or answer in ("", [], {}):  # AWS takes an empty list too
        return set()
    if not isinstance(answer, dict):
        return None
    items = answer.get("batchItemFailures")
    if items is None:
        return set()
    if not isinstance(items, list):
        return None
    here, failed = set(known), set()
    for item in items:
        name = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(name, str) or name not in here:
            return None
        failed.add(name)
    return failed
