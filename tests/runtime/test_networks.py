"""Functions that are attached to a VPC: what they reach, and that nothing else is reached."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudarium.runtime import FunctionSpec, Network
from tests.runtime.conftest import Lab

CONNECT = """
import json, socket, time
def handler(event, context):
    answers = []
    for address, port in event["to"]:
        link = socket.socket()
        link.settimeout(event.get("seconds"))
        try:
            link.connect((address, port))
            link.settimeout(5)
            answers.append([link.recv(100).decode(), link.getsockname()[0]])
        except OSError as error:
            answers.append([type(error).__name__, error.errno])
        link.close()
    return answers
"""
CACHE, OTHER = ("127.77.0.9", 6379), ("127.77.0.9", 6380)


class Greeter(asyncio.Protocol):
    """Says who connected, and goes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(f"hello {transport.get_extra_info('peername')[0]}".encode())
        transport.close()


class Wires:
    """What the functions of a test are attached to; a test changes `network`."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.network = Network("vpc-1", "10.0.1.17", {CACHE: Greeter})
        lab.environments.attached.network = self.of

    async def of(self, spec: FunctionSpec) -> Network:
        return self.network

    def change(self, network: Network) -> None:
        self.network = network
        self.lab.run(self.lab.environments.attached.change_network(network))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One pool for the tests of this file, with the isolation that this machine has."""
    made = Lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.close()


@pytest.fixture
def wires(lab: Lab) -> Wires:
    made = Wires(lab)
    spec = lab.function("def handler(event, context): return 1", network="vpc-1")
    lab.value(spec)
    if lab.environments.attached.not_attached:
        pytest.skip(f"this machine cannot keep a function to its network: {lab.environments.attached.not_attached}")
    return made


def test_what_is_open_is_reached_from_the_functions_address_and_the_rest_times_out(lab: Lab, wires: Wires) -> None:
    spec = lab.function(CONNECT, network="vpc-1", timeout=20)
    asked = {"to": [CACHE, OTHER, ("127.77.0.10", 6379), ("10.0.9.9", 5432)], "seconds": 0.3}
    assert lab.value(spec, asked) == [["hello 10.0.1.17", "10.0.1.17"], *[["TimeoutError", None]] * 3]


def test_the_log_of_the_function_that_tried_says_what_was_not_reached(lab: Lab, wires: Wires) -> None:
    why = {OTHER: "security group sg-1 lets nobody in"}
    wires.change(Network("vpc-1", "10.0.1.17", why=lambda destination: why[destination]))
    tried, idle = (lab.function(CONNECT, network="vpc-1", name=name) for name in ("tried", "idle"))
    lab.value(idle, {"to": []})
    lab.lines.clear()
    lab.value(tried, {"to": [OTHER], "seconds": 0.2})
    assert lab.lines[-3:][0] == "VPC: 127.77.0.9:6380 is not reached: security group sg-1 lets nobody in.\n"


def test_the_machines_own_loopback_is_out_of_reach(lab: Lab, wires: Wires) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        spec = lab.function(CONNECT, network="vpc-1")
        assert lab.value(spec, {"to": [server.getsockname()]}) == [["ConnectionRefusedError", 111]]


def test_a_change_holds_for_functions_that_are_warm(lab: Lab, wires: Wires) -> None:
    spec = lab.function(CONNECT, network="vpc-1", timeout=20)
    asked = {"to": [CACHE, OTHER], "seconds": 0.3}
    closed, greeting = ["TimeoutError", None], ["hello 10.0.1.17", "10.0.1.17"]
    assert lab.value(spec, asked) == [greeting, closed]
    wires.change(Network("vpc-1", "10.0.1.17", {OTHER: Greeter}))
    assert lab.value(spec, asked) == [closed, greeting]
    wires.change(Network("vpc-1", "10.0.1.17"))
    assert lab.value(spec, asked) == [closed, closed]


def test_what_is_closed_never_refuses(lab: Lab, wires: Wires) -> None:
    """The route goes before the listener does; the other way round there is a moment in which it would refuse."""
    spec = lab.function(CONNECT, network="vpc-1", timeout=20)
    lab.value(spec, {"to": [CACHE]})
    (launcher,) = [one for one in lab.environments.launchers.running() if one.networks.has("vpc-1")]
    order = launcher.network
    seen: list[bool] = []

    async def ordered(what: dict[str, object]) -> list[socket.socket]:
        seen.extend(server.is_serving() for server in launcher.networks._made["vpc-1"].servers.values())
        return await order(what)

    launcher.network = ordered
    wires.change(Network("vpc-1", "10.0.1.17"))
    launcher.network = order
    assert seen == [True]
    assert launcher.networks._made["vpc-1"].servers == {}


def test_a_port_of_its_own_loopback_may_be_served_or_cut_off(lab: Lab, wires: Wires) -> None:
    api = ("127.0.0.1", 4566)
    spec = lab.function(CONNECT, network="vpc-1", timeout=20)
    wires.change(Network("vpc-1", "10.0.1.17", {api: Greeter}))
    assert lab.value(spec, {"to": [api]}) == [["hello 127.0.0.1", "127.0.0.1"]]
    wires.change(Network("vpc-1", "10.0.1.17", cut=frozenset([api])))
    assert lab.value(spec, {"to": [api], "seconds": 0.3}) == [["TimeoutError", None]]
    wires.change(Network("vpc-1", "10.0.1.17", {api: Greeter}))
    assert lab.value(spec, {"to": [api]}) == [["hello 127.0.0.1", "127.0.0.1"]]


def test_a_connection_without_a_limit_of_its_own_ends_by_the_systems(lab: Lab, wires: Wires) -> None:
    spec = lab.function(CONNECT, network="vpc-1", timeout=20)
    assert lab.value(spec, {"to": [OTHER]}) == [["TimeoutError", 110]]


def test_a_function_that_is_not_attached_sees_the_machines_network(lab: Lab, wires: Wires) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        spec = lab.function(CONNECT.replace("link.recv(100).decode()", "'there'"))
        assert lab.value(spec, {"to": [server.getsockname()]}) == [["there", "127.0.0.1"]]


def test_it_is_known_whose_function_connects_over_the_machines_loopback(lab: Lab) -> None:
    seen: list[str] = []

    class Asker(Greeter):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            found = lab.environments.attached.behind(
                *(transport.get_extra_info(name) for name in ("peername", "sockname"))
            )
            seen.append(found.name if found is not None else "")
            super().connection_made(transport)

    async def work() -> None:
        server = await asyncio.get_running_loop().create_server(Asker, "127.0.0.1", 0)
        where = server.sockets[0].getsockname()
        await lab.send(spec, {"to": [where]})
        reader, writer = await asyncio.open_connection(*where)
        await reader.read()
        writer.close()
        server.close()

    spec = lab.function(CONNECT)
    lab.value(lab.function("def handler(event, context): return 1"))  # another function that is warm
    lab.run(work())
    assert seen == [spec.name, ""]


def test_a_network_goes_with_its_last_environment(lab: Lab, wires: Wires) -> None:
    spec = lab.function(CONNECT, network="vpc-2")
    wires.network = Network("vpc-2", "10.0.2.5", {CACHE: Greeter})
    lab.value(spec, {"to": [CACHE]})
    launchers = [one for one in lab.environments.launchers.running() if one.networks.has("vpc-2")]
    assert len(launchers) == 1
    lab.run(lab.environments.stop(spec.key))
    assert not launchers[0].networks.has("vpc-2")


def test_where_nothing_is_isolated_the_log_and_the_status_say_so(tmp_path: Path) -> None:
    lab = Lab(tmp_path, isolation="none")
    try:
        Wires(lab)
        spec = lab.function("def handler(event, context): return 1", network="vpc-1")
        assert lab.value(spec) == 1
        assert any("not kept to its VPC" in line for line in lab.lines)
        assert lab.environments.stats()["not_attached"]
    finally:
        lab.close()


def test_nothing_stays_open(lab: Lab, wires: Wires) -> None:
    spec = lab.function(CONNECT, network="vpc-1")
    lab.value(spec, {"to": [CACHE]})
    before = len(os.listdir("/proc/self/fd"))
    for number in range(3):
        wires.change(Network("vpc-1", "10.0.1.17", {("127.77.0.9", 7000 + number): Greeter}))
    assert len(os.listdir("/proc/self/fd")) <= before
