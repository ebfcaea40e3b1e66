"""Moves of the clock: time passes through every due moment, in order, across rooms, and a crash in between goes on."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloudarium.cloud import Cloud
from cloudarium.gateway import background
from cloudarium.gateway.background import Event, Retry
from cloudarium.shared.scope import Scope

SCOPE = Scope("111122223333", "eu-west-1")
START = 1_900_000_000.0
DAY = 86_400.0
ROOMS = ("ssm", "s3", "dynamodb")


class Bench:
    """A cloud without a socket, whose rooms have one more delivery: it notes room, what, and the clock's time."""

    def __init__(self, folder: Path | None) -> None:
        self.seen: list[tuple[str, str, float]] = []
        self.act: Callable[[Event], Awaitable[Retry | None]] = self.plan
        self.cloud = Cloud(folder)

    def begin(self, frozen: bool = True) -> None:
        clock = self.cloud.clock
        if frozen:
            clock.freeze()
            clock.move_to(START)
            self.cloud.remember_clock()
        self.cloud.deliverer.start()
        self.cloud.journeys.resume()

    async def deliver(self, event: Event) -> Retry | None:
        assert event.now == self.cloud.clock.now() or self.cloud.clock.frozen_at is None
        self.seen.append((event.service, event.payload["name"], event.now - START))
        return await self.act(event)

    async def plan(self, event: Event) -> Retry | None:
        """What the payload says: fail `fails` times, come again `times` times every `every`, leave `then` behind."""
        if event.attempts < event.payload.get("fails", 0):
            raise RuntimeError("not yet")
        then = event.payload.get("then")
        if then is not None:
            with event.transaction():
                event.later("Journey", then["payload"], due=event.now + then["after"], service=then["room"])
        every, times = event.payload.get("every"), event.payload.get("times", 0)
        return Retry(event.now + every) if every is not None and event.attempts < times else None

    def put(self, name: str, after: float, room: str = "ssm", **plan: Any) -> None:
        due = self.cloud.clock.now() + after
        self.cloud.store.outbox.put(room, "Journey", SCOPE, {"name": name, **plan}, due)

    async def advance(self, seconds: float) -> None:
        await self.cloud.journeys.move(lambda now: now + seconds)


@pytest.fixture
def deliveries(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bench], None]:
    def install(bench: Bench) -> None:
        for room in ROOMS:
            monkeypatch.setitem(background.DELIVERIES, (room, "Journey"), bench.deliver)

    return install


@pytest.fixture
def run(tmp_path: Path, deliveries: Callable[[Bench], None]) -> Callable[..., None]:
    """Runs a coroutine with a bench whose clock is frozen; once more on the same folder when it is called again."""
    first = itertools.count()

    def go(test: Callable[[Bench], Awaitable[None]], frozen: bool = True) -> None:
        async def main() -> None:
            bench = Bench(tmp_path / "cloud")
            deliveries(bench)
            bench.begin(frozen and next(first) == 0)
            try:
                await asyncio.wait_for(test(bench), 30)
            finally:
                await bench.cloud.stop()

        asyncio.run(main())

    return go


Run = Callable[..., None]


def test_what_comes_again_every_day_comes_thirty_times_in_thirty_days(run: Run) -> None:
    async def test(bench: Bench) -> None:
        bench.put("daily", DAY, "s3", every=DAY, times=1000)
        bench.put("noon", 1.5 * DAY, "dynamodb", every=2 * DAY, times=1000)
        await bench.advance(30 * DAY)
        days = [("s3", "daily", n * DAY) for n in range(1, 31)]
        noons = [("dynamodb", "noon", (n + 1.5) * DAY) for n in range(0, 29, 2)]
        assert bench.seen == sorted(days + noons, key=lambda each: each[2])
        assert bench.cloud.clock.now() == START + 30 * DAY

    run(test)


def test_what_work_leaves_behind_happens_in_its_place(run: Run) -> None:
    async def test(bench: Bench) -> None:
        last = {"room": "s3", "after": 0.0, "payload": {"name": "third"}}
        then = {"room": "dynamodb", "after": 10.0, "payload": {"name": "second", "then": last}}
        bench.put("first", 10.0, then=then)
        bench.put("between", 15.0)
        bench.put("after", 20.5)
        await bench.advance(100.0)
        assert bench.seen == [
            ("ssm", "first", 10.0),
            ("ssm", "between", 15.0),
            ("dynamodb", "second", 20.0),
            ("s3", "third", 20.0),
            ("ssm", "after", 20.5),
        ]

    run(test)


def test_the_clock_stands_while_work_takes_its_time(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def act(event: Event) -> None:
            before = event.cloud.clock.now()
            for _ in range(50):
                await asyncio.sleep(0)
            assert event.cloud.clock.now() == before == event.due

        bench.act = act
        bench.cloud.clock.run()
        for n in range(5):
            bench.put(str(n), 100.0 + n / 1000)
        await bench.advance(200.0)
        assert [name for _, name, _ in bench.seen] == list("01234")
        assert bench.cloud.clock.frozen_at is None
        assert bench.cloud.journeys.to is None

    run(test)


def test_frozen_it_stays_however_long_the_machine_goes_on(run: Run) -> None:
    async def test(bench: Bench) -> None:
        clock = bench.cloud.clock
        bench.put("soon", 1 / 64)
        began = clock.machine_now()
        while clock.machine_now() < began + 1 / 32:
            await asyncio.sleep(1 / 64)
        await bench.cloud.deliverer.settle()
        clock.freeze()  # again: it changes nothing
        assert (bench.seen, clock.now()) == ([], START)
        await bench.advance(1 / 64)
        assert bench.seen == [("ssm", "soon", 1 / 64)]
        assert clock.frozen_at == START + 1 / 64

    run(test)


def test_back_it_is_set_at_once_and_nothing_happens_twice(run: Run) -> None:
    async def test(bench: Bench) -> None:
        bench.put("once", 10.0)
        bench.put("later", 30.0)
        await bench.advance(20.0)
        await bench.advance(-15.0)
        assert bench.cloud.clock.now() == START + 5
        await bench.advance(10.0)
        assert bench.seen == [("ssm", "once", 10.0)]
        await bench.advance(15.0)
        assert bench.seen[1:] == [("ssm", "later", 30.0)]

    run(test)


def test_the_way_back_to_the_machines_time_is_a_journey_when_that_lies_ahead(run: Run) -> None:
    async def test(bench: Bench) -> None:
        clock = bench.cloud.clock
        machine = clock.machine_now()
        await bench.cloud.journeys.move(lambda now: machine - 3.5 * DAY)
        bench.put("daily", DAY, every=DAY, times=1000)
        await bench.cloud.journeys.reset()
        assert [when + START - machine for _, _, when in bench.seen] == pytest.approx(
            [-2.5 * DAY, -1.5 * DAY, -DAY / 2]
        )
        assert (clock.offset, clock.frozen_at) == (0.0, None)
        await bench.advance(10 * DAY)
        bench.seen.clear()
        await bench.cloud.journeys.reset()
        assert (bench.seen, clock.offset) == ([], 0.0)

    run(test)


def test_two_moves_at_once_are_one_after_the_other(run: Run) -> None:
    async def test(bench: Bench) -> None:
        bench.put("daily", DAY, every=DAY, times=1000)
        await asyncio.gather(bench.advance(2 * DAY), bench.advance(3 * DAY))
        assert bench.cloud.clock.now() == START + 5 * DAY
        assert [when for _, _, when in bench.seen] == [n * DAY for n in range(1, 6)]

    run(test)


def test_a_refused_move_moves_nothing(run: Run) -> None:
    async def test(bench: Bench) -> None:
        def refuse(now: float) -> float:
            raise ValueError("no")

        bench.put("due", 10.0)
        with pytest.raises(ValueError, match="no"):
            await bench.cloud.journeys.move(refuse)
        assert (bench.cloud.clock.now(), bench.seen) == (START, [])
        await bench.advance(10.0)

    run(test)


def test_a_move_goes_on_when_its_asker_hangs_up(run: Run) -> None:
    async def test(bench: Bench) -> None:
        gate, entered = asyncio.Event(), asyncio.Event()

        async def act(event: Event) -> None:
            entered.set()
            await gate.wait()

        bench.act = act
        bench.put("first", 10.0)
        bench.put("second", 20.0)
        asker = asyncio.create_task(bench.advance(30.0))
        await entered.wait()
        asker.cancel()
        second = asyncio.create_task(bench.advance(5.0))
        await asyncio.sleep(0)
        assert (bench.cloud.clock.now(), bench.cloud.journeys.to) == (START + 10, START + 30)
        gate.set()
        await second
        assert [when for _, _, when in bench.seen] == [10.0, 20.0]
        assert bench.cloud.clock.now() == START + 35

    run(test)


def test_a_long_move_can_be_ended_where_it_has_come_to(run: Run) -> None:
    async def test(bench: Bench) -> None:
        enough = asyncio.Event()

        async def act(event: Event) -> Retry | None:
            if event.attempts == 99:
                enough.set()
            return Retry(event.now + 1.0)

        bench.act = act
        bench.put("never ends", 1.0)
        moving = asyncio.create_task(bench.advance(1e9))
        await enough.wait()
        await bench.cloud.journeys.end()
        await moving
        here = bench.cloud.clock.now()
        assert START + 100 <= here < START + 200
        assert bench.cloud.journeys.to is None
        assert bench.cloud.store.setting("journey") == ""
        await bench.advance(2.0)
        assert bench.cloud.clock.now() == here + 2

    run(test)


@pytest.mark.parametrize("ran", [False, True])
def test_a_crash_in_the_middle_of_a_move_goes_on(run: Run, ran: bool) -> None:
    async def cut_off(bench: Bench) -> None:
        entered = asyncio.Event()

        async def act(event: Event) -> Retry | None:
            if event.payload["name"] == "middle":
                entered.set()
                await asyncio.Event().wait()
            return await bench.plan(event)

        if ran:
            bench.cloud.clock.run()
        bench.act = act
        await bench.cloud.journeys.move(lambda now: START + 1)
        bench.put("daily", DAY - 1, "s3", every=DAY, times=1000)
        bench.put("middle", 2.5 * DAY - 1, "dynamodb")
        moving = asyncio.create_task(bench.cloud.journeys.move(lambda now: START + 5 * DAY + 30))
        await entered.wait()
        assert [name for _, name, _ in bench.seen] == ["daily", "daily", "middle"]
        del moving

    async def after(bench: Bench) -> None:
        assert bench.cloud.clock.now() == pytest.approx(START + 2.5 * DAY, abs=10)
        await bench.cloud.journeys.ended()
        assert [name for _, name, _ in bench.seen] == ["middle", "daily", "daily", "daily"]
        assert bench.cloud.clock.now() == pytest.approx(START + 5 * DAY + 30, abs=10)
        assert (bench.cloud.clock.frozen_at is None) is ran

    async def much_later(bench: Bench) -> None:
        assert bench.seen == []
        assert bench.cloud.clock.now() == pytest.approx(START + 5 * DAY, abs=60)

    run(cut_off)
    run(after)
    run(much_later)


def test_ten_thousand_due_moments_are_passed_one_by_one(run: Run) -> None:
    async def test(bench: Bench) -> None:
        with bench.cloud.store.transaction():
            for n in range(10_000):
                bench.put(str(n), 10_000.0 - n, ROOMS[n % 3])
        await bench.advance(10_000.0)
        assert [name for _, name, _ in bench.seen] == [str(n) for n in reversed(range(10_000))]
        assert [when for _, _, when in bench.seen] == [float(n) for n in range(1, 10_001)]

    run(test)


# ---- Against a model -------------------------------------------------------------------------------------------------

_when = st.integers(1, 40).map(lambda steps: steps * 900.0)


class Timers(RuleBasedStateMachine):
    """Random timers that come again, fail, and leave others behind, random moves and crashes, against a heap."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(prefix="cloudarium-timers-")
        self.patch = pytest.MonkeyPatch()
        self.expected: list[tuple[str, str, float]] = []
        self.heap: list[tuple[float, int, int, str, dict[str, Any]]] = []  # due, id, attempts, room, payload
        self.now = 0.0
        self.ids = itertools.count(1)
        self.open(True)

    def open(self, first: bool) -> None:
        async def begin() -> None:
            seen = [] if first else self.bench.seen
            self.bench = Bench(Path(self.folder.name))
            self.bench.seen = seen
            for room in ROOMS:
                self.patch.setitem(background.DELIVERIES, (room, "Journey"), self.bench.deliver)
            self.bench.begin(first)

        self.loop.run_until_complete(begin())

    def teardown(self) -> None:
        self.loop.run_until_complete(self.bench.cloud.stop())
        self.loop.close()
        self.patch.undo()
        self.folder.cleanup()

    @initialize()
    def start(self) -> None:
        assert self.bench.cloud.clock.now() == START

    @rule(
        room=st.sampled_from(ROOMS), after=_when, every=st.none() | _when, times=st.integers(1, 5),
        fails=st.integers(0, 3), then=st.none() | st.tuples(st.sampled_from(ROOMS), _when),
    )  # fmt: skip
    def put(
        self, room: str, after: float, every: float | None, times: int, fails: int, then: tuple[str, float] | None
    ) -> None:
        number = next(self.ids)
        payload: dict[str, Any] = {"name": str(number), "every": every, "times": times, "fails": fails}
        if then is not None:
            payload["then"] = {"room": then[0], "after": then[1], "payload": {"name": f"{number}'s"}}

        async def put() -> None:
            self.bench.put(payload.pop("name"), after, room, **payload)

        heapq.heappush(self.heap, (self.now + after, number, 0, room, dict(payload)))
        self.loop.run_until_complete(put())

    @rule(seconds=st.integers(0, 60).map(lambda steps: steps * 600.0))
    def move(self, seconds: float) -> None:
        self.loop.run_until_complete(self.bench.advance(seconds))
        self.let_pass(seconds)

    @rule(seconds=st.integers(1, 60).map(lambda steps: steps * 600.0), after=st.integers(0, 10))
    def move_that_is_cut_off(self, seconds: float, after: int) -> None:
        async def cut_off() -> None:
            begun, enough = self.bench, len(self.bench.seen) + after
            moving = asyncio.create_task(begun.advance(seconds))
            while not moving.done() and (begun.cloud.journeys.to is None or len(begun.seen) < enough):
                await asyncio.sleep(0)
            await begun.cloud.stop()
            await asyncio.gather(moving, return_exceptions=True)

        self.loop.run_until_complete(cut_off())
        self.open(False)
        self.loop.run_until_complete(self.bench.cloud.journeys.ended())
        self.loop.run_until_complete(self.bench.cloud.deliverer.settle())
        self.let_pass(seconds)

    def let_pass(self, seconds: float) -> None:
        """What the model does in this time."""
        self.now += seconds
        while self.heap and self.heap[0][0] <= self.now:
            due, number, attempts, room, payload = heapq.heappop(self.heap)
            self.expected.append((room, payload["name"], due))
            if attempts < payload.get("fails", 0):
                heapq.heappush(self.heap, (due + 2.0**attempts, number, attempts + 1, room, payload))
                continue
            then = payload.get("then")
            if then is not None:
                heapq.heappush(self.heap, (due + then["after"], next(self.ids), 0, then["room"], then["payload"]))
            every = payload.get("every")
            if every is not None and attempts < payload["times"]:
                heapq.heappush(self.heap, (due + every, number, attempts + 1, room, payload))

    @rule()
    def freeze_and_wait(self) -> None:
        async def freeze() -> None:
            self.bench.cloud.clock.freeze()
            await self.bench.cloud.deliverer.settle()

        self.loop.run_until_complete(freeze())

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.bench.cloud.stop())
        self.open(False)

    @invariant()
    def order_and_count_are_the_models(self) -> None:
        assert self.bench.seen == self.expected
        assert self.bench.cloud.clock.now() == START + self.now


TestTimers = Timers.TestCase
TestTimers.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
