"""Decisions of CloudWatch Logs: which events are taken, which days may be asked for, and what page tokens mean."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from cloudarium.policy.grammar import VERSIONS, MalformedPolicy, load, statements
from cloudarium.services.logs import errors

Policy = dict[str, Any]
DAY = 86_400_000
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180),
    *(365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
EVENT_OVERHEAD = 26  # bytes that AWS counts for each event beside its message
LONGEST_NAME = 512
RESOURCE_POLICIES = 10
BATCH_BYTES = 1_048_576
PAGE_BYTES = 1_048_576
PAGE_EVENTS = 10_000
_TOO_NEW = 2 * 3_600_000
_TOO_OLD = 14 * DAY
_ID_SHIFT = 144  # event ids and tokens are 56 digits on AWS: the time in milliseconds comes first
_GROUP_SHIFT = 64


class Batch(NamedTuple):
    """What a PutLogEvents batch comes to: the part that is taken, and what was rejected (None: nothing)."""

    accepted: Sequence[dict[str, Any]]
    rejected: dict[str, int] | None


class Position(NamedTuple):
    """A place between events: a time and an event number."""

    timestamp: int
    number: int


def check_retention(days: int) -> None:
    """Raise InvalidParameter unless AWS offers that many days."""
    if days not in RETENTION_DAYS:
        allowed = ", ".join(map(str, RETENTION_DAYS))
        raise errors.InvalidParameter(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]"
        )


def check_length(name: str) -> None:
    """Raise InvalidParameter for a name of a group or stream that is too long."""
    if len(name) > LONGEST_NAME:
        raise errors.InvalidParameter(
            f"Invalid LogGroup or LogStream, both must have length less than or equal to {LONGEST_NAME}."
        )


def name_fits(name: str, pattern: str | None) -> bool:
    """Whether a group's name holds one of the parts of a pattern, or starts with one that a ^ precedes."""
    if pattern is None:
        return True
    return any(name.startswith(part[1:]) if part.startswith("^") else part in name for part in pattern.split("|"))


def policy_document(text: str) -> Policy:
    """A resource policy, read. Raises InvalidParameter when it is none."""
    try:
        return load(text)
    except MalformedPolicy as problem:
        raise errors.InvalidParameter(problem.message) from None


def canonical(document: Policy) -> Policy:
    """A resource policy as AWS shows it later: with a version, and without lists of one."""
    shown = []
    for statement in statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            statement = {**statement, "Principal": {kind: _alone(value) for kind, value in principal.items()}}
        shown.append({name: _alone(value) for name, value in statement.items()})
    return {"Version": VERSIONS[0], **document, "Statement": shown}


def _alone(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def check_group_name(name: str) -> None:
    """Raise InvalidParameter for a name that AWS keeps to itself."""
    if name.lower().startswith("aws/"):
        raise errors.InvalidParameter("Log groups starting with AWS/ are reserved for AWS.")


def size(message: str) -> int:
    """The bytes of a message in UTF-8."""
    return len(message) if message.isascii() else len(message.encode(errors="surrogatepass"))


def take_batch(events: Sequence[dict[str, Any]], now: int, retention: int | None) -> Batch:
    """Split a batch into what is taken and what is rejected. Raises InvalidParameter for a batch that breaks the rules.

    Too new is more than 2 hours ahead, too old more than 14 days back, expired what retention would delete at once.
    """
    total = sum(size(event["message"]) for event in events) + EVENT_OVERHEAD * len(events)
    if total > BATCH_BYTES:
        raise errors.InvalidParameter(f"Upload too large: {total} bytes exceeds limit of {BATCH_BYTES}")
    times = [event["timestamp"] for event in events]
    if any(later < earlier for earlier, later in zip(times, times[1:], strict=False)):
        raise errors.InvalidParameter("Log events in a single PutLogEvents request must be in chronological order.")
    old = _count(times, now - _TOO_OLD)
    expired = old if retention is None else max(old, _count(times, now - retention * DAY))
    new = _count(times, now + _TOO_NEW + 1)
    accepted = events[expired:new]
    if accepted and accepted[-1]["timestamp"] - accepted[0]["timestamp"] > DAY:
        raise errors.InvalidParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )
    rejected = {}
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if expired > old:
        rejected["expiredLogEventEndIndex"] = expired
    if new < len(events):
        rejected["tooNewLogEventStartIndex"] = new
    return Batch(accepted, rejected or None)


def _count(times: Sequence[int], before: int) -> int:
    return next((index for index, time in enumerate(times) if time >= before), len(times))


def event_id(timestamp: int, group: int, number: int) -> str:
    """The id of an event: 56 digits, in the order of time."""
    return f"{timestamp << _ID_SHIFT | group << _GROUP_SHIFT | number:056d}"


def parse_pointer(text: object) -> tuple[int, int, int] | None:
    """The group's id, the time and the number of the event that a @ptr of a query's results leads to."""
    try:
        found = orjson.loads(base64.b64decode(text, validate=True)) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(found, list) or len(found) != 3:
        return None
    if any(type(each) is not int or abs(each) >= 1 << 62 for each in found):
        return None
    return found[0], found[1], found[2]


def stream_token(direction: str, place: Position) -> str:
    """A GetLogEvents token: `f` reads on behind the place, `b` reads what is before it."""
    return f"{direction}/{place.timestamp << _ID_SHIFT | place.number:056d}/s"


def parse_stream_token(token: str) -> tuple[str, Position]:
    """The direction and place of a GetLogEvents token. Raises InvalidParameter when it is none."""
    direction, _, rest = token.partition("/")
    digits = rest.removesuffix("/s")
    if direction not in ("f", "b") or not rest.endswith("/s") or len(digits) != 56 or not _is_number(digits):
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    number = int(digits)
    place = Position(number >> _ID_SHIFT, number & ((1 << _GROUP_SHIFT) - 1))
    if place.timestamp >= 1 << 62 or place.number >= 1 << 62:
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return direction, place


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def page(events: Iterable[Any], limit: int) -> list[Any]:
    """As many events from the front as fit a page: `limit` of them, and 1 MB."""
    taken: list[Any] = []
    room = PAGE_BYTES
    for event in events:
        room -= size(event.message) + EVENT_OVERHEAD
        if taken and room < 0:
            break
        taken.append(event)
        if len(taken) >= limit:
            break
    return taken
