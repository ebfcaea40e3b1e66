"""Finding the object that a call reads, and telling what it is."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.s3 import errors
from cloudarium.services.s3.records import objects
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import Object
from cloudarium.services.s3.rules import encryption, headers, lifecycle, names


def find(call: Call, bucket: Bucket, marker_is_key: bool = True) -> Object:
    """The version that the call names, or the newest. Raises what S3 answers when there is none but a delete marker.

    `marker_is_key`: a delete marker as the newest version is a missing key (for tags it is the marker that is refused).
    """
    key, version = call.input["Key"], call.input.get("VersionId")
    if version is not None:
        return _find_version(call, bucket, key, version)
    found = objects.newest(call.store, bucket.name, key)
    if found is None:
        raise missing(call, bucket, key)
    if found.marker:
        if not marker_is_key:
            raise errors.MethodNotAllowed(_method(call), _marker_headers(found))
        raise missing(call, bucket, key, _marker_headers(found))
    return found


def _find_version(call: Call, bucket: Bucket, key: str, version: str) -> Object:
    names.check_version_id(version)
    found = objects.version(call.store, bucket.name, key, version)
    if found is None:
        raise missing_version(call, bucket, key, version)
    if found.marker:
        raise errors.MethodNotAllowed(_method(call), {"allow": "DELETE", **_marker_headers(found)})
    return found


def missing(call: Call, bucket: Bucket, key: str, marker: dict[str, str] | None = None) -> errors.S3Error:
    """NoSuchKey; for a caller who may not list the bucket AccessDenied, so that he cannot find out which keys exist.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)
    """
    return _unless_hidden(call, bucket, errors.NoSuchKey(key, marker))


def missing_version(call: Call, bucket: Bucket, key: str, version: str) -> errors.S3Error:
    """NoSuchVersion, for a caller who may not list the bucket AccessDenied."""
    return _unless_hidden(call, bucket, errors.NoSuchVersion(key, version))


def _unless_hidden(call: Call, bucket: Bucket, error: errors.S3Error) -> errors.S3Error:
    decision = call.judged("s3:ListBucket", bucket.arn)
    return error if decision.allowed else errors.Denied(decision.message)


def _marker_headers(marker: Object) -> dict[str, str]:
    return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version}


def _method(call: Call) -> str:
    return call.request.method if call.request is not None else "GET"


def describe(call: Call, bucket: Bucket, found: Object) -> dict[str, Any]:
    """The members by which GetObject and HeadObject tell what the object is, without those of its content."""
    output: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": int(found.modified),
        "ETag": f'"{found.etag}"',
        "ServerSideEncryption": "AES256",
        "Metadata": headers.shown(found.user),
        **found.system,
    }
    if output.pop(encryption.SEALING, None) is not None and "SSECustomerAlgorithm" in output:
        del output["ServerSideEncryption"]
    if found.storage_class != "STANDARD":
        output["StorageClass"] = found.storage_class
    if bucket.versioning is not None:
        output["VersionId"] = found.version
    tagging = "s3:GetObjectTagging" if call.input.get("VersionId") is None else "s3:GetObjectVersionTagging"
    if found.tags and call.may(tagging, f"{bucket.arn}/{found.key}"):
        output["TagCount"] = len(found.tagging)
    expiration = expiry_header(bucket, found)
    if expiration is not None and call.input.get("VersionId") is None:
        output["Expiration"] = expiration
    return output


def expiry_header(bucket: Bucket, found: Object) -> str | None:
    """x-amz-expiration, when a lifecycle rule will expire the object."""
    configuration = bucket.get("lifecycle")
    if not configuration:
        return None
    thing = lifecycle.Thing(found.key, found.size, found.tagging, found.modified)
    return lifecycle.expiry_header(lifecycle.enabled(configuration["rules"]), thing)


def checksum_members(algorithm: str, type: str, value: str) -> dict[str, str]:
    """The members that tell a checksum."""
    return {"Checksum" + algorithm: value, "ChecksumType": type} if value else {}
