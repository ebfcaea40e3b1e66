"""Replication groups in cluster mode get more shards, or fewer; slots go over with their keys while they are used."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import changing, errors, lookup, making, network, notices, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.making import Wish
from cloudarium.services.elasticache.operations.replication_groups import MOST_NODES, available, in_shard
from cloudarium.services.elasticache.records import CLUSTER, GROUP, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import slots
from cloudarium.services.elasticache.running import addresses


@operation(
    "ModifyReplicationGroupShardConfiguration", on=touching("replicationgroup"), refuses=("ReshardingConfiguration",)
)
async def modify_replication_group_shard_configuration(call: Call) -> Data:
    """Have a group in cluster mode have this many shards, with the slots in equal parts."""
    data = available(call, call.input["ReplicationGroupId"])
    if not data["ClusterEnabled"]:
        raise errors.Invalid("The shards of a replication group can only be changed in cluster mode.")
    if not call.input["ApplyImmediately"]:
        raise errors.Invalid("ApplyImmediately must be true.")
    wanted, names = call.input["NodeGroupCount"], [one["NodeGroupId"] for one in data["NodeGroups"]]
    replicas = len(data["NodeGroups"][0]["NodeGroupMembers"])
    if wanted < 1:
        raise errors.Invalid("NodeGroupCount must be at least 1.")
    if wanted * replicas > MOST_NODES:
        raise errors.QuotaExceeded("NodeQuotaForClusterExceededFault", f"A cluster has at most {MOST_NODES} nodes.")
    leaving = _leaving(call, names, wanted)
    members = [lookup.find(call, CLUSTER, id) for id in data["MemberClusters"]]
    new: list[Data] = []
    try:
        if wanted > len(names):
            new = await _added(call, data, members[0], wanted)
        _spread(data, leaving)
        with call.transaction():
            id = data["ReplicationGroupId"]
            for one in new:
                lookup.refuse_existing(call, CLUSTER, one["CacheClusterId"])
                records.take(call.store, call.scope, f"{GROUP}/{id}", *one.pop("_Place"))
            data["Status"] = "modifying"
            lookup.keep(call, GROUP, id, data)
            changing.keep_members(call, [*members, *new], "modifying")
            call.later("Change", {"Kind": GROUP, "Id": id}, key=f"{GROUP}/{id}")
    except Exception:
        await network.release(call, [one["_Interface"] for one in new])
        raise
    return {"ReplicationGroup": data}


def _leaving(call: Call, names: list[str], wanted: int) -> list[str]:
    """The shards that are to go. Raises Combination and Invalid."""
    gone, kept = call.input.get("NodeGroupsToRemove") or [], call.input.get("NodeGroupsToRetain") or []
    if wanted >= len(names):
        if gone or kept:
            raise errors.Combination("Node groups can only be named when their number is reduced.")
        return []
    if bool(gone) == bool(kept):
        raise errors.Combination("Either NodeGroupsToRemove or NodeGroupsToRetain must be specified.")
    for name in (*gone, *kept):
        if name not in names:
            raise errors.NodeGroupNotFound(f"NodeGroup {name} not found.")
    found = gone or [name for name in names if name not in kept]
    if len(set(found)) != len(names) - wanted:
        raise errors.Combination("The named node groups do not match NodeGroupCount.")
    return list(found)


async def _added(call: Call, data: Data, like: Data, wanted: int) -> list[Data]:
    """The clusters of new shards, which are added to a group's record."""
    wish, made = await changing.more(call, like), []
    count = len(data["NodeGroups"][0]["NodeGroupMembers"])
    try:
        for _ in range(wanted - len(data["NodeGroups"])):
            shard = f"{max(int(one['NodeGroupId']) for one in data['NodeGroups']) + 1:04}"
            those = [await _member(call, wish, data, shard, number) for number in range(count)]
            made += those
            members = [in_shard(one, number == 0, True) for number, one in enumerate(those)]
            own = {"NodeGroupId": shard, "Status": "creating", "Slots": "", "NodeGroupMembers": members}
            data["NodeGroups"].append(own)
            data["MemberClusters"] += [one["CacheClusterId"] for one in those]
    except Exception:
        await network.release(call, [one["_Interface"] for one in made])
        raise
    return made


async def _member(call: Call, wish: Wish, data: Data, shard: str, number: int) -> Data:
    (place,) = addresses.choose(call.store, [wish.port])
    name = f"{data['ReplicationGroupId']}-{shard}-{number + 1:03}"
    made = await making.member(call, wish, name, place, number)
    return {**made, "ReplicationGroupId": data["ReplicationGroupId"], "_Place": list(place)}


def _spread(data: Data, leaving: list[str]) -> None:
    staying = [one["NodeGroupId"] for one in data["NodeGroups"] if one["NodeGroupId"] not in leaving]
    parts = slots.equal(staying)
    for one in data["NodeGroups"]:
        one["Slots"] = slots.text(parts.get(one["NodeGroupId"], ()))
        if one["NodeGroupId"] in leaving:
            one["_Leaves"] = True


def removed(call: Call, id: str) -> bool:
    """Forget shards that have handed over their slots; part of a transaction. Were there any?"""
    data = lookup.find(call, GROUP, id)
    gone = [one for one in data["NodeGroups"] if one.get("_Leaves")]
    names = [member["CacheClusterId"] for one in gone for member in one["NodeGroupMembers"]]
    data["NodeGroups"] = [one for one in data["NodeGroups"] if not one.get("_Leaves")]
    data["MemberClusters"] = [one for one in data["MemberClusters"] if one not in names]
    interfaces = []
    for name in names:
        cluster = lookup.find(call, CLUSTER, name)
        endpoint = cluster["CacheNodes"][0]["Endpoint"]
        records.give_back(call.store, endpoint["Address"], endpoint["Port"])
        notices.tell(call, cluster, notices.DELETED)
        interfaces.append(cluster["_Interface"])
        lookup.forget(call, CLUSTER, name)
    if gone:
        call.later("Release", {"Interfaces": interfaces})
        lookup.keep(call, GROUP, id, data)
    return bool(gone)
