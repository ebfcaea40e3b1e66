"""Objects: put, get, head, and their attributes."""

from __future__ import annotations

from collections.abc import Coroutine
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import content, errors, reading, resources, sealing, storing
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.records.objects import Object
from cloudarium.services.s3.rules import checksums, conditions, encryption, headers, listing, names, ranges
from cloudarium.services.s3.rules.ranges import Range

# ---- Put ------------------------------------------------------------------------------------------------------------


@operation("PutObject", on=resources.written, refuses=(*headers.REFUSED, "WriteOffsetBytes"))
def put_object(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Take in the content, then make it visible in one step, replacing or versioning what was there."""
    buckets.of(call)
    attributes = storing.attributes(call)
    conditions.check_write_headers(call.input)
    wanted = checksums.wanted(call.input, call.request.headers if call.request is not None else {})
    algorithm = wanted.algorithm if wanted is not None else checksums.ALGORITHMS[checksums.DEFAULT]
    data = content.at_hand(call)
    if data is None or attributes.wish is not None:
        return _put_arriving(call, attributes, wanted, algorithm)
    return _put(call, attributes, algorithm, content.take(call, data, wanted, (algorithm,)))


async def _put_arriving(
    call: Call, attributes: storing.Attributes, wanted: checksums.Wanted | None, algorithm: checksums.Algorithm
) -> dict[str, Any]:
    key = b""
    if attributes.wish is not None:
        seal = await sealing.begin(call, buckets.of(call), attributes.wish)
        attributes, key = attributes.sealed(seal), seal.key
    return _put(call, attributes, algorithm, await content.take_in(call, wanted, (algorithm,), key))


def _put(
    call: Call, attributes: storing.Attributes, algorithm: checksums.Algorithm, taken: content.Content
) -> dict[str, Any]:
    try:
        with call.transaction():
            call.store.begin()
            bucket = buckets.of(call)  # it may have gone while the content came in
            previous = objects.newest(call.store, bucket.name, call.input["Key"])
            current = previous.etag if previous is not None and not previous.marker else None
            conditions.check_write(call.input, call.input["Key"], current)
            new = storing.made(
                call, bucket, attributes, previous, size=taken.size, etag=taken.etag, algorithm=algorithm.name,
                checksum_type=checksums.FULL_OBJECT, checksum=taken.checksums[algorithm.name], blob=taken.blob,
            )  # fmt: skip
            stored = storing.store(call, bucket, new, _event(call), previous)
    except BaseException:
        call.store.blobs.discard(taken.blob)
        raise
    sums = reading.checksum_members(stored.algorithm, stored.checksum_type, stored.checksum)
    return {**storing.answer(bucket, stored), **sums}


def _event(call: Call) -> str:
    """What notifications call this put: S3's own door sends those that browsers post."""
    parent = call.parent
    posted = parent is not None and parent.door is not None and parent.service == call.service
    return "s3:ObjectCreated:Post" if posted else "s3:ObjectCreated:Put"


# ---- Get and head ---------------------------------------------------------------------------------------------------

_OVERRIDES = (
    "ResponseCacheControl", "ResponseContentDisposition", "ResponseContentEncoding", "ResponseContentLanguage",
    "ResponseContentType", "ResponseExpires",
)  # fmt: skip
_GET = resources.versioned("s3:GetObject", "s3:GetObjectVersion")


@operation("GetObject", on=_GET)
def get_object(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Give the content of an object, of a range of it, or of one of its parts."""
    found, output, range = _read(call)
    if found.storage_class in names.ARCHIVED:
        raise errors.InvalidObjectState(found.storage_class)
    if found.is_sealed:
        return _get_sealed(call)
    output["Body"] = content.read(call.store, found, range)
    return output


async def _get_sealed(call: Call) -> dict[str, Any]:
    key = await _opened(call) or encryption.customer_key(call.input) or b""
    found, output, range = _read(call)
    output["Body"] = content.read(call.store, found, range, key)
    return output


async def _opened(call: Call) -> bytes:
    """The key of the object that the call names, if KMS opens it for the caller; nothing where KMS has no part."""
    bucket = buckets.of(call)
    return await sealing.key_when_found(call, bucket, lambda: reading.find(call, bucket).system)


@operation("HeadObject", on=_GET)
def head_object(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Tell all that GetObject tells, without the content."""
    found, output, _ = _read(call)
    if call.input.get("ChecksumMode") == "ENABLED" and sealing.is_of_kms(found.system):
        return _head_opened(call)
    return output


async def _head_opened(call: Call) -> dict[str, Any]:
    await _opened(call)  # checksums are under the key as well (API_HeadObject.html, x-amz-checksum-mode)
    return _read(call)[1]


def _read(call: Call) -> tuple[Object, dict[str, Any], Range | None]:
    bucket = buckets.of(call)
    found = reading.find(call, bucket)
    if found.is_sealed or "SSECustomerAlgorithm" in call.input or "SSECustomerKey" in call.input:
        sealing.check_own(found.system, encryption.customer_key(call.input))
    output = reading.describe(call, bucket, found)
    if any(name.startswith("If") for name in call.input):
        conditions.check_read(call.input, found.etag, found.modified, _identity(output))
    range = _range(call, found, output)
    if call.input.get("ChecksumMode") == "ENABLED" and "ChecksumType" not in output:
        whole = range is None or range == Range(0, found.size)
        output |= reading.checksum_members(found.algorithm, found.checksum_type, found.checksum) if whole else {}
    output["ContentLength"] = found.size if range is None else range.end - range.start
    if range is not None:
        output["ContentRange"] = range.header(found.size)
        call.status = 206
    _override(call, output)
    return found, output, range


def _identity(output: dict[str, Any]) -> dict[str, str]:
    """The headers of a 304."""
    found = {"etag": output["ETag"], "last-modified": formatdate(output["LastModified"], usegmt=True)}
    if "VersionId" in output:
        found["x-amz-version-id"] = output["VersionId"]
    return found


def _range(call: Call, found: Object, output: dict[str, Any]) -> Range | None:
    number, range = call.input.get("PartNumber"), call.input.get("Range")
    if number is None:
        return ranges.of_read(range, found.size)
    if range is not None:
        raise errors.InvalidRequest("Cannot specify both Range header and partNumber query parameter")
    if not 1 <= number <= 10_000:
        raise errors.InvalidArgument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    if found.upload is None:
        if number > 1:
            raise errors.InvalidPartNumber(number, 1)
        return Range(0, found.size) if found.size else None
    return _part_range(call, found, number, output)


def _part_range(call: Call, found: Object, number: int, output: dict[str, Any]) -> Range:
    assert found.upload is not None
    parts = uploads.parts(call.store, found.upload)
    output["PartsCount"] = len(parts)
    if number > len(parts):
        raise errors.InvalidPartNumber(number, len(parts))
    start = sum(part.size for part in parts[: number - 1])
    part = parts[number - 1]
    if call.input.get("ChecksumMode") == "ENABLED":
        output |= reading.checksum_members(part.algorithm, found.checksum_type, part.checksum)
    return Range(start, start + part.size)


def _override(call: Call, output: dict[str, Any]) -> None:
    """Set the headers that response-* parameters ask for, which only signed requests may."""
    asked = {name.removeprefix("Response"): call.input[name] for name in _OVERRIDES if call.input.get(name) is not None}
    if asked and call.principal.kind == "anonymous":
        raise errors.InvalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
    if "Expires" in asked and call.request is not None:
        asked["Expires"] = parse_qs(call.request.query)["response-expires"][0]
    output |= asked
    if isinstance(output.get("Expires"), str):
        # The header goes out as it was sent; the model's timestamp would reword it.
        call.headers["expires"] = output.pop("Expires")


# ---- Attributes -----------------------------------------------------------------------------------------------------

_ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")


@operation("GetObjectAttributes", on=resources.listed_attributes)
def get_object_attributes(call: Call) -> dict[str, Any]:
    """Tell those of an object's attributes that are asked for."""
    bucket = buckets.of(call)
    wanted = call.input.get("ObjectAttributes") or []
    wanted = [name.strip() for text in wanted for name in text.split(",")]
    if not wanted or any(name not in _ATTRIBUTES for name in wanted):
        raise errors.InvalidArgument("Invalid attribute name specified.", "x-amz-object-attributes")
    found = reading.find(call, bucket)
    sealing.check_own(found.system, encryption.customer_key(call.input))
    output: dict[str, Any] = {"LastModified": int(found.modified)}
    if bucket.versioning is not None:
        output["VersionId"] = found.version
    members = {
        "ETag": lambda: found.etag,
        "Checksum": lambda: reading.checksum_members(
            found.algorithm, found.checksum_type, found.checksum.partition("-")[0]
        ),
        "ObjectParts": lambda: _parts(call, found),
        "StorageClass": lambda: found.storage_class,
        "ObjectSize": lambda: found.size,
    }
    output |= listing.given(**{name: members[name]() for name in wanted})
    return output


def _parts(call: Call, found: Object) -> dict[str, Any] | None:
    if found.upload is None:
        return None
    limit = listing.limit(call.input.get("MaxParts"), "max-parts")
    after = call.input.get("PartNumberMarker") or 0
    parts = uploads.parts(call.store, found.upload, after, limit + 1)
    shown = parts[:limit]
    output: dict[str, Any] = {"TotalPartsCount": uploads.part_count(call.store, found.upload)}
    if found.checksum_type == checksums.FULL_OBJECT:
        return output  # S3 lists the parts only of objects with composite checksums
    return output | {
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(parts) > limit,
        "Parts": [
            {"PartNumber": part.number, "Size": part.size, "Checksum" + part.algorithm: part.checksum} for part in shown
        ],
    }
