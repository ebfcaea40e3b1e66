"""A bucket's small configurations: versioning, encryption, public access block, ownership, CORS."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import bodies, errors, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.rules import cors, encryption
from cloudarium.shared.errors import NotBuilt

_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

# ---- Versioning -----------------------------------------------------------------------------------------------------


@operation("PutBucketVersioning", on=resources.bucket, refuses=("MFA",))
def put_bucket_versioning(call: Call) -> dict[str, Any]:
    """Enable or suspend versioning; there is no way back to never."""
    bucket = buckets.of(call)
    bodies.check(call)
    configuration = call.input.get("VersioningConfiguration") or {}
    if configuration.get("MFADelete") == "Enabled":
        raise NotBuilt("s3:PutBucketVersioning with MFADelete")
    status = configuration.get("Status")
    if status is None:
        raise errors.S3Error(
            "The Versioning element must be specified", code="IllegalVersioningConfigurationException", status=400
        )
    if status not in ("Enabled", "Suspended"):
        raise errors.MalformedXml()
    buckets.set_versioning(call.store, bucket.name, status)
    return {}


@operation("GetBucketVersioning", on=resources.bucket)
def get_bucket_versioning(call: Call) -> dict[str, Any]:
    """The versioning state; nothing when it was never enabled."""
    bucket = buckets.of(call)
    return {} if bucket.versioning is None else {"Status": bucket.versioning}


# ---- Encryption -----------------------------------------------------------------------------------------------------


@operation("PutBucketEncryption", on=resources.bucket)
def put_bucket_encryption(call: Call) -> dict[str, Any]:
    """Set the default encryption, SSE-S3 or SSE-KMS, and what no write may ask for."""
    bucket = buckets.of(call)
    bodies.check(call)
    rules = (call.input.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
    if len(rules) != 1:
        raise errors.MalformedXml()
    default = encryption.default_of(rules[0], bucket.get("encryption"))
    buckets.configure(call.store, bucket, "encryption", default)
    return {}


@operation("GetBucketEncryption", on=resources.bucket)
def get_bucket_encryption(call: Call) -> dict[str, Any]:
    """The default encryption; SSE-S3 when none was set."""
    rule = encryption.shown_default(buckets.of(call).get("encryption"))
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@operation("DeleteBucketEncryption", on=resources.bucket)
def delete_bucket_encryption(call: Call) -> dict[str, Any]:
    """Go back to SSE-S3."""
    buckets.configure(call.store, buckets.of(call), "encryption", None)
    return {}


# ---- Public access block --------------------------------------------------------------------------------------------


@operation("PutPublicAccessBlock", on=resources.bucket)
def put_public_access_block(call: Call) -> dict[str, Any]:
    """Set all four switches; one that is not mentioned is off."""
    bucket = buckets.of(call)
    bodies.check(call)
    given = call.input.get("PublicAccessBlockConfiguration")
    if not given:
        raise errors.MalformedXml()
    value = {name: bool(given.get(name)) for name in _BLOCKS}
    buckets.configure(call.store, bucket, "public_access_block", value)
    return {}


@operation("GetPublicAccessBlock", on=resources.bucket)
def get_public_access_block(call: Call) -> dict[str, Any]:
    """The four switches, all on for a new bucket."""
    bucket = buckets.of(call)
    value = bucket.get("public_access_block")
    if value is None:
        raise errors.NoSuchConfiguration(
            "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", bucket.name
        )
    return {"PublicAccessBlockConfiguration": value}


@operation("DeletePublicAccessBlock", on=resources.bucket)
def delete_public_access_block(call: Call) -> dict[str, Any]:
    """Take the four switches away."""
    buckets.configure(call.store, buckets.of(call), "public_access_block", None)
    return {}


# ---- Ownership ------------------------------------------------------------------------------------------------------


@operation("PutBucketOwnershipControls", on=resources.bucket)
def put_bucket_ownership_controls(call: Call) -> dict[str, Any]:
    """Set BucketOwnerEnforced; the ownerships under which ACLs mean something are not built."""
    bucket = buckets.of(call)
    bodies.check(call)
    rules = (call.input.get("OwnershipControls") or {}).get("Rules") or []
    if len(rules) != 1:
        raise errors.MalformedXml()
    ownership = rules[0].get("ObjectOwnership")
    if ownership in ("BucketOwnerPreferred", "ObjectWriter"):
        raise NotBuilt(f"s3 object ownership {ownership} (ACLs)")
    if ownership != "BucketOwnerEnforced":
        raise errors.MalformedXml()
    buckets.configure(call.store, bucket, "ownership", ownership)
    return {}


@operation("GetBucketOwnershipControls", on=resources.bucket)
def get_bucket_ownership_controls(call: Call) -> dict[str, Any]:
    """Who owns the objects: the bucket's owner."""
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": buckets.of(call).get("ownership")}]}}


# ---- CORS -----------------------------------------------------------------------------------------------------------


@operation("PutBucketCors", on=resources.bucket)
def put_bucket_cors(call: Call) -> dict[str, Any]:
    """Set the rules by which browsers may reach the bucket from other origins."""
    bucket = buckets.of(call)
    bodies.check(call)
    rules = (call.input.get("CORSConfiguration") or {}).get("CORSRules") or []
    cors.check(rules)
    buckets.configure(call.store, bucket, "cors", rules)
    return {}


@operation("GetBucketCors", on=resources.bucket)
def get_bucket_cors(call: Call) -> dict[str, Any]:
    """The CORS rules."""
    bucket = buckets.of(call)
    rules = bucket.get("cors")
    if rules is None:
        raise errors.NoSuchConfiguration(
            "NoSuchCORSConfiguration", "The CORS configuration does not exist", bucket.name
        )
    return {"CORSRules": rules}


@operation("DeleteBucketCors", on=resources.bucket)
def delete_bucket_cors(call: Call) -> dict[str, Any]:
    """Take the CORS rules away."""
    buckets.configure(call.store, buckets.of(call), "cors", None)
    return {}
