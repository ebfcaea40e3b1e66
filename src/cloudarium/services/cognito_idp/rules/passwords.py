"""Passwords: the pool's policy, and how long wrong ones lock out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.services.cognito_idp import errors
from cloudarium.shared import ids

_SYMBOLS = frozenset("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ")
_FREE = 5  # wrong passwords before the first lock-out
_LONGEST = 15 * 60


def check(policy: Mapping[str, Any], password: str) -> None:
    """Raise unless a password follows the pool's policy."""
    if len(password) < policy["MinimumLength"]:
        raise errors.InvalidPassword("Password not long enough")
    if policy.get("RequireUppercase") and not any("A" <= char <= "Z" for char in password):
        raise errors.InvalidPassword("Password must have uppercase characters")
    if policy.get("RequireLowercase") and not any("a" <= char <= "z" for char in password):
        raise errors.InvalidPassword("Password must have lowercase characters")
    if policy.get("RequireNumbers") and not any("0" <= char <= "9" for char in password):
        raise errors.InvalidPassword("Password must have numeric characters")
    if policy.get("RequireSymbols") and not any(char in _SYMBOLS for char in password):
        raise errors.InvalidPassword("Password must have symbol characters")


def temporary(policy: Mapping[str, Any]) -> str:
    """A password that follows any policy of that length, for an invitation."""
    return "aA1!" + ids.lower(max(policy["MinimumLength"], 8) - 4)


def locked_until(count: int, latest: float) -> float:
    """Until when a user is locked out after so many wrong passwords: from the fifth on a second, then twice as long.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout
    """
    return latest + min(2.0 ** min(count - _FREE, 20), _LONGEST) if count >= _FREE else 0.0


def forgotten(latest: float, now: float) -> bool:
    """Whether wrong passwords are so long ago that they count no more."""
    return now - latest > _LONGEST
