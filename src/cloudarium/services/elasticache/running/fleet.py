"""All caches: opened when the cloud starts, reached from functions by the VPC's rules, ended with the cloud."""

from __future__ import annotations

import logging
import shutil
import ssl
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from cloudarium.runtime.caches import Front
from cloudarium.services.elasticache import records
from cloudarium.services.elasticache.records import CLUSTER, GROUP, SERVERLESS
from cloudarium.services.elasticache.running import measuring, reading, tokens
from cloudarium.services.elasticache.running.cache import Cache
from cloudarium.services.elasticache.running.lifetimes import Lifetimes
from cloudarium.services.elasticache.running.plans import Destination, Plan
from cloudarium.shared.scope import Scope
from cloudarium.vpc import records as networks
from cloudarium.vpc.facts import Interface
from cloudarium.vpc.live import wires
from cloudarium.vpc.reading import interface
from cloudarium.vpc.wires import Endpoint

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

log = logging.getLogger("cloudarium")
OUTSIDE = "VPC: a cache is in a VPC, and this function is not. On AWS it could not connect, so it gets no answer."


class Fleet:
    """The caches of a cloud, by their keys."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.caches: dict[tuple[Scope, str, str], Cache] = {}
        self.lifetimes = Lifetimes(
            cloud, lambda: [front for one in self.caches.values() for front in one.fronts.values()]
        )
        self.closed: dict[str, str] = {}  # caches whose addresses somebody else has taken, and what is to do

    async def open(self, plan: Plan) -> Cache:
        """Take clients of a cache; its servers start with the first one. Raises OSError."""
        cache = self.caches.get(plan.key)
        if cache is None:
            cache = Cache(plan, self._stay, self._stranger, partial(measuring.plan, self.cloud))
            cache.recovered = self._recovered
            self.caches[plan.key] = cache
        await cache.listen(self._context)
        self._publish(cache)
        return cache

    async def change(self, scope: Scope, kind: str, id: str) -> None:
        """Have a cache be as records have it now."""
        plan = reading.plan(self.cloud.store, scope, kind, id)
        cache = self.caches.get((scope, kind, id))
        if plan is None or cache is None:
            return
        tls_changes = plan.tls != cache.plan.tls
        await cache.change(plan, partial(cache.listen, self._context))
        if tls_changes:
            for front in cache.fronts.values():
                front.close()
            cache.fronts.clear()
        await cache.listen(self._context)
        self._publish(cache)

    async def reboot(self, scope: Scope, kind: str, id: str, node: str) -> None:
        """Restart one server of a cache, with the settings that records have now."""
        plan = reading.plan(self.cloud.store, scope, kind, id)
        cache = self.caches.get((scope, kind, id))
        if plan is not None and cache is not None:
            await cache.reboot(plan, node)

    async def end(self, scope: Scope, kind: str, id: str) -> None:
        """Close a cache for good; its data go."""
        cache = self.caches.pop((scope, kind, id), None)
        if cache is None:
            return
        self._withdraw(cache)
        await cache.close()
        for node in cache.plan.nodes:
            shutil.rmtree(node.folder, ignore_errors=True)

    async def close(self) -> None:
        """End every cache; their data stay."""
        self.lifetimes.stop()
        caches, self.caches = self.caches, {}
        for cache in caches.values():
            self._withdraw(cache)
            await cache.close()

    def status(self) -> str:
        """What runs, in a line for `cloudarium status`."""
        servers = sum(one.running for cache in self.caches.values() for one in cache.servers.values())
        clients = sum(front.traffic.connections for cache in self.caches.values() for front in cache.fronts.values())
        problems = "".join(f"; {name}: {problem}" for name, problem in self.closed.items())
        return f"{len(self.caches)} caches, {servers} servers running, {clients} clients{problems}"

    # ---- The network ------------------------------------------------------------------------------------------------

    def _publish(self, cache: Cache) -> None:
        plan = cache.plan
        for door in plan.doors:
            front = cache.fronts[door.place]
            those = tuple(self._interfaces(plan.scope, (plan.node(id).interface for id in door.nodes)))
            wires(self.cloud).publish(Endpoint(plan.name, plan.scope, door.place, those, front.protocol))

    def _interfaces(self, scope: Scope, ids: Iterable[str]) -> Iterable[Interface]:
        for id in ids:
            found = networks.find(self.cloud.store, scope, networks.INTERFACE, id)
            if found is not None:
                yield interface(found)

    def _withdraw(self, cache: Cache) -> None:
        for door in cache.plan.doors:
            wires(self.cloud).withdraw(door.place)

    def _fronts(self) -> Iterable[Front]:
        return [front for cache in self.caches.values() for front in cache.fronts.values()]

    def _recovered(self, cache: Cache, id: str) -> None:
        if cache.plan.kind != SERVERLESS:
            now, text = self.cloud.clock.now(), "Finished recovery for cache nodes 0001"
            records.add_event(self.cloud.store, cache.plan.scope, now, "cache-cluster", id, text)

    def _stay(self, plan: Plan, user: str, token: str) -> float | None:
        until = tokens.stay(self.cloud, plan, user, token)
        if until is not None:
            self.lifetimes.watch()
        return until

    def _stranger(self, peer: Destination, own: Destination) -> bool:
        """Is it a function that connects and may not: outside of every VPC, or kept to none by this machine?

        Other programs of this machine count as in the VPC.
        """
        shop = self.cloud.keep.get("lambda")
        spec = shop.environments.attached.behind(peer, own) if shop is not None else None
        if shop is None or spec is None:
            return False
        problem = wires(self.cloud).problem(spec.network, own) if spec.network else OUTSIDE
        if problem:
            shop.environments.attached.behind(peer, own, problem)
        return bool(problem)

    def _context(self, address: str) -> ssl.SSLContext:
        if self.cloud.certificate is None:
            raise OSError("this cloud has no authority for TLS")
        return self.cloud.certificate(address)


def fleet(cloud: Cloud) -> Fleet:
    """The cloud's fleet, made when first wanted; folders of caches that are no more go."""
    found = cloud.keep.get("elasticache")
    if found is None:
        found = cloud.keep["elasticache"] = Fleet(cloud)
        cloud.at_close(found.close)
        _sweep(cloud)
    assert isinstance(found, Fleet)
    return found


def _sweep(cloud: Cloud) -> None:
    there = reading.folder(cloud.store)
    if not there.exists():
        return
    known: set[Any] = set()
    for kind in (CLUSTER, SERVERLESS):
        for scope, id in records.everywhere(cloud.store, kind):
            data = records.find(cloud.store, scope, kind, id)
            known.add(data["_Folder"] if data is not None else "")
    for folder in there.iterdir():
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


async def open_all(cloud: Cloud) -> None:
    """Open every cache that is available, as the cloud starts."""
    for kind in (CLUSTER, GROUP, SERVERLESS):
        for scope, id in records.everywhere(cloud.store, kind):
            plan = reading.plan(cloud.store, scope, kind, id)
            data = records.find(cloud.store, scope, kind, id)
            if plan is None or data is None or data["_State"] != "open":
                continue
            try:
                await fleet(cloud).open(plan)
            except OSError as error:
                fleet(cloud).closed[plan.name] = f"not reached, since its address cannot be had: {error}"
                log.error("%s is not reached: %s", plan.name, error)
