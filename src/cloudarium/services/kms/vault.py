"""Key material at rest: sealed with AES-256-GCM under a master key that lies beside the database, never in it.

Each sealed piece is bound to the ARN of its key and the number of its version, so that rows cannot change places.
What is unsealed is kept in memory as the cipher or key object that uses it, for as long as the cloud runs.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.services.kms.records.keys import Key, Material
from cloudarium.shared import ids
from cloudarium.store.keys import master_key

_NONCE = 12
_KEEP, _OPENED = "kms master", "kms opened"
_MOST_OPENED = 10_000


def _master(call: Call) -> bytes:
    master = call.cloud.keep.get(_KEEP)
    if master is None:
        master = call.cloud.keep[_KEEP] = master_key(call.store.folder, "kms")
    return master


def _place(key: Key, number: int) -> bytes:
    return f"{key.arn}:{number}".encode()


def seal(call: Call, key: Key, number: int, secret: bytes) -> bytes:
    """A version of a key's material as it is kept."""
    nonce = ids.data(_NONCE)
    return nonce + AESGCM(_master(call)).encrypt(nonce, secret, _place(key, number))


def material_id(call: Call, key: Key, secret: bytes) -> str:
    """The id of this material as this key's: the same when it is imported again, and it tells nothing of it."""
    return hmac.new(_master(call), key.arn.encode() + secret, hashlib.sha256).hexdigest()


def opened(call: Call, key: Key, material: Material, make: Callable[[bytes], Any]) -> Any:
    """What `make` makes of a version's material (the cipher, the private key), made once.

    It is found by the sealed bytes: other material, or none, is another row.
    """
    kept = call.cloud.keep.setdefault(_OPENED, {})
    found = kept.get((material.sealed, make))
    if found is None:
        assert material.sealed is not None
        sealed, place = material.sealed, _place(key, material.number)
        if len(kept) >= _MOST_OPENED:
            kept.clear()
        secret = AESGCM(_master(call)).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
        found = kept[sealed, make] = make(secret)
    return found


def forget_opened(call: Call) -> None:
    """Forget what is unsealed in memory: material has been deleted."""
    call.cloud.keep.pop(_OPENED, None)


def seal_token(call: Call, data: bytes) -> bytes:
    """Something that a caller keeps for us, and cannot read or change."""
    nonce = ids.data(_NONCE)
    return nonce + AESGCM(_master(call)).encrypt(nonce, data, b"token")


def open_token(call: Call, token: bytes) -> bytes | None:
    """What was sealed into a token, None when it is none of ours."""
    try:
        return AESGCM(_master(call)).decrypt(token[:_NONCE], token[_NONCE:], b"token")
    except (InvalidTag, ValueError):
        return None
