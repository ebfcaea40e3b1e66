"""Multipart uploads: begin one, upload its parts, complete it."""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import content, errors, owners, reading, resources, sealing, storing
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.uploads import Part, Upload
from cloudarium.services.s3.rules import checksums, completing, conditions, encryption, headers, lifecycle, names


def find_upload(call: Call) -> Upload:
    """The upload that the call names. Raises NoSuchUpload."""
    id = call.input.get("UploadId") or ""
    upload = uploads.find(call.store, call.input["Bucket"], call.input["Key"], id)
    if upload is None:
        raise errors.NoSuchUpload(id)
    return upload


def check_part_number(number: int) -> int:
    """The part number, 1 to 10,000. Raises InvalidArgument."""
    if not 1 <= number <= 10_000:
        raise errors.InvalidArgument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    return number


# ---- Begin ----------------------------------------------------------------------------------------------------------


@operation("CreateMultipartUpload", on=resources.written, refuses=headers.REFUSED)
def create_multipart_upload(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Begin an upload; what is said here of the object holds when it is complete."""
    attributes = storing.attributes(call)
    if attributes.wish is not None:
        return _create_sealed(call, attributes, attributes.wish)
    return _create(call, attributes)


async def _create_sealed(call: Call, attributes: storing.Attributes, wish: encryption.Wish) -> dict[str, Any]:
    seal = await sealing.begin(call, buckets.of(call), wish)
    with call.transaction():
        return _create(call, attributes.sealed(seal))


def _create(call: Call, attributes: storing.Attributes) -> dict[str, Any]:
    bucket = buckets.of(call)
    asked, type = call.input.get("ChecksumAlgorithm"), call.input.get("ChecksumType")
    if type is not None and asked is None:
        raise errors.InvalidRequest(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
        )
    algorithm = checksums.named(asked) if asked is not None else None
    type = checksums.multipart_type(algorithm, type) if algorithm is not None else None
    upload = Upload(
        id=names.new_upload_id(call.input["Key"], call.now),
        bucket=bucket.name,
        key=call.input["Key"],
        account=bucket.account,
        region=bucket.region,
        initiated=call.now,
        initiator=orjson.dumps(owners.initiator(call.principal)).decode(),
        algorithm=algorithm.name if algorithm is not None else None,
        checksum_type=type,
        storage_class=attributes.storage_class,
        headers=orjson.dumps(attributes.system).decode(),
        metadata=orjson.dumps(attributes.user).decode(),
        tags=orjson.dumps(attributes.tags).decode(),
    )
    uploads.add(call.store, upload)
    output: dict[str, Any] = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        **encryption.members(attributes.system),
    }
    if upload.algorithm is not None:
        output |= {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.checksum_type}
    return output | abort_members(bucket, upload)


def abort_members(bucket: Bucket, upload: Upload) -> dict[str, Any]:
    """When a lifecycle rule will give the upload up, and which."""
    configuration = bucket.get("lifecycle")
    if not configuration:
        return {}
    found = lifecycle.abort(lifecycle.enabled(configuration["rules"]), upload.key, upload.initiated)
    return {} if found is None else {"AbortDate": found[0], "AbortRuleId": found[1]}


# ---- Parts ----------------------------------------------------------------------------------------------------------


async def key_of_upload(call: Call, upload: Upload) -> bytes:
    """The key for an upload's parts, none where it has none. Raises unless the caller may use it."""
    system = orjson.loads(upload.headers)
    own = sealing.check_part(system, encryption.customer_key(call.input))
    if own is not None or not sealing.is_of_kms(system):
        return own or b""
    return await sealing.key_of(call, buckets.of(call), system)


@operation("UploadPart", on=resources.object)
async def upload_part(call: Call) -> dict[str, Any]:
    """Take in one part; one with the same number before goes."""
    buckets.of(call)
    number = check_part_number(call.input["PartNumber"])
    upload = find_upload(call)
    wanted = checksums.wanted(call.input, call.request.headers if call.request is not None else {})
    given = wanted.algorithm.name if wanted is not None else None
    if upload.algorithm is not None and upload.algorithm != given:
        raise errors.InvalidRequest(
            f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.lower()}, actual checksum"
            f" Type: {given.lower() if given else 'null'}"
        )
    algorithm = checksums.ALGORITHMS[upload.algorithm or checksums.DEFAULT]
    taken = await content.take_in(call, wanted, (algorithm,), await key_of_upload(call, upload))
    part = Part(number, taken.blob, taken.size, taken.etag, call.now, algorithm.name, taken.checksums[algorithm.name])
    try:
        with call.transaction():
            find_upload(call)  # it may have been aborted while the content came in
            call.store.blobs.keep(part.blob)
            uploads.put_part(call.store, upload.id, part)
    except BaseException:
        call.store.blobs.discard(taken.blob)
        raise
    output = {"ETag": f'"{part.etag}"', **encryption.members(orjson.loads(upload.headers))}
    if given is not None:
        output["Checksum" + given] = taken.checksums[given]
    return output


# ---- Complete -------------------------------------------------------------------------------------------------------


@operation("CompleteMultipartUpload", on=resources.written)
def complete_multipart_upload(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Make the parts of the list an object; parts outside of the list go."""
    buckets.of(call)
    system = orjson.loads(find_upload(call).headers)
    own = encryption.customer_key(call.input)
    if own is not None:
        sealing.check_part(system, own)
    if sealing.is_of_kms(system):
        return _complete_sealed(call, system)
    return _complete(call)


async def _complete_sealed(call: Call, system: dict[str, Any]) -> dict[str, Any]:
    await sealing.key_of(call, buckets.of(call), system)  # S3 reads the parts before it completes the upload
    with call.transaction():
        return _complete(call)


def _complete(call: Call) -> dict[str, Any]:
    bucket = buckets.of(call)
    conditions.check_write_headers(call.input)
    upload = find_upload(call)
    wanted = (call.input.get("MultipartUpload") or {}).get("Parts") or []
    if not wanted and call.request is not None and not call.request.body:
        raise errors.InvalidRequest("You must specify at least one part")
    present = {part.number: part for part in uploads.parts(call.store, upload.id)}
    parts = completing.chosen(upload, wanted, present)
    checksum = completing.checksum(upload, parts, call.input)
    completing.check_size(call.input.get("MpuObjectSize"), parts)
    previous = objects.newest(call.store, bucket.name, upload.key)
    current = previous.etag if previous is not None and not previous.marker else None
    touched = bool(upload.touched) or (previous is not None and previous.modified > upload.initiated)
    conditions.check_write(call.input, upload.key, current, touched_since=touched)
    attributes = storing.Attributes(
        upload.storage_class, orjson.loads(upload.headers), orjson.loads(upload.metadata), orjson.loads(upload.tags)
    )
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False).hexdigest()
    new = storing.made(
        call, bucket, attributes, previous, size=sum(part.size for part in parts), etag=f"{digest}-{len(parts)}",
        algorithm=checksum.algorithm, checksum_type=checksum.type, checksum=checksum.value, upload=upload.id,
        key=upload.key,
    )  # fmt: skip

    numbers = [part.number for part in parts]
    uploads.drop_numbers(call.store, upload.id, present.keys() - set(numbers))
    uploads.renumber(call.store, upload.id, numbers)
    uploads.remove(call.store, upload.id)
    stored = storing.store(call, bucket, new, "s3:ObjectCreated:CompleteMultipartUpload", previous)
    sums = reading.checksum_members(stored.algorithm, stored.checksum_type, stored.checksum)
    told = storing.answer(bucket, stored)
    for name in encryption.CUSTOMER:  # S3 does not speak of the client's key here
        told.pop(name, None)
    location = resources.url(call, bucket.name, upload.key)
    return {"Location": location, "Bucket": bucket.name, "Key": upload.key, **told, **sums}
