"""Opaque page tokens: the last key that was answered, never an offset, so that they hold while rows come and go."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

_FAR = 2**62  # what SQLite still takes for a whole number, with room to count on


def encode(key: Any) -> str:
    """A token for `key`, which is anything JSON can hold."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(token: str) -> Any:
    """The key inside `token`. Raises ValueError when it is not one of ours."""
    try:
        return orjson.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeEncodeError, RecursionError) as error:
        raise ValueError("not a page token") from error


def number(token: str | None) -> int:
    """The whole number inside `token`, 0 where there is none yet. Raises ValueError when it is not one of ours."""
    found = 0 if token is None else decode(token)
    if type(found) is not int or not 0 <= found < _FAR:
        raise ValueError("not a page token")
    return found
