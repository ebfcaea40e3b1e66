"""Which endpoints an attached function reaches right now, and who is told when that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network

from cloudarium.runtime import Network
from cloudarium.runtime.networks import Destination
from cloudarium.shared.passage import Passage
from cloudarium.shared.scope import Scope
from cloudarium.vpc.facts import Facts, Permission, Route
from cloudarium.vpc.wires import Attachment, Endpoint, Wires
from tests.vpc.test_reach import BACK, CACHE, FUNCTION, NEAR, OUT, PEER, PEERED, THERE, facts

HERE, ELSEWHERE = Scope("111111111111", "us-east-1"), Scope("222222222222", "eu-west-1")
API, AT = ("127.0.0.1", 4566), ("127.77.0.9", 6379)
ATTACHED = Attachment(HERE, FUNCTION)


class Runner:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.networks: list[Network] = []
        self.said: list[str] = []

    async def change_network(self, network: Network) -> None:
        self.networks.append(network)

    def say(self, key: str, peer: Destination, own: Destination, text: str) -> None:
        self.said.append(text)


class World:
    """Facts of two accounts, and wires over them."""

    def __init__(self) -> None:
        self.known: dict[Scope, Facts] = {HERE: facts(), ELSEWHERE: Facts()}
        self.judge: Callable[[str, Destination], Passage | None] | None = None
        self.runner = Runner()
        self.wires = Wires(self.known.__getitem__, API, self.answer)

    def answer(self, judge: Callable[[str, Destination], Passage | None]) -> asyncio.BaseProtocol:
        self.judge = judge
        return asyncio.Protocol()

    def publish(self, scope: Scope = HERE) -> None:
        target = CACHE if scope == HERE else THERE
        self.wires.publish(Endpoint("cache c", scope, AT, (target,), asyncio.Protocol))

    def change(self, scope: Scope, new: Facts) -> None:
        self.known[scope] = new
        self.wires.changed()


def test_a_running_function_learns_of_endpoints_and_rules() -> None:
    async def test() -> None:
        world = World()
        network = world.wires.attach(ATTACHED, world.runner)
        assert set(network.reach) == {API} and network.address == "10.0.1.5"
        assert network.why(AT) == "nothing in the VPC listens there, and this cloud's VPCs lead nowhere else"
        world.publish()
        world.change(HERE, facts(()))
        assert network.why(AT) == (
            "cache c: security group sg-cache has no inbound rule for TCP 6379 from 10.0.1.5 (sg-function)"
        )
        world.change(HERE, facts(()))  # nothing that it reaches changes
        world.change(HERE, facts())
        world.wires.withdraw(AT)
        await asyncio.sleep(0)
        assert [set(one.reach) for one in world.runner.networks] == [{API, AT}, {API}, {API, AT}, {API}]

    asyncio.run(test())


def test_calls_of_services_are_judged_and_a_refusal_is_said() -> None:
    async def test() -> None:
        world = World()
        world.wires.attach(ATTACHED, world.runner).reach[API]()
        assert world.judge is not None
        assert not world.judge("sqs", ("10.0.1.5", 4000))
        (said,) = world.runner.said
        assert said.startswith("VPC: sqs is not reached, and this call will time out: vpc-1 has no endpoint for sqs")
        assert not world.judge("", ("10.0.1.5", 4000)) and "VPC: the internet is not reached" in world.runner.said[1]
        out = Route(IPv4Network("0.0.0.0/0"), "nat-1")
        world.change(HERE, facts(near=replace(NEAR, routes=(out,))))
        assert world.judge("sqs", ("10.0.1.5", 4000)) == Passage({"aws:SourceIp": "203.0.113.1"})
        assert len(world.runner.said) == 2

    asyncio.run(test())


def test_an_endpoint_of_another_account_is_reached_over_peering() -> None:
    async def test() -> None:
        world = World()
        near = replace(NEAR, routes=(OUT,))
        peers = Permission("6", 6379, 6379, (IPv4Network("10.0.0.0/16"),))
        there = facts((peers,), far=replace(PEER, routes=(BACK,)))
        world.known = {HERE: replace(facts(near=near), groups={"sg-function": facts().groups["sg-function"]})}
        world.known[ELSEWHERE] = there
        world.wires.facts = world.known.__getitem__
        world.publish(ELSEWHERE)
        assert set(world.wires.attach(ATTACHED, world.runner).reach) == {API}
        world.change(ELSEWHERE, replace(there, peerings=PEERED))
        await asyncio.sleep(0)
        assert [set(one.reach) for one in world.runner.networks] == [{API, AT}]

    asyncio.run(test())


def test_whoever_waits_finds_that_a_change_holds() -> None:
    class Slow(Runner):
        async def change_network(self, network: Network) -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await super().change_network(network)

    async def test() -> None:
        world = World()
        world.runner = Slow()
        world.wires.attach(ATTACHED, world.runner)
        world.publish()
        world.change(HERE, facts(()))
        assert world.runner.networks == []
        await world.wires.settled(ATTACHED.key)
        assert [set(one.reach) for one in world.runner.networks] == [{API, AT}, {API}]
        await world.wires.settled(ATTACHED.key)  # nothing is under way

    asyncio.run(test())


def test_a_change_that_fails_is_no_reason_to_wait_for_ever() -> None:
    class Broken(Runner):
        async def change_network(self, network: Network) -> None:
            raise OSError("the launcher is gone")

    async def test() -> None:
        world = World()
        world.wires.attach(ATTACHED, Broken())
        world.publish()
        await world.wires.settled(ATTACHED.key)

    asyncio.run(test())
