"""Encrypt, Decrypt, ReEncrypt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources, sealing
from cloudarium.services.kms.operations.lookup import by_arn, locate, private, stop_if_dry, usable
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import specs

Data = dict[str, Any]
Answer = Data | Awaitable[Data]


def _algorithm(call: Call, key: Key, member: str, context: str) -> str:
    """The algorithm that the call asks for. Raises unless the key has it, and a context only where it can be bound."""
    algorithm = call.input.get(member) or specs.SYMMETRIC
    specs.check_algorithm(key.spec, key.usage, algorithm)
    if algorithm != specs.SYMMETRIC and call.input.get(context):
        raise errors.Invalid("Encryption context cannot be used with asymmetric keys.")
    return algorithm


def _encrypted(call: Call, key: Key, algorithm: str, plaintext: bytes, context: sealing.Context) -> bytes:
    if algorithm == specs.SYMMETRIC:
        return sealing.encrypt(call, key, plaintext, context)
    secret = private(call, key)
    most = primitives.longest_plaintext(secret, algorithm)
    if len(plaintext) > most:
        raise errors.Invalid(
            f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than {most} bytes."
        )
    return primitives.rsa_encrypt(secret, algorithm, plaintext)


@operation("Encrypt", on=resources.key, context=resources.encrypting)
def encrypt(call: Call) -> Data:
    """Encrypt up to 4096 bytes under a key; a symmetric one binds them to the encryption context."""
    given = call.input
    key = usable(call, locate(call, given["KeyId"]), specs.ENCRYPT)
    algorithm = _algorithm(call, key, "EncryptionAlgorithm", "EncryptionContext")
    blob = _encrypted(call, key, algorithm, given["Plaintext"], given.get("EncryptionContext"))
    stop_if_dry(call)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


def _key_of(call: Call, arn: str, member: str, operation: str) -> Key:
    """The key of the ciphertext that a call gives. Raises unless it is the one that the call names, if it names one."""
    text = call.input.get(member)
    chosen = locate(call, text) if text else None
    if arn == "*":
        raise errors.InvalidCiphertext
    try:
        key = by_arn(call, arn)
    except errors.NotFound:
        raise errors.UnknownCiphertext(call.principal.arn, operation) from None
    if chosen is not None and chosen.arn != key.arn:
        raise errors.IncorrectKey
    return usable(call, key, specs.ENCRYPT, operation)


def _opened(
    call: Call, key: Key, algorithm: str, context: sealing.Context, then: Callable[[sealing.Opened], Data]
) -> Answer:
    """What `then` makes of the plaintext; RSA leaves the loop for it."""
    blob = call.input["CiphertextBlob"]
    if algorithm == specs.SYMMETRIC:
        return then(sealing.decrypt(call, key, blob, context))
    return _opened_by_rsa(private(call, key), algorithm, blob, then)


async def _opened_by_rsa(secret: Any, algorithm: str, blob: bytes, then: Callable[[sealing.Opened], Data]) -> Data:
    plaintext = await asyncio.to_thread(primitives.rsa_decrypt, secret, algorithm, blob)
    if plaintext is None:
        raise errors.InvalidCiphertext
    return then(sealing.Opened(plaintext, ""))


@operation("Decrypt", on=resources.decrypting, context=resources.encrypting, refuses=("Recipient", "DryRunModifiers"))
def decrypt(call: Call) -> Answer:
    """The plaintext of a ciphertext; the key is the one that encrypted it, and must be the one that is named."""
    key = _key_of(call, resources.decrypting(call), "KeyId", "Decrypt")
    algorithm = _algorithm(call, key, "EncryptionAlgorithm", "EncryptionContext")

    def answer(opened: sealing.Opened) -> Data:
        stop_if_dry(call)
        by = {"KeyMaterialId": opened.material} if opened.material else {}
        return {"KeyId": key.arn, "Plaintext": opened.plaintext, "EncryptionAlgorithm": algorithm, **by}

    return _opened(call, key, algorithm, call.input.get("EncryptionContext"), answer)


@operation("ReEncrypt", on=resources.reencrypting, refuses=("DryRunModifiers",))
def re_encrypt(call: Call) -> Answer:
    """Decrypt, and encrypt under another key or context, without anyone seeing the plaintext."""
    given = call.input
    source = _key_of(call, resources.source(call), "SourceKeyId", "ReEncryptFrom")
    algorithm = _algorithm(call, source, "SourceEncryptionAlgorithm", "SourceEncryptionContext")
    target = usable(call, locate(call, given["DestinationKeyId"]), specs.ENCRYPT, "ReEncryptTo")
    new = _algorithm(call, target, "DestinationEncryptionAlgorithm", "DestinationEncryptionContext")

    def answer(opened: sealing.Opened) -> Data:
        blob = _encrypted(call, target, new, opened.plaintext, given.get("DestinationEncryptionContext"))
        stop_if_dry(call)
        by = {"SourceKeyMaterialId": opened.material} if opened.material else {}
        if new == specs.SYMMETRIC:
            by["DestinationKeyMaterialId"] = target.data["CurrentKeyMaterialId"]
        return {
            "CiphertextBlob": blob,
            "SourceKeyId": source.arn,
            "KeyId": target.arn,
            "SourceEncryptionAlgorithm": algorithm,
            "DestinationEncryptionAlgorithm": new,
            **by,
        }

    return _opened(call, source, algorithm, given.get("SourceEncryptionContext"), answer)
