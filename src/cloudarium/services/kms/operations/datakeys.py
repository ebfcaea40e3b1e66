"""Data keys: keys for use outside, given in plain and encrypted under a key that stays here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources, sealing
from cloudarium.services.kms.operations.lookup import locate, stop_if_dry, usable
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import specs
from cloudarium.shared import ids

Data = dict[str, Any]
_SIZES = {"AES_128": 16, "AES_256": 32}


def _key(call: Call) -> Key:
    key = usable(call, locate(call, call.input["KeyId"]), specs.ENCRYPT)
    if key.spec != specs.SYMMETRIC:
        raise errors.InvalidKeyUsage.algorithm(specs.SYMMETRIC, key.spec)
    return key


def _wrapped(call: Call, key: Key, secret: bytes, blob: str, plain: str = "") -> Data:
    """The answer with a secret encrypted as the member `blob`, and in plain as `plain` if that is named."""
    sealed = sealing.encrypt(call, key, secret, call.input.get("EncryptionContext"))
    stop_if_dry(call)
    shown = {plain: secret} if plain else {}
    return {blob: sealed, **shown, "KeyId": key.arn, "KeyMaterialId": key.data["CurrentKeyMaterialId"]}


def _data_key(call: Call, plain: str = "") -> Data:
    spec, length = call.input.get("KeySpec"), call.input.get("NumberOfBytes")
    if (spec is None) is (length is None):
        raise errors.Invalid("Please specify either number of bytes or key spec.")
    key = _key(call)
    return _wrapped(call, key, ids.data(_SIZES[spec] if spec else length or 0), "CiphertextBlob", plain)


@operation("GenerateDataKey", on=resources.key, context=resources.encrypting, refuses=("Recipient",))
def generate_data_key(call: Call) -> Data:
    """A new data key, in plain and encrypted."""
    return _data_key(call, "Plaintext")


@operation("GenerateDataKeyWithoutPlaintext", on=resources.key, context=resources.encrypting)
def generate_data_key_without_plaintext(call: Call) -> Data:
    """A new data key, encrypted."""
    return _data_key(call)


def _pair(call: Call, plain: str = "") -> Data | Awaitable[Data]:
    spec = call.input["KeyPairSpec"]
    specs.check_built(spec, call.operation_name)
    key = _key(call)
    if specs.is_slow(spec):
        return _slow_pair(call, key, spec, plain)
    return _shown_pair(call, key, spec, primitives.generate(spec), plain)


async def _slow_pair(call: Call, key: Key, spec: str, plain: str) -> Data:
    return _shown_pair(call, key, spec, await asyncio.to_thread(primitives.generate, spec), plain)


def _shown_pair(call: Call, key: Key, spec: str, secret: bytes, plain: str) -> Data:
    public = primitives.public_bytes(primitives.private_key(secret))
    wrapped = _wrapped(call, key, secret, "PrivateKeyCiphertextBlob", plain)
    return {**wrapped, "PublicKey": public, "KeyPairSpec": spec}


@operation("GenerateDataKeyPair", on=resources.key, context=resources.encrypting, refuses=("Recipient",))
def generate_data_key_pair(call: Call) -> Data | Awaitable[Data]:
    """A new key pair, the private key in plain and encrypted."""
    return _pair(call, "PrivateKeyPlaintext")


@operation("GenerateDataKeyPairWithoutPlaintext", on=resources.key, context=resources.encrypting)
def generate_data_key_pair_without_plaintext(call: Call) -> Data | Awaitable[Data]:
    """A new key pair, the private key encrypted."""
    return _pair(call)


@operation("GenerateRandom", refuses=("CustomKeyStoreId", "Recipient"))
def generate_random(call: Call) -> Data:
    """Up to 1024 random bytes."""
    if call.input.get("NumberOfBytes") is None:
        raise errors.Invalid("NumberOfBytes is required.")
    return {"Plaintext": ids.data(call.input["NumberOfBytes"])}
