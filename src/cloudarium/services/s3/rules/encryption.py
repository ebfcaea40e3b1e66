"""Server-side encryption: SSE-S3, which every object has, or SSE-KMS under the key that AWS keeps for S3 in an account.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cloudarium.services.s3 import errors
from cloudarium.shared import arn
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope

KMS = "aws:kms"
MANAGED = "alias/aws/s3"
MEMBERS = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
_UNBUILT = ("aws:kms:dsse", "aws:fsx", "aws:backup")


def managed_key(scope: Scope) -> str:
    """The ARN of the account's own aws/s3 key in a region; the same whenever it is asked for."""
    digest = hashlib.sha256(f"{MANAGED} {scope.account} {scope.region}".encode()).hexdigest()
    parts = (digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32])
    return arn.make("kms", scope, f"key/{'-'.join(parts)}")


def default_of(rule: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """What a bucket keeps of an encryption rule; NotBuilt for keys other than the account's own aws/s3."""
    value: dict[str, Any] = {"BucketKeyEnabled": bool(rule.get("BucketKeyEnabled"))}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"}
    algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if algorithm in _UNBUILT:
        raise NotBuilt(f"s3:PutBucketEncryption with {algorithm}")
    if algorithm not in ("AES256", KMS):
        raise errors.MalformedXml()
    if algorithm == KMS:
        if key not in (None, MANAGED, managed_key(scope)):
            raise NotBuilt("s3:PutBucketEncryption with a KMSMasterKeyID other than the account's aws/s3")
        value["SSEAlgorithm"] = KMS
        if key is not None:
            value["KMSMasterKeyID"] = key
    elif key is not None:
        raise errors.InvalidArgument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            "ApplyServerSideEncryptionByDefault",
        )
    return value


def shown_default(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """A bucket's encryption rule as it is answered; SSE-S3 when none was set, as for every bucket since 2023."""
    value = value or {}
    default = {"SSEAlgorithm": value.get("SSEAlgorithm", "AES256")}
    if "KMSMasterKeyID" in value:
        default["KMSMasterKeyID"] = value["KMSMasterKeyID"]
    return {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": value.get("BucketKeyEnabled", False)}


def of_object(asked: str | None, default: Mapping[str, Any] | None, scope: Scope) -> dict[str, Any]:
    """What a new object keeps: nothing for SSE-S3, else the members that every answer about it shows."""
    if asked == "AES256" or (asked is None and (default or {}).get("SSEAlgorithm") != KMS):
        return {}
    if asked in _UNBUILT:
        raise NotBuilt(f"s3 server-side encryption with {asked}")
    if asked not in (None, KMS):
        raise errors.InvalidArgument(
            "The encryption method specified is not supported", "x-amz-server-side-encryption", asked
        )
    kept: dict[str, Any] = {"ServerSideEncryption": KMS, "SSEKMSKeyId": managed_key(scope)}
    if (default or {}).get("BucketKeyEnabled"):
        kept["BucketKeyEnabled"] = True
    return kept


def members(system: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an answer that tell how an object is encrypted, from its system headers."""
    if "ServerSideEncryption" not in system:
        return {"ServerSideEncryption": "AES256"}
    return {name: system[name] for name in MEMBERS if name in system}
