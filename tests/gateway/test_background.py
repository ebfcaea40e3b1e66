"""The deliverer: what is due happens in order, at least once, one at a time per key, and again when it failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway import background
from cloudarium.gateway.background import Event, Retry
from cloudarium.shared.scope import Scope

SCOPE = Scope("111122223333", "eu-west-1")
START = 1_900_000_000.0


class Bench:
    """A cloud without a socket whose room `ssm` has one more delivery: it notes what it is given, then does `act`."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.seen: list[Any] = []
        self.act: Callable[[Event], Awaitable[Retry | None]] = self.nothing

    async def nothing(self, event: Event) -> Retry | None:
        return None

    async def deliver(self, event: Event) -> Retry | None:
        self.seen.append(event.payload["n"])
        return await self.act(event)

    def put(self, n: Any, due: float = START, key: str | None = None, kind: str = "Test") -> None:
        self.cloud.store.outbox.put("ssm", kind, SCOPE, {"n": n}, due, key)

    async def move(self, seconds: float) -> None:
        self.cloud.clock.advance(seconds)
        await self.cloud.deliverer.settle()

    @property
    def waiting(self) -> int:
        return self.cloud.store.outbox.waiting(float("inf"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a coroutine with a bench; once more on the same folder when it is called again."""

    def go(test: Callable[[Bench], Awaitable[None]]) -> None:
        async def main() -> None:
            cloud = Cloud(tmp_path / "cloud")
            cloud.clock.freeze()
            cloud.clock.move_to(START)
            bench = Bench(cloud)
            monkeypatch.setitem(background.DELIVERIES, ("ssm", "Test"), bench.deliver)
            cloud.deliverer.start()
            try:
                await asyncio.wait_for(test(bench), 20)
            finally:
                await cloud.stop()

        asyncio.run(main())

    return go


Run = Callable[[Callable[[Bench], Awaitable[None]]], None]


def test_what_became_due_happens_in_order_of_its_time(run: Run) -> None:
    async def test(bench: Bench) -> None:
        for n, due in (("c", 30), ("a", 10), ("d", 40), ("b", 20), ("later", 1000)):
            bench.put(n, START + due)
        await bench.cloud.deliverer.settle()
        assert bench.seen == []
        await bench.move(100)
        assert bench.seen == ["a", "b", "c", "d"]
        await bench.move(1000)
        assert bench.seen[4:] == ["later"]
        assert bench.waiting == 0

    run(test)


def test_a_timer_of_a_running_clock_needs_no_move(run: Run) -> None:
    async def test(bench: Bench) -> None:
        done = asyncio.Event()

        async def act(event: Event) -> None:
            done.set()

        bench.act = act
        bench.cloud.clock.run()
        bench.put("soon", bench.cloud.clock.now() + 0.05)
        await done.wait()

    run(test)


def test_more_than_fit_at_once_all_happen(run: Run) -> None:
    async def test(bench: Bench) -> None:
        most = 0

        async def act(event: Event) -> None:
            nonlocal most
            most = max(most, len(bench.cloud.deliverer._under_way))
            await asyncio.sleep(0)

        bench.act = act
        with bench.cloud.store.transaction():
            for n in range(300):
                bench.put(n)
        await bench.cloud.deliverer.settle()
        assert sorted(bench.seen) == list(range(300))
        assert most <= 64

    run(test)


def test_a_kind_that_hangs_keeps_no_other_waiting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(bench: Bench) -> None:
        answered, others = asyncio.Event(), []

        async def hang(event: Event) -> None:
            await answered.wait()

        async def note(event: Event) -> None:
            others.append(event.payload["n"])
            if len(others) == 200:
                answered.set()

        bench.act = hang
        monkeypatch.setitem(background.DELIVERIES, ("ssm", "Other"), note)
        with bench.cloud.store.transaction():
            for n in range(200):
                bench.put(n)
        with bench.cloud.store.transaction():
            for n in range(200):
                bench.put(n, kind="Other")
        await answered.wait()
        assert others == list(range(200))
        assert len(bench.seen) <= 32
        await bench.cloud.deliverer.settle()
        assert bench.seen == list(range(200))
        assert bench.waiting == 0

    run(test)


def test_a_failure_is_repeated_with_growing_pauses_on_the_clock(run: Run) -> None:
    async def test(bench: Bench) -> None:
        attempts = []

        async def act(event: Event) -> None:
            attempts.append((event.attempts, event.now - START))
            if event.attempts < 3:
                raise RuntimeError("not yet")

        bench.act = act
        bench.put("stubborn")
        await bench.cloud.deliverer.settle()
        for _ in range(12):
            await bench.move(1)
        assert attempts == [(0, 0), (1, 1), (2, 3), (3, 7)]
        assert bench.waiting == 0

    run(test)


def test_what_never_succeeds_is_given_up(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def test(bench: Bench) -> None:
        async def act(event: Event) -> None:
            raise RuntimeError("never")

        bench.act = act
        bench.put("hopeless")
        for _ in range(60):
            await bench.move(400)
        assert len(bench.seen) == 50
        assert bench.waiting == 0

    run(test)
    assert "delivery of ssm:Test is given up" in caplog.text


def test_a_delivery_may_name_the_time_of_its_next_attempt(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def act(event: Event) -> Retry | None:
            return Retry(START + 500) if event.attempts == 0 else None

        bench.act = act
        bench.put("again")
        await bench.move(499)
        assert bench.seen == ["again"]
        await bench.move(1)
        assert bench.seen == ["again", "again"]
        assert bench.waiting == 0

    run(test)


def test_one_key_is_one_lane(run: Run) -> None:
    async def test(bench: Bench) -> None:
        gate, entered = asyncio.Event(), asyncio.Event()

        async def act(event: Event) -> None:
            if event.payload["n"] == "first":
                entered.set()
                await gate.wait()

        bench.act = act
        bench.put("first", key="one")
        await entered.wait()
        bench.put("second", key="one")  # takes the place of the row that is under way
        bench.put("third", key="one")  # and this one of the second
        bench.put("other", key="two")
        while "other" not in bench.seen:
            await asyncio.sleep(0)
        assert bench.seen == ["first", "other"]
        gate.set()
        await bench.cloud.deliverer.settle()
        assert bench.seen == ["first", "other", "third"]
        assert bench.waiting == 0

    run(test)


def test_a_failed_attempt_does_not_bring_back_a_row_that_was_replaced(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def act(event: Event) -> None:
            if event.payload["n"] == "old":
                bench.put("new", START + 50, key="one")
                raise RuntimeError("too late")

        bench.act = act
        bench.put("old", key="one")
        await bench.move(40)
        assert bench.seen == ["old"]
        await bench.move(10)
        assert bench.seen == ["old", "new"]

    run(test)


def test_what_nobody_delivers_is_dropped_and_said(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def test(bench: Bench) -> None:
        bench.put("x", kind="Nonsense")
        bench.cloud.store.outbox.put("nosuch", "Test", SCOPE, {}, START)
        bench.cloud.store.outbox.put("sts", "Test", SCOPE, {}, START)  # a room without deliveries
        await bench.cloud.deliverer.settle()
        assert bench.waiting == 0

    with caplog.at_level(logging.ERROR):
        run(test)
    for name in ("ssm:Nonsense", "nosuch:Test", "sts:Test"):
        assert f"the outbox holds {name}, which no room delivers; dropped" in caplog.text


def test_a_delivery_that_is_cut_off_happens_again(run: Run) -> None:
    async def cut_off(bench: Bench) -> None:
        entered = asyncio.Event()

        async def act(event: Event) -> None:
            entered.set()
            await asyncio.Event().wait()

        bench.act = act
        bench.put("twice")
        await entered.wait()

    async def after(bench: Bench) -> None:
        await bench.cloud.deliverer.settle()
        assert bench.seen == ["twice"]
        assert bench.waiting == 0

    run(cut_off)
    run(after)


def test_a_store_that_cannot_be_written_is_no_endless_loop(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(bench: Bench) -> None:
        monkeypatch.setattr(background, "_PAUSE_WHEN_BROKEN", 0.0)
        outbox, broken = bench.cloud.store.outbox, 3
        done = outbox.done

        def failing(row_id: int) -> None:
            nonlocal broken
            broken -= 1
            if broken >= 0:
                raise OSError("the disk is full")
            done(row_id)

        monkeypatch.setattr(outbox, "done", failing)
        bench.put("kept")
        await bench.cloud.deliverer.settle()
        assert bench.seen == ["kept"] * 4
        assert bench.waiting == 0

    run(test)


def test_reset_ends_what_is_under_way_and_forgets_it(run: Run) -> None:
    async def test(bench: Bench) -> None:
        entered, ended, closed = asyncio.Event(), asyncio.Event(), []

        async def act(event: Event) -> None:
            entered.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async def close() -> None:
            closed.append("closed")

        bench.act = act
        bench.cloud.keep["processes"] = object()
        bench.cloud.at_close(close)
        blob = bench.cloud.store.blobs.write_bytes(b"x" * 100_000)
        with bench.cloud.store.transaction():
            bench.cloud.store.blobs.keep(blob.id)
        bench.put("cut off")
        await entered.wait()
        await bench.cloud.reset()
        assert ended.is_set()
        assert closed == ["closed"]
        assert bench.cloud.keep == {}
        assert bench.waiting == 0
        assert list((bench.cloud.store.folder / "blobs").iterdir()) == []
        assert abs(bench.cloud.clock.now() - bench.cloud.clock.machine_now()) < 5
        bench.act = bench.nothing
        bench.put("after", bench.cloud.clock.now())
        await bench.cloud.deliverer.settle()
        assert bench.seen == ["cut off", "after"]

    run(test)


@pytest.mark.parametrize("turns", range(4))
def test_it_stops_also_when_something_is_due_in_that_very_moment(tmp_path: Path, turns: int) -> None:
    async def stop_amid() -> None:
        cloud = Cloud(tmp_path)
        cloud.store.outbox.put("ssm", "Test", SCOPE, {"n": 1}, cloud.clock.now() + 3600, None)
        cloud.deliverer.start()
        await asyncio.sleep(0.01)
        assert cloud.store.outbox.on_change is not None
        cloud.store.outbox.on_change()
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait({asyncio.ensure_future(cloud.deliverer.stop())}, timeout=5)
        left = [task for task in asyncio.all_tasks() if task.get_name() == "outbox"]
        cloud.store.close()
        assert not left

    asyncio.run(asyncio.wait_for(stop_amid(), 20))
