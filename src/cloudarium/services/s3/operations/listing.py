"""Lists of a bucket's objects, in both versions of the operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import errors, owners, resources
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import Listed
from cloudarium.services.s3.rules import listing
from cloudarium.shared import paging
from cloudarium.store import Store

_SAME_KEY = 16  # older versions read past before the next key is sought
_OLDEST = 1 << 62


def current(store: Store, bucket: str, key: str) -> Iterator[Listed]:
    """The newest versions from `key` on that are no delete markers."""
    rows, last, same = objects.from_key(store, bucket, key), None, 0
    while True:
        for row in rows:
            if row.key != last:
                last, same = row.key, 0
                if not row.marker:
                    yield row
                continue
            same += 1
            if same > _SAME_KEY:
                rows = objects.after_version(store, bucket, row.key, _OLDEST)
                break
        else:
            return


def _page(call: Call, bucket: Bucket, after: str, limit: int) -> listing.Page[Listed]:
    prefix, delimiter = call.input.get("Prefix") or "", call.input.get("Delimiter") or ""

    def seek(key: str) -> Iterator[Listed]:
        return current(call.store, bucket.name, key)

    start = after if after >= prefix else prefix
    lines = listing.walk(seek, (row for row in seek(start) if row.key != after), prefix, delimiter, after)
    return listing.page(lines, limit)


def _contents(page: listing.Page[Listed], encode: Callable[[str], str], owner: dict[str, str] | None) -> dict[str, Any]:
    contents = []
    for row in page.items:
        line: dict[str, Any] = {
            "Key": encode(row.key),
            "LastModified": row.modified,
            "ETag": f'"{row.etag}"',
            "ChecksumAlgorithm": [row.algorithm],
            "ChecksumType": row.checksum_type,
            "Size": row.size,
            "StorageClass": row.storage_class,
        }
        if owner is not None:
            line["Owner"] = owner
        contents.append(line)
    output: dict[str, Any] = {"IsTruncated": page.truncated}
    if contents:
        output["Contents"] = contents
    if page.prefixes:
        output["CommonPrefixes"] = [{"Prefix": encode(name)} for name in page.prefixes]
    return output


def _shared(call: Call, bucket: Bucket, limit: int, encode: Callable[[str], str]) -> dict[str, Any]:
    """The members that both lists have. OptionalObjectAttributes asks for restores, of which there are none."""
    call.headers["x-amz-bucket-region"] = bucket.region
    for attribute in call.input.get("OptionalObjectAttributes") or ():
        if attribute != "RestoreStatus":
            raise errors.InvalidArgument(
                "Invalid attribute name specified", "x-amz-optional-object-attributes", attribute
            )
    input = call.input
    return {
        "Name": bucket.name,
        "Prefix": encode(input.get("Prefix") or ""),
        "MaxKeys": limit,
        **listing.given(
            Delimiter=encode(input["Delimiter"]) if input.get("Delimiter") else None,
            EncodingType=input.get("EncodingType"),
        ),
    }


@operation("ListObjects", on=resources.bucket)
def list_objects(call: Call) -> dict[str, Any]:
    """List keys from a marker on."""
    bucket = buckets.of(call)
    limit = listing.limit(call.input.get("MaxKeys"), "max-keys")
    encode = listing.encoder(call.input.get("EncodingType"))
    marker = call.input.get("Marker") or ""
    page = _page(call, bucket, marker, limit)
    output = _shared(call, bucket, limit, encode) | _contents(page, encode, owners.owner(bucket.account))
    output["Marker"] = encode(marker)
    if page.truncated and call.input.get("Delimiter"):
        output["NextMarker"] = encode(page.entries[-1].name)
    return output


@operation("ListObjectsV2", on=resources.bucket)
def list_objects_v2(call: Call) -> dict[str, Any]:
    """List keys from a continuation token, or from start-after on."""
    bucket = buckets.of(call)
    input = call.input
    limit = listing.limit(input.get("MaxKeys"), "max-keys")
    encode = listing.encoder(input.get("EncodingType"))
    token, start_after = input.get("ContinuationToken"), input.get("StartAfter")
    page = _page(call, bucket, _after(token) if token is not None else start_after or "", limit)
    output = _shared(call, bucket, limit, encode)
    output |= _contents(page, encode, owners.owner(bucket.account) if input.get("FetchOwner") else None)
    output["KeyCount"] = len(page.entries)
    output |= listing.given(
        ContinuationToken=token,
        StartAfter=encode(start_after) if start_after is not None else None,
        NextContinuationToken=paging.encode(page.entries[-1].name) if page.truncated else None,
    )
    return output


def _after(token: str) -> str:
    try:
        key = paging.decode(token)
    except ValueError:
        key = None
    if not isinstance(key, str):
        raise errors.InvalidArgument("The continuation token provided is incorrect", "continuation-token")
    return key
