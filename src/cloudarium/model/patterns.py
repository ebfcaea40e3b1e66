"""The model's regular expressions are Java's: translate them to Python's."""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import chain

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
# Nothing above this is assigned but private use and variation selectors, which the models never name.
_LAST = 0x32400
_PROPERTY = re.compile(r"\\([pP])(?:\{(?:Is|In|general_category=|gc=)?(\w+)\}|(\w))")
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


@cache
def full_match(pattern: str) -> Callable[[str], object] | None:
    """A function that tells whether a whole text matches a Java pattern; None where Python cannot express it.

    AWS matches the whole text unless the pattern is anchored at one end only, which then is a search from there.
    """
    try:
        compiled = re.compile(translate(_rewritten().get(pattern, pattern)), re.ASCII)
    except (re.error, KeyError, ValueError, OverflowError, RecursionError):
        return None
    if pattern.startswith("^") and not pattern.rstrip(")").endswith(("$", r"\z", r"\Z")) and "|" not in pattern:
        return compiled.match
    return compiled.fullmatch


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
        ranges = _ranges(found[2] or found[3])
        if found[1] == "P":
            if inside:
                raise ValueError("negated property inside a class")
            return f"[^{ranges}]", found.end()
        return (ranges if inside else f"[{ranges}]"), found.end()
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


# Beyond these code points there are only unassigned and private ones; looking at a million costs a tenth of a second.
_ASSIGNED = (range(0x33480), range(0xE0000, 0xE0200))


@cache
def _ranges(name: str) -> str:
    """The inside of a character class with every character of a Unicode category or POSIX class."""
    if name in _POSIX:
        return _POSIX[name]
    categories = {"Letter": "L", "Alphabetic": "L", "Latin": "L", "Punctuation": "P", "Latin1": "L"}
    prefix = categories.get(name, name)
    if len(prefix) > 2:
        raise ValueError(name)
    ranges, start = [], None
    for code in range(_LAST) if prefix.startswith("C") else chain(*_ASSIGNED):
        inside = unicodedata.category(chr(code)).startswith(prefix)
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"{_escaped(start)}-{_escaped(code - 1)}")
            start = None
    return "".join(ranges) or r"\U0010ffff"
