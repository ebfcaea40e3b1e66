"""S3's own condition keys, gathered when a policy speaks of one.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.sigv4 import Claim
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.rules import copying, forms, tagging
from cloudarium.shared import clock
from cloudarium.shared.errors import AwsError

_PREFIX = "arn:aws:s3:::"

_FROM_INPUT = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "ACL": "s3:x-amz-acl",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "SSECustomerAlgorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "CopySource": "s3:x-amz-copy-source",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "StorageClass": "s3:x-amz-storage-class",
    "WebsiteRedirectLocation": "s3:x-amz-website-redirect-location",
    "ObjectOwnership": "s3:x-amz-object-ownership",
    "BucketNamespace": "s3:x-amz-bucket-namespace",
    "ObjectLockMode": "s3:object-lock-mode",
    "ObjectLockLegalHoldStatus": "s3:object-lock-legal-hold",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
}

# Whether the call makes an object, of those that need s3:PutObject.
_CREATIONS = {
    "PutObject": "true",
    "CopyObject": "true",
    "CompleteMultipartUpload": "true",
    "CreateMultipartUpload": "false",
    "UploadPart": "false",
    "UploadPartCopy": "false",
}


def conditions(call: Call) -> dict[str, Any]:
    """The keys that the request tells."""
    given = call.input
    keys: dict[str, Any] = {
        name: str(given[member]) for member, name in _FROM_INPUT.items() if given.get(member) is not None
    }
    configuration = given.get("CreateBucketConfiguration")
    if isinstance(configuration, dict) and configuration.get("LocationConstraint"):
        keys["s3:locationconstraint"] = configuration["LocationConstraint"]
    until = given.get("ObjectLockRetainUntilDate")
    if isinstance(until, (int, float)):
        keys["s3:object-lock-retain-until-date"] = clock.iso(until)
        keys["s3:object-lock-remaining-retention-days"] = str(int((until - call.now) // 86400))
    if call.operation_name in _CREATIONS:
        keys["s3:ObjectCreationOperation"] = _CREATIONS[call.operation_name]
    _add_object_tags(keys, given)
    _add_signature(keys, call)
    return keys


def _add_object_tags(keys: dict[str, Any], given: Mapping[str, Any]) -> None:
    wanted = given.get("Tagging")
    try:
        if isinstance(wanted, dict):
            tags = tagging.from_set(wanted.get("TagSet") or (), of_bucket=False)
        else:
            tags = tagging.from_header(wanted)
    except (AwsError, TypeError, AttributeError):
        return  # the handler will say what is wrong with them
    if tags:
        keys["s3:RequestObjectTagKeys"] = list(tags)
        keys.update({f"s3:RequestObjectTag/{tag}": value for tag, value in tags.items()})


# ---- How it is signed -----------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html


def _add_signature(keys: dict[str, Any], call: Call) -> None:
    request, claim = call.request, call.claim
    if request is None:
        return
    if request.tls:
        keys["s3:TlsVersion"] = request.tls
    if "x-amz-content-sha256" in request.headers:
        keys["s3:x-amz-content-sha256"] = request.headers["x-amz-content-sha256"]
    if call.signed and claim is not None:
        keys.update(signature(call, claim))
        by_header = "authorization" in request.headers
        keys["s3:authType"] = "REST-HEADER" if by_header else "REST-QUERY-STRING"
        if not by_header:  # a presigned URL does not cover what is sent to it
            keys.setdefault("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD")


def signature(call: Call, claim: Claim) -> dict[str, Any]:
    """The keys that tell which signature a request has, and how old it is. Version 2 does not say when it was made."""
    if not claim.date:
        return {"s3:signatureversion": "AWS"}
    found = {"s3:signatureversion": "AWS4-HMAC-SHA256"}
    made = forms.signed_at(claim)
    if made is not None:
        found["s3:signatureAge"] = str(max(0, int((call.now - call.cloud.clock.at(made)) * 1000)))
    return found


# ---- Of the bucket and the object -----------------------------------------------------------------------------------


def request_tags(call: Call) -> Any:
    """The tags that CreateBucket gives, where AWS has them: in the configuration."""
    configuration = call.input.get("CreateBucketConfiguration")
    return configuration.get("Tags") if isinstance(configuration, dict) else None


def tags_of(_call: Call, _arn: str) -> dict[str, str]:
    """None: a bucket's tags decide only where PutBucketAbac said so, and it is not built.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    return {}


def resource_conditions(call: Call, arn: str) -> dict[str, Any]:
    """Whose the bucket is, and the tags that the object has."""
    name, _, key = arn.removeprefix(_PREFIX).partition("/")
    bucket = buckets.find(call.store, name)
    if bucket is None:
        return {"s3:ResourceAccount": call.account}
    keys: dict[str, Any] = {"s3:ResourceAccount": bucket.account}
    version = _version(call, name, key)
    if version is not None:
        keys["s3:versionid"] = version
    if key:
        if version is None:
            existing = objects.newest(call.store, name, key)
        else:
            existing = objects.version(call.store, name, key, version)
        tags = existing.tagging if existing is not None else {}
        keys.update({f"s3:ExistingObjectTag/{tag}": value for tag, value in tags.items()})
    return keys


def _version(call: Call, bucket: str, key: str) -> str | None:
    """The version that the call names of this object: it may be the one to copy from, or one of those to delete."""
    source = copying.peek(call.input.get("CopySource"))
    if source is not None and (source.bucket, source.key) == (bucket, key):
        return source.version
    version = call.input.get("VersionId")
    return version if isinstance(version, str) else None
