"""What x-amz-copy-source means."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from cloudarium.services.s3 import errors
from cloudarium.shared.errors import NotBuilt


class Source(NamedTuple):
    """The object to copy; `version` None is the newest."""

    bucket: str
    key: str
    version: str | None

    @property
    def arn(self) -> str:
        """The source object's ARN."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


def source(header: str | None) -> Source:
    """The object that x-amz-copy-source names: BUCKET/KEY, URL-encoded, with ?versionId=… or not."""
    text = header or ""
    path, _, query = text.partition("?versionId=")
    path = unquote(path).removeprefix("/")
    if path.startswith("arn:"):
        raise NotBuilt("s3 copies from access points")
    bucket, slash, key = path.partition("/")
    if not bucket or not slash or not key:
        raise errors.InvalidArgument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", text
        )
    return Source(bucket, key, unquote(query) if "?versionId=" in text else None)


def peek(header: object) -> Source | None:
    """The same, None instead of an error: for what is asked before validation."""
    try:
        return source(header if isinstance(header, str) else None)
    except (errors.InvalidArgument, NotBuilt):
        return None
