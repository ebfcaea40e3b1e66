"""Snapshots of clusters and replication groups: what their servers hold, as RDB files."""

from __future__ import annotations

from collections.abc import Sequence

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, exchanging, lookup, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.records import CLUSTER, GROUP, SNAPSHOT, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import names, slots
from cloudarium.services.elasticache.rules.engines import Version, by_full
from cloudarium.shared.errors import NotBuilt


@operation("CreateSnapshot", on=touching("snapshot", "cluster", "replicationgroup"), refuses=("KmsKeyId",))
def create_snapshot(call: Call) -> Data:
    """Have a cache's servers write down what they hold."""
    cluster, group = call.input.get("CacheClusterId"), call.input.get("ReplicationGroupId")
    if bool(cluster) == bool(group):
        raise errors.Combination("Either CacheClusterId or ReplicationGroupId must be provided.")
    name = names.identifier(call.input["SnapshotName"], "SnapshotName", 255)
    tags = lookup.wanted_tags(call)
    if cluster:
        found = lookup.find(call, CLUSTER, cluster)
        if found.get("ReplicationGroupId"):
            group = found["ReplicationGroupId"]
    if group:
        snapshot = begin(call, GROUP, _available(call, GROUP, group), name, "manual")
    else:
        snapshot = begin(call, CLUSTER, _available(call, CLUSTER, str(cluster)), name, "manual")
    lookup.tag(call, SNAPSHOT, name, tags)
    return {"Snapshot": snapshot}


def _available(call: Call, kind: str, id: str) -> Data:
    data = lookup.find(call, kind, id)
    if data["Status" if kind == GROUP else "CacheClusterStatus"] != "available":
        raise errors.State(kind, f"{id} is not in available state.")
    return data


def begin(call: Call, kind: str, data: Data, name: str, source: str, later: bool = True) -> Data:
    """Keep a new snapshot of a cache, to be filled; raises Exists."""
    lookup.refuse_existing(call, SNAPSHOT, name)
    id = data["ReplicationGroupId"] if kind == GROUP else data["CacheClusterId"]
    first = lookup.find(call, CLUSTER, data["MemberClusters"][0]) if kind == GROUP else data
    snapshot: Data = {
        "SnapshotName": name,
        "SnapshotStatus": "creating",
        "SnapshotSource": source,
        "CacheNodeType": first["CacheNodeType"],
        "Engine": first["Engine"],
        "EngineVersion": first["EngineVersion"],
        "CacheParameterGroupName": first["CacheParameterGroup"]["CacheParameterGroupName"],
        "CacheSubnetGroupName": first["CacheSubnetGroupName"],
        "AutoMinorVersionUpgrade": first["AutoMinorVersionUpgrade"],
        "PreferredMaintenanceWindow": first["PreferredMaintenanceWindow"],
        "SnapshotRetentionLimit": first["SnapshotRetentionLimit"],
        "SnapshotWindow": first["SnapshotWindow"],
        "Port": first["CacheNodes"][0]["Endpoint"]["Port"],
        "NodeSnapshots": _nodes(call, kind, data),
        "DataTiering": "disabled",
        "ARN": lookup.arn_of(call.scope, SNAPSHOT, name),
        "_Blobs": [],
        "_Of": [kind, id],
        "_At": call.now,
    }
    if kind == GROUP:
        snapshot |= {
            "ReplicationGroupId": id,
            "ReplicationGroupDescription": data["Description"],
            "NumNodeGroups": len(data["NodeGroups"]),
            "AutomaticFailover": data["AutomaticFailover"],
        }
    else:
        snapshot |= {
            "CacheClusterId": id,
            "NumCacheNodes": 1,
            "PreferredAvailabilityZone": data["PreferredAvailabilityZone"],
            "CacheClusterCreateTime": data["CacheClusterCreateTime"],
        }
    lookup.keep(call, SNAPSHOT, name, snapshot)
    if later:
        call.later("Snapshot", {"Kind": kind, "Id": id, "Snapshot": name}, key=f"snapshot/{name}")
    return snapshot


def _nodes(call: Call, kind: str, data: Data) -> list[Data]:
    if kind == CLUSTER:
        return [{"CacheNodeId": "0001", "CacheNodeCreateTime": data["CacheClusterCreateTime"]}]
    found = []
    for shard in data["NodeGroups"]:
        primary = next(one["CacheClusterId"] for one in shard["NodeGroupMembers"] if one["_Role"] == "primary")
        member = lookup.find(call, CLUSTER, primary)
        one = {
            "CacheClusterId": primary,
            "NodeGroupId": shard["NodeGroupId"],
            "CacheNodeId": "0001",
            "CacheNodeCreateTime": member["CacheClusterCreateTime"],
        }
        if "Slots" in shard:
            one["NodeGroupConfiguration"] = {
                "Slots": shard["Slots"],
                "ReplicaCount": len(shard["NodeGroupMembers"]) - 1,
            }
        found.append(one)
    return found


@operation("DescribeSnapshots", on=touching("snapshot", "cluster", "replicationgroup"))
def describe_snapshots(call: Call) -> Data:
    """The account's snapshots: all, one, those of a cache, or those of a source (system, user)."""
    given = call.input
    found = records.every(call.store, call.scope, SNAPSHOT)
    if given.get("SnapshotName"):
        found = [lookup.find(call, SNAPSHOT, given["SnapshotName"])]
    for member in ("CacheClusterId", "ReplicationGroupId"):
        if given.get(member):
            found = [one for one in found if one.get(member) == given[member].lower()]
    source = {"system": "automated", "user": "manual"}.get(
        given.get("SnapshotSource") or "", given.get("SnapshotSource")
    )
    if source:
        found = [one for one in found if one["SnapshotSource"] == source]
    if not given.get("ShowNodeGroupConfig"):
        for one in found:
            for node in one["NodeSnapshots"]:
                node.pop("NodeGroupConfiguration", None)
    return lookup.page(call, "Snapshots", found, lambda one: one["SnapshotName"])


@operation("DeleteSnapshot", on=touching("snapshot"))
def delete_snapshot(call: Call) -> Data:
    """Delete a snapshot; what was restored from it stays."""
    data = lookup.find(call, SNAPSHOT, call.input["SnapshotName"])
    if data["SnapshotStatus"] != "available":
        raise errors.State(SNAPSHOT, f"Snapshot {data['SnapshotName']} is not in available state.")
    drop(call, data)
    return {"Snapshot": {**data, "SnapshotStatus": "deleting"}}


def drop(call: Call, data: Data) -> None:
    """Forget a snapshot and its files."""
    for blob in data["_Blobs"]:
        call.store.blobs.drop(blob)
    lookup.forget(call, SNAPSHOT, data["SnapshotName"])


@operation(
    "CopySnapshot",
    on=touching(SourceSnapshotName="snapshot", TargetSnapshotName="snapshot"),
    refuses=("KmsKeyId",),
)
async def copy_snapshot(call: Call) -> Data:
    """Make a manual snapshot of another one, or write its files into a bucket."""
    source = lookup.find(call, SNAPSHOT, call.input["SourceSnapshotName"])
    name = names.identifier(call.input["TargetSnapshotName"], "TargetSnapshotName", 255)
    if source["SnapshotStatus"] != "available":
        raise errors.State(SNAPSHOT, f"Snapshot {source['SnapshotName']} is not in available state.")
    if call.input.get("TargetBucket"):
        await exchanging.export(call, call.input["TargetBucket"], name, source["_Blobs"])
        return {"Snapshot": {**source, "SnapshotName": name, "SnapshotStatus": "exporting"}}
    with call.transaction():
        return {"Snapshot": _copied(call, source, name)}


def _copied(call: Call, source: Data, name: str) -> Data:
    lookup.refuse_existing(call, SNAPSHOT, name)
    tags = lookup.wanted_tags(call)
    arn = lookup.arn_of(call.scope, SNAPSHOT, name)
    data = {**source, "SnapshotName": name, "SnapshotSource": "manual", "ARN": arn}
    for blob in data["_Blobs"]:
        call.store.blobs.share(blob)
    lookup.keep(call, SNAPSHOT, name, data)
    lookup.tag(call, SNAPSHOT, name, tags or call.tags.of(source["ARN"]))
    return data


def restored(call: Call, version: Version, shards: int) -> Sequence[str]:
    """The files of the snapshot that a new cache is to begin with. Raises NotFound, State and Combination."""
    name = call.input.get("SnapshotName")
    if not name:
        return []
    data = lookup.find(call, SNAPSHOT, name)
    if data["SnapshotStatus"] != "available":
        raise errors.State(SNAPSHOT, f"Snapshot {name} is not in available state.")
    own = by_full(data["Engine"], data["EngineVersion"])
    if (own.engine == "valkey" and version.engine == "redis") or (
        own.engine == version.engine and own.number > version.number
    ):
        raise errors.Combination(
            f"A snapshot of {own.engine} {own.full} cannot be restored to {version.engine} {version.full}."
        )
    if len(data["_Blobs"]) != shards:
        raise NotBuilt(f"restoring a snapshot of {len(data['_Blobs'])} shards to {shards}")
    return list(data["_Blobs"])


def slots_of(call: Call) -> tuple[slots.Ranges, ...]:
    """The slots of the shards that the snapshot which a call restores has copied, in their order."""
    name = call.input.get("SnapshotName")
    nodes = lookup.find(call, SNAPSHOT, name)["NodeSnapshots"] if name else []
    return tuple(slots.parse(one.get("NodeGroupConfiguration", {}).get("Slots", "")) for one in nodes)


def final(call: Call, kind: str, data: Data) -> str | None:
    """The name of the snapshot that a cache leaves when it is deleted; kept, to be filled before it goes."""
    given = call.input.get("FinalSnapshotIdentifier")
    if not given:
        return None
    name = names.identifier(given, "FinalSnapshotIdentifier", 255)
    begin(call, kind, data, name, "manual", later=False)
    return name
