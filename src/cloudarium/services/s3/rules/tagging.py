"""Tags of objects and buckets, in their XML and their header form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote_plus

from cloudarium.services.s3 import errors

# S3 takes letters, spaces and digits of any script and + - = . _ : / @ (the service's own answer to other characters).
_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*\Z")
MAX_OBJECT_TAGS, MAX_BUCKET_TAGS = 10, 50


def from_header(header: str | None) -> dict[str, str]:
    """The tags of x-amz-tagging, which is a query string. Raises InvalidArgument, InvalidTag or BadRequest."""
    if not header:
        return {}
    tags: dict[str, str] = {}
    for pair in header.split("&"):
        if not pair:
            continue
        key, _, value = pair.partition("=")
        key, value = unquote_plus(key), unquote_plus(value)
        if not key or key in tags or not _ALLOWED.match(key) or ("=" in pair and not _ALLOWED.match(value)):
            raise errors.InvalidArgument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag"
                " name duplicates.",
                "x-amz-tagging",
                header,
            )
        tags[key] = value
    return _check(
        tags, MAX_OBJECT_TAGS, "Object tags cannot be greater than 10", "Your TagKey cannot be prefixed with aws:"
    )


def from_set(tag_set: Sequence[dict[str, Any]], of_bucket: bool) -> dict[str, str]:
    """The tags of a TagSet element. Raises InvalidTag, MalformedXML or BadRequest."""
    tags: dict[str, str] = {}
    for tag in tag_set:
        if tag.get("Key") is None or tag.get("Value") is None:
            raise errors.MalformedXml()
        if tag["Key"] in tags:
            raise errors.InvalidTag("Cannot provide multiple Tags with the same key", TagKey=tag["Key"])
        tags[tag["Key"]] = tag["Value"]
    if of_bucket:
        return _check(
            tags, MAX_BUCKET_TAGS, "Bucket tag count cannot be greater than 50",
            "System tags cannot be added/updated by requester",
        )  # fmt: skip
    return _check(
        tags, MAX_OBJECT_TAGS, "Object tags cannot be greater than 10", "Your TagKey cannot be prefixed with aws:"
    )


def _check(tags: dict[str, str], most: int, too_many: str, system: str) -> dict[str, str]:
    if len(tags) > most:
        raise errors.S3Error(too_many, code="BadRequest", status=400)
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise errors.InvalidTag(system, TagKey=key)
        if not 1 <= len(key) <= 128 or not _ALLOWED.match(key):
            raise errors.InvalidTag("The TagKey you have provided is invalid", TagKey=key)
        if len(value) > 256 or not _ALLOWED.match(value):
            raise errors.InvalidTag("The TagValue you have provided is invalid", TagKey=key, TagValue=value)
    return tags
