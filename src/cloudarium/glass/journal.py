"""The journal: one entry per call, written in batches. It is the source of why, of traces and of the bill."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import apsw
import orjson

from cloudarium.glass import records
from cloudarium.glass.grounds import Grounds, context_of_ruling, grounds_of
from cloudarium.glass.records import Asked, Entry, Kind, Own
from cloudarium.policy.ruling import Ruling
from cloudarium.shared.auth_errors import wire_of
from cloudarium.shared.errors import AwsError
from cloudarium.traces.runs import Run

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.gateway.call import Call

log = logging.getLogger("cloudarium")

_PAUSE = 0.25  # seconds that an entry waits for company at most
_FULL = 1000  # entries that are written at once
KEPT = 200_000  # entries; older ones are trimmed
MOST_BYTES = 256 * 1024 * 1024  # that entries may take; as a rule KEPT of them take a quarter of that
_LONGEST_PATH = 1000  # characters of a request's path that are kept
KEPT_RUNS = 50_000  # runs of functions; older ones are trimmed


class Journal:
    """The record of every call, in the store. `add` costs a microsecond; writing happens off the way of a call."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._waiting: list[_Waiting] = []
        self._runs: list[Run] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to write; to be called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Write what waits."""
        self.flush()
        self._loop = None

    def add(self, call: Call) -> None:
        """Note a finished call; it is written within a quarter of a second."""
        asked = None if call.door is None else _asked(call)
        self._waiting.append((_kind(call), _own(call), call.decisions, call.consulted, asked))
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(_PAUSE, self.flush)
        elif len(self._waiting) >= _FULL:
            self.flush()

    def ran(self, run: Run) -> None:
        """Note the run of a function that has ended, as `add` notes a call."""
        self._runs.append(run)
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(_PAUSE, self.flush)

    def flush(self) -> None:
        """Write what waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._cloud.store.in_transaction:  # it may be rolled back, and the calls were made all the same
            return
        waiting, self._waiting = self._waiting, []
        runs, self._runs = self._runs, []
        if not waiting and not runs:
            return
        try:
            with self._cloud.store.transaction():
                grounds: dict[str, Grounds] = {}
                rows = _rows(waiting, grounds)
                last = records.write(self._cloud.store, rows)
                records.write_grounds(self._cloud.store, last, grounds.values())
                if runs:
                    records.write_runs(self._cloud.store, runs, KEPT_RUNS)
                grown = sum([records.size_of(own) for _, own, _ in rows])
                records.trim(self._cloud.store, KEPT, MOST_BYTES, grown)
        except apsw.Error as error:  # a full disk must not fail the call that is recorded
            log.error("%d entries of the journal are lost: %s", len(waiting), error)

    def forget(self) -> None:
        """Drop what waits to be written."""
        self._waiting.clear()
        self._runs.clear()

    def last_of_key(self, access_key: str) -> Entry | None:
        """The newest call that this access key really signed; a handler may ask, what waits is looked through, too."""
        found = self._last_waiting(lambda kind: kind.access_key == access_key and kind.signed)
        return found or records.last_of_key(self._cloud.store, access_key)

    def last_of_callers(self, start: str) -> Entry | None:
        """The newest call of callers whose ARN starts with `start`; a handler may ask."""
        found = self._last_waiting(lambda kind: kind.principal.startswith(start))
        return found or records.last_of_callers(self._cloud.store, start)

    def _last_waiting(self, fits: Callable[[Kind], bool]) -> Entry | None:
        found = (one for one in reversed(self._waiting) if fits(one[0]))
        return next((Entry._make((*own, *kind, *(asked or _NOTHING))) for kind, own, _, _, asked in found), None)

    def find(self, **filters: Any) -> list[dict[str, Any]]:
        """The entries that match, the newest first; see records.find."""
        self.flush()
        return [_shown(entry) for entry in records.find(self._cloud.store, **filters)]


def _kind(call: Call) -> Kind:
    request, error, scope = call.request, call.error, call.scope
    return Kind(
        scope.account,
        scope.region,
        call.service,
        call.operation_name,
        call.principal.arn,
        call.access_key,
        "" if error is None else _error_code(call, error),
        call.signed,
        "" if request is None else request.peer,
        "" if request is None else request.headers.get("user-agent", "")[:300],
    )


def _own(call: Call) -> Own:
    response, parent = call.response, call.parent
    body = response.body if response is not None else None
    return Own(
        call.request_id,
        "" if parent is None else parent.request_id,
        call.trace,
        call.now,
        int((call.cloud.stopwatch() - call.started) * 1e6),
        response.status if response is not None else _status(call.error),
        _size_in(call),
        len(body) if isinstance(body, bytes) else call.bytes_out,
        b"",  # made with the batch
    )


def _asked(call: Call) -> Asked | None:
    """What a request at a door was, if the room has said whose it is: some doors' paths are secrets."""
    door, request = call.door, call.request
    if door is None or request is None or not door.name:
        return None
    path = door.path[:_LONGEST_PATH]
    if not path.isprintable():  # terminals show it
        path = "".join(letter if letter.isprintable() else "?" for letter in path)
    return Asked(request.method[:20], path, door.route, door.id, door.name)


def _error_code(call: Call, error: Exception) -> str:
    if not isinstance(error, AwsError):
        return "InternalFailure"
    wire = wire_of(error, call.protocol or "json")
    return wire.code if wire is not None else error.code


def _size_in(call: Call) -> int:
    if call.request is None:
        return 0
    if call.request.body:
        return len(call.request.body)
    with contextlib.suppress(ValueError):
        return int(call.request.headers.get("content-length") or 0)
    return 0


def _status(error: Exception | None) -> int:
    if error is None:
        return 200
    return (error.status or 400) if isinstance(error, AwsError) else 500


# ---- decisions as rows: made with the batch, off the way of a call ---------------------------------------------------

_Waiting = tuple[Kind, Own, Sequence[Ruling], Sequence[Ruling] | None, Asked | None]
_NOTHING = Asked("", "", "", "", "")
_Row = tuple[Kind, Sequence[Any], Asked | None]
_MOST_RULINGS = 20  # of one call


def _rows(waiting: Sequence[_Waiting], grounds: dict[str, Grounds]) -> list[_Row]:
    """The entries' values; what their decisions rest on is added to `grounds` by its digest."""
    rows: list[_Row] = []
    for kind, own, needed, consulted, asked in waiting:
        shown = [_ruled(ruling, grounds) for ruling in _most(needed)]
        if consulted is not None:
            shown += [_ruled(ruling, grounds, True) for ruling in _most(consulted)]
        rows.append((kind, (*own[:-1], b"[" + b",".join(shown) + b"]"), asked))
    return rows


def _most(rulings: Sequence[Ruling]) -> Sequence[Ruling]:
    """As many as are kept of one call, denials first when there are too many."""
    if len(rulings) <= _MOST_RULINGS:
        return rulings
    return sorted(rulings, key=lambda ruling: ruling.decision.allowed)[:_MOST_RULINGS]


def _ruled(ruling: Ruling, grounds: dict[str, Grounds], consulted: bool = False) -> bytes:
    """A ruling as JSON; most calls repeat one, which then is at hand."""
    if ruling.kept is not None and not consulted:
        own, shown = ruling.kept
        grounds[own.digest] = own
        return shown
    own = grounds_of(ruling)
    grounds[own.digest] = own
    allowed, reason, deciding, _ = ruling.decision
    statements = [(ref.policy, ref.sid) for ref in deciding]
    context = context_of_ruling(ruling, own)
    shown = orjson.dumps(
        (ruling.action, ruling.resource, allowed, str(reason), statements, own.digest, context, consulted)
    )
    if not consulted:
        ruling.kept = own, shown
    return shown


def _shown(entry: Entry) -> dict[str, Any]:
    shown = entry._asdict()
    for name in Asked._fields:
        del shown[name]
    shown |= {"signed": bool(entry.signed), "title": entry.title, "asked": entry.asked}
    rulings = orjson.loads(entry.decision)
    needed = [one for one in rulings if len(one) < 8 or not one[7]]
    # What a handler asked beside that is no part of a call's answer, unless the call failed or needed nothing else.
    shown["decision"] = [
        {"action": action, "resource": resource, "allowed": allowed, "reason": reason,
         "statements": [{"policy": policy, "sid": sid} for policy, sid in statements]}
        for action, resource, allowed, reason, statements, *_ in (rulings if entry.status >= 400 else needed or rulings)
    ]  # fmt: skip
    return shown
