"""SecureString values: encrypted by KMS under the parameter's key, with the parameter's ARN as encryption context.

A standard parameter is encrypted by KMS itself, an advanced one with a data key, as on AWS.
Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
What was sealed before there was KMS is under a key in the data folder, and is still read.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.services.ssm import errors, resources
from cloudarium.services.ssm.records import Version
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

_NONCE = 12
_KEEP = "ssm key"
DIRECT, ENVELOPE = "kms", "data key"  # how a version was sealed; an older one does not say


async def seal(call: Call, name: str, key: str, tier: str, value: str) -> tuple[bytes, str]:
    """The value, readable only by `unseal` under the same name, and how it was sealed. Raises InvalidKeyId."""
    plain = value.encode(errors="surrogatepass")
    if tier == "Standard":
        answer = await _ask(call, "Encrypt", name, {"KeyId": key, "Plaintext": plain})
        return answer["CiphertextBlob"], DIRECT
    answer = await _ask(call, "GenerateDataKey", name, {"KeyId": key, "KeySpec": "AES_256"})
    wrapped, nonce = answer["CiphertextBlob"], ids.data(_NONCE)
    sealed = AESGCM(answer["Plaintext"]).encrypt(nonce, plain, name.encode())
    return len(wrapped).to_bytes(2, "big") + wrapped + nonce + sealed, ENVELOPE


async def unseal(call: Call, version: Version) -> str:
    """The value that was sealed. Raises InvalidKeyId."""
    sealed, name = bytes(version.value), version.name  # type: ignore[arg-type]
    how = version.data.get("Sealed")
    if how is None:
        return _unseal_old(call, version, sealed)
    if how == DIRECT:
        answer = await _ask(call, "Decrypt", name, {"CiphertextBlob": sealed})
        return answer["Plaintext"].decode(errors="surrogatepass")
    end = 2 + int.from_bytes(sealed[:2], "big")
    answer = await _ask(call, "Decrypt", name, {"CiphertextBlob": sealed[2:end]})
    nonce, rest = sealed[end : end + _NONCE], sealed[end + _NONCE :]
    return AESGCM(answer["Plaintext"]).decrypt(nonce, rest, name.encode()).decode(errors="surrogatepass")


async def _ask(call: Call, operation: str, name: str, given: dict[str, Any]) -> dict[str, Any]:
    context = {"PARAMETER_ARN": resources.parameter_arn(call.scope, name)}
    via = {"kms:ViaService": f"ssm.{call.region}.amazonaws.com"}
    try:
        return await call.send("kms", operation, {**given, "EncryptionContext": context}, context=via)
    except AwsError as error:
        if "AccessDenied" in error.code or (error.status or 400) >= 500:
            raise
        raise errors.InvalidKeyId(error.message) from None


def _unseal_old(call: Call, version: Version, sealed: bytes) -> str:
    cipher = call.cloud.keep.get(_KEEP)
    if cipher is None:
        cipher = call.cloud.keep[_KEEP] = AESGCM((call.store.folder / "keys" / "ssm").read_bytes())
    place = f"{resources.parameter_arn(call.scope, version.name)}:{version.version}"
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()).decode(errors="surrogatepass")


def shown(sealed: bytes) -> str:
    """What a caller sees who does not ask for decryption."""
    return base64.b64encode(sealed).decode()
