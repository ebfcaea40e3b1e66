"""How the servers of one cache are joined: replicas that follow their primary, shards that know of each other."""

from __future__ import annotations

from collections.abc import Mapping

from cloudarium.runtime.caches import Valkey
from cloudarium.runtime.caches.valkey import ADMIN
from cloudarium.services.elasticache.records import CLUSTER
from cloudarium.services.elasticache.running import sharding
from cloudarium.services.elasticache.running.addresses import inner
from cloudarium.services.elasticache.running.plans import Node, Plan, Setting
from cloudarium.services.elasticache.running.succession import caught_up, place


def settings(plan: Plan, node: Node, password: str) -> dict[str, Setting]:
    """What a server must be set to in order to be joined with others; clusters that stay alone listen nowhere."""
    if plan.kind == CLUSTER:
        return {}
    (address, port), bus = inner(node.place)
    found: dict[str, Setting] = {
        "port": str(port),
        "bind": address,
        "primaryuser": ADMIN,
        "primaryauth": password,
        "repl-diskless-sync-delay": "0",
        "shutdown-timeout": "0",  # a primary would wait for replicas that end with it; its own file has everything
    }
    return {**found, **sharding.settings(plan, node, (address, port), bus)}


async def form(plan: Plan, servers: Mapping[str, Valkey]) -> None:
    """Join running servers as the plan says; again is no harm."""
    if plan.slots:
        await sharding.form(plan, servers)
        return
    if len(plan.nodes) == 1:
        return
    primary = next(node for node in plan.nodes if node.primary)
    async with caught_up(servers[primary.id], servers.values()):
        await servers[primary.id].command("REPLICAOF", "NO", "ONE")
        for node in plan.nodes:
            if not node.primary:
                await servers[node.id].command("REPLICAOF", *place(servers[primary.id]))
