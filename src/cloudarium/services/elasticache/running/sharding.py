"""Cluster mode: servers that share the slots and know of each other.

They talk among themselves at 127.0.0.1; to clients they tell the address at which the cloud answers for each.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from valkey.exceptions import ResponseError

from cloudarium.runtime.caches import EngineFailed, Valkey
from cloudarium.services.elasticache.rules import slots
from cloudarium.services.elasticache.running.plans import Destination, Node, Plan, Setting
from cloudarium.services.elasticache.running.succession import caught_up

_PATIENCE = 60.0  # the servers keep time by the machine's clock, and other programs may keep them from it
_MOVING = 3600.0
_PAUSE = 0.02
_GOSSIP = 0.2  # seconds after which what servers should have told each other by themselves is prompted


def settings(plan: Plan, node: Node, inner: Destination, bus: int) -> dict[str, Setting]:
    """What a server must be set to in order to be one of many, who reach it at `inner` and its `bus` port."""
    if not plan.slots:
        return {}
    address, port = node.place
    return {
        "cluster-enabled": "yes",
        "cluster-port": str(bus),
        "cluster-announce-ip": inner[0],
        "cluster-announce-hostname": address,
        "cluster-announce-client-port": str(port),
        "cluster-preferred-endpoint-type": "hostname",
        "cluster-replica-no-failover": "yes",  # the cloud decides who is primary
        "cluster-allow-replica-migration": "no",
        "repl-ping-replica-period": "1",  # a replica is told of only when it has heard from its primary
    }


async def form(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Have the servers meet, give each shard its slots, and replicas their primaries. Raises EngineFailed.

    Each step looks at what the servers say and does what is missing, so a form that was cut off is just done again.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            await _number(plan, servers)
            await _meet(servers)
            await _fail_over(plan, servers)
            await _assign(plan, servers)
        async with asyncio.timeout(_MOVING):
            while not await _moved(plan, servers):
                await asyncio.sleep(_PAUSE)
        async with asyncio.timeout(_PATIENCE):
            await _follow(plan, servers)
            await _until_ok(plan, servers)
    except TimeoutError as error:
        raise EngineFailed("the shards did not find each other in time") from error


async def _number(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Give new servers different epochs: equal ones are told apart at some later moment, which can undo a failover."""
    for number, node in enumerate(plan.nodes, 1):
        server = servers[node.id]
        if len((await _nodes(server)).splitlines()) == 1 and "cluster_my_epoch:0\r" in await _info(server):
            await server.command("CLUSTER", "SET-CONFIG-EPOCH", number)


async def _meet(servers: Mapping[str, Valkey]) -> None:
    """Introduce each to each, also those that met in an earlier life, perhaps at other addresses."""
    for other in servers.values():
        await _introduce(other, servers.values())
    ids = [str(await server.command("CLUSTER", "MYID")) for server in servers.values()]
    for server in servers.values():
        while not _knows(await _nodes(server), ids):
            await asyncio.sleep(_PAUSE)


async def _introduce(server: Valkey, to: Iterable[Valkey]) -> None:
    """Have a server tell others at once who it is, what it has, and how far it has copied."""
    for other in to:
        if other is not server:
            address, port, bus = (str(other.settings[name]) for name in ("bind", "port", "cluster-port"))
            await server.command("CLUSTER", "MEET", address, port, bus)


def _knows(nodes: str, ids: Iterable[str]) -> bool:
    lines = {line.split(" ")[0]: line for line in nodes.splitlines()}
    return all(id in lines and "handshake" not in lines[id] and "noaddr" not in lines[id] for id in ids)


async def _assign(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Give each primary those of its slots that nobody has: one that began with data has some already."""
    taken = set().union(*[await _slots_of(server) for server in servers.values()])
    for node in _primaries(plan):
        missing = slots.members(plan.slots[node.shard]) - taken
        if missing:
            await servers[node.id].command("CLUSTER", "ADDSLOTS", *sorted(missing))


async def _moved(plan: Plan, servers: Mapping[str, Valkey]) -> bool:
    """Have primaries hand over, with their keys, the slots that are to be others'; is that done?"""
    done = True
    for node in _primaries(plan):
        target = str(await servers[node.id].command("CLUSTER", "MYID"))
        wanted = slots.members(plan.slots[node.shard])
        for source in servers.values():
            moving = await _slots_of(source) & wanted if source is not servers[node.id] else set()
            if not moving:
                continue
            done = False
            if await _migrates(source) or "cluster_state:ok" not in await _info(servers[node.id]):
                continue  # a new server takes no commands for its first two seconds
            bounds = [bound for pair in slots.ranges(moving) for bound in pair]
            with contextlib.suppress(ResponseError):  # it does not know the other one yet
                await source.command("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", *bounds, "NODE", target)
    return done


async def _migrates(source: Valkey) -> bool:
    told = await source.command("CLUSTER", "GETSLOTMIGRATIONS")
    states = [str(dict(zip(one[::2], one[1::2], strict=False))["state"]) for one in told]
    return any(state not in ("success", "failed", "cancelled") for state in states)


def _primaries(plan: Plan) -> list[Node]:
    return [node for node in plan.nodes if node.primary]


async def _slots_of(server: Valkey) -> set[int]:
    return _owned(_own_line(await _nodes(server)))


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
    for node in _primaries(plan):
        heir = servers[node.id]
        if not plan.slots[node.shard] or not await _is_replica(heir):
            continue
        others = [servers[one.id] for one in plan.nodes if one.shard == node.shard and one is not node]
        async with caught_up(heir, others):
            await heir.command("CLUSTER", "FAILOVER", "TAKEOVER")
            while not await _within(_GOSSIP, _all_follow(heir, others)):
                if await _is_replica(heir):  # another claim to the slots was newer
                    await heir.command("CLUSTER", "FAILOVER", "TAKEOVER")
                await heir.command("CLUSTER", "BUMPEPOCH")
                await _introduce(heir, others)


async def _within(seconds: float, work: Awaitable[None]) -> bool:
    """Is something done in this time?"""
    try:
        await asyncio.wait_for(work, seconds)
    except TimeoutError:
        return False
    return True


async def _all_follow(heir: Valkey, others: Iterable[Valkey]) -> None:
    leader = str(await heir.command("CLUSTER", "MYID"))
    for other in others:
        while leader not in _own_line(await _nodes(other)):
            await asyncio.sleep(_PAUSE)


async def _is_replica(server: Valkey) -> bool:
    return "myself,slave" in _own_line(await _nodes(server))


async def _follow(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    primaries = {node.shard: servers[node.id] for node in plan.nodes if node.primary}
    for node in plan.nodes:
        if node.primary or not plan.slots[node.shard]:
            continue
        leader = str(await primaries[node.shard].command("CLUSTER", "MYID"))
        while leader not in _own_line(await _nodes(servers[node.id])):
            try:
                await servers[node.id].command("CLUSTER", "REPLICATE", leader)
            except ResponseError:  # it does not know that one yet, or that it is primary no more
                await asyncio.sleep(_PAUSE)


async def _until_ok(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Wait until every server takes commands and tells clients of all others: of replicas only once they copy."""
    by_place = {node.place: servers[node.id] for node in plan.nodes if plan.slots[node.shard]}
    for server in by_place.values():
        while not await _within(_GOSSIP, _is_ok(server, by_place)):
            told = _told(await server.command("CLUSTER", "SLOTS"))
            for place, other in by_place.items():
                if place not in told:
                    await _introduce(other, [server])


async def _is_ok(server: Valkey, places: Mapping[Destination, Valkey]) -> None:
    while "cluster_state:ok" not in await _info(server) or not places.keys() <= _told(
        await server.command("CLUSTER", "SLOTS")
    ):
        await asyncio.sleep(_PAUSE)


def _told(answer: Any) -> set[Destination]:
    return {(str(node[0]), int(node[1])) for _, _, *nodes in answer for node in nodes}


async def forget(servers: Iterable[Valkey], gone: Iterable[Valkey]) -> None:
    """Have servers tell clients no more of others, which leave."""
    ids = [str(await one.command("CLUSTER", "MYID")) for one in gone]
    for server in servers:
        for id in ids:
            with contextlib.suppress(ResponseError):  # it does not know that one
                await server.command("CLUSTER", "FORGET", id)


async def _info(server: Valkey) -> str:
    return str(await server.command("CLUSTER", "INFO"))


async def _nodes(server: Valkey) -> str:
    return str(await server.command("CLUSTER", "NODES"))


def _own_line(nodes: str) -> str:
    return next((line for line in nodes.splitlines() if "myself" in line), "")
