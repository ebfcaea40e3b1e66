"""What happens without a request: events and timers of the outbox, delivered in order of due time.

A room's background.py marks its deliveries with `@delivery("Kind")`. One timer sleeps until the earliest due time; a
commit that wrote an event and every move of the clock wake it. Nothing polls.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import room_of
from cloudarium.gateway.rooms import room
from cloudarium.shared.scope import Scope
from cloudarium.store.outbox import OutboxRow

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

log = logging.getLogger("cloudarium")

_LOOKED_AT = 64  # rows at a time
_SHARE = 32  # deliveries of one kind under way at the same time
_LONGEST_PAUSE = 300.0  # seconds between attempts of a delivery that keeps failing
_MOST_ATTEMPTS = 50
_PAUSE_WHEN_BROKEN = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Retry:
    """A delivery's answer "not yet": to be tried once more at `at` (epoch seconds)."""

    at: float


class Event(Call):
    """One event of the outbox on its way to a delivery: the delivery acts through it as a handler does by its call.

    `payload` is what was left for it, `due` when it was to happen, `attempts` how often it was tried before. Nobody
    called, so what it sends needs an `as_`.
    """

    def __init__(self, cloud: Cloud, row: OutboxRow) -> None:
        super().__init__(cloud, None)
        self.id = row.id
        self.kind = self.operation_name = row.kind
        self.key = row.key
        self.payload: dict[str, Any] = orjson.loads(row.payload)
        self.due = row.due
        self.attempts = row.attempts
        self.service = row.service
        self.room = room(row.service)
        self.scope = Scope(row.account, row.region)
        self.trace = row.trace or self.new_trace()  # what a schedule does, nobody's call has caused


Delivery = Callable[[Event], Awaitable[Retry | None]]
DELIVERIES: dict[tuple[str, str], Delivery] = {}  # by the room's folder and the kind


def delivery(kind: str) -> Callable[[Delivery], Delivery]:
    """Mark the function of a room's background.py that delivers events of this kind.

    It returns None when the event is delivered, or Retry; an exception is logged and tried again with growing pauses.
    """

    def register(function: Delivery) -> Delivery:
        DELIVERIES[room_of(function.__module__), kind] = function
        return function

    return register


class Deliverer:
    """Takes what is due from the outbox to its delivery; at least once, at most `_SHARE` of a kind at a time.

    A kind whose deliveries hang, on a web server that does not answer, so keeps no other kind waiting.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._wake = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._lanes: set[Any] = set()
        self._shares: Counter[tuple[str, str]] = Counter()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to deliver, first what an earlier run of the cloud left."""
        self._stopping = False
        self._cloud.store.outbox.on_change = self._wake.set
        self._cloud.clock.on_change = self._clock_moved
        self._loop = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        """Stop; deliveries under way are cut off and happen again at the next start."""
        self._stopping = True  # Python 3.11's wait_for loses a cancellation that comes together with its result
        tasks = [*self._under_way.values(), *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until nothing that is due at this moment is left undelivered, and no reader has anything in hand."""
        outbox, bells = self._cloud.store.outbox, self._cloud.bells
        while (at_work := bells.at_work()) or self._under_way or outbox.due(self._cloud.clock.now(), 1, set()):
            self._wake.set()
            pending: list[asyncio.Future[None]] = [*self._under_way.values(), *([at_work] if at_work else [])]
            if pending:
                await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(0)

    def _clock_moved(self) -> None:
        self._wake.set()
        self._cloud.bells.ring_all()

    async def _run(self) -> None:
        outbox, clock = self._cloud.store.outbox, self._cloud.clock
        while not self._stopping:
            self._wake.clear()
            now = clock.now()
            full = self._begin_all(outbox.due(now, _LOOKED_AT, set(self._under_way)))
            if full:
                self._begin_all(outbox.due_of_others(now, _LOOKED_AT, full))
            upcoming = outbox.next_due(now)
            pause = clock.seconds_until(upcoming) if upcoming is not None else None
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue

    def _begin_all(self, rows: list[OutboxRow]) -> set[tuple[str, str]]:
        """Begin what may begin; the kinds whose share is taken."""
        full = set()
        for row in rows:
            if self._shares[row.service, row.kind] >= _SHARE:
                full.add((row.service, row.kind))
            elif row.id not in self._under_way and row.lane not in self._lanes:
                self._begin(row)
        return full

    def _begin(self, row: OutboxRow) -> None:
        self._shares[row.service, row.kind] += 1
        if row.lane is not None:
            self._lanes.add(row.lane)
        self._under_way[row.id] = asyncio.create_task(self._deliver(row), name=f"{row.service}:{row.kind}")

    async def _deliver(self, row: OutboxRow) -> None:
        try:
            await self._deliver_once(row)
        except Exception:
            # The row says nothing of this attempt (a full disk): without a pause it would be tried without end.
            log.exception("the outbox cannot be written after %s:%s", row.service, row.kind)
            await asyncio.sleep(_PAUSE_WHEN_BROKEN)
        finally:
            self._under_way.pop(row.id, None)
            self._shares[row.service, row.kind] -= 1
            self._lanes.discard(row.lane)
            self._wake.set()

    async def _deliver_once(self, row: OutboxRow) -> None:
        outbox = self._cloud.store.outbox
        deliver = _delivery_of(row)
        if deliver is None:
            log.error("the outbox holds %s:%s, which no room delivers; dropped", row.service, row.kind)
            outbox.done(row.id)
            return
        try:
            answer = await deliver(Event(self._cloud, row))
        except Exception:
            log.exception("delivery of %s:%s failed (attempt %d)", row.service, row.kind, row.attempts + 1)
            if row.attempts + 1 >= _MOST_ATTEMPTS:
                log.error("delivery of %s:%s is given up", row.service, row.kind)
                outbox.done(row.id)
                return
            answer = Retry(self._cloud.clock.now() + min(2.0**row.attempts, _LONGEST_PAUSE))
        if answer is None:
            outbox.done(row.id)
        else:
            outbox.again(row.id, answer.at)


def _delivery_of(row: OutboxRow) -> Delivery | None:
    owner = room(row.service)
    if owner is None or owner.module("background") is None:
        return None
    return DELIVERIES.get((owner.folder, row.kind))
