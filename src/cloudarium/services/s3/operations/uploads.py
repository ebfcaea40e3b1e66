"""Multipart uploads under way: list them, list their parts, give one up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import errors, owners, resources
from cloudarium.services.s3.operations.multipart import abort_members, find_upload
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.uploads import Upload
from cloudarium.services.s3.rules import listing, names


@operation("ListParts", on=resources.object)
def list_parts(call: Call) -> dict[str, Any]:
    """List the parts of an upload by number."""
    bucket = buckets.of(call)
    upload = find_upload(call)
    limit = listing.limit(call.input.get("MaxParts"), "max-parts")
    after = call.input.get("PartNumberMarker") or 0
    parts = uploads.parts(call.store, upload.id, after, limit + 1)
    shown = parts[:limit]
    lines = []
    for part in shown:
        line = {"PartNumber": part.number, "LastModified": part.modified, "ETag": f'"{part.etag}"', "Size": part.size}
        if upload.algorithm is not None:
            line["Checksum" + part.algorithm] = part.checksum
        lines.append(line)
    return {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(parts) > limit,
        "Parts": lines,
        "Initiator": orjson.loads(upload.initiator),
        "Owner": owners.owner(bucket.account),
        "StorageClass": upload.storage_class,
        **listing.given(ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type),
        **abort_members(bucket, upload),
    }


@operation("AbortMultipartUpload", on=resources.object)
def abort_multipart_upload(call: Call) -> dict[str, Any]:
    """Give an upload up and forget its parts."""
    buckets.of(call)
    upload = find_upload(call)
    expected = call.input.get("IfMatchInitiatedTime")
    if expected is not None:
        raise errors.HeaderNotImplemented("x-amz-if-match-initiated-time")  # S3 has it for directory buckets only
    objects.drop_parts(call.store, upload.id)
    uploads.remove(call.store, upload.id)
    return {}


@operation("ListMultipartUploads", on=resources.bucket)
def list_multipart_uploads(call: Call) -> dict[str, Any]:
    """List the uploads under way by key and then by age."""
    bucket = buckets.of(call)
    input = call.input
    limit = listing.limit(input.get("MaxUploads"), "max-uploads")
    encode = listing.encoder(input.get("EncodingType"))
    key_marker, id_marker = input.get("KeyMarker") or "", input.get("UploadIdMarker") or ""
    page = _page(call, bucket, key_marker, id_marker, limit)
    output: dict[str, Any] = {
        "Bucket": bucket.name,
        "KeyMarker": encode(key_marker),
        "UploadIdMarker": id_marker if key_marker else "",
        "NextKeyMarker": "",
        "NextUploadIdMarker": "",
        "MaxUploads": limit,
        "IsTruncated": page.truncated,
        **listing.given(
            Delimiter=encode(input["Delimiter"]) if input.get("Delimiter") else None,
            EncodingType=input.get("EncodingType"),
            Prefix=encode(input["Prefix"]) if input.get("Prefix") else None,
        ),
    }
    if page.items:  # where a page holds common prefixes alone, S3 does not say how to go on
        last = page.entries[-1]
        output |= {"NextKeyMarker": encode(last.name), "NextUploadIdMarker": last.item.id if last.item else ""}
    if page.items:
        output["Uploads"] = [_line(upload, encode(upload.key), bucket) for upload in page.items]
    if page.prefixes:
        output["CommonPrefixes"] = [{"Prefix": encode(name)} for name in page.prefixes]
    return output


def _line(upload: Upload, key: str, bucket: Bucket) -> dict[str, Any]:
    return {
        "UploadId": upload.id,
        "Key": key,
        "Initiated": upload.initiated,
        "StorageClass": upload.storage_class,
        "Owner": owners.owner(bucket.account),
        "Initiator": orjson.loads(upload.initiator),
        **listing.given(ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type),
    }


def _page(call: Call, bucket: Bucket, key: str, id: str, limit: int) -> listing.Page[Upload]:
    prefix, delimiter = call.input.get("Prefix") or "", call.input.get("Delimiter") or ""

    def seek(start: str) -> Iterator[Upload]:
        return uploads.each_of(call.store, bucket.name, start, ("", -1.0, ""))

    if not key or key < prefix:
        start = seek(prefix)
    else:
        # Without an upload id the list goes on behind all uploads of the key marker.
        initiated = names.time_of_upload(key, id) if id else float("inf")
        if initiated is None:
            raise errors.InvalidArgument("Invalid uploadId marker", "upload-id-marker", id)
        start = uploads.each_of(call.store, bucket.name, key, (key, initiated, id))
    return listing.page(listing.walk(seek, start, prefix, delimiter, key), limit)
