"""Replication groups that change: tokens, users, replicas, and who is primary."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import changing, errors, lookup, making, network, notices, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.operations import user_groups
from cloudarium.services.elasticache.operations.replication_groups import MOST_REPLICAS, available, in_shard
from cloudarium.services.elasticache.records import CLUSTER, GROUP, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.running import addresses
from cloudarium.shared.errors import NotBuilt


def _members(call: Call, data: Data) -> list[Data]:
    return [lookup.find(call, CLUSTER, id) for id in data["MemberClusters"]]


def _keep(call: Call, data: Data, members: list[Data]) -> Data:
    """Keep a changed group, and have it be so."""
    data["Status"] = "modifying"
    id = data["ReplicationGroupId"]
    lookup.keep(call, GROUP, id, data)
    changing.keep_members(call, members, "modifying")
    call.later("Change", {"Kind": GROUP, "Id": id}, key=f"{GROUP}/{id}")
    return {"ReplicationGroup": data}


@operation(
    "ModifyReplicationGroup",
    on=touching(
        "replicationgroup", "parametergroup", UserGroupIdsToAdd="usergroup", UserGroupIdsToRemove="usergroup",
    ),
    refuses=(
        "NodeGroupId", "IpDiscovery",
        "TransitEncryptionEnabled", "TransitEncryptionMode", "ClusterMode", "Durability", "CacheSecurityGroupNames",
    ),
)  # fmt: skip
async def modify_replication_group(call: Call) -> Data:
    """Change a group; what runs follows at once."""
    given = call.input
    data = available(call, given["ReplicationGroupId"])
    members = _members(call, data)
    changing.rotate(call, data)
    _fail_over_or_not(call, data)
    if given.get("PrimaryClusterId"):
        _promote(data, given["PrimaryClusterId"].lower())
    if given.get("SnapshottingClusterId"):
        if given["SnapshottingClusterId"].lower() not in data["MemberClusters"]:
            raise errors.Invalid("SnapshottingClusterId must be a member of the replication group.")
        data["SnapshottingClusterId"] = given["SnapshottingClusterId"].lower()
    added, removed = _users(call, data)
    data["LogDeliveryConfigurations"] = changing.logs(call, data["LogDeliveryConfigurations"], members[0])
    await changing.alter(call, members)
    for name in ("CacheNodeType", "SnapshotRetentionLimit", "SnapshotWindow", "AutoMinorVersionUpgrade", "Engine"):
        data[name] = members[0][name]
    data["Description"] = given.get("ReplicationGroupDescription") or data["Description"]
    for member in members:
        member["AuthTokenEnabled"] = data["AuthTokenEnabled"]
        member["ReplicationGroupLogDeliveryEnabled"] = bool(data["LogDeliveryConfigurations"])
    with call.transaction():
        for group in removed:
            user_groups.unbind(call, group, GROUP, data["ReplicationGroupId"])
        for group in added:
            user_groups.bind(call, group, GROUP, data["ReplicationGroupId"])
        data["UserGroupIds"] = [one for one in data["UserGroupIds"] if one not in removed] + added
        return _keep(call, data, members)


def _fail_over_or_not(call: Call, data: Data) -> None:
    wanted, zones = call.input.get("AutomaticFailoverEnabled"), call.input.get("MultiAZEnabled")
    if wanted is not None:
        if wanted and len(data["MemberClusters"]) < 2 and not data["ClusterEnabled"]:
            raise errors.Combination("When using automatic failover, there must be at least 2 cache clusters.")
        if not wanted and data["ClusterEnabled"]:
            raise errors.Combination("Automatic failover cannot be turned off in cluster mode.")
        data["AutomaticFailover"] = "enabled" if wanted else "disabled"
    if zones is not None:
        data["MultiAZ"] = "enabled" if zones else "disabled"
    if data["MultiAZ"] == "enabled" and data["AutomaticFailover"] != "enabled":
        raise errors.Combination("Must have automatic failover enabled to enable Multi-AZ.")


def _users(call: Call, data: Data) -> tuple[list[str], list[str]]:
    """The user groups that come and go."""
    given = call.input
    added = [one.lower() for one in given.get("UserGroupIdsToAdd") or []]
    removed = [one.lower() for one in given.get("UserGroupIdsToRemove") or []]
    if given.get("RemoveUserGroups"):
        removed = list(data["UserGroupIds"])
    for id in added:
        lookup.find(call, records.USER_GROUP, id)
    for id in removed:
        if id not in data["UserGroupIds"]:
            raise errors.Invalid(f"User group {id} is not associated with the replication group.")
    if added and not data["TransitEncryptionEnabled"]:
        raise errors.Combination("User group based access control requires encryption-in-transit to be enabled.")
    if added and data["_Tokens"]:
        raise errors.Combination("An AUTH token must be deleted when a user group is added.")
    if len(set(data["UserGroupIds"]) - set(removed)) + len(added) > 1:
        raise errors.Invalid("A replication group can have one user group.")
    return added, removed


def _promote(data: Data, id: str) -> tuple[str, str]:
    """Make a member its shard's primary; the primary before, and the new one. Raises Invalid."""
    for shard in data["NodeGroups"]:
        those = {one["CacheClusterId"]: one for one in shard["NodeGroupMembers"]}
        if id in those:
            old = next(name for name, one in those.items() if one["_Role"] == "primary")
            for name, one in those.items():
                one["_Role"] = "primary" if name == id else "replica"
                if "CurrentRole" in one:
                    one["CurrentRole"] = one["_Role"]
            return old, id
    raise errors.Invalid(f"{id} is not a member of the replication group {data['ReplicationGroupId']}.")


@operation("TestFailover", on=touching("replicationgroup"))
def test_failover(call: Call) -> Data:
    """Have a replica of a shard become primary, as if the primary had failed."""
    data, name = available(call, call.input["ReplicationGroupId"]), call.input["NodeGroupId"]
    shard = next((one for one in data["NodeGroups"] if one["NodeGroupId"] == name), None)
    if shard is None:
        raise errors.NodeGroupNotFound(f"NodeGroup {name} not found.")
    if data["AutomaticFailover"] != "enabled":
        raise errors.FailoverUnavailable("TestFailover is not available while automatic failover is disabled.")
    replicas = [one["CacheClusterId"] for one in shard["NodeGroupMembers"] if one["_Role"] == "replica"]
    if not replicas:
        raise errors.FailoverUnavailable("TestFailover is not available for a shard without a replica.")
    id = data["ReplicationGroupId"]
    lookup.note(call, GROUP, id, f"Test Failover API called for node group {name}")
    old, new = _promote(data, replicas[0])
    notices.tell(call, lookup.find(call, CLUSTER, new), notices.FAILED_OVER)
    text = f"Failover from primary node {old} to replica node {new} completed"
    lookup.note(call, CLUSTER, new, text)
    lookup.note(call, GROUP, id, text)
    return _keep(call, data, _members(call, data))


def _count(call: Call, data: Data) -> int:
    """How many replicas each shard is to have."""
    if call.input.get("ReplicaConfiguration"):
        raise NotBuilt(f"elasticache:{call.operation_name} with ReplicaConfiguration: give NewReplicaCount")
    wanted = call.input.get("NewReplicaCount")
    if wanted is None or not 0 <= wanted <= MOST_REPLICAS:
        raise errors.Invalid(f"NewReplicaCount must be between 0 and {MOST_REPLICAS}.")
    if not call.input["ApplyImmediately"]:
        raise errors.Invalid("ApplyImmediately must be true.")
    return int(wanted)


@operation("IncreaseReplicaCount", on=touching("replicationgroup"))
async def increase_replica_count(call: Call) -> Data:
    """Add replicas to every shard."""
    data = available(call, call.input["ReplicationGroupId"])
    wanted, members = _count(call, data), _members(call, data)
    if any(len(one["NodeGroupMembers"]) - 1 >= wanted for one in data["NodeGroups"]):
        raise errors.NoOperation("The new replica count must be greater than the current one.")
    wish, new = await changing.more(call, members[0]), []
    try:
        for shard in data["NodeGroups"]:
            for number in range(len(shard["NodeGroupMembers"]), wanted + 1):
                name = _free_name(data, shard)
                (place,) = addresses.choose(call.store, [wish.port])
                made = await making.member(call, wish, name, place, number)
                made |= {"ReplicationGroupId": data["ReplicationGroupId"], "_Place": list(place)}
                new.append(made)
                shard["NodeGroupMembers"].append(in_shard(made, False, data["ClusterEnabled"]))
                data["MemberClusters"].append(name)
        with call.transaction():
            for made in new:
                lookup.refuse_existing(call, CLUSTER, made["CacheClusterId"])
                records.take(call.store, call.scope, f"{GROUP}/{data['ReplicationGroupId']}", *made.pop("_Place"))
            return _keep(call, data, [*members, *new])
    except Exception:
        await network.release(call, [one["_Interface"] for one in new])
        raise


def _free_name(data: Data, shard: Data) -> str:
    stem = data["ReplicationGroupId"] + (f"-{shard['NodeGroupId']}" if data["ClusterEnabled"] else "")
    return next(
        f"{stem}-{number:03}" for number in range(1, 100) if f"{stem}-{number:03}" not in data["MemberClusters"]
    )


@operation("DecreaseReplicaCount", on=touching("replicationgroup"))
async def decrease_replica_count(call: Call) -> Data:
    """Take replicas from every shard: those that are named, else the last ones."""
    data = available(call, call.input["ReplicationGroupId"])
    named = [one.lower() for one in call.input.get("ReplicasToRemove") or []]
    wanted = None if named else _count(call, data)
    gone: list[str] = []
    for shard in data["NodeGroups"]:
        replicas = [one["CacheClusterId"] for one in shard["NodeGroupMembers"] if one["_Role"] == "replica"]
        if wanted is not None and len(replicas) <= wanted:
            raise errors.NoOperation("The new replica count must be less than the current one.")
        gone += [one for one in replicas if one in named] if wanted is None else replicas[wanted:]
    if named and set(named) != set(gone):
        raise errors.Invalid("ReplicasToRemove must name replicas of the replication group.")
    for shard in data["NodeGroups"]:
        shard["NodeGroupMembers"] = [one for one in shard["NodeGroupMembers"] if one["CacheClusterId"] not in gone]
        if len(shard["NodeGroupMembers"]) == 1 and data["MultiAZ"] == "enabled":
            raise errors.Combination("Multi-AZ needs at least one replica in each shard.")
        if (
            len(shard["NodeGroupMembers"]) == 1
            and data["AutomaticFailover"] == "enabled"
            and not data["ClusterEnabled"]
        ):
            raise errors.Combination("Automatic failover needs at least one replica.")
    removed = [lookup.find(call, CLUSTER, id) for id in gone]
    data["MemberClusters"] = [one for one in data["MemberClusters"] if one not in gone]
    with call.transaction():
        for id in gone:
            lookup.forget(call, CLUSTER, id)
        for one in removed:
            notices.tell(call, one, notices.DELETED)
            endpoint = one["CacheNodes"][0]["Endpoint"]
            records.give_back(call.store, endpoint["Address"], endpoint["Port"])
        call.later("Release", {"Interfaces": [one["_Interface"] for one in removed]})
        return _keep(call, data, _members(call, data))
