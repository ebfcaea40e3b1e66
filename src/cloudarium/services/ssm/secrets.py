"""SecureString values: sealed with AES-GCM under a key that lives in the data folder, apart from the database.

This is what `alias/aws/ssm` stands for until KMS exists.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.gateway.call import Call
from cloudarium.shared import ids

_NONCE = 12
_KEEP = "ssm key"


def _cipher(call: Call) -> AESGCM:
    cipher = call.cloud.keep.get(_KEEP)
    if cipher is None:
        cipher = call.cloud.keep[_KEEP] = AESGCM(_key(call.store.folder / "keys" / "ssm"))
    return cipher


def _key(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(ids.data(32))
        fresh.rename(path)
    return path.read_bytes()


def seal(call: Call, place: str, value: str) -> bytes:
    """The value, readable only by `unseal` at the same place (the parameter's ARN and version)."""
    nonce = ids.data(_NONCE)
    return nonce + _cipher(call).encrypt(nonce, value.encode(errors="surrogatepass"), place.encode())


def unseal(call: Call, place: str, sealed: bytes) -> str:
    """The value that was sealed."""
    return _cipher(call).decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()).decode(errors="surrogatepass")


def shown(sealed: bytes) -> str:
    """What a caller sees who does not ask for decryption."""
    return base64.b64encode(b"\x01\x02\x02\x00x" + sealed).decode()
