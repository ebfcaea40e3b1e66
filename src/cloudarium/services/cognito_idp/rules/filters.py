"""The filter of ListUsers: `attribute = "value"` or `attribute ^= "value"`."""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.records.users import User

_FILTER = re.compile(r'\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*\Z')
_ATTRIBUTES = ("username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username", "sub")
_STATES = ("cognito:user_status", "status")


def compile_filter(text: str) -> Callable[[User], bool]:
    """Whether a user passes the filter. Raises for what is none."""
    if not text.strip():
        return lambda user: True
    found = _FILTER.match(text)
    if found is None:
        raise errors.Invalid("Error while parsing filter")
    name, how, value = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])
    if name not in _ATTRIBUTES + _STATES:
        raise errors.Invalid(f"Invalid search attribute: {name}")
    if how == "^=":
        return lambda user: (_value(user, name) or "").lower().startswith(value.lower())
    if name in ("username", "email"):
        return lambda user: (_value(user, name) or "").lower() == value.lower()
    return lambda user: _value(user, name) == value  # who has no such attribute has no empty one


def _value(user: User, name: str) -> str | None:
    if name == "username":
        return user.username
    if name == "cognito:user_status":
        return user.status
    if name == "status":
        return "Enabled" if user.enabled else "Disabled"
    return user.attributes.get(name)
