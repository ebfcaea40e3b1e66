"""The regular expressions of filter patterns (`%…%`), matched in linear time.

The language has no groups, so an expression is a list of alternatives, each a row of character sets with a repetition.
It runs as a lazily built DFA over sets of positions: no input and no expression can make it backtrack.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
"""

from __future__ import annotations

import string
from typing import NamedTuple

from cloudarium.services.logs.patterns.lexer import PatternError

_LITERALS = frozenset(string.ascii_letters + string.digits + "_#=@/;,-: ")
_OPERATORS = frozenset("^$?[]{}|\\*+.()")
_MOST_POSITIONS = 2000
_MOST_STATES = 2000
_OTHER = 128  # stands for every character outside ASCII
_ALL = (1 << 129) - 1


def _mask(characters: str) -> int:
    return sum(1 << ord(character) for character in set(characters))


_CLASSES = {
    "d": _mask(string.digits),
    "w": _mask(string.ascii_letters + string.digits + "_"),
    "s": _mask(" \t\n\r\f\v"),
}
_CLASSES |= {name.upper(): _ALL & ~mask for name, mask in _CLASSES.items()}


class _Step(NamedTuple):
    """One position of an alternative: the characters it takes, and whether it may repeat or be skipped."""

    mask: int
    repeats: bool
    optional: bool


class Regex:
    """A compiled expression; `search` says whether it occurs anywhere in a text. Raises PatternError when malformed."""

    def __init__(self, source: str) -> None:
        alternatives = _Parser(source).alternatives()
        self._steps: list[_Step | None] = []  # None ends an alternative: reaching it is a match
        self._anywhere: list[int] = []
        self._at_start: list[int] = []
        self._done: set[int] = set()
        self._done_at_end: set[int] = set()
        for steps, from_start, to_end in alternatives:
            (self._at_start if from_start else self._anywhere).append(len(self._steps))
            self._steps.extend(steps)
            (self._done_at_end if to_end else self._done).add(len(self._steps))
            self._steps.append(None)
        if len(self._steps) > _MOST_POSITIONS:
            raise PatternError("Invalid filter pattern: regular expression is too large")
        self._reset()

    def _reset(self) -> None:
        self._sets: list[frozenset[int]] = []
        self._numbers: dict[frozenset[int], int] = {}
        self._next: list[dict[int, int]] = []
        self._state(self._closure([*self._anywhere, *self._at_start]))

    def _closure(self, positions: list[int]) -> frozenset[int]:
        reached: set[int] = set()
        for position in positions:
            while position not in reached:
                reached.add(position)
                step = self._steps[position]
                if step is None or not step.optional:
                    break
                position += 1
        return frozenset(reached)

    def _state(self, positions: frozenset[int]) -> int:
        number = self._numbers.get(positions)
        if number is None:
            number = self._numbers[positions] = len(self._sets)
            self._sets.append(positions)
            self._next.append({})
        return number

    def _advance(self, state: int, code: int) -> int:
        """The state after one more character; -1 when the expression has been found."""
        after: list[int] = list(self._anywhere)
        for position in self._sets[state]:
            step = self._steps[position]
            if step is not None and step.mask >> code & 1:
                after.append(position if step.repeats else position + 1)
        positions = self._closure(after)
        if not positions.isdisjoint(self._done):
            self._next[state][code] = -1
            return -1
        number = self._state(positions)
        self._next[state][code] = number
        return number

    def search(self, text: str) -> bool:
        """Whether the expression occurs in `text`."""
        if len(self._sets) > _MOST_STATES:
            self._reset()
        if not self._sets[0].isdisjoint(self._done):
            return True
        state = 0
        for character in text:
            code = ord(character)
            if code > _OTHER:
                code = _OTHER
            following = self._next[state].get(code)
            state = self._advance(state, code) if following is None else following
            if state < 0:
                return True
        return not self._sets[state].isdisjoint(self._done_at_end)


class _Parser:
    """Reads an expression left to right."""

    def __init__(self, source: str) -> None:
        if not source:
            raise PatternError("Invalid filter pattern: empty regular expression")
        self._source = source
        self._position = 0

    def alternatives(self) -> list[tuple[list[_Step], bool, bool]]:
        """Every alternative: its steps, whether ^ begins it, whether $ ends it."""
        found = [self._alternative()]
        while self._peek() == "|":
            self._position += 1
            found.append(self._alternative())
        if self._position < len(self._source):
            raise self._invalid()
        return found

    def _peek(self) -> str:
        return self._source[self._position : self._position + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise self._invalid()
        self._position += 1
        return character

    def _invalid(self) -> PatternError:
        return PatternError(f"Invalid filter pattern: invalid regular expression at {self._position}")

    def _alternative(self) -> tuple[list[_Step], bool, bool]:
        steps: list[_Step] = []
        from_start = self._peek() == "^"
        self._position += from_start
        while self._peek() not in ("", "|", "$"):
            steps += self._repeated(self._atom())
            if len(steps) > _MOST_POSITIONS:
                raise self._invalid()
        to_end = self._peek() == "$"
        self._position += to_end
        if to_end and self._peek() not in ("", "|"):
            raise self._invalid()
        return steps, from_start, to_end

    def _atom(self) -> int:
        character = self._take()
        if character == ".":
            return _ALL & ~(1 << 10)
        if character == "[":
            return self._set()
        if character == "\\":
            return self._escape()
        if character not in _LITERALS:
            raise self._invalid()
        return 1 << ord(character)

    def _escape(self) -> int:
        character = self._take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character == "x":
            digits = self._take() + self._take()
            if not set(digits) <= set(string.hexdigits):
                raise self._invalid()
            return 1 << min(int(digits, 16), _OTHER)
        if character in _OPERATORS or (character.isascii() and not character.isalnum()):
            return 1 << ord(character)
        raise self._invalid()

    def _set(self) -> int:
        negated = self._peek() == "^"
        self._position += negated
        mask = 0
        while self._peek() != "]":
            low = self._member()
            following = self._source[self._position : self._position + 2]
            if following[:1] == "-" and following[1:] not in ("", "]") and low.bit_count() == 1:
                self._position += 1
                high = self._member()
                first, last = low.bit_length() - 1, high.bit_length() - 1
                if high.bit_count() != 1 or last < first:
                    raise self._invalid()
                mask |= (1 << (last + 1)) - (1 << first)
            else:
                mask |= low
        self._position += 1
        if not mask:
            raise self._invalid()
        return _ALL & ~mask if negated else mask

    def _member(self) -> int:
        character = self._take()
        if character == "\\":
            return self._escape()
        if not character.isascii() or not character.isprintable():
            raise self._invalid()
        return 1 << ord(character)

    def _repeated(self, mask: int) -> list[_Step]:
        once, optional = _Step(mask, False, False), _Step(mask, False, True)
        forever = _Step(mask, True, True)
        sign = self._peek()
        if sign not in ("?", "*", "+", "{"):
            return [once]
        self._position += 1
        if sign != "{":
            return {"?": [optional], "*": [forever], "+": [once, forever]}[sign]
        least, most = self._bounds()
        tail = [forever] if most is None else [optional] * (most - least)
        return [once] * least + tail

    def _bounds(self) -> tuple[int, int | None]:
        end = self._source.find("}", self._position)
        low, comma, high = self._source[self._position : max(end, self._position)].partition(",")
        if not (low.isdecimal() and low.isascii() and len(low) < 5):
            raise self._invalid()
        self._position = end + 1
        if not comma:
            return int(low), int(low)
        if not high:
            return int(low), None
        if not (high.isdecimal() and high.isascii() and len(high) < 5 and int(high) >= int(low)):
            raise self._invalid()
        return int(low), int(high)
