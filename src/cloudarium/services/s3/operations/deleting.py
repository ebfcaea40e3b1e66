"""Deleting objects: one, or up to a thousand at once."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import bodies, errors, removing, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.rules import names
from cloudarium.shared.errors import AwsError

MOST = 1000


def _check_bypass(call: Call) -> None:
    if call.input.get("BypassGovernanceRetention") is not None:
        raise errors.InvalidArgument(
            "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
            "x-amz-bypass-governance-retention",
        )


@operation("DeleteObject", on=resources.deleted, refuses=("MFA",))
def delete_object(call: Call) -> dict[str, Any]:
    """Delete the object: for good, by a delete marker, or one version of it. A missing key is success."""
    bucket = buckets.of(call)
    key, version = call.input["Key"], call.input.get("VersionId")
    _check_bypass(call)
    names.check_key(key)
    names.check_version_id(version)
    for name, header in (
        ("IfMatchLastModifiedTime", "x-amz-if-match-last-modified-time"),
        ("IfMatchSize", "x-amz-if-match-size"),
    ):
        if call.input.get(name) is not None:
            raise errors.HeaderNotImplemented(header)  # S3 has them for directory buckets only
    gone = removing.remove(call.store, bucket, key, version, call, call.now, call.trace, call.input.get("IfMatch"))
    output: dict[str, Any] = {}
    if gone.version is not None:
        output["VersionId"] = gone.version
    if gone.is_marker:
        output["DeleteMarker"] = True
    return output


@operation("DeleteObjects", on=resources.each_deleted, refuses=("MFA",))
def delete_objects(call: Call) -> dict[str, Any]:
    """Delete up to a thousand objects, each with its own success or error; quiet answers only the errors."""
    bucket = buckets.of(call)
    bodies.check(call, required=True)
    _check_bypass(call)
    request = call.input.get("Delete") or {}
    wanted = request.get("Objects") or []
    if not 1 <= len(wanted) <= MOST or any(not entry.get("Key") for entry in wanted):
        raise errors.MalformedXml()
    deleted, failed = [], []
    for entry in wanted:
        try:
            deleted.append(_delete(call, bucket, entry))
        except AwsError as error:
            failed.append(_failure(entry, error))
    output: dict[str, Any] = {}
    if deleted and not request.get("Quiet"):
        output["Deleted"] = deleted
    if failed:
        output["Errors"] = failed
    return output


def _failure(entry: dict[str, Any], error: AwsError) -> dict[str, Any]:
    failure = {"Key": entry["Key"], "Code": error.code, "Message": error.message}
    if entry.get("VersionId") is not None:
        failure["VersionId"] = entry["VersionId"]
    return failure


def _delete(call: Call, bucket: Bucket, entry: dict[str, Any]) -> dict[str, Any]:
    key, version = entry["Key"], entry.get("VersionId")
    for need in resources.deletion(f"{bucket.arn}/{key}", version, entry.get("ETag"), bypasses=False):
        decision = call.judged(need.action, need.resource, need.context)
        if not decision.allowed:
            raise errors.Denied(decision.message)
    if entry.get("LastModifiedTime") is not None or entry.get("Size") is not None:
        raise errors.HeaderNotImplemented("Size" if entry.get("Size") is not None else "LastModifiedTime")
    if version is not None and not names.is_version_id(version):
        raise errors.NoSuchVersion(key, version)
    gone = removing.remove(call.store, bucket, key, version, call, call.now, call.trace, entry.get("ETag"))
    done: dict[str, Any] = {"Key": key}
    if version is not None:
        done["VersionId"] = version
    if gone.is_marker:
        done |= {"DeleteMarker": True, "DeleteMarkerVersionId": gone.version}
    return done
