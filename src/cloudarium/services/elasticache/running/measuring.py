"""What caches tell CloudWatch: once a minute each engine is asked what it has counted.

The minutes are the cloud's. While its clock is moved, a cache that nobody uses is not asked minute by minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from valkey.exceptions import ValkeyError

from cloudarium.runtime.caches import Traffic, Valkey
from cloudarium.services.elasticache import records
from cloudarium.services.elasticache.records import CLUSTER, SERVERLESS
from cloudarium.services.elasticache.rules import measures, node_types
from cloudarium.services.elasticache.rules.measures import Families, Measure, Sample
from cloudarium.services.elasticache.running.plans import Node

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.services.elasticache.running.cache import Cache

MINUTE = 60.0
_NAMESPACE = "AWS/ElastiCache"


@dataclass(slots=True)
class Seen:
    """What was last seen of a cache's engines and traffic, and when it is to be looked at again."""

    samples: dict[str, Sample] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    due: float = 0.0
    slow: dict[tuple[str, str], int] = field(default_factory=dict)  # the last entry of each engine's slow log


def plan(cloud: Cloud, cache: Cache) -> None:
    """Have a cache that is used measured at the end of this minute, unless that is planned already."""
    now = cloud.clock.now()
    if now < cache.seen.due <= now + MINUTE:
        return
    cache.seen.due = _end_of_minute(now)
    scope, kind, id = cache.plan.key
    key = f"measure/{kind}/{id}"
    cloud.store.outbox.put("elasticache", "Measure", scope, {"Kind": kind, "Id": id}, cache.seen.due, key)


def _end_of_minute(moment: float) -> float:
    return (moment // MINUTE + 1) * MINUTE


async def measure(cloud: Cloud, cache: Cache, due: float) -> float:
    """Tell CloudWatch of the minute that ended when this was `due`; when the next one is to be told of."""
    now = cloud.clock.now()
    minute = (due if now - due < MINUTE else now) // MINUTE * MINUTE - MINUTE
    traffic = _difference(_total(cache), cache.seen.traffic)
    cache.seen.traffic = _total(cache)
    for node in cache.plan.nodes:
        try:
            found = await _of(cloud, cache, node, traffic)
        except ValkeyError:  # it has just died
            continue
        if cache.plan.iam and node is cache.plan.nodes[0]:
            found.append(Measure("IamAuthenticationExpirations", traffic.ended, measures.COUNT))
        _tell(cloud, cache, node, found, minute)
    cloud.meter.flush()
    asleep = cloud.journeys.to if not traffic.bytes_in else None
    for front in cache.fronts.values():
        front.asleep = asleep is not None
    cache.seen.due = _end_of_minute(asleep or now)
    return cache.seen.due


def _total(cache: Cache) -> Traffic:
    found = Traffic()
    for front in cache.fronts.values():
        for each in fields(Traffic):
            setattr(found, each.name, getattr(found, each.name) + getattr(front.traffic, each.name))
    return found


def _difference(now: Traffic, before: Traffic) -> Traffic:
    return Traffic(*(max(0, getattr(now, each.name) - getattr(before, each.name)) for each in fields(Traffic)))


async def _of(cloud: Cloud, cache: Cache, node: Node, traffic: Traffic) -> list[Measure]:
    server = cache.servers[node.id]
    families = await _families(cloud, server)
    own = server.sent
    sample = Sample(await server.command("INFO", "everything"), own)
    before = cache.seen.samples.get(node.id, measures.NOTHING)
    if before.info.get("run_id") != sample.info["run_id"]:
        before = measures.NOTHING
    cache.seen.samples[node.id] = sample
    if cache.plan.kind == SERVERLESS:
        found = list(measures.of_serverless(sample, before, families, traffic))
        return [*found, Measure("CurrConnections", _total(cache).connections, measures.COUNT)]
    data = records.find(cloud.store, cache.plan.scope, CLUSTER, node.id)
    type = data["CacheNodeType"] if data is not None else node_types.DEFAULT
    memory, processors = node_types.memory(type), node_types.processors(type)
    return list(measures.of_node(sample.info, before.info, families, memory, processors))


def _tell(cloud: Cloud, cache: Cache, node: Node, those: Iterable[Measure], minute: float) -> None:
    cluster = (("CacheClusterId", node.id),)
    by = (
        [(("clusterId", node.id),)] if cache.plan.kind == SERVERLESS else [cluster, (*cluster, ("CacheNodeId", "0001"))]
    )
    for one in those:
        for dimensions in by:
            cloud.meter.add(minute, cache.plan.scope, _NAMESPACE, one.name, dimensions, float(one.value), one.unit)


async def _families(cloud: Cloud, server: Valkey) -> Families:
    """Which commands there are of each category; every server here is the same program."""
    found: dict[str, frozenset[str]] | None = cloud.keep.get("elasticache commands")
    if found is None:
        found = {one: frozenset(await server.command("ACL CAT", one)) for one in measures.CATEGORIES.values()}
        cloud.keep["elasticache commands"] = found
    return found
