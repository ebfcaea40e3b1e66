"""The signing keys of pools: made in a thread, kept as PEM, published as a key set."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cloudarium.cloud import Cloud
from cloudarium.services.cognito_idp.records import pools
from cloudarium.shared import ids

Data = dict[str, Any]
_KEEP = "cognito-idp keys"
_MOST_KEPT = 1000
USES = ("access", "id")


async def make() -> list[pools.Key]:
    """The two signing keys of a new pool: one for its ID tokens, one for its access tokens."""
    made = await asyncio.gather(*(asyncio.to_thread(_pem) for _ in USES))
    return [pools.Key(use, base64.b64encode(ids.data(32)).decode(), pem) for use, pem in zip(USES, made, strict=True)]


def _pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def of(cloud: Cloud, pool: str) -> dict[str, tuple[str, RSAPrivateKey]]:
    """A pool's keys by their uses, each with its id."""
    kept: dict[str, dict[str, tuple[str, RSAPrivateKey]]] = cloud.keep.setdefault(_KEEP, {})
    if pool not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[pool] = {key.use: (key.kid, _loaded(key.pem)) for key in pools.keys(cloud.store, pool)}
    return kept[pool]


def _loaded(pem: bytes) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, RSAPrivateKey)
    return key


def published(cloud: Cloud, pool: str) -> Data:
    """The pool's public keys, as its jwks.json holds them."""
    found = []
    for kid, key in of(cloud, pool).values():
        numbers = key.public_key().public_numbers()
        about = {"alg": "RS256", "e": _number(numbers.e), "kid": kid, "kty": "RSA", "n": _number(numbers.n)}
        found.append({**about, "use": "sig"})
    return {"keys": found}


def _number(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
