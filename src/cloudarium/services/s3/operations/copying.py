"""Copies: of objects, and of ranges of objects as parts."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import content, errors, reading, resources, sealing, storing
from cloudarium.services.s3.operations.multipart import check_part_number, find_upload, key_of_upload
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import Object
from cloudarium.services.s3.rules import checksums, conditions, copying, encryption, headers, names, ranges, tagging
from cloudarium.services.s3.rules.ranges import Range

_ARCHIVED = "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."


class Found(NamedTuple):
    """The source of a copy."""

    bucket: Bucket
    object: Object
    names_version: bool


def _source(call: Call) -> Found:
    """The source object, when it is there and its conditions hold."""
    source = copying.source(call.input.get("CopySource"))
    bucket = buckets.of(call, source.bucket, "ExpectedSourceBucketOwner")
    names.check_version_id(source.version)
    if source.version is None:
        found = objects.newest(call.store, bucket.name, source.key)
        if found is None or found.marker:
            raise reading.missing(call, bucket, source.key)
    else:
        found = objects.version(call.store, bucket.name, source.key, source.version)
        if found is None:
            raise reading.missing_version(call, bucket, source.key, source.version)
        if found.marker:
            raise errors.InvalidRequest(
                "The source of a copy request may not specifically refer to a delete marker by version id."
            )
    if found.storage_class in names.ARCHIVED:
        raise errors.S3Error(_ARCHIVED, code="ObjectNotInActiveTierError", status=403)
    conditions.check_source(call.input, found.etag, found.modified, call.now)
    return Found(bucket, found, source.version is not None)


async def _source_key(call: Call) -> bytes:
    """The key that opens the source, none where it needs none: the client's, or one that KMS opens for the caller."""

    def found() -> dict[str, Any]:
        return _source(call).object.system

    own = sealing.check_own(found(), encryption.customer_key(call.input, encryption.OF_SOURCE))
    if own is not None:
        return own
    return await sealing.key_when_found(call, _source(call).bucket, found)


@operation("CopyObject", on=resources.copied, refuses=(*headers.REFUSED, "AnnotationDirective"))
async def copy_object(call: Call) -> dict[str, Any]:
    """Make a new object with the content of another, and with its metadata and tags unless told otherwise."""
    bucket = buckets.of(call)
    own = storing.attributes(call)
    conditions.check_write_headers(call.input)
    source = _source(call)
    if source.object.size > errors.MAX_PUT:
        raise errors.InvalidRequest(
            f"The specified copy source is larger than the maximum allowable size for a copy source: {errors.MAX_PUT}"
        )
    attributes = _attributes(call, own, source)
    _check_self_copy(call, source, bucket, attributes)
    new_key = b""
    if attributes.wish is not None:
        seal = await sealing.begin(call, bucket, attributes.wish)
        attributes, new_key = attributes.sealed(seal), seal.key
    key = await _source_key(call)
    source = _source(call)
    algorithm = _algorithm(call, source.object)
    whole = Range(0, source.object.size)
    copied = await content.copy(call.store, source.object, whole, (algorithm,), key, new_key)
    try:
        with call.transaction():
            stored = _keep(call, attributes, algorithm, copied)
    except BaseException:
        copied.discard(call.store)
        raise
    return _answer(buckets.of(call), source, stored)


def _algorithm(call: Call, source: Object) -> checksums.Algorithm:
    asked = call.input.get("ChecksumAlgorithm")
    return checksums.named(asked if asked is not None else source.algorithm or checksums.DEFAULT)


def _keep(call: Call, attributes: storing.Attributes, algorithm: checksums.Algorithm, copied: content.Copy) -> Object:
    bucket, key = buckets.of(call), call.input["Key"]
    copied.keep(call.store)
    previous = objects.newest(call.store, bucket.name, key)
    current = previous.etag if previous is not None and not previous.marker else None
    conditions.check_write(call.input, key, current)
    new = storing.made(
        call, bucket, attributes, previous, size=copied.size, etag=copied.etag, algorithm=algorithm.name,
        checksum_type=checksums.FULL_OBJECT, checksum=copied.checksums[algorithm.name], blob=copied.blob,
    )  # fmt: skip
    return storing.store(call, bucket, new, "s3:ObjectCreated:Copy", previous)


def _attributes(call: Call, own: storing.Attributes, source: Found) -> storing.Attributes:
    directive, tagging_directive = call.input.get("MetadataDirective"), call.input.get("TaggingDirective")
    if directive not in (None, "COPY", "REPLACE"):
        raise errors.InvalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", directive)
    if tagging_directive not in (None, "COPY", "REPLACE"):
        raise errors.InvalidArgument("Unknown tagging directive.", "x-amz-tagging-directive", tagging_directive)
    tags = tagging.from_header(call.input.get("Tagging")) if tagging_directive == "REPLACE" else source.object.tagging
    if directive == "REPLACE":
        return own._replace(tags=tags)
    system = source.object.system
    # A copy takes the headers along but for the redirect, and it is encrypted as its own place and request say.
    for name in ("WebsiteRedirectLocation", encryption.SEALING, *encryption.MEMBERS):
        system.pop(name, None)
    if call.input.get("WebsiteRedirectLocation") is not None:
        system["WebsiteRedirectLocation"] = call.input["WebsiteRedirectLocation"]
    return storing.Attributes(own.storage_class, system, source.object.user, tags, own.wish)


def _check_self_copy(call: Call, source: Found, bucket: Bucket, attributes: storing.Attributes) -> None:
    changes = (
        "StorageClass", "ServerSideEncryption", "WebsiteRedirectLocation", "ChecksumAlgorithm", "SSECustomerAlgorithm",
        "CopySourceSSECustomerAlgorithm",
    )  # fmt: skip
    if (
        (source.bucket.name, source.object.key) == (bucket.name, call.input["Key"])
        and not source.names_version
        and call.input.get("MetadataDirective") != "REPLACE"
        and all(call.input.get(name) is None for name in changes)
        and bucket.get("encryption") is None  # where a bucket's owner set one, S3 takes it for a change
        and attributes.wish is None
        and encryption.members(source.object.system) == encryption.members({})
    ):
        raise errors.InvalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the"
            " object's metadata, storage class, website redirect location or encryption attributes."
        )


def _answer(bucket: Bucket, source: Found, stored: Object) -> dict[str, Any]:
    output = storing.answer(bucket, stored)
    result = {
        "ETag": output.pop("ETag"),
        "LastModified": stored.modified,
        "Checksum" + stored.algorithm: stored.checksum,  # S3 does not tell its type here
    }
    if source.bucket.versioning is not None:
        output["CopySourceVersionId"] = source.object.version
    return {"CopyObjectResult": result, **output}


@operation("UploadPartCopy", on=resources.copied)
async def upload_part_copy(call: Call) -> dict[str, Any]:
    """Make a part of an upload from an object or a range of it."""
    buckets.of(call)
    number = check_part_number(call.input["PartNumber"])
    upload = find_upload(call)
    source = _source(call)
    range = ranges.of_copy(call.input.get("CopySourceRange"), source.object.size)
    if range.end - range.start > errors.MAX_PUT:
        raise errors.EntityTooLarge(range.end - range.start)
    algorithm = checksums.ALGORITHMS[upload.algorithm or checksums.DEFAULT]
    new_key = await key_of_upload(call, upload)
    key = await _source_key(call)
    source = _source(call)
    range = ranges.of_copy(call.input.get("CopySourceRange"), source.object.size)
    copied = await content.copy(call.store, source.object, range, (algorithm,), key, new_key)
    part = uploads.Part(
        number, copied.blob, copied.size, copied.etag, call.now, algorithm.name, copied.checksums[algorithm.name]
    )
    try:
        with call.transaction():
            find_upload(call)
            copied.keep(call.store)
            uploads.put_part(call.store, upload.id, part)
    except BaseException:
        copied.discard(call.store)
        raise
    result = {"ETag": f'"{part.etag}"', "LastModified": part.modified}
    if upload.algorithm is not None:
        result["Checksum" + algorithm.name] = part.checksum
    output: dict[str, Any] = {"CopyPartResult": result, **encryption.members(orjson.loads(upload.headers))}
    if source.bucket.versioning is not None:
        output["CopySourceVersionId"] = source.object.version
    return output
