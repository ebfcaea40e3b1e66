"""Random passwords, as GetRandomPassword makes them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from cloudarium.services.secretsmanager import errors
from cloudarium.shared import ids

_TYPES = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
_LENGTH = 32


def password(given: Mapping[str, Any]) -> str:
    """A password by the members of a GetRandomPassword. Raises InvalidParameter."""
    length = given.get("PasswordLength") or _LENGTH
    excluded = given.get("ExcludeCharacters") or ""
    types = [_without(characters, excluded) for member, characters in _TYPES.items() if not given.get(member)]
    types = [characters for characters in types if characters]
    space = _without(" ", excluded) if given.get("IncludeSpace") else ""
    alphabet = "".join(types) + space
    if not alphabet:
        raise errors.InvalidParameter("The password can't be generated: every character is excluded.")
    required = types if given.get("RequireEachIncludedType", True) else []
    if length < len(required):
        raise errors.InvalidParameter("Password length is too short based on the required types.")
    chosen = [_any(characters) for characters in required]
    chosen += [_any(alphabet) for _ in range(length - len(chosen))]
    for last in range(length - 1, 0, -1):
        other = ids.integer(0, last)
        chosen[last], chosen[other] = chosen[other], chosen[last]
    return "".join(chosen)


def _without(characters: str, excluded: str) -> str:
    return "".join(each for each in characters if each not in excluded)


def _any(characters: str) -> str:
    return characters[ids.integer(0, len(characters) - 1)]
