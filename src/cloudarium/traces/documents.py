"""Segment documents: what a program sends of a piece of its work, and what is wrong with one.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html; for the codes and words of what
is refused, logs of daemons: https://github.com/aws/aws-xray-daemon/issues/184,
https://github.com/humanmade/aws-xray/issues/29
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

LONGEST = 64 * 1024  # bytes of a document
_DEEPEST = 60  # subsegments inside of one another
_MOST_AT_ONCE = 1000  # documents in one array
_ID = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)
_TRACE_ID = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}", re.ASCII)
_NAME = re.compile(r"[\w\s.:/%&#=+\\\-@]{1,200}")
_LATEST = 1e11

Data = dict[str, Any]


class Document(NamedTuple):
    """A document that was accepted; `within` is the id of what it is a part of, empty for a segment without parent."""

    trace: str
    id: str
    within: str
    separate: bool  # a subsegment that was sent on its own
    data: Data

    @property
    def text(self) -> str:
        """The document as JSON."""
        return orjson.dumps(self.data).decode()


class Refused(NamedTuple):
    """A document that was not accepted."""

    id: str
    code: str
    message: str


def read(text: str) -> Iterator[Document | Refused]:
    """The document in a text, or those of an array: each as it is taken, or why it is not."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        yield _refused({}, "SegmentTooLarge")
        return
    try:
        found = orjson.loads(text)
        orjson.dumps(found)  # what is nested deeper than can be written again is refused now
    except (orjson.JSONDecodeError, TypeError, UnicodeEncodeError):
        yield _refused({}, "ParseError")
        return
    for one in (found or [{}])[:_MOST_AT_ONCE] if isinstance(found, list) else [found]:
        yield _checked(one) if isinstance(one, dict) else _refused({}, "ParseError")


def of(data: Data) -> Document:
    """A document from what was accepted before."""
    separate = data.get("type") == "subsegment"
    return Document(data["trace_id"], data["id"], data.get("parent_id") or "", separate, data)


def _checked(data: Data) -> Document | Refused:
    code = _problem(data)
    return of(data) if code is None else _refused(data, code)


def _refused(data: Data, code: str) -> Refused:
    kind, cause = ("subsegment", ", Cause: null") if data.get("type") == "subsegment" else ("segment", "")
    given = data.get("id")
    return Refused(given if isinstance(given, str) else "", code, f"Invalid {kind}. ErrorCode: {code}{cause}")


def _problem(data: Data) -> str | None:
    wrong = _problem_of_part(data)
    if wrong is not None:
        return wrong
    trace = data.get("trace_id")
    if trace is None:
        return "MissingTraceId"
    if not isinstance(trace, str) or not _TRACE_ID.fullmatch(trace):
        return "InvalidTraceId"
    kind, parent = data.get("type"), data.get("parent_id")
    if kind not in (None, "subsegment", "segment"):
        return "InvalidType"
    if parent is None:
        return "MissingParentId" if kind == "subsegment" else None
    return None if _is_id(parent) or (parent == "" and kind is None) else "InvalidParentId"


def _problem_of_part(data: Data) -> str | None:
    """What is wrong with a segment or subsegment, itself or deeper inside."""
    waiting = [(data, 0)]
    while waiting:
        one, depth = waiting.pop()
        wrong = _problem_of_members(one)
        if wrong is not None:
            return wrong
        inner = one.get("subsegments")
        if inner is None:
            continue
        if not isinstance(inner, list) or depth >= _DEEPEST or not all(isinstance(each, dict) for each in inner):
            return "InvalidSubsegments"
        waiting += [(each, depth + 1) for each in inner]
    return None


def _problem_of_members(data: Data) -> str | None:
    name, start = data.get("name"), data.get("start_time")
    if data.get("id") is None:
        return "MissingId"
    if not _is_id(data["id"]):
        return "InvalidId"
    if name is None:
        return "MissingName"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return "InvalidName"
    if start is None:
        return "MissingStartTime"
    if not _is_time(start):
        return "InvalidStartTime"
    return _problem_of_end(data, start)


def _problem_of_end(data: Data, start: float) -> str | None:
    end, running = data.get("end_time"), data.get("in_progress")
    if running is not None and not isinstance(running, bool):
        return "InvalidInProgress"
    if end is None:
        return None if running else "MissingEndTime"
    if not _is_time(end) or end < start - 0.001:
        return "InvalidEndTime"
    return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _LATEST
