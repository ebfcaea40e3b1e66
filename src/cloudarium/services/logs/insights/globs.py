"""Patterns of texts: globs as regular expressions, and regular expressions as Python has them."""

from __future__ import annotations

import functools
import re
from typing import Any

from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights.syntax import Place

_NAMED = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")
_PLAIN = re.compile(r"[\w\s:;,'\"@#=&%!~<>-]+", re.ASCII)


def glob_regex(glob: str) -> tuple[str, int]:
    """The regular expression of a glob, and how many wildcards it has: each takes as little as it can."""
    parts = glob.split("*")
    pattern = "(.*?)".join(re.escape(part) for part in parts)
    if len(parts) > 1 and not parts[-1]:
        pattern += r"\Z"
    if len(parts) > 1 and not parts[0]:
        pattern = r"\A" + pattern
    return "(?s)" + pattern, len(parts) - 1


@functools.lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """A regular expression of a query, compiled. Raises ValueError for one that is none."""
    translated = _NAMED.sub("(?P<", pattern)
    try:
        return re.compile(translated)
    except (re.error, RecursionError, OverflowError):
        import regex

        try:
            return regex.compile(translated)
        except (regex.error, RecursionError, OverflowError) as problem:
            raise ValueError(str(problem)) from None


def checked(pattern: str, place: Place) -> Any:
    """The same; raises MalformedQuery at a place of the query."""
    try:
        return compiled(pattern)
    except ValueError as problem:
        raise MalformedQuery(f"Invalid regular expression: {problem}", *place) from None


def named_groups(pattern: str, place: Place) -> list[tuple[int, str]]:
    """The groups of a regular expression: their numbers and names, no name for one without."""
    found = checked(pattern, place)
    names = {at: name for name, at in found.groupindex.items()}
    return [(at, names.get(at, "")) for at in range(1, found.groups + 1)]


def plain(pattern: str) -> bool:
    """Whether a regular expression is just a text to look for."""
    return _PLAIN.fullmatch(pattern) is not None
