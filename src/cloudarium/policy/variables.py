"""Policy variables: `${aws:username}`, `${aws:username, 'nobody'}`, `${*}`, `${?}`, `${$}`.

They live in Resource and in the values of string and ARN conditions, and only since Version 2012-10-17: the older
language takes them as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from cloudarium.policy.patterns import LITERAL_MARK, LITERAL_STAR, literal

_VARIABLE = re.compile(r"\$\{(\$|[^${}]*)\}")
_WITH_DEFAULT = re.compile(r"^\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$")
_SPECIAL = {"*": LITERAL_STAR, "?": LITERAL_MARK, "$": "$"}

Lookup = Callable[[str], str | None]


class Variable(NamedTuple):
    """One variable of a template: the condition key in lower case and the text to take when the key is absent."""

    key: str
    default: str | None


class Template(NamedTuple):
    """A text with variables in it: literal parts (patterns) and Variables, in order."""

    parts: tuple[str | Variable, ...]

    def resolve(self, lookup: Lookup) -> str | None:
        """The pattern with every variable filled in; None when one is absent and has no default."""
        resolved = []
        for part in self.parts:
            if isinstance(part, str):
                resolved.append(part)
                continue
            value = lookup(part.key)
            if value is None:
                value = part.default
            if value is None:
                return None
            resolved.append(literal(value))
        return "".join(resolved)


def parse(text: str, variables: bool = True) -> str | Template:
    """The text as a pattern, or as a Template when it holds variables and its language version has them."""
    if not variables or "${" not in text:
        return text
    parts: list[str | Variable] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        parts.append(text[position : found.start()])
        parts.append(_variable(found))
        position = found.end()
    parts.append(text[position:])
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts)
    return Template(tuple(part for part in parts if part))


def _variable(found: re.Match[str]) -> str | Variable:
    inside = found.group(1)
    if inside in _SPECIAL:
        return _SPECIAL[inside]
    named = _WITH_DEFAULT.match(inside)
    if named is None:
        return found.group(0)
    return Variable(named.group(1).lower(), named.group(2))
