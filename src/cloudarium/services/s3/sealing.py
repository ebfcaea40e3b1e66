"""Content under keys: whose key it is, who may use it, and the bytes on disk.

Every content has AES-256 in counter mode under a data key, behind a random start of 16 bytes: as long as what it holds,
and readable from any place. A data key of SSE-KMS comes from KMS in the name of whoever calls, as does the permission
to open it; of a client's own key (SSE-C) only a salted digest is kept.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from cloudarium.gateway.call import Call
from cloudarium.services.s3 import errors
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.rules import encryption
from cloudarium.services.s3.rules.encryption import KMS, SEALING, Wish
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

START = 16  # bytes in front of sealed content: where its counter begins
_BLOCK = 16
_TRIES = 5


class Seal(NamedTuple):
    """The key of new content, and what its object keeps: members that are told, and what opens it."""

    key: bytes
    kept: dict[str, Any]


def cipher(key: bytes, start: bytes, offset: int = 0) -> CipherContext:
    """What turns content into sealed content and back, from an offset on."""
    counter = (int.from_bytes(start, "big") + offset // _BLOCK) % (1 << 128)
    context = Cipher(AES(key), CTR(counter.to_bytes(START, "big"))).encryptor()
    context.update(bytes(offset % _BLOCK))
    return context


def new_start() -> bytes:
    """Where the counter of a new content begins."""
    return ids.data(START)


# ---- New content ----------------------------------------------------------------------------------------------------


async def begin(call: Call, bucket: Bucket, wish: Wish) -> Seal:
    """A key for a new object. Raises what KMS refuses, in S3's words."""
    if wish.own:
        return begin_own(call, bucket, wish.own)
    arn = bucket.arn if wish.bucket_key else f"{bucket.arn}/{call.input['Key']}"
    context = {**wish.context, "aws:s3:arn": arn}
    given = {"KeyId": wish.key, "KeySpec": "AES_256", "EncryptionContext": context}
    made = await _ask(call, bucket, "GenerateDataKey", given)
    kept: dict[str, Any] = {"ServerSideEncryption": KMS, "SSEKMSKeyId": made["KeyId"]}
    if wish.bucket_key:
        kept["BucketKeyEnabled"] = True
    kept[SEALING] = {"Key": base64.b64encode(made["CiphertextBlob"]).decode(), "Context": context}
    return Seal(made["Plaintext"], kept)


def begin_own(call: Call, bucket: Bucket, key: bytes) -> Seal:
    """A new object under its client's own key. Raises AccessDenied where the bucket blocks them."""
    if encryption.blocks_customer_keys(bucket.get("encryption")):
        action, arn = f"s3:{call.operation_name}", f"{bucket.arn}/{call.input['Key']}"
        raise errors.S3Error(
            f'User: {call.principal.arn} is not authorized to perform: {action} on resource: "{arn}" because this'
            " bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys"
            " (SSE-C). Please specify a different server-side encryption type",
            code="AccessDenied",
            status=403,
        )
    salt = ids.data(START)
    kept = {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": encryption.key_digest(key)}
    return Seal(key, kept | {SEALING: {"Salt": salt.hex(), "Digest": _digest(salt, key)}})


def _digest(salt: bytes, key: bytes) -> str:
    return hmac.new(salt, key, "sha256").hexdigest()


# ---- Content that is there ------------------------------------------------------------------------------------------


def check_own(system: Mapping[str, Any], own: bytes | None) -> bytes | None:
    """The client's key, where the object is under one. Raises unless it is the one, or none was sent for none."""
    salted = (system.get(SEALING) or {}).get("Salt")
    if salted is None:
        if own is not None:
            raise errors.InvalidRequest("The encryption parameters are not applicable to this object.")
        return None
    if own is None:
        raise errors.InvalidRequest(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to"
            " retrieve the object."
        )
    if not _is_key(system[SEALING], own):
        raise errors.S3Error(
            "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret"
            " key.",
            code="AccessDenied",
            status=403,
        )
    return own


def check_part(system: Mapping[str, Any], own: bytes | None) -> bytes | None:
    """The same for a part of an upload: every part comes with the key that the upload began with."""
    salted = (system.get(SEALING) or {}).get("Salt")
    if (salted is None) is not (own is None):
        raise errors.InvalidRequest(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate"
            " encryption parameters."
        )
    if own is not None and not _is_key(system[SEALING], own):
        raise errors.InvalidRequest("The provided encryption parameters did not match the ones used originally.")
    return own


def _is_key(sealing: Mapping[str, Any], own: bytes) -> bool:
    return hmac.compare_digest(_digest(bytes.fromhex(sealing["Salt"]), own), sealing["Digest"])


def is_of_kms(system: Mapping[str, Any]) -> bool:
    """Whether only KMS opens the content. What was `aws:kms` before there were keys lies as it is."""
    return "Key" in (system.get(SEALING) or {})


async def key_of(call: Call, bucket: Bucket, system: Mapping[str, Any]) -> bytes:
    """The key of content that KMS opens, if it opens it for the caller."""
    sealing = system[SEALING]
    given = {"CiphertextBlob": base64.b64decode(sealing["Key"]), "EncryptionContext": sealing["Context"]}
    return (await _ask(call, bucket, "Decrypt", given))["Plaintext"]


async def key_when_found(call: Call, bucket: Bucket, find: Callable[[], Mapping[str, Any]]) -> bytes:
    """The key of what is found, and still is once KMS has answered: an object may be replaced meanwhile."""
    for _ in range(_TRIES):
        system = find()
        if not is_of_kms(system):
            return b""
        key = await key_of(call, bucket, system)
        if find().get(SEALING) == system[SEALING]:
            return key
    raise errors.OperationAborted()


async def _ask(call: Call, bucket: Bucket, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    _check_signed(call)
    via = {"kms:ViaService": f"s3.{bucket.region}.amazonaws.com"}
    # A key's name is one of the caller's account, whoever owns the bucket.
    scope = Scope(call.principal.account or bucket.account, bucket.region)
    try:
        return await call.send("kms", operation, given, context=via, scope=scope)
    except AwsError as error:
        if "AccessDenied" in error.code:
            raise errors.S3Error(error.message, code="AccessDenied", status=403) from None
        if (error.status or 400) >= 500:
            raise
        raise errors.S3Error(error.message, code=f"KMS.{error.code}", status=400) from None


def _check_signed(call: Call) -> None:
    """Raise for who signed nothing, or with version 2: KMS would not know who asks."""
    claim = call.claim
    if call.principal.kind == "anonymous" or (call.signed and claim is not None and not claim.date):
        raise errors.InvalidArgument(
            "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
            "Authorization",
            "null",
        )
