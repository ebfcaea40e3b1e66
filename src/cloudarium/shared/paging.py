"""Opaque page tokens: the last key that was answered, never an offset, so that they hold while rows come and go."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson


def encode(key: Any) -> str:
    """A token for `key`, which is anything JSON can hold."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(token: str) -> Any:
    """The key inside `token`. Raises ValueError when it is not one of ours."""
    try:
        return orjson.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeEncodeError, RecursionError) as error:
        raise ValueError("not a page token") from error
