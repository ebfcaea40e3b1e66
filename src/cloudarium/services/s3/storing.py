"""Making a new version of an object visible: the one place where puts, copies and completed uploads meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.s3 import notices, reading
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import NULL, Object, pack
from cloudarium.services.s3.rules import encryption, headers, names, tagging
from cloudarium.services.s3.rules.encryption import Wish
from cloudarium.services.s3.sealing import Seal


class Attributes(NamedTuple):
    """What a write says about its object besides the content."""

    storage_class: str
    system: Mapping[str, Any]
    user: Mapping[str, str]
    tags: Mapping[str, str]
    wish: Wish | None = None  # how the content is to be encrypted, where it is not SSE-S3

    def sealed(self, seal: Seal) -> Attributes:
        """The same with what the object keeps of its encryption."""
        return self._replace(system={**self.system, **seal.kept}, wish=None)


def attributes(call: Call) -> Attributes:
    """The attributes in a write's input, checked in S3's order."""
    input = call.input
    names.check_key(input["Key"])
    headers.check_acl(input)
    headers.check_locks(input)
    storage_class = names.check_storage_class(input.get("StorageClass"))
    bucket = buckets.of(call)
    wish = encryption.wish(input, bucket.get("encryption"))
    tags = tagging.from_header(input.get("Tagging"))
    return Attributes(
        storage_class,
        _raw_expires(call, headers.system(input)),
        headers.user(input.get("Metadata")),
        tags,
        wish,
    )


def _raw_expires(call: Call, system: dict[str, Any]) -> dict[str, Any]:
    # S3 keeps the Expires header as it was sent, whether it is a date or not.
    if call.request is not None and "expires" in call.request.headers:
        system["Expires"] = call.request.headers["expires"]
    return system


def new_version(bucket: Bucket, previous: Object | None) -> str:
    """The version id of a new version in this bucket, which comes in front of `previous`."""
    return names.new_version_id(objects.next_age(previous)) if bucket.versioning == "Enabled" else NULL


def store(call: Call, bucket: Bucket, new: Object, event: str, previous: Object | None) -> Object:
    """Make `new` the newest version and leave the notifications; inside the caller's transaction.

    The caller has kept the content, best as the first thing of the transaction: reading afterwards is cheaper.
    """
    stored = objects.put(call.store, new, previous)
    notices.tell(call.store, bucket, event, stored, call, call.now, call.trace)
    return stored


def made(
    call: Call,
    bucket: Bucket,
    attributes: Attributes,
    previous: Object | None,
    *,
    size: int,
    etag: str,
    algorithm: str,
    checksum_type: str,
    checksum: str,
    blob: str | None = None,
    upload: str | None = None,
    key: str | None = None,
) -> Object:
    """A new version that is not stored yet; `previous` is the newest one so far."""
    return Object(
        bucket=bucket.name,
        key=call.input["Key"] if key is None else key,
        age=0,
        version=new_version(bucket, previous),
        marker=0,
        size=size,
        etag=etag,
        modified=call.now,
        storage_class=attributes.storage_class,
        algorithm=algorithm,
        checksum_type=checksum_type,
        checksum=checksum,
        blob=blob,
        upload=upload,
        headers=pack(attributes.system),
        metadata=pack(attributes.user),
        tags=pack(attributes.tags),
    )


def answer(bucket: Bucket, stored: Object) -> dict[str, Any]:
    """The members that every write answers. A suspended bucket's null version is not told."""
    output: dict[str, Any] = {"ETag": f'"{stored.etag}"', **encryption.members(stored.system)}
    if bucket.versioning == "Enabled":
        output["VersionId"] = stored.version
    expiration = reading.expiry_header(bucket, stored)
    if expiration is not None:
        output["Expiration"] = expiration
    return output
