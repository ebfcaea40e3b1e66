"""Encrypting and decrypting under a symmetric key, with the encryption context authenticated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from cloudarium.gateway.call import Call
from cloudarium.services.kms import errors, primitives, vault
from cloudarium.services.kms.operations import lookup
from cloudarium.services.kms.records import keys
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import ciphertexts
from cloudarium.shared import ids

Context = Mapping[str, str] | None


class Opened(NamedTuple):
    """A plaintext, and the id of the material under which it was."""

    plaintext: bytes
    material: str


def encrypt(call: Call, key: Key, plaintext: bytes, context: Context) -> bytes:
    """The ciphertext of a plaintext under the newest version of a key."""
    material = lookup.current(call, key)
    head, nonce = ciphertexts.head(key.id, material.number), ids.data(ciphertexts.NONCE)
    cipher = vault.opened(call, key, material, primitives.cipher)
    return head + nonce + cipher.encrypt(nonce, plaintext, ciphertexts.bound(head, context))


def decrypt(call: Call, key: Key, blob: bytes, context: Context) -> Opened:
    """The plaintext of a ciphertext, under whichever version of the key it is. Raises InvalidCiphertext."""
    parsed = ciphertexts.parse(blob)
    if parsed is None or parsed.key != key.id:
        raise errors.InvalidCiphertext
    material = keys.material(call.store, key, parsed.number)
    if material is None:
        raise errors.InvalidCiphertext
    if material.sealed is None:
        raise errors.InvalidState(f"{key.arn} is pending import.")
    cipher = vault.opened(call, key, material, primitives.cipher)
    try:
        plain = cipher.decrypt(parsed.nonce, parsed.sealed, ciphertexts.bound(parsed.head, context))
    except InvalidTag:
        raise errors.InvalidCiphertext from None
    return Opened(plain, material.id)
