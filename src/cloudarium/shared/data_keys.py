"""Data keys: what a room encrypts with, wrapped by KMS, and used again for a while before KMS is asked once more."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.shared import ids

_NONCE = 12
_MOST = 1000  # data keys in memory


class DataKey:
    """A data key: as KMS wrapped it, and until when it may be used without asking again."""

    def __init__(self, wrapped: str, plain: bytes, until: float) -> None:
        self.wrapped = wrapped
        self.until = until
        self._cipher = AESGCM(plain)

    def seal(self, body: bytes, bound: str) -> bytes:
        """A body encrypted for what it is bound to."""
        nonce = ids.data(_NONCE)
        return nonce + self._cipher.encrypt(nonce, body, bound.encode())

    def unseal(self, body: bytes, bound: str) -> bytes:
        """The body in the clear."""
        return self._cipher.decrypt(body[:_NONCE], body[_NONCE:], bound.encode())


Ring = dict[Any, DataKey]


def known(ring: Ring, place: Any, now: float) -> DataKey | None:
    """The data key of a place, if it may still be used."""
    found = ring.get(place)
    return found if found is not None and found.until > now else None


def keep(ring: Ring, place: Any, key: DataKey) -> None:
    """Have a data key be known; a ring that is full begins anew."""
    if len(ring) >= _MOST:
        ring.clear()
    ring[place] = key
