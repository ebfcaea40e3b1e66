"""Replication groups: a primary and its replicas, or shards of them in cluster mode."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, exchanging, lookup, making, network, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.making import Wish, endpoint
from cloudarium.services.elasticache.operations import parameter_groups, snapshots, user_groups
from cloudarium.services.elasticache.records import CLUSTER, GROUP, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import access, names, slots
from cloudarium.services.elasticache.rules.slots import Ranges
from cloudarium.services.elasticache.running import addresses
from cloudarium.services.elasticache.running.plans import Destination
from cloudarium.shared.errors import NotBuilt

MOST_REPLICAS = 5
MOST_NODES = 90


class Shape(NamedTuple):
    """How many servers: for each shard its name, its replicas, the zones and the slots that are asked for.

    `clustered` says cluster mode; without slots each shard gets an equal part.
    """

    clustered: bool
    names: tuple[str, ...]
    replicas: tuple[int, ...]
    zones: tuple[tuple[str, ...], ...]
    slots: tuple[Ranges, ...]

    def parts(self) -> dict[str, Ranges]:
        """The slots of each shard."""
        return dict(zip(self.names, self.slots, strict=True)) if self.slots else slots.equal(self.names)


def _shape(call: Call, clustered_by_parameters: bool) -> Shape:
    given = call.input
    if given.get("ClusterMode") == "compatible":
        raise errors.Invalid("ClusterMode compatible is only valid when a replication group is modified.")
    number, configured = given.get("NumNodeGroups"), given.get("NodeGroupConfiguration") or []
    if configured and number not in (None, len(configured)):
        raise errors.Combination("NumNodeGroups must be the number of elements of NodeGroupConfiguration.")
    shards = number or len(configured) or 1
    clustered = given.get("ClusterMode") == "enabled" or shards > 1 or clustered_by_parameters
    if clustered and given.get("ClusterMode") == "disabled":
        raise errors.Combination("Cluster mode must be enabled for more than one shard or by its parameter group.")
    replicas = given.get("ReplicasPerNodeGroup")
    if given.get("NumCacheClusters") is not None:
        if replicas is not None or shards > 1:
            raise errors.Combination("NumCacheClusters cannot be used with ReplicasPerNodeGroup or several shards.")
        if not 1 <= given["NumCacheClusters"] <= MOST_REPLICAS + 1:
            raise errors.Invalid("NumCacheClusters must be between 1 and 6.")
        replicas = given["NumCacheClusters"] - 1
    if not 0 <= (replicas or 0) <= MOST_REPLICAS:
        raise errors.Invalid(f"Invalid ReplicasPerNodeGroup: it must be between 0 and {MOST_REPLICAS}.")
    each = [one.get("ReplicaCount") if one.get("ReplicaCount") is not None else replicas or 0 for one in configured]
    zones = [_zones(one) for one in configured] or [tuple(given.get("PreferredCacheClusterAZs") or ())]
    counts = tuple(each) or (replicas or 0,) * shards
    if any(not 0 <= one <= MOST_REPLICAS for one in counts):
        raise errors.Invalid(f"Invalid ReplicaCount: it must be between 0 and {MOST_REPLICAS}.")
    if sum(counts) + len(counts) > MOST_NODES:
        raise errors.QuotaExceeded("NodeQuotaForClusterExceededFault", f"A cluster has at most {MOST_NODES} nodes.")
    names, ranges = _names(configured, shards), _ranges(configured)
    return Shape(clustered, names, counts, (tuple(zones) * shards)[:shards], ranges)


def _as_it_was(call: Call, shape: Shape) -> Shape:
    """The shape with the slots that a snapshot's shards had: a server begins with keys of no other slots."""
    old = snapshots.slots_of(call)
    if len(old) != len(shape.names) or not all(old):
        return shape
    if shape.slots and shape.slots != old:
        raise NotBuilt("restoring a snapshot to other slots")
    return shape._replace(slots=old)


def _names(configured: Sequence[Data], shards: int) -> tuple[str, ...]:
    given = [one.get("NodeGroupId") for one in configured]
    if not any(given):
        return tuple(f"{number:04}" for number in range(1, shards + 1))
    found = tuple(f"{int(one):04}" for one in given if one and re.fullmatch(r"\d{1,4}", one))
    if len(set(found)) != shards:
        raise errors.Invalid("Each NodeGroupId must have 1 to 4 digits, and none may be used twice.")
    return found


def _ranges(configured: Sequence[Data]) -> tuple[Ranges, ...]:
    found = tuple(slots.parse(one.get("Slots") or "") for one in configured)
    if any(found):
        slots.check(found)
        return found
    return ()


def _zones(configured: Data) -> tuple[str, ...]:
    return (configured.get("PrimaryAvailabilityZone") or "", *(configured.get("ReplicaAvailabilityZones") or ()))


def _failover(call: Call, shape: Shape) -> tuple[str, str]:
    """Whether it fails over by itself, and whether over zones; raises Combination and Invalid."""
    asked, zones = call.input.get("AutomaticFailoverEnabled"), bool(call.input.get("MultiAZEnabled"))
    if shape.clustered and not asked:
        raise errors.Invalid("Redis with cluster mode enabled cannot be created with auto failover turned off.")
    if asked and not shape.clustered and min(shape.replicas) < 1:
        raise errors.Combination("When using automatic failover, there must be at least 2 cache clusters in the group.")
    if zones and not asked:
        raise errors.Combination("Must have automatic failover enabled to enable Multi-AZ.")
    if zones and min(shape.replicas) < 1:
        raise errors.Combination("Multi-AZ needs at least one replica in each shard.")
    return "enabled" if asked else "disabled", "enabled" if zones else "disabled"


@operation(
    "CreateReplicationGroup",
    on=touching("replicationgroup", "parametergroup", "subnetgroup", "snapshot", UserGroupIds="usergroup"),
    refuses=(
        "GlobalReplicationGroupId", "PrimaryClusterId", "ServerlessCacheSnapshotName", "KmsKeyId",
        "DataTieringEnabled", "Durability",
        "CacheSecurityGroupNames",
    ),
)  # fmt: skip
async def create_replication_group(call: Call) -> Data:
    """Make a replication group: its servers start after the answer."""
    id = names.identifier(call.input["ReplicationGroupId"], "ReplicationGroupId", 40)
    lookup.refuse_existing(call, GROUP, id)
    several = (call.input.get("NumNodeGroups") or 1) > 1 or len(call.input.get("NodeGroupConfiguration") or []) > 1
    wish = await making.wish(call, several or call.input.get("ClusterMode") == "enabled")
    shape = _shape(call, parameter_groups.is_clustered(wish.parameters))
    if shape.clustered and not parameter_groups.is_clustered(wish.parameters):
        raise errors.Combination("Use a parameter group with cluster-enabled set to yes for more than one shard.")
    if shape.clustered:
        shape = _as_it_was(call, shape)
    failover, tags, users = _failover(call, shape), lookup.wanted_tags(call), _user_groups(call, wish)
    shards = len(shape.replicas)
    files = await exchanging.seeds(call, shards) or snapshots.restored(call, wish.version, shards)
    doors, places = _places(call, shape, wish.port)
    members = await _members(call, wish, shape, id, places)
    data = _data(call, wish, shape, id, failover, users)
    _connect(data, shape, members, doors)
    try:
        with call.transaction():
            making.begin_with(call, data, files)
            lookup.refuse_existing(call, GROUP, id)
            for place in (*doors, *places):
                records.take(call.store, call.scope, f"{GROUP}/{id}", *place)
            own = {"ReplicationGroupId": id, "ReplicationGroupLogDeliveryEnabled": bool(wish.logs)}
            for member in members:
                lookup.refuse_existing(call, CLUSTER, member["CacheClusterId"])
                lookup.keep(call, CLUSTER, member["CacheClusterId"], {**member, **own})
                lookup.tag(call, CLUSTER, member["CacheClusterId"], tags)
            for group in users:
                user_groups.bind(call, group, GROUP, id)
            lookup.keep(call, GROUP, id, data)
            lookup.tag(call, GROUP, id, tags)
            call.later("Start", {"Kind": GROUP, "Id": id}, key=f"{GROUP}/{id}")
    except Exception:
        making.discard(call, files)
        await network.release(call, [one["_Interface"] for one in members])
        raise
    return {"ReplicationGroup": shown(data)}


def _user_groups(call: Call, wish: Wish) -> list[str]:
    groups = [one.lower() for one in call.input.get("UserGroupIds") or []]
    if len(groups) > 1:
        raise errors.Invalid("A replication group can have one user group.")
    for id in groups:
        found = lookup.find(call, records.USER_GROUP, id)
        if not wish.transit:
            raise errors.Combination("User group based access control requires encryption-in-transit to be enabled.")
        if wish.token:
            raise errors.Combination("AuthToken and UserGroupIds cannot be specified together.")
        if found["Engine"] == "valkey" and wish.version.engine == "redis":
            raise errors.Combination("A user group of the engine valkey cannot be used with redis.")
        if wish.version.number < (6,):
            raise errors.Combination("User groups need version 6.0 or later of the engine.")
    return groups


def _places(call: Call, shape: Shape, port: int) -> tuple[list[Destination], list[Destination]]:
    """Addresses: of the doors (the configuration's, or the primary's and the readers'), then of the nodes."""
    doors = 1 if shape.clustered else 2
    found = addresses.choose(call.store, [port] * (doors + sum(shape.replicas) + len(shape.replicas)))
    return found[:doors], found[doors:]


async def _members(call: Call, wish: Wish, shape: Shape, id: str, places: Sequence[Destination]) -> list[Data]:
    made: list[Data] = []
    try:
        for shard, replicas, zones in zip(shape.names, shape.replicas, shape.zones, strict=True):
            for number in range(replicas + 1):
                name = f"{id}-{shard}-{number + 1:03}" if shape.clustered else f"{id}-{number + 1:03}"
                zone = zones[number] if number < len(zones) else ""
                made.append(await making.member(call, wish, name, places[len(made)], number, zone))
    except Exception:
        await network.release(call, [one["_Interface"] for one in made])
        raise
    return made


def _data(call: Call, wish: Wish, shape: Shape, id: str, failover: tuple[str, str], users: list[str]) -> Data:
    data: Data = {
        "ReplicationGroupId": id,
        "Description": call.input["ReplicationGroupDescription"],
        "GlobalReplicationGroupInfo": {},
        "Status": "creating",
        "PendingModifiedValues": {},
        "AutomaticFailover": failover[0],
        "MultiAZ": failover[1],
        "SnapshotRetentionLimit": wish.retention,
        "SnapshotWindow": wish.snapshots,
        "ClusterEnabled": shape.clustered,
        "CacheNodeType": wish.node_type,
        "AuthTokenEnabled": wish.token is not None,
        "TransitEncryptionEnabled": wish.transit,
        "AtRestEncryptionEnabled": wish.at_rest,
        "StorageEncryptionType": "sse-elasticache" if wish.at_rest else "none",
        "ARN": lookup.arn_of(call.scope, GROUP, id),
        "UserGroupIds": users,
        "LogDeliveryConfigurations": list(wish.logs),
        "ReplicationGroupCreateTime": call.now,
        "DataTiering": "disabled",
        "AutoMinorVersionUpgrade": wish.minor_upgrades,
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
        "ClusterMode": "enabled" if shape.clustered else "disabled",
        "Engine": wish.version.engine,
        "_Tokens": [access.digest(wish.token)] if wish.token else [],
        "_State": "starting",
    }
    if wish.transit:
        data["TransitEncryptionMode"] = "required"
    return {**data, "AuthTokenLastModifiedDate": call.now} if wish.token else data


def _connect(data: Data, shape: Shape, members: Sequence[Data], doors: Sequence[Destination]) -> None:
    """Write the shards and their members into a group's record."""
    data["MemberClusters"] = [one["CacheClusterId"] for one in members]
    data["NodeGroups"], rest = [], list(members)
    ranges = shape.parts()
    for shard, replicas in zip(shape.names, shape.replicas, strict=True):
        those, rest = rest[: replicas + 1], rest[replicas + 1 :]
        one: Data = {"NodeGroupId": shard, "Status": "creating"}
        if shape.clustered:
            one["Slots"] = slots.text(ranges[shard])
        else:
            one["PrimaryEndpoint"], one["ReaderEndpoint"] = endpoint(doors[0]), endpoint(doors[1])
        one["NodeGroupMembers"] = [
            in_shard(member, number == 0, shape.clustered) for number, member in enumerate(those)
        ]
        data["NodeGroups"].append(one)
    if shape.clustered:
        data["ConfigurationEndpoint"] = endpoint(doors[0])
    if data["SnapshotRetentionLimit"] and not shape.clustered:
        data["SnapshottingClusterId"] = members[-1 if len(members) == 1 else 1]["CacheClusterId"]


def in_shard(member: Data, primary: bool, clustered: bool) -> Data:
    """A cluster as its shard shows it."""
    role = "primary" if primary else "replica"
    one = {
        "CacheClusterId": member["CacheClusterId"],
        "CacheNodeId": "0001",
        "PreferredAvailabilityZone": member["PreferredAvailabilityZone"],
        "_Role": role,
    }
    if clustered:  # who is primary changes without ElastiCache there, so it does not say
        return one
    return {**one, "ReadEndpoint": member["CacheNodes"][0]["Endpoint"], "CurrentRole": role}


def shown(data: Data) -> Data:
    """A group as it is described: without shards before it has any."""
    if data["Status"] != "creating":
        return data
    return {name: value for name, value in data.items() if name not in ("NodeGroups", "ConfigurationEndpoint")}


@operation("DescribeReplicationGroups", on=touching("replicationgroup"))
def describe_replication_groups(call: Call) -> Data:
    """The account's replication groups, or one of them."""
    found = records.every(call.store, call.scope, GROUP)
    if call.input.get("ReplicationGroupId"):
        found = [lookup.find(call, GROUP, call.input["ReplicationGroupId"])]
    those = [shown(one) for one in found]
    return lookup.page(call, "ReplicationGroups", those, lambda one: one["ReplicationGroupId"])


def available(call: Call, id: str) -> Data:
    """A group that can be changed now. Raises NotFound and State."""
    data = lookup.find(call, GROUP, id)
    if data["Status"] != "available":
        raise errors.State(GROUP, f"Replication group {data['ReplicationGroupId']} is not in available state.")
    return data


@operation(
    "DeleteReplicationGroup",
    on=touching("replicationgroup", FinalSnapshotIdentifier="snapshot"),
    refuses=("RetainPrimaryCluster",),
)
def delete_replication_group(call: Call) -> Data:
    """Delete a group with all of its clusters and their data."""
    data = lookup.find(call, GROUP, call.input["ReplicationGroupId"])
    id = data["ReplicationGroupId"]
    if data["Status"] not in ("available", "create-failed"):
        raise errors.State(
            GROUP, f"Replication group {id} has status {data['Status']} which is not valid for deletion."
        )
    final = snapshots.final(call, GROUP, data)
    data["Status"], data["_State"] = "deleting", "closing"
    lookup.keep(call, GROUP, id, data)
    for name in data["MemberClusters"]:
        member = lookup.find(call, CLUSTER, name)
        member["CacheClusterStatus"], member["_State"] = "deleting", "closing"
        lookup.keep(call, CLUSTER, name, member)
    call.later("Remove", {"Kind": GROUP, "Id": id, "Final": final}, key=f"{GROUP}/{id}")
    return {"ReplicationGroup": data}
