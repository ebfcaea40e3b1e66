"""Snapshots of serverless caches."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, exchanging, lookup, making, records
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.records import SERVERLESS, SERVERLESS_SNAPSHOT, SNAPSHOT, Data
from cloudarium.services.elasticache.resources import touching
from cloudarium.services.elasticache.rules import names
from cloudarium.shared import arn as arns


@operation(
    "CreateServerlessCacheSnapshot", on=touching("serverlesscachesnapshot", "serverlesscache"), refuses=("KmsKeyId",)
)
def create_serverless_cache_snapshot(call: Call) -> Data:
    """Have a serverless cache's server write down what it holds."""
    data, tags = making.available_serverless(call, call.input["ServerlessCacheName"]), lookup.wanted_tags(call)
    name = names.identifier(call.input["ServerlessCacheSnapshotName"], "ServerlessCacheSnapshotName", 255)
    snapshot = begin(call, data, name, "manual")
    lookup.tag(call, SERVERLESS_SNAPSHOT, name, tags)
    return {"ServerlessCacheSnapshot": snapshot}


def begin(call: Call, data: Data, name: str, type: str, later: bool = True) -> Data:
    """Keep a new snapshot of a serverless cache, to be filled; raises Exists."""
    lookup.refuse_existing(call, SERVERLESS_SNAPSHOT, name)
    id = data["ServerlessCacheName"]
    snapshot: Data = {
        "ServerlessCacheSnapshotName": name,
        "ARN": lookup.arn_of(call.scope, SERVERLESS_SNAPSHOT, name),
        "SnapshotType": type,
        "Status": "creating",
        "CreateTime": call.now,
        "ServerlessCacheConfiguration": {
            "ServerlessCacheName": id,
            "Engine": data["Engine"],
            "MajorEngineVersion": data["MajorEngineVersion"],
        },
        "_Blobs": [],
        "_Of": [SERVERLESS, id],
        "_At": call.now,
    }
    if type == "automated":
        snapshot["ExpiryTime"] = call.now + data["SnapshotRetentionLimit"] * 86400
    lookup.keep(call, SERVERLESS_SNAPSHOT, name, snapshot)
    if later:
        call.later("Snapshot", {"Kind": SERVERLESS, "Id": id, "Snapshot": name}, key=f"serverless-snapshot/{name}")
    return snapshot


@operation("DescribeServerlessCacheSnapshots", on=touching("serverlesscachesnapshot", "serverlesscache"))
def describe_serverless_cache_snapshots(call: Call) -> Data:
    """The account's snapshots of serverless caches: all, one, those of a cache or of a type."""
    given = call.input
    found = records.every(call.store, call.scope, SERVERLESS_SNAPSHOT)
    if given.get("ServerlessCacheSnapshotName"):
        found = [lookup.find(call, SERVERLESS_SNAPSHOT, given["ServerlessCacheSnapshotName"])]
    if given.get("ServerlessCacheName"):
        found = [one for one in found if one["_Of"][1] == given["ServerlessCacheName"].lower()]
    if given.get("SnapshotType"):
        wanted = {"user": "manual", "system": "automated"}.get(given["SnapshotType"], given["SnapshotType"])
        found = [one for one in found if one["SnapshotType"] == wanted]
    return lookup.new_page(call, "ServerlessCacheSnapshots", found, lambda one: one["ServerlessCacheSnapshotName"])


def _finished(call: Call, name: str) -> Data:
    data = lookup.find(call, SERVERLESS_SNAPSHOT, name)
    if data["Status"] != "available":
        raise errors.State(SERVERLESS_SNAPSHOT, f"Serverless cache snapshot {name} is not in available state.")
    return data


@operation("DeleteServerlessCacheSnapshot", on=touching("serverlesscachesnapshot"))
def delete_serverless_cache_snapshot(call: Call) -> Data:
    """Delete a snapshot; what was restored from it stays."""
    data = _finished(call, call.input["ServerlessCacheSnapshotName"])
    drop(call, data)
    return {"ServerlessCacheSnapshot": {**data, "Status": "deleting"}}


def drop(call: Call, data: Data) -> None:
    """Forget a snapshot and its files."""
    for blob in data["_Blobs"]:
        call.store.blobs.drop(blob)
    lookup.forget(call, SERVERLESS_SNAPSHOT, data["ServerlessCacheSnapshotName"])


@operation(
    "CopyServerlessCacheSnapshot",
    on=touching(
        SourceServerlessCacheSnapshotName="serverlesscachesnapshot",
        TargetServerlessCacheSnapshotName="serverlesscachesnapshot",
    ),
    refuses=("KmsKeyId",),
)
def copy_serverless_cache_snapshot(call: Call) -> Data:
    """Make a manual snapshot of another one."""
    source = _finished(call, call.input["SourceServerlessCacheSnapshotName"])
    member = "TargetServerlessCacheSnapshotName"
    name, tags = names.identifier(call.input[member], member, 255), lookup.wanted_tags(call)
    lookup.refuse_existing(call, SERVERLESS_SNAPSHOT, name)
    own = {"ServerlessCacheSnapshotName": name, "ARN": lookup.arn_of(call.scope, SERVERLESS_SNAPSHOT, name)}
    data = {**source, **own, "SnapshotType": "manual", "CreateTime": call.now}
    data.pop("ExpiryTime", None)
    for blob in data["_Blobs"]:
        call.store.blobs.share(blob)
    lookup.keep(call, SERVERLESS_SNAPSHOT, name, data)
    lookup.tag(call, SERVERLESS_SNAPSHOT, name, tags)
    return {"ServerlessCacheSnapshot": data}


@operation("ExportServerlessCacheSnapshot", on=touching("serverlesscachesnapshot"))
async def export_serverless_cache_snapshot(call: Call) -> Data:
    """Write the file of a snapshot into a bucket."""
    data = _finished(call, call.input["ServerlessCacheSnapshotName"])
    await exchanging.export(call, call.input["S3BucketName"], data["ServerlessCacheSnapshotName"], data["_Blobs"])
    return {"ServerlessCacheSnapshot": data}


def restored(call: Call, arns_given: list[str] | None) -> list[str]:
    """The files that a new serverless cache begins with. Raises what ElastiCache answers."""
    if not arns_given:
        return []
    if len(arns_given) > 1:
        raise errors.Combination("Only one snapshot can be restored to a serverless cache.")
    parsed = arns.parse(arns_given[0])
    kind, _, name = parsed.resource.partition(":") if parsed is not None else ("", "", "")
    if parsed is None or kind not in (SNAPSHOT, SERVERLESS_SNAPSHOT) or (parsed.account, parsed.region) != call.scope:
        raise errors.Invalid(f"{arns_given[0]} is not the ARN of a snapshot in this account and region.")
    data = lookup.find(call, kind, name)
    if data.get("SnapshotStatus", data.get("Status")) != "available":
        raise errors.State(kind, f"Snapshot {name} is not in available state.")
    if len(data["_Blobs"]) != 1:
        raise errors.Combination("A snapshot of several shards cannot be restored to a serverless cache here.")
    return list(data["_Blobs"])
