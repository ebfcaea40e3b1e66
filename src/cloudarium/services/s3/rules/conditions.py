"""Conditional requests: of reads, of copies' sources, of writes and of deletes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html and RFC 9110, section 13.
"""

from __future__ import annotations

import math
from typing import Any

from cloudarium.services.s3 import errors


def _matches(header: str, etag: str) -> bool:
    """Whether an If-Match style header holds `etag`; the quotes are optional and * is any."""
    for value in header.split(","):
        tag = value.strip().removeprefix("W/")
        if tag == "*" or tag.strip('"') == etag:
            return True
    return False


def check_read(input: dict[str, Any], etag: str, modified: float, headers: dict[str, str]) -> None:
    """Raise PreconditionFailed (412) or NotModified (304) when a read's conditions do not hold.

    If-Match beats If-Unmodified-Since and If-None-Match beats If-Modified-Since; times have whole seconds.
    """
    modified = math.floor(modified)
    if_match, if_none = input.get("IfMatch"), input.get("IfNoneMatch")
    unmodified, since = input.get("IfUnmodifiedSince"), input.get("IfModifiedSince")
    if if_match is not None:
        if not _matches(if_match, etag):
            raise errors.PreconditionFailed("If-Match")
    elif unmodified is not None and modified > unmodified:
        raise errors.PreconditionFailed("If-Unmodified-Since")
    if if_none is not None:
        if _matches(if_none, etag):
            raise errors.NotModified(headers)
    elif since is not None and modified <= since:
        raise errors.NotModified(headers)


def check_source(input: dict[str, Any], etag: str, modified: float, now: float) -> None:
    """Raise PreconditionFailed when the x-amz-copy-source-if-* conditions do not hold for the source.

    A pair of If-Match and If-Unmodified-Since, or of If-None-Match and If-Modified-Since, is decided by its ETag;
    a time in the future is ignored.
    """
    modified = math.floor(modified)
    if_match, if_none = input.get("CopySourceIfMatch"), input.get("CopySourceIfNoneMatch")
    unmodified, since = input.get("CopySourceIfUnmodifiedSince"), input.get("CopySourceIfModifiedSince")
    if if_match is not None:
        if not _matches(if_match, etag):
            raise errors.PreconditionFailed("x-amz-copy-source-If-Match")
    elif unmodified is not None and modified > unmodified:
        raise errors.PreconditionFailed("x-amz-copy-source-If-Unmodified-Since")
    if if_none is not None:
        if _matches(if_none, etag):
            raise errors.PreconditionFailed("x-amz-copy-source-If-None-Match")
    elif since is not None and since <= now and modified <= since:
        raise errors.PreconditionFailed("x-amz-copy-source-If-Modified-Since")


def check_write_headers(input: dict[str, Any]) -> None:
    """Raise NotImplemented for the conditions that S3 itself does not take on writes."""
    if_match, if_none = input.get("IfMatch"), input.get("IfNoneMatch")
    if if_none is not None and if_none != "*":
        raise errors.HeaderNotImplemented(
            "If-None-Match", "We don't accept the provided value of If-None-Match header for this API"
        )
    if if_match is not None and if_none is not None:
        raise errors.HeaderNotImplemented(
            "If-Match,If-None-Match", "Multiple conditional request headers present in the request"
        )
    if if_match == "*":
        raise errors.HeaderNotImplemented(
            "If-Match", "We don't accept the provided value of If-Match header for this API"
        )


def check_write(input: dict[str, Any], key: str, etag: str | None, touched_since: bool = False) -> None:
    """Raise when a write's conditions do not hold for the current object's `etag` (None: there is no object).

    `touched_since`: the key was written or deleted after the multipart upload began.
    """
    if_match, if_none = input.get("IfMatch"), input.get("IfNoneMatch")
    if if_none is not None:
        if etag is not None:
            raise errors.PreconditionFailed("If-None-Match")
        if touched_since:
            raise errors.ConditionalConflict("If-None-Match", key)
    elif if_match is not None:
        if etag is None:
            raise errors.NoSuchKey(key)
        if not _matches(if_match, etag):
            raise errors.PreconditionFailed("If-Match")
        if touched_since:
            raise errors.ConditionalConflict("If-Match", key)


def check_delete(if_match: str | None, key: str, etag: str | None) -> None:
    """Raise when a delete's If-Match does not hold; a key that is not there is NoSuchKey, also for *."""
    if if_match is None:
        return
    if etag is None:
        raise errors.NoSuchKey(key)
    if not _matches(if_match, etag):
        raise errors.PreconditionFailed("If-Match")
