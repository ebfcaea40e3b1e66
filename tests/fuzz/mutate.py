"""Hostile variants of text, bytes and trees of data, from a source of randomness."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Sequence
from random import Random
from typing import Any

MOST = 12_000  # characters that a mutated text grows to; areas about size make their own
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z_]\w*")

NUMBERS = (
    "0", "-0", "-1", "1", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808",
    "1e400", "-1e400", "1e-400", "1E+309", "0x10", "1_000", "٣", "²", "007", "1.", ".5", "NaN", "Infinity", "-Infinity",
    "9" * 400, "9" * 5000, "1" + "0" * 130, "0." + "0" * 200 + "1", "99999999999999999999999999999999999999.5",
)  # fmt: skip
TEXTS = (
    "", " ", "\x00", "\n", "\r\n", "\t", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\ud800", "\udfff", "🎈", "İ",
    "ß",
    "e\u0301", "a" * 300, "a" * 5000, "../../etc/passwd", "%00", "%zz", "%ff", "%ED%A0%80", "%0d%0a", "${x}", "${",
    "}", "{{", "}}", "<", "&", "]]>",
    "<!--", "'", '"', "\\", "\\u0000", "`", "*", "**", "?" * 50, "*" * 50 + "b", "a*" * 40 + "b", "arn:aws:::",
    "arn:aws:s3:::*", "null", "true", "None", "__proto__", "__class__", "{0}", "%s%n", "$(id)", "; --", "a/b//c",
    "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "99999-01-01", "P1D", "(", ")", "[", "]", "#", ":", ",", ".", "=",
)  # fmt: skip


class Mutator:
    """Makes one hostile variant after the other; `tokens` are words of the grammar that is attacked."""

    def __init__(self, source: Random, tokens: Sequence[str] = ()) -> None:
        self.source = source
        self.tokens = [*tokens]

    def often(self) -> int:
        """How many mutations: mostly few, since what is wrong in ten places is refused for the first."""
        return min(1 + int(self.source.expovariate(1.2)), 6)

    def token(self) -> str:
        """A word of the grammar, or an odd text."""
        source = self.source
        if self.tokens and source.random() < 0.7:
            return source.choice(self.tokens)
        return source.choice(TEXTS if source.random() < 0.7 else NUMBERS)

    # ---- Text -------------------------------------------------------------------------------------------------------

    def text(self, text: str, others: Sequence[str] = ()) -> str:
        """A variant of a text; `others` are texts to splice it with."""
        for _ in range(self.often()):
            text = self._text_once(text, others)[:MOST]
        return text

    def _text_once(self, text: str, others: Sequence[str]) -> str:
        source = self.source
        start = source.randint(0, len(text))
        end = min(len(text), start + int(source.expovariate(0.15)))
        piece = text[start:end]
        way = source.randrange(13)
        if way == 0:
            return text[:start] + text[end:]
        if way in (1, 2):
            return text[:start] + self.token() + text[start:]
        if way == 3:
            return text[:start] + self.token() + text[end:]
        if way == 4:
            return text[:start] + piece * source.choice((2, 3, 40, 700)) + text[end:]
        if way == 5:
            other = source.choice(others) if others else text
            return text[:start] + other[source.randint(0, len(other)) :]
        if way == 6:
            return self._replaced(_NUMBER, text, source.choice(NUMBERS))
        if way in (7, 11, 12):
            return self._replaced(_WORD, text, self.token())
        if way == 8:
            return text[:start] + self.token() * source.choice((2, 5, 60, 1000)) + text[start:]
        if way == 9:
            return self._nested(text, start, end)
        return text[:start] if source.random() < 0.5 else text + " " + self.token()

    def _replaced(self, pattern: re.Pattern[str], text: str, new: str) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text + new
        place = self.source.choice(found)
        return text[: place.start()] + new + text[place.end() :]

    def _nested(self, text: str, start: int, end: int) -> str:
        opening, closing = self.source.choice((("(", ")"), ("[", "]"), ("{", "}"), ("NOT ", ""), ("<a>", "</a>")))
        depth = self.source.choice((1, 2, 30, 120, 1500))
        return text[:start] + opening * depth + text[start:end] + closing * depth + text[end:]

    # ---- Bytes ------------------------------------------------------------------------------------------------------

    def data(self, data: bytes) -> bytes:
        """A variant of bytes."""
        source = self.source
        for _ in range(self.often()):
            start = source.randint(0, len(data))
            end = min(len(data), start + int(source.expovariate(0.2)))
            way = source.randrange(6)
            if way == 0:
                data = data[:start] + data[end:]
            elif way == 1:
                data = data[:start] + source.randbytes(source.choice((1, 1, 2, 8))) + data[end:]
            elif way == 2 and data:
                place = min(start, len(data) - 1)
                data = data[:place] + bytes([data[place] ^ 1 << source.randrange(8)]) + data[place + 1 :]
            elif way == 3:
                data = data[:start] + data[start:end] * source.choice((2, 3, 100)) + data[end:]
            elif way == 4:
                data = data[:start]
            else:
                data = data[:start] + self.token().encode("utf-8", "surrogatepass") + data[start:]
        return data

    # ---- Trees ------------------------------------------------------------------------------------------------------

    def tree(self, tree: Any) -> Any:
        """A variant of a tree of dicts, lists and scalars; the given one stays as it is."""
        tree = copy.deepcopy(tree)
        for _ in range(self.often()):
            tree = self._tree_once(tree)
        return tree

    def _tree_once(self, tree: Any) -> Any:
        places = list(_places(tree))
        if not places:
            return self.odd(tree)
        holder, key = self.source.choice(places)
        way = self.source.randrange(8)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[self._key(key)] = holder.pop(key)
        elif way == 2 and isinstance(holder, dict):
            holder[self._key(key)] = copy.deepcopy(holder[key])
        elif way == 2:
            holder.extend(copy.deepcopy(holder[key]) for _ in range(self.source.choice((1, 2, 300))))
        elif way == 3:
            other, name = self.source.choice(places)
            holder[key] = copy.deepcopy(other[name])
        elif way == 4 and isinstance(holder[key], str):
            holder[key] = self.text(holder[key])
        else:
            holder[key] = self.odd(holder[key])
        return tree

    def _key(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.token() if self.source.random() < 0.6 else self._text_once(key, ())
        return self.odd_scalar()

    def odd(self, value: Any) -> Any:
        """Something of a wrong type, size or depth in place of a value."""
        source = self.source
        way = source.randrange(7)
        if way == 0:
            depth = source.choice((1, 2, 40, 150))
            for _ in range(depth):
                value = [value] if source.random() < 0.5 else {self.token(): value}
            return value
        if way == 1:
            return source.choice(([], {}, [[]], [None], {"": None}, [{}], {"a": {}}))
        if way == 2 and isinstance(value, (str, bytes)):
            return value * source.choice((2, 50))
        return self.odd_scalar()

    def odd_scalar(self) -> Any:
        """A scalar of any type."""
        source = self.source
        return source.choice(
            (
                self.token(),
                self.token(),
                source.choice(NUMBERS),
                None,
                True,
                False,
                0,
                -1,
                1,
                2**31,
                -(2**31) - 1,
                2**63,
                -(2**63) - 1,
                10**40,
                0.1,
                -1.5,
                1e308,
                math.nan,
                math.inf,
                -math.inf,
                253402300800,
                -62135596801,
            )  # fmt: skip
        )


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every holder and key in a tree, without recursion: what was mutated may be deep."""
    found, waiting = [], [tree]
    while waiting:
        each = waiting.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
        for key in keys:
            found.append((each, key))
            waiting.append(each[key])
        if len(found) > 3000:
            break
    return found
