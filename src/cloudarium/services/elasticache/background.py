"""What ElastiCache does after it has answered: caches start, change and end."""

from __future__ import annotations

import logging

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.runtime.caches import EngineFailed
from cloudarium.services.elasticache import daily, log_delivery, lookup, network, notices, records, saving
from cloudarium.services.elasticache.operations import resharding, user_groups
from cloudarium.services.elasticache.records import CLUSTER, GROUP, SERVERLESS, SERVERLESS_SNAPSHOT, SNAPSHOT, Data
from cloudarium.services.elasticache.running import measuring, reading
from cloudarium.services.elasticache.running.fleet import fleet

log = logging.getLogger("cloudarium")
STATUS = {CLUSTER: "CacheClusterStatus", GROUP: "Status", SERVERLESS: "Status"}
SNAPSHOTS = {CLUSTER: SNAPSHOT, GROUP: SNAPSHOT, SERVERLESS: SERVERLESS_SNAPSHOT}
_NOUNS = {CLUSTER: "Cache cluster", GROUP: "Replication group", SERVERLESS: "Serverless cache"}


@delivery("Start")
async def start(event: Event) -> None:
    """Start the servers of a new cache; then it is available."""
    kind, id = event.payload["Kind"], event.payload["Id"]
    plan = reading.plan(event.store, event.scope, kind, id)
    if plan is None:
        return
    try:
        data = lookup.find(event, kind, id)
        await saving.lay_out(event, data, plan)
        cache = await fleet(event.cloud).open(plan)
        await cache.start()
    except (EngineFailed, OSError) as error:
        log.error("%s %s was not made: %s", _NOUNS[kind], id, error)
        _become(event, kind, id, "create-failed", "open", f"{_NOUNS[kind]} could not be created")
        return
    _become(event, kind, id, "available", "open", f"{_NOUNS[kind]} created")
    await log_delivery.check(event, kind, id)


@delivery("Change")
async def change(event: Event) -> None:
    """Have a running cache be as its record says now."""
    kind, id = event.payload["Kind"], event.payload["Id"]
    data = records.find(event.store, event.scope, kind, id)
    if data is None or data["_State"] != "open":
        return
    await fleet(event.cloud).change(event.scope, kind, id)
    if kind == GROUP:
        with event.transaction():
            fewer = resharding.removed(event, id)
        if fewer:
            await fleet(event.cloud).change(event.scope, kind, id)
    if data[STATUS[kind]] == "modifying":
        _become(event, kind, id, "available", "open", "")
    await log_delivery.check(event, kind, id)


@delivery("Daily")
async def copy_daily(event: Event) -> Retry | None:
    """Take a cache's automatic snapshot of the day."""
    return daily.copy(event)


@delivery("Measure")
async def measure(event: Event) -> Retry | None:
    """Tell CloudWatch what a running cache has done in the last minute, and again after the next one."""
    cache = fleet(event.cloud).caches.get((event.scope, event.payload["Kind"], event.payload["Id"]))
    if cache is None or not cache.running:
        return None
    following = await measuring.measure(event.cloud, cache, event.due)
    await log_delivery.deliver(event, cache)
    return Retry(following)


@delivery("Snapshot")
async def snapshot(event: Event) -> None:
    """Have a snapshot hold what its cache holds."""
    kind, id, name = event.payload["Kind"], event.payload["Id"], event.payload["Snapshot"]
    await saving.fill(event, kind, id, name, SNAPSHOTS[kind])
    data = records.find(event.store, event.scope, kind, id)
    made = records.find(event.store, event.scope, SNAPSHOTS[kind], name)
    if data is None or made is None:
        return
    how = "succeeded" if made["_Blobs"] else "failed"
    with event.transaction():
        text = f"Snapshot {how} for snapshot with ID '{name}' of {_NOUNS[kind].lower()} with ID '{id}'"
        lookup.note(event, kind, id, text)
        if kind != SERVERLESS:
            first = data if kind == CLUSTER else lookup.find(event, CLUSTER, data["MemberClusters"][0])
            notices.tell(event, first, notices.COPIED if made["_Blobs"] else notices.NOT_COPIED)


@delivery("Notify")
async def notify(event: Event) -> None:
    """Tell a cache's topic what happened."""
    await notices.publish(event)


@delivery("Release")
async def release(event: Event) -> None:
    """Let go of the network interfaces of replicas that are no more."""
    await network.release(event, event.payload["Interfaces"])


@delivery("Reboot")
async def reboot(event: Event) -> None:
    """Restart the server of a cluster."""
    id = event.payload["Id"]
    data = records.find(event.store, event.scope, CLUSTER, id)
    if data is None:
        return
    group = data.get("ReplicationGroupId")
    kind, name = (GROUP, group) if group else (CLUSTER, id)
    await fleet(event.cloud).reboot(event.scope, kind, name, id)
    with event.transaction():
        data = lookup.find(event, CLUSTER, id)
        data["CacheParameterGroup"].update(ParameterApplyStatus="in-sync", CacheNodeIdsToReboot=[])
        data["CacheClusterStatus"] = "available"
        lookup.keep(event, CLUSTER, id, data)
        lookup.note(event, CLUSTER, id, "Cache node 0001 restarted")
        notices.tell(event, data, notices.REBOOTED)


@delivery("Remove")
async def remove(event: Event) -> None:
    """End a cache that is deleted, and let go of all that it had."""
    kind, id = event.payload["Kind"], event.payload["Id"]
    data = records.find(event.store, event.scope, kind, id)
    if data is None:
        return
    if event.payload.get("Final"):
        await saving.fill(event, kind, id, event.payload["Final"], SNAPSHOTS[kind])
    await fleet(event.cloud).end(event.scope, kind, id)
    members = data["MemberClusters"] if kind == GROUP else [id] if kind == CLUSTER else []
    interfaces = data.get("_Interfaces") or []
    for name in members:
        found = records.find(event.store, event.scope, CLUSTER, name)
        interfaces += [found["_Interface"]] if found is not None else []
    await network.release(event, interfaces)
    with event.transaction():
        for name in members:
            notices.tell(event, lookup.find(event, CLUSTER, name), notices.DELETED)
            lookup.forget(event, CLUSTER, name)
        for group in _user_groups(data):
            user_groups.unbind(event, group, kind, id)
        records.release(event.store, event.scope, f"{kind}/{id}")
        lookup.forget(event, kind, id)
        lookup.note(event, kind, id, f"{_NOUNS[kind]} deleted")


def _user_groups(data: Data) -> list[str]:
    return data.get("UserGroupIds") or ([data["UserGroupId"]] if data.get("UserGroupId") else [])


def _become(event: Event, kind: str, id: str, status: str, state: str, message: str) -> None:
    """Keep what a cache has become, its clusters and shards with it."""
    with event.transaction():
        data = lookup.find(event, kind, id)
        old = data[STATUS[kind]]
        data[STATUS[kind]], data["_State"] = status, state
        saving.settled(event, data)
        if kind == CLUSTER:
            data["CacheNodes"][0]["CacheNodeStatus"] = status
        for shard in data.get("NodeGroups") or []:
            shard["Status"] = status
        for name in data.get("MemberClusters") or []:
            member = lookup.find(event, CLUSTER, name)
            member["CacheClusterStatus"], member["_State"] = status, state
            member["CacheNodes"][0]["CacheNodeStatus"] = status
            lookup.keep(event, CLUSTER, name, member)
        lookup.keep(event, kind, id, data)
        _tell_made(event, kind, data, old)
        daily.schedule(event, kind, id, data)
        if message:
            lookup.note(event, kind, id, message)


def _tell_made(event: Event, kind: str, data: Data, old: str) -> None:
    """Tell the topics of clusters that these were made, or could not be."""
    if old != "creating" or kind == SERVERLESS:
        return
    made = data[STATUS[kind]] == "available"
    names = data["MemberClusters"] if kind == GROUP else [data["CacheClusterId"]]
    clusters = [lookup.find(event, CLUSTER, name) for name in names]
    for cluster in clusters:
        notices.tell(event, cluster, notices.MADE if made else notices.NOT_MADE)
    if kind == GROUP:
        notices.tell(
            event, clusters[0], notices.GROUP_MADE if made else notices.GROUP_NOT_MADE, data["ReplicationGroupId"]
        )
