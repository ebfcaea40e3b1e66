"""Private keys of DKIM at rest: sealed with AES-256-GCM under a master key that lies beside the database.

Each sealed key is bound to the place it was made for, so that rows cannot change places.
"""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.mail.desk import Data
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.store.keys import master_key

_NONCE = 12


def seal(store: Store, scope: Scope, selector: str, key: str) -> str:
    """A private key as it is kept, for this account, region and selector."""
    nonce = ids.data(_NONCE)
    sealed = AESGCM(master_key(store.folder, "ses")).encrypt(nonce, key.encode(), _place(scope, selector))
    return base64.b64encode(nonce + sealed).decode()


def _place(scope: Scope, selector: str) -> bytes:
    return f"{scope.account}:{scope.region}:{selector}".encode()


def opened(store: Store, scope: Scope, signing: Data) -> str:
    """The private key that an identity's DKIM data keep."""
    if "Sealed" not in signing:  # made before keys were sealed
        return str(signing["Key"])
    sealed = base64.b64decode(signing["Sealed"])
    cipher = AESGCM(master_key(store.folder, "ses"))
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(scope, signing["Tokens"][0])).decode()
