"""Cache clusters: one node each, alone or as a member of a replication group."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import changing, errors, exchanging, lookup, making, network, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.operations import parameter_groups, snapshots
from cloudarium.services.elasticache.records import CLUSTER, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import names
from cloudarium.services.elasticache.running import addresses
from cloudarium.shared.errors import NotBuilt


@operation(
    "CreateCacheCluster",
    on=touching("cluster", "replicationgroup", "parametergroup", "subnetgroup", "snapshot"),
    refuses=(
        "ReplicationGroupId", "OutpostMode",
        "PreferredAvailabilityZones", "CacheSecurityGroupNames", "PreferredOutpostArn",
        "PreferredOutpostArns",
    ),
)  # fmt: skip
async def create_cache_cluster(call: Call) -> Data:
    """Make a cluster of one node: a server of its own, which starts after the answer."""
    given = call.input
    id = names.identifier(given["CacheClusterId"], "CacheClusterIdentifier", 50)
    lookup.refuse_existing(call, CLUSTER, id)
    if given.get("AZMode") not in (None, "single-az"):
        raise errors.Combination("AZMode can only be specified for Memcached clusters.")
    wish, tags = await making.wish(call), lookup.wanted_tags(call)
    if given.get("NumCacheNodes") not in (None, 1):
        raise errors.Invalid(
            f"Cannot create a {wish.version.engine} cluster with a NumCacheNodes parameter greater than 1."
        )
    if parameter_groups.is_clustered(wish.parameters):
        raise errors.Combination("A cluster without a replication group cannot have cluster mode enabled.")
    (place,) = addresses.choose(call.store, [wish.port])
    files = await exchanging.seeds(call, 1) or snapshots.restored(call, wish.version, 1)
    data = await making.member(call, wish, id, place, 0, given.get("PreferredAvailabilityZone") or "")
    try:
        with call.transaction():
            making.begin_with(call, data, files)
            data["LogDeliveryConfigurations"] = list(wish.logs)
            lookup.refuse_existing(call, CLUSTER, id)
            records.take(call.store, call.scope, f"{CLUSTER}/{id}", *place)
            lookup.keep(call, CLUSTER, id, data)
            lookup.tag(call, CLUSTER, id, tags)
            call.later("Start", {"Kind": CLUSTER, "Id": id}, key=f"{CLUSTER}/{id}")
    except Exception:
        making.discard(call, files)
        await network.release(call, [data["_Interface"]])
        raise
    return {"CacheCluster": shown(data, nodes=False)}


def shown(data: Data, nodes: bool) -> Data:
    """A cluster as it is described: its nodes only when asked for, and without an address before it has one."""
    answer = {name: value for name, value in data.items() if name != "CacheNodes"}
    if nodes and data["CacheClusterStatus"] != "creating":
        answer["CacheNodes"] = data["CacheNodes"]
    return answer


@operation("DescribeCacheClusters", on=touching("cluster"))
def describe_cache_clusters(call: Call) -> Data:
    """The account's clusters, or one of them."""
    found = records.every(call.store, call.scope, CLUSTER)
    if call.input.get("CacheClusterId"):
        found = [lookup.find(call, CLUSTER, call.input["CacheClusterId"])]
    if call.input.get("ShowCacheClustersNotInReplicationGroups"):
        found = [one for one in found if not one.get("ReplicationGroupId")]
    nodes = bool(call.input.get("ShowCacheNodeInfo"))
    return lookup.page(call, "CacheClusters", [shown(one, nodes) for one in found], lambda one: one["CacheClusterId"])


def alone(call: Call, id: str) -> Data:
    """A cluster that is not in a replication group and can be changed now. Raises NotFound and State."""
    data = lookup.find(call, CLUSTER, id)
    if data.get("ReplicationGroupId"):
        raise errors.State(
            CLUSTER,
            f"The cluster {data['CacheClusterId']} is part of a replication group; change the replication group.",
        )
    if data["CacheClusterStatus"] != "available":
        raise errors.State(CLUSTER, f"Cache cluster {data['CacheClusterId']} is not in available state.")
    return data


@operation("DeleteCacheCluster", on=touching("cluster", FinalSnapshotIdentifier="snapshot"))
def delete_cache_cluster(call: Call) -> Data:
    """Delete a cluster with its data."""
    data = lookup.find(call, CLUSTER, call.input["CacheClusterId"])
    id = data["CacheClusterId"]
    if data.get("ReplicationGroupId"):
        raise NotBuilt("DeleteCacheCluster of a replication group's member: use DecreaseReplicaCount")
    if data["CacheClusterStatus"] not in ("available", "create-failed"):
        raise errors.State(CLUSTER, f"Cache cluster {id} is not in a valid state to be deleted.")
    final = snapshots.final(call, CLUSTER, data)
    data["CacheClusterStatus"], data["_State"] = "deleting", "closing"
    lookup.keep(call, CLUSTER, id, data)
    call.later("Remove", {"Kind": CLUSTER, "Id": id, "Final": final}, key=f"{CLUSTER}/{id}")
    return {"CacheCluster": shown(data, nodes=False)}


@operation(
    "ModifyCacheCluster",
    on=touching("cluster", "parametergroup"),
    refuses=(
        "AZMode", "CacheNodeIdsToRemove", "NewAvailabilityZones",
        "IpDiscovery", "ScaleConfig", "CacheSecurityGroupNames",
    ),
)  # fmt: skip
async def modify_cache_cluster(call: Call) -> Data:
    """Change a cluster; what runs follows at once."""
    data = alone(call, call.input["CacheClusterId"])
    if call.input.get("NumCacheNodes") not in (None, 1):
        raise errors.Invalid(f"A {data['Engine']} cluster has one node.")
    changing.rotate(call, data)
    data["LogDeliveryConfigurations"] = changing.logs(call, data["LogDeliveryConfigurations"], data)
    await changing.alter(call, [data])
    id = data["CacheClusterId"]
    with call.transaction():
        changing.keep_members(call, [data], "modifying")
        call.later("Change", {"Kind": CLUSTER, "Id": id}, key=f"{CLUSTER}/{id}")
    return {"CacheCluster": shown(data, nodes=False)}


@operation("RebootCacheCluster", on=touching("cluster"))
def reboot_cache_cluster(call: Call) -> Data:
    """Restart the server of a cluster: parameters that wait for that are applied."""
    data = lookup.find(call, CLUSTER, call.input["CacheClusterId"])
    id = data["CacheClusterId"]
    if set(call.input["CacheNodeIdsToReboot"]) != {"0001"}:
        raise errors.Invalid(f"CacheNodeIdsToReboot must name nodes of the cluster {id}: 0001.")
    if data["CacheClusterStatus"] != "available":
        raise errors.State(CLUSTER, f"Cache cluster {id} is not in available state.")
    data["CacheClusterStatus"] = "rebooting cluster nodes"
    lookup.keep(call, CLUSTER, id, data)
    call.later("Reboot", {"Id": id}, key=f"reboot/{id}")
    return {"CacheCluster": shown(data, nodes=False)}
