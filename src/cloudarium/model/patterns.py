"""The model's regular expressions are Java's: translate them to Python's."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson

_POSIX = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "ASCII": r"\x00-\x7f",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1f\x7f",
    "Digit": "0-9",
    "Graph": r"\x21-\x7e",
    "Lower": "a-z",
    "Print": r"\x20-\x7e",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r" \t\n\x0b\f\r",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
}
_PROPERTY = re.compile(r"\\([pP])(?:\{(?:Is|In|general_category=|gc=)?(\w+)\}|(\w))")
_CATEGORY = re.compile(r"\\[pP]\{")
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


@cache
def full_match(pattern: str) -> Callable[[str], object] | None:
    """A function that tells whether a whole text matches a Java pattern; None where Python cannot express it.

    AWS matches the whole text unless the pattern is anchored at one end only, which then is a search from there.
    """
    try:
        compiled = _compile(translate(_rewritten().get(pattern, pattern)))
    except (re.error, KeyError, ValueError, OverflowError, RecursionError):
        return None
    if pattern.startswith("^") and not pattern.rstrip(")").endswith(("$", r"\z", r"\Z")) and "|" not in pattern:
        return compiled.match
    return compiled.fullmatch


def _compile(pattern: str) -> Any:
    """By Python's own module; by the regex library where Unicode categories are named, which Python's does not know."""
    if not _CATEGORY.search(pattern):
        return re.compile(pattern, re.ASCII)
    import regex

    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ValueError(str(error)) from error


@cache
def _rewritten() -> dict[str, str]:
    """Patterns that Python must not or cannot run as they are, and what says the same; `patterns.json` has reasons."""
    file = importlib.resources.files("cloudarium.model") / "patterns.json"
    return {entry["pattern"]: entry["use"] for entry in orjson.loads(file.read_bytes())}


def translate(pattern: str) -> str:
    """The pattern in Python's syntax."""
    pattern = _HEX.sub(lambda m: _escaped(int(m[1], 16)), pattern)
    pattern = pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    out, at, inside = [], 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            text, at = _escape(pattern, at, inside)
            out.append(text)
            continue
        if char == "[" and not inside:
            inside = 1
            # A `]` or `^]` right after the opening bracket is literal in both.
        elif char == "[":
            char = r"\["
        elif char == "]" and inside:
            inside = 0
        elif char == "-" and inside and out[-1][:1] == "\\" and out[-1][-1:] in "wWdDsS":
            char = r"\-"  # Java takes a hyphen after a class such as \w literally
        elif char == "&" and pattern.startswith("&&", at) and inside:
            raise ValueError("intersection of classes")
        out.append(char)
        at += 1
    return "".join(out)


def _escape(pattern: str, at: int, inside: int) -> tuple[str, int]:
    found = _PROPERTY.match(pattern, at)
    if found:
        return _property(found[2] or found[3], inside, found[1] == "P"), found.end()
    following = pattern[at + 1 : at + 2]
    if following in ("z", "Z"):
        return r"\Z", at + 2
    if following == "h":
        return (r" \t\xa0" if inside else r"[ \t\xa0]"), at + 2
    if following.isascii() and following.isalpha() and following not in "AbBdDfnrsStuvwWxaUN":
        return re.escape(following), at + 2
    return pattern[at : at + 2], at + 2


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"


_CATEGORIES = {"Letter": "L", "Alphabetic": "L", "Latin": "L", "Punctuation": "P", "Latin1": "L"}


def _property(name: str, inside: int, negated: bool) -> str:
    """A POSIX class spelled out (Java's are ASCII), or a Unicode category as the regex library knows it."""
    if name in _POSIX:
        if negated and inside:
            raise ValueError("negated property inside a class")
        return _POSIX[name] if inside else f"[{'^' if negated else ''}{_POSIX[name]}]"
    category = _CATEGORIES.get(name, name)
    if len(category) > 2:
        raise ValueError(name)
    return rf"\{'P' if negated else 'p'}{{{category}}}"
