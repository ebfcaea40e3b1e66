"""How key material comes in: wrapped by RSA alone, or by an AES key that RSA wraps."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

from cloudarium.services.kms import primitives

ALGORITHMS = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")


def unwrap(der: bytes, algorithm: str, wrapped: bytes) -> bytes | None:
    """The material that was wrapped for this private key, None when it was not."""
    private = primitives.private_key(der)
    if algorithm.startswith("RSAES"):
        return primitives.rsa_decrypt(private, algorithm, wrapped)
    size = private.key_size // 8
    inner = primitives.rsa_decrypt(private, algorithm, wrapped[:size])
    if inner is None or len(inner) not in (16, 24, 32):
        return None
    try:
        return aes_key_unwrap_with_padding(inner, wrapped[size:])
    except (InvalidUnwrap, ValueError):
        return None


def fits(spec: str, secret: bytes) -> bool:
    """Whether the material is of the key's spec: so many bytes, or such a private key in PKCS#8's DER."""
    length = primitives.length_of(spec)
    if length is not None:
        return len(secret) == length
    try:
        private: Any = serialization.load_der_private_key(secret, None)
    except Exception:  # cryptography has many names for a key that is none
        return False
    return primitives.is_of(spec, private)
