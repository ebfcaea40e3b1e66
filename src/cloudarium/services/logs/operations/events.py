"""Log events: put, read a stream, search a group."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, forwarding, protecting, records, resources, rules
from cloudarium.services.logs.filtering import filters_of
from cloudarium.services.logs.operations import keys
from cloudarium.services.logs.operations.groups import identified_group, milliseconds, named_group, schedule_expiry
from cloudarium.services.logs.operations.streams import sequence_token
from cloudarium.services.logs.patterns import PatternError, Predicate, compile_pattern
from cloudarium.services.logs.protection import Protection
from cloudarium.services.logs.records import FAR, Event, Group, Stream, Window
from cloudarium.services.logs.rules import Position
from cloudarium.shared import paging

Output = dict[str, Any]
_SEARCHED_EVENTS = 20_000  # one FilterLogEvents call looks at no more; AWS, too, answers pages that are not full
_SEARCHED_BYTES = 8 * 1024 * 1024
_FEW_STREAMS = 100


@operation(
    "PutLogEvents",
    on=resources.stream,
    refuses=("entity",),
    ignores={"sequenceToken": "AWS takes any token since 2023"},
)
def put_log_events(call: Call) -> Output | Coroutine[Any, Any, Output]:
    """Append a batch to a stream; any `sequenceToken` will do, as on AWS."""
    return keys.guarded(call, named_group(call, call.input["logGroupName"]), _put)


def _put(call: Call, group: Group) -> Output:
    stream = records.find_stream(call.store, group, call.input["logStreamName"])
    if stream is None:
        raise errors.StreamNotFound
    now = milliseconds(call)
    accepted, rejected = rules.take_batch(call.input["logEvents"], now, group.retention)
    if accepted:
        protection = filters_of(call.store, group.id).protection
        if protection is None:
            records.add_events(call.store, group, stream, accepted, now)
            forwarding.forward(call, group, stream.name, accepted)
        else:
            _put_protected(call, group, stream, accepted, protection)
        oldest = accepted[0]["timestamp"]
        due = None if group.retention is None else oldest + group.retention * rules.DAY + 1
        if due is not None and (group.expires is None or due < group.expires):
            schedule_expiry(call, group, group.retention, oldest)
    answer: dict[str, Any] = {"nextSequenceToken": sequence_token(stream.id, now)}
    if rejected:
        answer["rejectedLogEventsInfo"] = rejected
    return answer


def _put_protected(
    call: Call, group: Group, stream: Stream, accepted: Sequence[dict[str, Any]], protection: Protection
) -> None:
    scanned = protecting.protect(call, group, stream.name, protection, accepted)
    masked = {at: scanned.events[at]["message"] for at in scanned.found}
    records.add_events(call.store, group, stream, accepted, milliseconds(call), masked)
    forwarding.forward(call, group, stream.name, scanned.events)


@operation("GetLogEvents", on=resources.stream)
def get_log_events(call: Call) -> Output | Coroutine[Any, Any, Output]:
    """Read a stream from its end (or head), page by page in either direction; at an end the token comes back."""
    group = _readable(identified_group(call))
    _require_unmask(call, group)
    return keys.guarded(call, group, _get)


def _get(call: Call, group: Group) -> Output:
    stream = records.find_stream(call.store, group, call.input["logStreamName"])
    if stream is None:
        raise errors.StreamNotFound
    first, last = _times(call, group, inclusive=False)
    from_head = bool(call.input.get("startFromHead"))
    window = Window(first, last, descending=not from_head, unmasked=bool(call.input.get("unmask")))
    token = call.input.get("nextToken")
    if token is not None:
        direction, place = rules.parse_stream_token(token)
        forward = direction == "f"
        window = window._replace(
            after=place if forward else None, before=None if forward else place, descending=not forward
        )
    limit = call.input.get("limit", rules.PAGE_EVENTS)
    events = rules.page(records.stream_events(call.store, stream.id, window), limit)
    if window.descending:
        events.reverse()
    here = window.after or window.before or Position(first, 0)
    oldest, newest = (Position(*events[0][:2]), Position(*events[-1][:2])) if events else (here, here)
    return {
        "events": [
            {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested}
            for event in events
        ],
        "nextForwardToken": rules.stream_token("f", newest),
        "nextBackwardToken": rules.stream_token("b", oldest),
    }


@operation(
    "FilterLogEvents",
    on=resources.group,
    ignores={"interleaved": "AWS ignores it since 2019: the answer always interleaves"},
)
def filter_log_events(call: Call) -> Output | Coroutine[Any, Any, Output]:
    """Search a group's streams for events in a time range that match a pattern; all streams interleaved by time."""
    if call.input.get("logStreamNames") and call.input.get("logStreamNamePrefix"):
        raise errors.InvalidParameter("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    _pattern(call)
    group = _readable(identified_group(call))
    _require_unmask(call, group)
    return keys.guarded(call, group, _filter)


def _filter(call: Call, group: Group) -> Output:
    matches = _pattern(call)
    first, last = _times(call, group, inclusive=True)
    place, descending = _continued(call)
    window = Window(first, last, unmasked=bool(call.input.get("unmask")))
    window = window._replace(before=place, descending=True) if descending else window._replace(after=place)
    names = _Names(call, group)
    events, stopped = _search(names.events(window), names, matches, call.input.get("limit", rules.PAGE_EVENTS))
    answer: dict[str, Any] = {
        "events": [
            {
                "logStreamName": name,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": rules.event_id(event.timestamp, group.id, event.number),
            }
            for event, name in events
        ],
        "searchedLogStreams": [],
    }
    if stopped is not None:
        answer["nextToken"] = paging.encode([*stopped, descending])
    return answer


def _require_unmask(call: Call, group: Group) -> None:
    if call.input.get("unmask"):
        call.require("logs:Unmask", resources.stream_arn(call.scope, group.name, ""))


def _readable(group: Group) -> Group:
    if group.log_class != "STANDARD":
        raise errors.InvalidParameter("This operation is not supported for log groups of the Infrequent Access class.")
    return group


def _times(call: Call, group: Group, inclusive: bool) -> tuple[int, int]:
    """The first and last time to look at: what was asked for, without what retention has given up."""
    first = min(call.input.get("startTime", 0), FAR)
    last = min(call.input.get("endTime", FAR), FAR)
    if "endTime" in call.input and not inclusive:
        last -= 1
    if group.retention is not None:
        first = max(first, milliseconds(call) - group.retention * rules.DAY)
    return first, last


def _pattern(call: Call) -> Predicate | None:
    try:
        return compile_pattern(call.input.get("filterPattern", ""))
    except PatternError as error:
        raise errors.InvalidParameter(str(error)) from error


def _continued(call: Call) -> tuple[Position | None, bool]:
    """Where the search goes on, and whether it runs backwards; a token's direction is kept."""
    token = call.input.get("nextToken")
    if token is None:
        return None, call.input.get("startFromHead", True) is False
    try:
        timestamp, number, descending = paging.decode(token)
    except (ValueError, TypeError):
        timestamp = number = descending = None
    if type(timestamp) is not int or type(number) is not int or abs(timestamp) > FAR or abs(number) > FAR:
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return Position(timestamp, number), bool(descending)


class _Names:
    """The streams a search is about, and the names of those that its events come from."""

    def __init__(self, call: Call, group: Group) -> None:
        self._store = call.store
        self._group = group
        self._known: dict[int, str | None] = {}
        self._wanted: dict[int, str] | None = None
        if call.input.get("logStreamNames"):
            self._wanted = {}
            for name in call.input["logStreamNames"]:
                stream = records.find_stream(call.store, group, name)
                if stream is None:
                    raise errors.StreamNotFound
                self._wanted[stream.id] = name
        elif call.input.get("logStreamNamePrefix"):
            self._wanted = records.stream_ids(call.store, group, call.input["logStreamNamePrefix"])

    def events(self, window: Window) -> Iterator[Event]:
        """The events to look at, of more streams than wanted when merging those would cost more."""
        if self._wanted is not None and len(self._wanted) <= _FEW_STREAMS:
            return records.merged_events(self._store, self._wanted, window)
        return records.group_events(self._store, self._group, window)

    def of(self, stream_id: int) -> str | None:
        """The name of a wanted stream, None for one that is not wanted or was deleted."""
        if self._wanted is not None:
            return self._wanted.get(stream_id)
        if stream_id not in self._known:
            self._known[stream_id] = records.stream_name(self._store, stream_id)
        return self._known[stream_id]


def _search(
    events: Iterator[Event], names: _Names, matches: Callable[[str], bool] | None, limit: int
) -> tuple[list[tuple[Event, str]], Position | None]:
    """The matching events of one page, and the place where the search stopped early (None: it saw everything)."""
    found: list[tuple[Event, str]] = []
    room, read = rules.PAGE_BYTES, 0
    last: Position | None = None
    for seen, event in enumerate(events):
        size = rules.size(event.message) + rules.EVENT_OVERHEAD
        full = len(found) >= limit or room < size
        if last is not None and (full or seen >= _SEARCHED_EVENTS or read >= _SEARCHED_BYTES):
            return found, last
        read += size
        last = Position(event.timestamp, event.number)
        name = names.of(event.stream_id)
        if name is not None and (matches is None or matches(event.message)):
            found.append((event, name))
            room -= size
    return found, None
