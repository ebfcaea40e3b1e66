"""The rules of composite alarms: ALARM("a") AND (NOT OK(b) OR AT_LEAST(2, ALARM, (c, d, arn:…))).

Source: the API reference of PutCompositeAlarm, AlarmRule, and for AT_LEAST
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from cloudarium.services.cloudwatch.rules.evaluation import ALARM, INSUFFICIENT_DATA, OK

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]{1,1600})\"|'(?P<single>[^']{1,1600})'"
    r"|(?P<bare>[^\s\"'()]{1,1600}))\s*\)|AT_LEAST\s*\(\s*(?P<least>\d{1,3})(?P<share>%)?\s*,\s*(?P<negated>NOT\s+)?"
    r"(?P<counted>ALARM|OK|INSUFFICIENT_DATA)\s*,\s*\((?P<listed>[^()]{1,20000})\)\s*\)|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<sign>[()]))"
)
_DEEPEST = 50
_MOST = 100  # children, and 500 elements
_MOST_ELEMENTS = 500
States = Mapping[str, str]
Test = Callable[[States], bool]


class RuleError(ValueError):
    """A rule that cannot be read."""


class Rule(NamedTuple):
    """A rule as it was read: what tells whether it holds, and the names of the alarms it speaks of, in their order."""

    holds: Test
    children: tuple[str, ...]


@lru_cache(maxsize=512)
def parse_rule(text: str) -> Rule:
    """The rule of a text. Raises RuleError."""
    tokens = _tokens(text)
    if len(tokens) > _MOST_ELEMENTS:
        raise RuleError(f"The rule has more than {_MOST_ELEMENTS} elements")
    reader = _Reader(tokens)
    holds = reader.whole()
    children = tuple(dict.fromkeys(reader.children))
    if len(children) > _MOST:
        raise RuleError(f"The rule speaks of more than {_MOST} alarms")
    return Rule(holds, children)


def name_of(given: str) -> str:
    """The name of the alarm that a name or an ARN stands for."""
    return given.split(":alarm:", 1)[1] if given.startswith("arn:") and ":alarm:" in given else given


def _tokens(text: str) -> list[re.Match[str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise RuleError(f"unexpected text at position {place + 1}")
        found.append(match)
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self.children: list[str] = []

    def whole(self) -> Test:
        found = self._any()
        if self._place < len(self._tokens):
            raise RuleError(f"unexpected '{self._tokens[self._place][0].strip()}'")
        return found

    def _has(self, word: str) -> bool:
        if self._place < len(self._tokens):
            token = self._tokens[self._place]
            if word in (token["word"], token["sign"]):
                self._place += 1
                return True
        return False

    def _any(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RuleError("the rule is nested too deeply")
        tests = [self._every()]
        while self._has("OR"):
            tests.append(self._every())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else lambda states: any(test(states) for test in tests)

    def _every(self) -> Test:
        tests = [self._one()]
        while self._has("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda states: all(test(states) for test in tests)

    def _one(self) -> Test:
        negations = 0
        while self._has("NOT"):
            negations += 1
        test = self._operand()
        return test if negations % 2 == 0 else lambda states: not test(states)

    def _operand(self) -> Test:
        if self._has("("):
            found = self._any()
            if not self._has(")"):
                raise RuleError("a parenthesis is not closed")
            return found
        if self._has("TRUE"):
            return lambda states: True
        if self._has("FALSE"):
            return lambda states: False
        if self._place < len(self._tokens) and self._tokens[self._place]["least"]:
            self._place += 1
            return self._at_least(self._tokens[self._place - 1])
        if self._place >= len(self._tokens) or not self._tokens[self._place]["state"]:
            raise RuleError("an alarm's state, TRUE, FALSE or a parenthesis is missing")
        token = self._tokens[self._place]
        self._place += 1
        name, state = name_of(token["quoted"] or token["single"] or token["bare"]), token["state"]
        assert state in (ALARM, OK, INSUFFICIENT_DATA)
        self.children.append(name)
        return lambda states: states.get(name) == state

    def _at_least(self, token: re.Match[str]) -> Test:
        """So many, or such a share, of the alarms that are listed."""
        names = [name_of(part.strip().strip("\"'")) for part in token["listed"].split(",")]
        if not all(names):
            raise RuleError("a name is missing in a list of alarms")
        number = int(token["least"])
        least = math.ceil(number * len(names) / 100) if token["share"] else number
        if not 1 <= least <= len(names):
            raise RuleError(f"AT_LEAST must ask for 1 to {len(names)} alarms, or for 1% to 100% of them")
        self.children += names
        state, wanted = token["counted"], not token["negated"]
        return lambda states: sum((states.get(name) == state) is wanted for name in names) >= least
