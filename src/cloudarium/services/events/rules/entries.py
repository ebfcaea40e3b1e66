"""Entries of PutEvents: what is wrong with one, and the event that one becomes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from cloudarium.shared import clock
from cloudarium.shared.scope import Scope

MOST = 10
_LARGEST = 1024 * 1024  # 256 KB until January 2026: AWS Compute Blog, "payload size from 256 KB to 1 MB"
_TIME_BYTES = 14
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DEEPEST = 900  # AWS says 1000; what reads JSON here ends shortly before


class Refused(NamedTuple):
    """Why one entry fails."""

    code: str
    message: str


_WRITTEN = ("Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader")


def too_many(entries: Iterable[dict[str, Any]]) -> str:
    """What AWS says of more entries than a request can have, each as it writes it down."""
    shown = []
    for entry in entries:
        members = {name[0].lower() + name[1:]: entry.get(name) for name in _WRITTEN}
        members.update({"kmsKeyIdentifier": None, "internalMetadata": None})
        text = ", ".join(f"{name}={'null' if value is None else value}" for name, value in members.items())
        shown.append(f"PutEventsRequestEntry({text})")
    return (
        f"1 validation error detected: Value '[{', '.join(shown)}]' at 'entries' failed to satisfy constraint: "
        f"Member must have length less than or equal to {MOST}"
    )


def size(entry: dict[str, Any]) -> int:
    """The bytes of an entry as AWS counts them.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
    """
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")] + list(entry.get("Resources") or ())
    return (_TIME_BYTES if entry.get("Time") is not None else 0) + sum(
        len(text.encode("utf-8", "surrogatepass")) for text in texts
    )


def too_large(entries: Iterable[dict[str, Any]]) -> bool:
    """Whether a request holds more than AWS takes at once."""
    return sum(map(size, entries)) > _LARGEST


def read(entry: dict[str, Any], by_service: bool) -> dict[str, Any] | Refused:
    """The detail of an entry, or what is wrong with it; only AWS's services speak of themselves."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return Refused("InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument.")
    if len(entry["DetailType"]) > 128:
        return Refused(
            "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is longer than 128 characters."
        )
    if entry["Source"].startswith("aws.") and not by_service:
        return Refused("NotAuthorizedForSourceException", "Not authorized for the source.")
    detail = detail_of(entry["Detail"])
    if detail is None or not _is_text(entry["Source"], entry["DetailType"], *(entry.get("Resources") or ())):
        return Refused("MalformedDetail", "Detail is malformed.")
    return detail


def detail_of(text: str) -> dict[str, Any] | None:
    """The JSON object of a text, None when it is none."""
    if text.count("{") + text.count("[") > _DEEPEST and _depth(text) > _DEEPEST:
        return None
    try:
        found = json.loads(text, parse_constant=_refuse)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # an escape may stand for half a character
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _depth(text: str) -> int:
    """A bound for how deep JSON nests: brackets inside of strings count, too."""
    depth = deepest = 0
    for sign in text:
        depth += (sign in "{[") - (sign in "}]")
        deepest = max(deepest, depth)
    return deepest


def _refuse(word: str) -> None:
    raise ValueError(word)


def _is_text(*texts: str) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def event(entry: dict[str, Any], detail: dict[str, Any], id: str, scope: Scope, now: float) -> dict[str, Any]:
    """The event that an entry with this detail becomes."""
    time = entry.get("Time")
    return {
        "version": "0",
        "id": id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": scope.account,
        "time": clock.iso(now if time is None else float(time)),
        "region": scope.region,
        "resources": list(entry.get("Resources") or ()),
        "detail": detail,
    }


def as_text(event: Any) -> str:
    """An event, or a part of one, as its targets get it."""
    return _ENCODER.encode(event)
