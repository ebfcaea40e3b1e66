"""Names of buckets, keys and storage classes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct

from cloudarium.services.s3 import errors
from cloudarium.shared import ids

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]\Z")
_OLD_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}\Z")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
_BAD_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BAD_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

STORAGE_CLASSES = frozenset((
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
    "DEEP_ARCHIVE", "GLACIER_IR",
))  # fmt: skip
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
MAX_KEY = 1024

REGIONS = frozenset((
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2",
    "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
    "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1",
    "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
))  # fmt: skip


def check_bucket_name(name: str) -> None:
    """Raise InvalidBucketName when a new bucket cannot have this name."""
    if (
        not _BUCKET.match(name)
        or ".." in name
        or _IP.match(name)
        or name.startswith(_BAD_STARTS)
        or name.endswith(_BAD_ENDS)
    ):
        raise errors.InvalidBucketName(name)


def could_be_bucket(name: str) -> bool:
    """Whether a bucket of any age can have this name: names given before 2018 follow wider rules."""
    return _OLD_BUCKET.match(name) is not None


def new_bucket_region(endpoint: str, location: str | None) -> str:
    """The region of a new bucket, from the endpoint's region and the LocationConstraint.

    us-east-1 takes any constraint but its own name; another region only its own (EU is eu-west-1).
    """
    if location is None or location == "":
        if endpoint != "us-east-1":
            raise errors.IllegalLocationConstraint("")
        return endpoint
    region = "eu-west-1" if location == "EU" else location
    if region not in REGIONS or (location == "us-east-1" and endpoint == "us-east-1"):
        raise errors.InvalidLocationConstraint(location)
    if region != endpoint and endpoint != "us-east-1":
        raise errors.IllegalLocationConstraint(location)
    return region


def check_key(key: str) -> None:
    """Raise KeyTooLongError for a key of more than 1024 bytes."""
    if len(key) > MAX_KEY // 4:
        size = len(key.encode("utf-8", "surrogatepass"))
        if size > MAX_KEY:
            raise errors.KeyTooLong(size)


def check_storage_class(name: str | None) -> str:
    """The storage class of a new object; STANDARD when none is asked for."""
    if name is None:
        return "STANDARD"
    if name not in STORAGE_CLASSES:
        raise errors.InvalidStorageClass(name)
    return name


_HEAD = 20  # characters of an id that are random


def _digest(head: str, more: bytes = b"") -> bytes:
    return hashlib.sha256(head.encode() + more).digest()


def new_version_id(age: int) -> str:
    """A new version's id: 32 characters that prove that it is one of ours and tell the version's age.

    A list can so go on behind a version that was deleted since: whoever empties a bucket deletes page by page.
    """
    head = ids.token(_HEAD)
    hidden = bytes(a ^ b for a, b in zip(age.to_bytes(4, "big", signed=True), _digest(head), strict=False))
    return head + base64.urlsafe_b64encode(hidden + _digest(head, hidden)[:5]).decode()


def age_of_version(version: str) -> int | None:
    """The age that a version's id tells; None for null and for what is no version's id."""
    if len(version) != 32 or not version.isascii():
        return None
    head = version[:_HEAD]
    try:
        rest = base64.b64decode(version[_HEAD:], b"-_", validate=True)
    except ValueError:
        return None
    hidden, proof = rest[:4], rest[4:]
    if proof != _digest(head, hidden)[:5]:
        return None
    return int.from_bytes(bytes(a ^ b for a, b in zip(hidden, _digest(head), strict=False)), "big", signed=True)


def is_version_id(version: str) -> bool:
    """Whether this can be a version's id at all."""
    return version == "null" or age_of_version(version) is not None


def new_upload_id(key: str, initiated: float) -> str:
    """A new multipart upload's id: 128 characters that tell its time and prove that it is one of this key."""
    head = base64.urlsafe_b64encode(struct.pack(">d", initiated))[:11].decode() + ids.token(109)
    return head + _upload_proof(key, head)


def _upload_proof(key: str, head: str) -> str:
    return base64.urlsafe_b64encode(_digest(head, key.encode("utf-8", "surrogatepass"))[:6]).decode()


def time_of_upload(key: str, id: str) -> float | None:
    """When the upload with this id was begun; None when it is no upload of this key."""
    if len(id) != 128 or not id.isascii() or id[120:] != _upload_proof(key, id[:120]):
        return None
    try:
        moment: float = struct.unpack(">d", base64.b64decode(id[:11] + "=", b"-_", validate=True))[0]
    except ValueError:
        return None
    return moment


def check_version_id(version: str | None) -> None:
    """Raise InvalidArgument for what cannot be a version's id, which S3 tells from an id that is not there."""
    if version is not None and not is_version_id(version):
        message = "Version id cannot be the empty string" if version == "" else "Invalid version id specified"
        raise errors.InvalidArgument(message, "versionId", version)
