"""What a put says about its object besides the content: system headers, user metadata, class, encryption, ACL.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from email.header import decode_header, make_header
from typing import Any

from cloudarium.services.s3 import errors

SYSTEM = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
          "WebsiteRedirectLocation")  # fmt: skip
GRANTS = frozenset(("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"))
_LOCKS = frozenset(("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"))
# Buckets whose requester pays are not built, and for all others S3 takes this header and does nothing with it.
WITHOUT_EFFECT = ("RequestPayer",)
# Not built anywhere: MFA delete, event holds, appending (directory buckets).
REFUSED = ("ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears")
DEFAULT_TYPE = "binary/octet-stream"


def system(input: Mapping[str, Any]) -> dict[str, Any]:
    """The system headers of a new object; without a content type it is binary/octet-stream."""
    found = {name: input[name] for name in SYSTEM if input.get(name) is not None}
    found.setdefault("ContentType", DEFAULT_TYPE)
    encoding = found.get("ContentEncoding")
    if encoding is not None and "aws-chunked" in encoding:
        # aws-chunked only describes the transfer; S3 does not keep it.
        kept = [part.strip() for part in encoding.split(",") if part.strip() not in ("", "aws-chunked")]
        if kept:
            found["ContentEncoding"] = ",".join(kept)
        else:
            del found["ContentEncoding"]
    redirect = found.get("WebsiteRedirectLocation")
    if redirect is not None and not redirect.startswith(("/", "http://", "https://")):
        raise errors.S3Error(
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
            code="InvalidRedirectLocation",
            status=400,
        )
    return found


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*")  # a token of RFC 9110, behind x-amz-meta-


def user(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """The user's metadata with names in lower case. Raises MetadataTooLarge above 2 KB.

    A name that is no header's, as URLs and forms can carry, is refused: it could not be answered by any read.
    """
    for name, value in (metadata or {}).items():
        if not _HEADER_NAME.fullmatch(name):
            raise errors.InvalidArgument("The metadata name is not a valid header name.", f"x-amz-meta-{name}", value)
    found = {name.lower(): _plain(value) for name, value in (metadata or {}).items()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in found.items())
    if size > errors.MAX_METADATA:
        raise errors.MetadataTooLarge(size)
    return found


def shown(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as a read answers it: what is no ASCII in the form of RFC 2047."""
    return {name: value if value.isascii() else _mail_safe(value) for name, value in metadata.items()}


def _plain(value: str) -> str:
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (UnicodeError, LookupError, ValueError):  # decode_header's errors for what only looks like RFC 2047
        return value


def _mail_safe(value: str) -> str:
    return f"=?UTF-8?B?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="


def check_locks(input: Mapping[str, Any]) -> None:
    """Raise InvalidRequest for object lock headers: no bucket has a lock configuration (object lock is not built)."""
    if not _LOCKS.isdisjoint(input):
        raise errors.InvalidRequest("Bucket is missing Object Lock Configuration")


def check_acl(input: Mapping[str, Any]) -> None:
    """Raise AccessControlListNotSupported for every ACL but the one that BucketOwnerEnforced means anyway."""
    acl = input.get("ACL")
    if acl is not None and acl not in _CANNED:
        raise errors.InvalidArgument("", "x-amz-acl", acl)
    if acl not in (None, "bucket-owner-full-control") or not GRANTS.isdisjoint(input):
        raise errors.AclsNotSupported()


_CANNED = frozenset((
    "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
    "bucket-owner-full-control", "log-delivery-write",
))  # fmt: skip
