"""Server-side encryption: SSE-S3, which every object has, SSE-KMS under a key of KMS, or SSE-C under the client's own.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from cloudarium.services.s3 import errors
from cloudarium.shared.errors import NotBuilt

KMS, AES = "aws:kms", "AES256"
MANAGED = "alias/aws/s3"
SEALING = "Sealing"  # among an object's headers: what opens its content, which nobody is shown
CUSTOMER = ("SSECustomerAlgorithm", "SSECustomerKeyMD5")
MEMBERS = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", *CUSTOMER)
_UNBUILT = ("aws:kms:dsse", "aws:fsx", "aws:backup")
_HEADER = "x-amz-server-side-encryption"
_KEY_SIZE = 32
_WITH_KEY = "Requests specifying Server Side Encryption with Customer provided keys must provide"


class Wish(NamedTuple):
    """How a new object is to be encrypted if not by SSE-S3: under a key of KMS, or under the client's own (`own`)."""

    key: str = MANAGED
    context: Mapping[str, str] = {}
    bucket_key: bool | None = None
    own: bytes = b""


# ---- A bucket's default ---------------------------------------------------------------------------------------------


def default_of(rule: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a bucket keeps of an encryption rule. S3 does not look whether the key is there.

    A rule that does not speak of blocked types leaves them as they were.
    """
    value: dict[str, Any] = {"BucketKeyEnabled": bool(rule.get("BucketKeyEnabled"))}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": AES}
    algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if algorithm in _UNBUILT:
        raise NotBuilt(f"s3:PutBucketEncryption with {algorithm}")
    if algorithm not in (AES, KMS):
        raise errors.MalformedXml()
    if algorithm == KMS:
        value["SSEAlgorithm"] = KMS
        if key is not None:
            value["KMSMasterKeyID"] = key
    elif key is not None:
        raise errors.InvalidArgument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            "ApplyServerSideEncryptionByDefault",
        )
    blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or (before or {}).get("Blocked")
    if blocked:
        if blocked not in (["NONE"], ["SSE-C"]):
            raise errors.MalformedXml()
        value["Blocked"] = blocked
    return value


def shown_default(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """A bucket's encryption rule as it is answered; SSE-S3 when none was set, as for every bucket since 2023."""
    value = value or {}
    default = {"SSEAlgorithm": value.get("SSEAlgorithm", AES)}
    if "KMSMasterKeyID" in value:
        default["KMSMasterKeyID"] = value["KMSMasterKeyID"]
    shown = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": value.get("BucketKeyEnabled", False)}
    if "Blocked" in value:
        shown["BlockedEncryptionTypes"] = {"EncryptionType": value["Blocked"]}
    return shown


def blocks_customer_keys(default: Mapping[str, Any] | None) -> bool:
    """Whether the bucket takes nothing that is under a client's own key."""
    return (default or {}).get("Blocked") == ["SSE-C"]


# ---- What a write asks for ------------------------------------------------------------------------------------------

_OF_KMS = ("SSEKMSKeyId", "SSEKMSEncryptionContext")


def wish(input: Mapping[str, Any], default: Mapping[str, Any] | None) -> Wish | None:
    """How a write wants its object, by its headers or the bucket's default; None for SSE-S3, as nearly always."""
    own = customer_key(input)
    asked = input.get("ServerSideEncryption")
    if own is not None:
        return Wish(own=own)
    if asked in _UNBUILT:
        raise NotBuilt(f"s3 server-side encryption with {asked}")
    if asked not in (None, AES, KMS):
        raise errors.InvalidArgument("The encryption method specified is not supported", _HEADER, asked)
    if asked != KMS and any(input.get(name) is not None for name in _OF_KMS):
        raise errors.InvalidArgument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption :"
            " aws:kms",
            _HEADER,
            asked if asked is not None else "null",
        )
    default = default or {}
    if asked == AES or (asked is None and default.get("SSEAlgorithm") != KMS):
        return None
    bucket_key = input.get("BucketKeyEnabled")
    return Wish(
        input.get("SSEKMSKeyId") or (default.get("KMSMasterKeyID") if asked is None else None) or MANAGED,
        _context(input.get("SSEKMSEncryptionContext")),
        default.get("BucketKeyEnabled") if bucket_key is None else bucket_key,
    )


def _context(text: str | None) -> dict[str, str]:
    """The encryption context of the header. Raises InvalidArgument."""
    if text is None:
        return {}
    try:
        found = orjson.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise errors.InvalidArgument(
            "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which"
            " represents a string-string map",
            "x-amz-server-side-encryption-context",
            text,
        )
    return found


_SENT = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")
OF_SOURCE = ("CopySourceSSECustomerAlgorithm", "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5")


def customer_key(input: Mapping[str, Any], sent: tuple[str, str, str] = _SENT) -> bytes | None:
    """The key that a client sends along, as these members. Raises in S3's order."""
    algorithm, key, digest = (input.get(name) for name in sent)
    if algorithm is None and key is None and digest is None:
        return None
    asked = input.get("ServerSideEncryption")
    if asked is not None and sent is _SENT:
        raise errors.InvalidArgument(
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
            _HEADER,
            asked,
        )
    if algorithm is None:
        raise _unfit(f"{_WITH_KEY} a valid encryption algorithm.")
    if algorithm != AES:
        raise errors.S3Error(
            "The Encryption request you specified is not valid. Supported value: AES256.",
            code="InvalidEncryptionAlgorithmError", status=400, ArgumentName=_HEADER, ArgumentValue=algorithm,
        )  # fmt: skip
    if key is None:
        raise _unfit(f"{_WITH_KEY} an appropriate secret key.")
    return _checked(key, digest)


def _checked(key: str, digest: str | None) -> bytes:
    try:
        found = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise _unfit("The secret key was invalid for the specified algorithm.") from None
    if digest is None:
        raise _unfit(f"{_WITH_KEY} the client calculated MD5 of the secret key.")
    if key_digest(found) != digest:
        raise _unfit("The calculated MD5 hash of the key did not match the hash that was provided.")
    if len(found) != _KEY_SIZE:
        raise _unfit("The secret key was invalid for the specified algorithm.")
    return found


def _unfit(message: str) -> errors.S3Error:
    return errors.InvalidArgument(message, _HEADER, "null")  # whichever header it is about


def key_digest(key: bytes) -> str:
    """The digest by which a client and S3 speak of the client's key."""
    return base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()


# ---- What is told ---------------------------------------------------------------------------------------------------


def members(system: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an answer that tell how an object is encrypted, from its system headers."""
    found = {name: system[name] for name in MEMBERS if name in system}
    return found or {"ServerSideEncryption": AES}
