"""A secret in the message format of the AWS Encryption SDK, as functions that send messages themselves get it.

Version 1 of the format, algorithm 0x0378 (AES-256-GCM, HKDF-SHA384, ECDSA P-384): base64 of it begins with AYADe.
Source: https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cloudarium.shared import ids

_ALGORITHM = b"\x03\x78"
_SIGNER = "aws-crypto-public-key"
_FRAME = 4096
_LAST = b"\xff\xff\xff\xff"
_NONCE, _TAG = 12, 16

# (data key, the key as KMS encrypted it, the ARN of the KMS key) for an encryption context
DataKeys = Callable[[dict[str, str]], Awaitable[tuple[bytes, bytes, str]]]


async def sealed(secret: str, context: Mapping[str, str], data_keys: DataKeys) -> str:
    """The secret, encrypted and in base64; at most one frame long."""
    plain = secret.encode()
    if len(plain) > _FRAME:
        raise ValueError("the secret is longer than a frame")
    signer = ec.generate_private_key(ec.SECP384R1())
    public = signer.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    full = {**context, _SIGNER: base64.b64encode(public).decode()}
    key, wrapped, arn = await data_keys(full)
    id = ids.data(16)
    header = _header(id, full, wrapped, arn)
    cipher = AESGCM(HKDF(hashes.SHA384(), 32, None, _ALGORITHM + id).derive(key))
    nonce = bytes(_NONCE)
    message = header + nonce + cipher.encrypt(nonce, b"", header) + _frame(cipher, id, plain)
    signature = signer.sign(message, ec.ECDSA(hashes.SHA384()))
    return base64.b64encode(message + _sized(signature)).decode()


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _header(id: bytes, context: Mapping[str, str], wrapped: bytes, arn: str) -> bytes:
    pairs = sorted((name.encode(), value.encode()) for name, value in context.items())
    about = len(pairs).to_bytes(2, "big") + b"".join(_sized(name) + _sized(value) for name, value in pairs)
    keys = (1).to_bytes(2, "big") + _sized(b"aws-kms") + _sized(arn.encode()) + _sized(wrapped)
    framed = b"\x02" + bytes(4) + _NONCE.to_bytes(1, "big") + _FRAME.to_bytes(4, "big")
    return b"\x01\x80" + _ALGORITHM + id + _sized(about) + keys + framed


def _frame(cipher: AESGCM, id: bytes, plain: bytes) -> bytes:
    """The first frame, which is the last."""
    number = (1).to_bytes(4, "big")
    nonce = (1).to_bytes(_NONCE, "big")
    about = id + b"AWSKMSEncryptionClient Final Frame" + number + len(plain).to_bytes(8, "big")
    found = cipher.encrypt(nonce, plain, about)
    return _LAST + number + nonce + len(plain).to_bytes(4, "big") + found
