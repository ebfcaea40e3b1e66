"""Changing caches that run: what clusters and replication groups have in common."""

from __future__ import annotations

from collections.abc import Sequence

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, log_delivery, lookup, making, network, notices, records
from cloudarium.services.elasticache.making import Wish
from cloudarium.services.elasticache.network import Place
from cloudarium.services.elasticache.operations import parameter_groups, subnet_groups
from cloudarium.services.elasticache.records import CLUSTER, Data
from cloudarium.services.elasticache.rules import access, engines, node_types, windows
from cloudarium.shared.errors import NotBuilt

_TOLD = (
    ("CacheParameterGroup", notices.PARAMETERS),
    ("SecurityGroups", notices.SECURITY),
    ("CacheNodeType", notices.SCALED),
)
HEAVY = ("CacheNodeType", "Engine", "EngineVersion")


async def alter(call: Call, members: Sequence[Data]) -> None:
    """Change what the call asks for in the records of clusters. Raises before anything is changed."""
    given = call.input
    first = members[0]
    if any(given.get(name) for name in HEAVY) and not given.get("ApplyImmediately"):
        raise NotBuilt(f"elasticache:{call.operation_name} of {' or '.join(HEAVY)} without ApplyImmediately")
    new: Data = {}
    topic = await notices.configuration(call)
    version = engines.by_full(first["Engine"], first["EngineVersion"])
    if given.get("Engine") or given.get("EngineVersion"):
        version = _upgrade(version, given)
        new |= {"Engine": version.engine, "EngineVersion": version.full}
    if given.get("CacheNodeType"):
        node_types.memory(given["CacheNodeType"])
        new["CacheNodeType"] = given["CacheNodeType"]
    group = _parameters(call, first, version)
    if group is not None:
        new["CacheParameterGroup"] = group
    if given.get("PreferredMaintenanceWindow"):
        new["PreferredMaintenanceWindow"] = windows.maintenance_window(given["PreferredMaintenanceWindow"])
    if given.get("SnapshotWindow"):
        new["SnapshotWindow"] = windows.snapshot_window(given["SnapshotWindow"])
    if given.get("SnapshotRetentionLimit") is not None:
        new["SnapshotRetentionLimit"] = making.retention(given["SnapshotRetentionLimit"])
    if given.get("AutoMinorVersionUpgrade") is not None:
        new["AutoMinorVersionUpgrade"] = given["AutoMinorVersionUpgrade"]
    if given.get("SecurityGroupIds"):
        _, place = await subnet_groups.place(call, first["CacheSubnetGroupName"], given["SecurityGroupIds"])
        await network.regroup(call, [one["_Interface"] for one in members], place.groups)
        new["SecurityGroups"] = making.memberships(place.groups)
    for member in members:
        member["_Told"] = [event for name, event in _TOLD if name in new and new[name] != member[name]]
        member.update(new)
    notices.change(call, topic, members)


def logs(call: Call, old: Sequence[Data], member: Data) -> list[Data]:
    """The log deliveries of a cache from now on."""
    return log_delivery.wanted(call, old, engines.by_full(member["Engine"], member["EngineVersion"]))


def _upgrade(old: engines.Version, given: Data) -> engines.Version:
    engine = engines.engine(given.get("Engine") or old.engine)
    wanted = engines.version(engine, given.get("EngineVersion"))
    if (old.engine == "valkey" and engine == "redis") or (old.engine == engine and wanted.number < old.number):
        raise errors.Combination(f"Cannot downgrade from {old.engine} {old.full} to {wanted.engine} {wanted.full}.")
    return wanted


def _parameters(call: Call, first: Data, version: engines.Version) -> Data | None:
    """The parameter group from now on; None when it stays."""
    old = first["CacheParameterGroup"]["CacheParameterGroupName"]
    name = call.input.get("CacheParameterGroupName")
    with call.transaction():
        parameter_groups.defaults(call)
        kept = lookup.find(call, records.PARAMETERS, old)
        moves = kept["CacheParameterGroupFamily"] != version.family
        clustered = parameter_groups.is_clustered(kept)
        if not name and not moves:
            return None
        if not name and not old.startswith("default."):
            raise errors.Combination(f"The parameter group {old} is not of the family {version.family}; name another.")
        found = parameter_groups.chosen(call, name, version, clustered)
    if parameter_groups.is_clustered(found) != clustered:
        raise errors.Combination("The parameter group must not change cluster mode.")
    return {
        "CacheParameterGroupName": found["CacheParameterGroupName"],
        "ParameterApplyStatus": "in-sync",
        "CacheNodeIdsToReboot": [],
    }


def rotate(call: Call, data: Data) -> None:
    """Change the AUTH tokens of a cache as AuthTokenUpdateStrategy says: while rotating, both are valid."""
    given = call.input
    token, strategy = given.get("AuthToken"), given.get("AuthTokenUpdateStrategy") or "ROTATE"
    if strategy == "DELETE" and token is None:
        if not given.get("UserGroupIdsToAdd"):
            raise errors.Combination("The AUTH token can only be deleted when a user group is added.")
        data["_Tokens"] = []
        data["AuthTokenEnabled"] = False
        return
    if token is None:
        if given.get("AuthTokenUpdateStrategy"):
            raise errors.Combination("AuthTokenUpdateStrategy must be specified with AuthToken.")
        return
    if not data["TransitEncryptionEnabled"]:
        raise errors.Combination("The AUTH token is only supported when encryption-in-transit is enabled.")
    access.check_token(token)
    digest = access.digest(token)
    if strategy == "ROTATE":
        data["_Tokens"] = [(data["_Tokens"] or [access.ANYTHING])[-1], digest]
    elif strategy == "SET" and digest in data["_Tokens"]:
        data["_Tokens"] = [digest]
    else:
        raise errors.Combination("SET is allowed only for a token that was given by ROTATE before.")
    data |= {"AuthTokenEnabled": True, "AuthTokenLastModifiedDate": call.now}


async def more(call: Call, like: Data) -> Wish:
    """What a further node of a cache is to be like."""
    groups = [one["SecurityGroupId"] for one in like["SecurityGroups"]]
    subnets, place = await subnet_groups.place(call, like["CacheSubnetGroupName"], groups)
    version = engines.by_full(like["Engine"], like["EngineVersion"])
    parameters = lookup.find(call, records.PARAMETERS, like["CacheParameterGroup"]["CacheParameterGroupName"])
    return Wish(
        version,
        like["CacheNodeType"],
        parameters,
        subnets,
        Place(*place),
        like["CacheNodes"][0]["Endpoint"]["Port"],
        like["PreferredMaintenanceWindow"],
        like["SnapshotWindow"],
        like["SnapshotRetentionLimit"],
        like["TransitEncryptionEnabled"],
        like["AtRestEncryptionEnabled"],
        like["AutoMinorVersionUpgrade"],
        None,
        like.get("NotificationConfiguration"),
    )


def keep_members(call: Call, members: Sequence[Data], status: str) -> None:
    """Keep changed clusters, and tell their topics."""
    for member in members:
        for event in member.pop("_Told", ()):
            notices.tell(call, member, event)
        member["CacheClusterStatus"] = status
        lookup.keep(call, CLUSTER, member["CacheClusterId"], member)
