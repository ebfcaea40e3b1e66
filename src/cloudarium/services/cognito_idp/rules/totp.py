"""Codes of authenticator apps: RFC 6238 with SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hmac

from cloudarium.shared import ids

_STEP = 30


def new_secret() -> str:
    """A secret for an app, in base32: 52 characters as AWS's."""
    return base64.b32encode(ids.data(32)).decode().rstrip("=")


def code_at(secret: str, step: int) -> str:
    """The code of a step of thirty seconds since 1970."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def matched_step(secret: str, code: str, now: float, used: int) -> int | None:
    """The step that a code is of: this, the one before or the one after, and none that was used; else None."""
    present = int(now // _STEP)
    for step in (present, present - 1, present + 1):
        if step > used and hmac.compare_digest(code_at(secret, step).encode(), code.encode(errors="replace")):
            return step
    return None
