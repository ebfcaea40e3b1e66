"""The form of symmetric ciphertexts: which key and which version of its material, then AES-256-GCM.

    0x0102020078 | key id (16) | version (4) | nonce (12) | encrypted | tag (16)

The first bytes are those of AWS's own, which begin with `AQICAHg` in base64; all before the nonce is authenticated
together with the encryption context.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

_MAGIC = b"\x01\x02\x02\x00\x78"
_ID, _NUMBER, NONCE, _TAG = 16, 4, 12, 16
_HEAD = len(_MAGIC) + _ID + _NUMBER


class Ciphertext(NamedTuple):
    """A ciphertext taken apart; `head` is what stands before the nonce."""

    key: str
    number: int
    head: bytes
    nonce: bytes
    sealed: bytes


def head(key: str, number: int) -> bytes:
    """What stands before the nonce of a ciphertext under this version of a key."""
    return _MAGIC + bytes.fromhex(key.replace("-", "")) + number.to_bytes(_NUMBER, "big")


def parse(blob: object) -> Ciphertext | None:
    """The parts of a ciphertext, None when it is none of ours."""
    if not isinstance(blob, bytes) or not blob.startswith(_MAGIC) or len(blob) < _HEAD + NONCE + _TAG:
        return None
    digits = blob[len(_MAGIC) : len(_MAGIC) + _ID].hex()
    key = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    number = int.from_bytes(blob[_HEAD - _NUMBER : _HEAD], "big")
    return Ciphertext(key, number, blob[:_HEAD], blob[_HEAD : _HEAD + NONCE], blob[_HEAD + NONCE :])


def bound(head: bytes, context: Mapping[str, str] | None) -> bytes:
    """What a ciphertext is bound to: its own head and the encryption context, whatever its order."""
    return head + (orjson.dumps(dict(context), option=orjson.OPT_SORT_KEYS) if context else b"")
