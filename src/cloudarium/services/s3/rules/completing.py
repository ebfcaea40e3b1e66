"""Completing a multipart upload: which parts make the object, and its checksum.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.services.s3 import errors
from cloudarium.services.s3.records.uploads import Part, Upload
from cloudarium.services.s3.rules import checksums


class Checksum(NamedTuple):
    """The checksum of a multipart object."""

    algorithm: str
    type: str
    value: str


def chosen(upload: Upload, wanted: Sequence[Mapping[str, Any]], present: Mapping[int, Part]) -> list[Part]:
    """The parts of the list, in order. Raises MalformedXML, InvalidPartOrder, InvalidPart or EntityTooSmall."""
    if not wanted or len(wanted) > 10_000:
        raise errors.MalformedXml()
    numbers = [entry.get("PartNumber") for entry in wanted]
    if any(number is None for number in numbers) or any(entry.get("ETag") is None for entry in wanted):
        raise errors.MalformedXml()
    if any(later <= earlier for earlier, later in zip(numbers, numbers[1:], strict=False)):  # type: ignore[operator]
        raise errors.InvalidPartOrder(upload.id)
    parts = []
    for entry in wanted:
        number, etag = entry["PartNumber"], entry["ETag"].strip('"')
        part = present.get(number)
        if part is None or part.etag != etag:
            raise errors.InvalidPart(upload.id, number, etag)
        _check_sum(upload, part, entry)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < errors.MIN_PART:
            raise errors.EntityTooSmall(part.size, part.number, part.etag)
    return parts


def _check_sum(upload: Upload, part: Part, entry: Mapping[str, Any]) -> None:
    given = {checksums.MEMBERS[name].name: value for name, value in entry.items() if name in checksums.MEMBERS}
    if upload.algorithm is None:
        return
    value = given.get(upload.algorithm)
    if value is None and upload.checksum_type == checksums.COMPOSITE:
        raise errors.InvalidRequest(
            f"The upload was created using a {upload.algorithm.lower()} checksum. The complete request must include the"
            f" checksum for each part. It was missing for part {part.number} in the request."
        )
    if value is not None and value != part.checksum:
        raise errors.InvalidPart(upload.id, part.number, part.etag)


def checksum(upload: Upload, parts: Sequence[Part], input: Mapping[str, Any]) -> Checksum:
    """The object's checksum, compared with the one that the request brings. Raises InvalidRequest or BadDigest."""
    algorithm = checksums.ALGORITHMS[upload.algorithm or checksums.DEFAULT]
    type = upload.checksum_type or checksums.FULL_OBJECT
    asked = input.get("ChecksumType")
    if asked is not None and asked != type:
        raise errors.InvalidRequest(
            f"The upload was created using the {type} checksum mode. The complete request must use the same checksum"
            " mode."
        )
    value = checksums.of_parts(algorithm, type, [(part.checksum, part.size) for part in parts])
    for name, given in input.items():
        other = checksums.MEMBERS.get(name)
        if other is None or given is None:
            continue
        if other.name != algorithm.name or given not in (value, value.partition("-")[0]):
            raise errors.BadDigest(f"The {other.name.lower()} you specified did not match the calculated checksum.")
    return Checksum(algorithm.name, type, value)


def check_size(claimed: int | None, parts: Sequence[Part]) -> None:
    """Raise InvalidRequest when the object has another size than the client says."""
    size = sum(part.size for part in parts)
    if claimed is not None and claimed != size:
        raise errors.InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {claimed} does not match what was computed: {size}"
        )
