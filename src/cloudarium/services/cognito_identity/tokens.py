"""The tokens of identity pools: RS512 under one key, which is made when the first token is."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.services.cognito_identity import records, resources
from cloudarium.services.cognito_identity.records import Identity, Pool
from cloudarium.shared import ids

Data = dict[str, Any]
ISSUER = f"https://{resources.SERVICE}"
BASIC_SECONDS, DEVELOPER_SECONDS = 600, 900
_KEEP = "cognito-identity key"
_TAGS = "https://aws.amazon.com/tags"


async def key(cloud: Cloud) -> tuple[str, RSAPrivateKey]:
    """(id, key) that signs the tokens of all pools."""
    if kept(cloud) is None:
        pem = await asyncio.to_thread(_pem)
        with cloud.store.transaction():
            if records.find_key(cloud.store) is None:
                records.add_key(cloud.store, f"{cloud.home.region}-{ids.integer(1, 9)}", pem)
    found = kept(cloud)
    assert found is not None
    return found


def kept(cloud: Cloud) -> tuple[str, RSAPrivateKey] | None:
    """The signing key, None as long as no token was made."""
    if _KEEP not in cloud.keep:
        row = records.find_key(cloud.store)
        if row is None:
            return None
        loaded = serialization.load_pem_private_key(row[1], None)
        assert isinstance(loaded, RSAPrivateKey)
        cloud.keep[_KEEP] = (row[0], loaded)
    found: tuple[str, RSAPrivateKey] = cloud.keep[_KEEP]
    return found


def _pem() -> bytes:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def key_set(cloud: Cloud) -> Data:
    """The public key, as a JSON Web Key Set."""
    found = kept(cloud)
    if found is None:
        return {"keys": []}
    kid, private = found
    numbers = private.public_key().public_numbers()
    return {
        "keys": [
            {"kty": "RSA", "alg": "RS512", "use": "sig", "kid": kid, "n": _number(numbers.n), "e": _number(numbers.e)}
        ]
    }


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def made(call: Call, pool: Pool, identity: Identity, amr: list[str], tags: Data, seconds: int) -> str:
    """A token that says: this is the identity, by these means, with these tags; it holds so many seconds."""
    kid, private = await key(call.cloud)
    now = int(call.now)
    claims: Data = {
        "sub": identity.id,
        "aud": pool.id,
        "amr": amr,
        f"{ISSUER}/identity-pool-arn": resources.pool_arn(pool.scope, pool.id),
        "iss": ISSUER,
        "exp": now + seconds,
        "iat": now,
    }
    if tags:
        claims[_TAGS] = {"principal_tags": {name: [value] for name, value in tags.items()}, "transitive_tag_keys": []}
    head = _encoded(orjson.dumps({"kid": kid, "typ": "JWS", "alg": "RS512"}))
    text = f"{head}.{_encoded(orjson.dumps(claims))}"
    return f"{text}.{_encoded(private.sign(text.encode(), PKCS1v15(), hashes.SHA512()))}"
