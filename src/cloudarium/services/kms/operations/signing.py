"""Asymmetric keys: signatures, public keys, key agreement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources
from cloudarium.services.kms.operations.lookup import check_state, locate, private, stop_if_dry, usable
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import specs

Data = dict[str, Any]


def _signing(call: Call) -> tuple[Key, str, str]:
    """The key, the algorithm, and what the message is: itself, its digest or its mu."""
    given = call.input
    key = usable(call, locate(call, given["KeyId"]), specs.SIGN)
    algorithm, kind = given["SigningAlgorithm"], given.get("MessageType") or "RAW"
    specs.check_algorithm(key.spec, key.usage, algorithm)
    specs.check_message(algorithm, kind, given["Message"], call.operation_name)
    return key, algorithm, kind


@operation("Sign", on=resources.key, context=resources.encrypting)
def sign(call: Call) -> Data | Awaitable[Data]:
    """The signature of a message or of its digest."""
    key, algorithm, kind = _signing(call)
    stop_if_dry(call)
    secret, message = private(call, key), call.input["Message"]
    if specs.is_slow(key.spec):
        return _sign_in_thread(key, secret, algorithm, message, kind)
    return _signed(key, algorithm, primitives.sign(secret, algorithm, message, kind))


async def _sign_in_thread(key: Key, secret: Any, algorithm: str, message: bytes, kind: str) -> Data:
    return _signed(key, algorithm, await asyncio.to_thread(primitives.sign, secret, algorithm, message, kind))


def _signed(key: Key, algorithm: str, signature: bytes) -> Data:
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm}


@operation("Verify", on=resources.key, context=resources.encrypting)
def verify(call: Call) -> Data:
    """Whether a signature is that of the message: anything else is an error."""
    key, algorithm, kind = _signing(call)
    given = call.input
    if not primitives.verified(private(call, key), algorithm, given["Message"], kind, given["Signature"]):
        raise errors.InvalidSignature
    stop_if_dry(call)
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


@operation("GetPublicKey", on=resources.key, context=resources.encrypting)
def get_public_key(call: Call) -> Data:
    """The public half of an asymmetric key."""
    key = locate(call, call.input["KeyId"])
    for token in call.input.get("GrantTokens") or ():
        if resources.token_of(token) is None:
            raise errors.InvalidGrantToken("The specified grant token is not valid.")
    if not key.spec.startswith(("RSA_", "ECC_", "ML_DSA_")):
        raise errors.Unsupported(f"{key.arn} key spec is {key.spec} which is not valid for GetPublicKey.")
    # AWS's table of key states says that a disabled key refuses this; it does not (seen by LocalStack's tests).
    check_state(key, "Disabled")
    return {
        "KeyId": key.arn,
        "PublicKey": primitives.public_bytes(private(call, key)),
        **specs.shown(key.spec, key.usage),
    }


@operation("DeriveSharedSecret", on=resources.key, context=resources.encrypting, refuses=("Recipient",))
def derive_shared_secret(call: Call) -> Data:
    """The secret that both sides of an ECDH agreement come to."""
    given = call.input
    key = usable(call, locate(call, given["KeyId"]), specs.AGREE)
    specs.check_algorithm(key.spec, key.usage, given["KeyAgreementAlgorithm"])
    secret = primitives.shared_secret(private(call, key), given["PublicKey"])
    if secret is None:
        raise errors.Invalid("The public key is not valid for the key agreement with this key.")
    stop_if_dry(call)
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "KeyAgreementAlgorithm": given["KeyAgreementAlgorithm"],
        "KeyOrigin": key.data["Origin"],
    }
