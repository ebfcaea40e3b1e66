"""Workers: a move of the clock waits for what they have in hand, and for nothing that only waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cloudarium.cloud import Cloud

DAY = 86_400.0


def run(test: Callable[[Cloud], Awaitable[None]]) -> None:
    async def main() -> None:
        cloud = Cloud(None)
        cloud.clock.freeze()
        cloud.deliverer.start()
        try:
            await asyncio.wait_for(test(cloud), 20)
        finally:
            cloud.bells.stop()
            await cloud.stop()

    asyncio.run(main())


def test_a_move_waits_for_what_a_worker_has_been_rung_for_and_has_in_hand() -> None:
    async def test(cloud: Cloud) -> None:
        done: list[float] = []
        goes_on = asyncio.Event()

        async def reader() -> None:
            await cloud.bells.wait("queue")
            await goes_on.wait()
            done.append(cloud.clock.now())
            await cloud.bells.wait("queue", cloud.clock.now() + 10)

        cloud.bells.employ(reader(), "reader")
        await cloud.deliverer.settle()
        start = cloud.clock.now()
        cloud.bells.ring("queue")
        move = asyncio.create_task(cloud.journeys.move(lambda now: now + DAY))
        asyncio.get_running_loop().call_later(0.01, goes_on.set)
        await move
        assert done == [start] and cloud.clock.now() == start + DAY

    run(test)


def test_workers_that_wait_for_bells_or_for_each_other_hold_up_nothing() -> None:
    async def test(cloud: Cloud) -> None:
        bells, ended = cloud.bells, []

        async def waits() -> None:
            until = cloud.clock.now() + DAY
            while cloud.clock.now() < until:
                await bells.wait("pause", until)
            ended.append(cloud.clock.now())

        async def leads() -> None:
            await bells.rest(asyncio.gather(bells.employ(waits(), "one"), bells.employ(waits(), "other")))
            ended.append("leader")

        bells.employ(leads(), "leader")
        start = cloud.clock.now()
        await cloud.journeys.move(lambda now: now + 10)
        assert not ended and cloud.clock.now() == start + 10
        await cloud.journeys.move(lambda now: now + DAY)
        assert ended == [start + 10 + DAY, start + 10 + DAY, "leader"]
        assert bells.at_work() is None

    run(test)


def test_a_worker_that_fails_or_is_cut_off_holds_up_nothing() -> None:
    async def test(cloud: Cloud) -> None:
        async def fails() -> None:
            raise ValueError

        async def hangs() -> None:
            await asyncio.Event().wait()

        failed, hanging = cloud.bells.employ(fails(), "fails"), cloud.bells.employ(hangs(), "hangs")
        move = asyncio.create_task(cloud.journeys.move(lambda now: now + DAY))
        await asyncio.wait([failed])
        assert not move.done()
        hanging.cancel()
        await move
        assert isinstance(failed.exception(), ValueError)

    run(test)
