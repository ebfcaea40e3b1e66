"""How values are kept: encrypted with a data key of their own, which only KMS can open, as Secrets Manager does it.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.services.secretsmanager.errors import KeyFailure
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.shared import arn, ids
from cloudarium.shared.errors import AwsError

_NONCE = 12
DEFAULT = "alias/aws/secretsmanager"


def key_of(secret: Secret, given: str | None) -> str:
    """The key for values of a secret as KMS is to find it, whoever asks: an ARN where a name would not do."""
    key = given or DEFAULT
    if key.startswith("arn:"):
        return key
    return arn.make("kms", secret.scope, key if key.startswith("alias/") else f"key/{key}")


async def seal(call: Call, secret: Secret, version: str, key: str | None, plain: bytes) -> bytes:
    """The value, which only `unseal` reads for the same secret and version. Raises KeyFailure."""
    given = {"KeyId": key_of(secret, key), "KeySpec": "AES_256"}
    answer = await _ask(call, "GenerateDataKey", secret, version, given, KeyFailure.encrypting())
    wrapped, nonce = answer["CiphertextBlob"], ids.data(_NONCE)
    sealed = AESGCM(answer["Plaintext"]).encrypt(nonce, plain, version.encode())
    return len(wrapped).to_bytes(2, "big") + wrapped + nonce + sealed


async def unseal(call: Call, secret: Secret, version: str, sealed: bytes) -> bytes:
    """The value that was sealed. Raises KeyFailure."""
    end = 2 + int.from_bytes(sealed[:2], "big")
    given = {"CiphertextBlob": sealed[2:end]}
    answer = await _ask(call, "Decrypt", secret, version, given, KeyFailure.decrypting())
    nonce, rest = sealed[end : end + _NONCE], sealed[end + _NONCE :]
    return AESGCM(answer["Plaintext"]).decrypt(nonce, rest, version.encode())


async def _ask(
    call: Call, operation: str, secret: Secret, version: str, given: dict[str, Any], failure: KeyFailure
) -> dict[str, Any]:
    context = {"SecretARN": secret.arn, "SecretVersionId": version}
    via = {"kms:ViaService": f"secretsmanager.{secret.scope.region}.amazonaws.com"}
    try:
        return await call.send("kms", operation, {**given, "EncryptionContext": context}, context=via)
    except AwsError as error:
        if "AccessDenied" in error.code:
            raise KeyFailure.denied() from None
        if (error.status or 400) >= 500:
            raise
        raise failure from None
