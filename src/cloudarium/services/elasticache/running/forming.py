"""How the servers of one cache are joined: replicas that follow their primary, shards that know of each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from cloudarium.runtime.caches import Valkey
from cloudarium.runtime.caches.valkey import ADMIN
from cloudarium.services.elasticache.records import CLUSTER
from cloudarium.services.elasticache.running import sharding
from cloudarium.services.elasticache.running.addresses import free_port
from cloudarium.services.elasticache.running.plans import Node, Plan, Setting

log = logging.getLogger("cloudarium")
_PATIENCE = 5
_PAUSE = 0.01


def settings(plan: Plan, node: Node, password: str) -> dict[str, Setting]:
    """What a server must be set to in order to be joined with others; clusters that stay alone listen nowhere."""
    if plan.kind == CLUSTER:
        return {}
    found: dict[str, Setting] = {
        "port": str(free_port()),
        "bind": "127.0.0.1",
        "primaryuser": ADMIN,
        "primaryauth": password,
        "repl-diskless-sync-delay": "0",
    }
    return {**found, **sharding.settings(plan, node)}


async def form(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Join running servers as the plan says; again is no harm."""
    if plan.slots:
        await sharding.form(plan, servers)
        return
    if len(plan.nodes) == 1:
        return
    primary = next(node for node in plan.nodes if node.primary)
    await _catch_up(servers[primary.id], servers.values())
    await servers[primary.id].command("REPLICAOF", "NO", "ONE")
    for node in plan.nodes:
        if not node.primary:
            await servers[node.id].command("REPLICAOF", "127.0.0.1", port(servers[primary.id]))


def port(server: Valkey) -> str:
    """The port on which a server takes other servers."""
    return str(server.settings["port"])


async def _catch_up(heir: Valkey, servers: Iterable[Valkey]) -> None:
    """Have a replica that is to be primary copy all that its primary has, which takes no more meanwhile."""
    told = await heir.command("INFO", "replication")
    if told["role"] == "master":
        return
    for server in servers:
        if server is heir or port(server) != str(told["master_port"]):
            continue
        await server.command("CLIENT", "PAUSE", _PATIENCE * 1000, "WRITE")
        try:
            async with asyncio.timeout(_PATIENCE):
                goal = (await server.command("INFO", "replication"))["master_repl_offset"]
                while (await heir.command("INFO", "replication"))["slave_repl_offset"] < goal:
                    await asyncio.sleep(_PAUSE)
        except TimeoutError:  # a failover does not wait for ever, on AWS either: what was not copied is lost
            log.warning("a replica became primary before it had copied everything")
        finally:
            await server.command("CLIENT", "UNPAUSE")
