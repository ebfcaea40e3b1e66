"""Cluster mode: servers that share the slots and know of each other.

They talk among themselves at 127.0.0.1; to clients they tell the address at which the cloud answers for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from valkey.exceptions import ResponseError

from cloudarium.runtime.caches import EngineFailed, Valkey
from cloudarium.services.elasticache.running.addresses import free_port
from cloudarium.services.elasticache.running.plans import Node, Plan, Setting
from cloudarium.services.elasticache.running.succession import caught_up

_PATIENCE = 20.0
_PAUSE = 0.02


def settings(plan: Plan, node: Node) -> dict[str, Setting]:
    """What a server must be set to in order to be one of many."""
    if not plan.slots:
        return {}
    address, port = node.place
    return {
        "cluster-enabled": "yes",
        "cluster-port": str(free_port()),
        "cluster-announce-hostname": address,
        "cluster-announce-client-port": str(port),
        "cluster-preferred-endpoint-type": "hostname",
        "cluster-replica-no-failover": "yes",  # the cloud decides who is primary
        "cluster-allow-replica-migration": "no",
        "repl-ping-replica-period": "1",  # a replica is told of only when it has heard from its primary
    }


async def form(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Have the servers meet, give each shard its slots, and replicas their primaries. Raises EngineFailed."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await _meet(plan, servers)
            await _fail_over(plan, servers)
            await _assign(plan, servers)
            await _follow(plan, servers)
            places = {node.place[0] for node in plan.nodes}
            await asyncio.gather(*(_until_ok(server, places) for server in servers.values()))
    except TimeoutError as error:
        raise EngineFailed("the shards did not find each other in time") from error


async def _meet(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Introduce all to the first; servers that met in an earlier life, at other ports, each to each."""
    first, *others = (servers[node.id] for node in plan.nodes)
    known = len(str(await first.command("CLUSTER", "NODES")).splitlines()) > 1
    for host in servers.values() if known else (first,):
        for other in servers.values() if known else others:
            if other is not host:
                await host.command("CLUSTER", "MEET", "127.0.0.1", *_ports(other))
    ids = [str(await server.command("CLUSTER", "MYID")) for server in servers.values()]
    for server in servers.values():
        while not await _knows(server, ids):
            await asyncio.sleep(_PAUSE)


def _ports(server: Valkey) -> tuple[str, str]:
    return str(server.settings["port"]), str(server.settings["cluster-port"])


async def _knows(server: Valkey, ids: Iterable[str]) -> bool:
    told = str(await server.command("CLUSTER", "NODES"))
    lines = {line.split(" ")[0]: line for line in told.splitlines()}
    return all(id in lines and "handshake" not in lines[id] and "noaddr" not in lines[id] for id in ids)


async def _assign(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Give each primary those of its slots that it has not got: one that began with data has some already."""
    for node in plan.nodes:
        if not node.primary:
            continue
        first, last = plan.slots[node.shard]
        own = _owned(_own_line(str(await servers[node.id].command("CLUSTER", "NODES"))))
        missing = [slot for slot in range(first, last + 1) if slot not in own]
        if missing:
            await servers[node.id].command("CLUSTER", "ADDSLOTS", *missing)


def _owned(line: str) -> set[int]:
    """The slots in a node's line, which ends in numbers and ranges."""
    found: set[int] = set()
    for word in line.split()[8:]:
        first, _, last = word.partition("-")
        if first.isdigit():
            found.update(range(int(first), int(last or first) + 1))
    return found


async def _fail_over(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Have replicas that are to be primaries take over; no vote is needed, since the cloud decides."""
    for node in plan.nodes:
        heir = servers[node.id]
        if not node.primary or not await _is_replica(heir):
            continue
        others = [servers[one.id] for one in plan.nodes if one.shard == node.shard and one is not node]
        async with caught_up(heir, others):
            await heir.command("CLUSTER", "FAILOVER", "TAKEOVER")
            for other in others:
                while not await _is_replica(other):
                    await asyncio.sleep(_PAUSE)


async def _is_replica(server: Valkey) -> bool:
    return "myself,slave" in _own_line(str(await server.command("CLUSTER", "NODES")))


async def _follow(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    primaries = {node.shard: servers[node.id] for node in plan.nodes if node.primary}
    for node in plan.nodes:
        if node.primary:
            continue
        leader = str(await primaries[node.shard].command("CLUSTER", "MYID"))
        while leader not in _own_line(str(await servers[node.id].command("CLUSTER", "NODES"))):
            try:
                await servers[node.id].command("CLUSTER", "REPLICATE", leader)
            except ResponseError:  # it does not know that one yet
                await asyncio.sleep(_PAUSE)


def _own_line(nodes: str) -> str:
    return next((line for line in nodes.splitlines() if "myself" in line), "")


async def _info(server: Valkey) -> str:
    return str(await server.command("CLUSTER", "INFO"))


async def _until_ok(server: Valkey, places: set[str]) -> None:
    """Wait until a server takes commands and tells clients of all others: of replicas only once they copy."""
    while "cluster_state:ok" not in await _info(server) or not places <= _told(
        await server.command("CLUSTER", "SLOTS")
    ):
        await asyncio.sleep(_PAUSE)


def _told(slots: Any) -> set[str]:
    return {str(node[0]) for _, _, *nodes in slots for node in nodes}
