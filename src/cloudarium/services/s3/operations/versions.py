"""The list of all versions and delete markers of a bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import errors, owners, resources
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import Listed
from cloudarium.services.s3.rules import listing, names

_OLDEST = 1 << 62


@operation("ListObjectVersions", on=resources.bucket)
def list_object_versions(call: Call) -> dict[str, Any]:
    """List versions and delete markers by key, the newest of each key first."""
    bucket = buckets.of(call)
    input = call.input
    for attribute in input.get("OptionalObjectAttributes") or ():
        if attribute != "RestoreStatus":
            raise errors.InvalidArgument(
                "Invalid attribute name specified", "x-amz-optional-object-attributes", attribute
            )
    limit = listing.limit(input.get("MaxKeys"), "max-keys")
    encode = listing.encoder(input.get("EncodingType"))
    key_marker, version_marker = input.get("KeyMarker") or "", input.get("VersionIdMarker") or ""
    page = _page(call, bucket, key_marker, version_marker, limit)
    output = {
        "Name": bucket.name,
        "Prefix": encode(input.get("Prefix") or ""),
        "KeyMarker": encode(key_marker),
        "VersionIdMarker": version_marker,
        "MaxKeys": limit,
        "IsTruncated": page.truncated,
        **listing.given(
            Delimiter=encode(input["Delimiter"]) if input.get("Delimiter") else None,
            EncodingType=input.get("EncodingType"),
        ),
    }
    output |= _lines(page, encode, owners.owner(bucket.account), _is_latest(call, bucket, page.items))
    if page.truncated:
        last = page.entries[-1]
        output["NextKeyMarker"] = encode(last.name)
        if last.item is not None:
            output["NextVersionIdMarker"] = last.item.version
    return output


def _page(call: Call, bucket: Bucket, key: str, version: str, limit: int) -> listing.Page[Listed]:
    prefix, delimiter = call.input.get("Prefix") or "", call.input.get("Delimiter") or ""

    def seek(start: str) -> Iterator[Listed]:
        return objects.from_key(call.store, bucket.name, start)

    start: Iterable[Listed]
    if not key:
        if version:
            raise errors.InvalidArgument(
                "A version-id marker cannot be specified without a key marker.", "version-id-marker", version
            )
        start = seek(prefix)
    elif key < prefix:
        start = seek(prefix)
    else:
        start = objects.after_version(call.store, bucket.name, key, _age(call, bucket, key, version))
    return listing.page(listing.walk(seek, start, prefix, delimiter, key), limit)


def _age(call: Call, bucket: Bucket, key: str, version: str) -> int:
    """The age behind which the list goes on within `key`; without a version marker the whole key is done.

    A marker that was deleted since tells its age itself. Only null does not: then the key is shown from its beginning.
    """
    if not version:
        return _OLDEST
    if not names.is_version_id(version):
        raise errors.InvalidArgument("Invalid version id specified", "version-id-marker", version)
    found = objects.version(call.store, bucket.name, key, version)
    if found is not None:
        return found.age
    age = names.age_of_version(version)
    return age if age is not None else -_OLDEST


def _is_latest(call: Call, bucket: Bucket, rows: list[Listed]) -> Callable[[Listed], bool]:
    """Whether a line is the newest of its key; only the page's first key may have begun on an earlier page."""
    newest: dict[str, int] = {}
    for row in rows:
        newest.setdefault(row.key, row.age)
    if rows:
        first = objects.newest(call.store, bucket.name, rows[0].key)
        newest[rows[0].key] = first.age if first is not None else rows[0].age
    return lambda row: newest[row.key] == row.age


def _lines(
    page: listing.Page[Listed], encode: Callable[[str], str], owner: dict[str, str], is_latest: Callable[[Listed], bool]
) -> dict[str, Any]:
    versions: list[dict[str, Any]] = []
    markers: list[dict[str, Any]] = []
    for row in page.items:
        line = {
            "Key": encode(row.key),
            "VersionId": row.version,
            "IsLatest": is_latest(row),
            "LastModified": row.modified,
            "Owner": owner,
        }
        if row.marker:
            markers.append(line)
            continue
        versions.append(
            line
            | {
                "ETag": f'"{row.etag}"',
                "ChecksumAlgorithm": [row.algorithm],
                "ChecksumType": row.checksum_type,
                "Size": row.size,
                "StorageClass": row.storage_class,
            }
        )
    prefixes = [{"Prefix": encode(name)} for name in page.prefixes]
    return {
        name: lines
        for name, lines in (("Versions", versions), ("DeleteMarkers", markers), ("CommonPrefixes", prefixes))
        if lines
    }
