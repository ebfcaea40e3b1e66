"""Metrics Insights: SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) WHERE … GROUP BY … ORDER BY … LIMIT.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

STATS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
ACCOUNT, TAG = "AWS.AccountId", "tag."  # labels that are no dimensions: the account, and the resource's tags
Labels = Mapping[str, str]
Test = Callable[[Labels], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|"(?P<quoted>[^"]*)"|(?P<word>[A-Za-z_][\w:]*)|(?P<number>\d+)"""
    r"""|(?P<sign>!=|<>|[=(),.]))""",
    re.ASCII,
)
_DEEPEST = 40


class QueryError(ValueError):
    """A query that cannot be read."""


class Query(NamedTuple):
    """What a query asks; `keys` are the dimensions that metrics must have, and no others, if it says so."""

    function: str
    metric: str
    namespace: str
    keys: tuple[str, ...] | None
    where: Test | None
    groups: tuple[str, ...]
    order: str
    descending: bool
    limit: int
    tagged: bool  # it asks for tags of resources


class _Token(NamedTuple):
    kind: str
    text: str


@lru_cache(maxsize=256)
def parse_query(text: str) -> Query:
    """The query of a text. Raises QueryError."""
    return _Reader(_tokens(text)).query()


def is_query(expression: str) -> bool:
    """Whether an expression is a query and no metric math."""
    return re.match(r"\s*SELECT\b", expression, re.IGNORECASE) is not None


def _tokens(text: str) -> list[_Token]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise QueryError(f"Unexpected character at position {place + 1}")
        value = match[match.lastgroup]
        found.append(_Token(match.lastgroup, value[1:-1].replace("''", "'") if match.lastgroup == "text" else value))
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._tagged = False

    def query(self) -> Query:
        self._need("SELECT")
        function = self._function()
        self._need("(")
        metric = self._name()
        self._need(")")
        namespace, keys = self._source()
        where = self._any() if self._has("WHERE") else None
        groups = self._groups()
        order, descending = self._order()
        limit = int(self._number()) if self._has("LIMIT") else 500
        if self._place < len(self._tokens):
            raise QueryError(f"Unexpected '{self._tokens[self._place].text}'")
        most = min(limit, 500)
        return Query(function, metric, namespace, keys, where, groups, order, descending, most, self._tagged)

    def _upcoming(self) -> _Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _Token("end", "")

    def _has(self, word: str) -> bool:
        token = self._upcoming()
        if token.kind in ("word", "sign") and token.text.upper() == word:
            self._place += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._has(word):
            raise QueryError(f"{word} is missing before '{self._upcoming().text}'")

    def _take(self, *kinds: str) -> str:
        token = self._upcoming()
        if token.kind not in kinds:
            raise QueryError(f"Unexpected '{token.text}'")
        self._place += 1
        return token.text

    def _name(self) -> str:
        return self._take("word", "quoted")

    def _label(self) -> str:
        """A dimension, tag.KEY or AWS.AccountId."""
        token = self._upcoming()
        name = self._name()
        if token.kind == "word" and token.text in ("tag", "AWS") and self._has("."):
            name = f"{token.text}.{self._name()}"
            if not name.startswith(TAG) and name != ACCOUNT:
                raise QueryError(f"Unknown label {name}")
            self._tagged |= name.startswith(TAG)
        return name

    def _number(self) -> str:
        return self._take("number")

    def _function(self) -> str:
        found = self._take("word").upper()
        if found not in STATS:
            raise QueryError(f"Unknown function {found}")
        return found

    def _source(self) -> tuple[str, tuple[str, ...] | None]:
        self._need("FROM")
        if not self._has("SCHEMA"):
            return self._name(), None
        self._need("(")
        names = [self._name()]
        while self._has(","):
            names.append(self._name())
        self._need(")")
        return names[0], tuple(sorted(names[1:]))

    def _groups(self) -> tuple[str, ...]:
        if not self._has("GROUP"):
            return ()
        self._need("BY")
        found = [self._label()]
        while self._has(","):
            found.append(self._label())
        return tuple(found)

    def _order(self) -> tuple[str, bool]:
        if not self._has("ORDER"):
            return "", True
        self._need("BY")
        function = self._function()
        self._need("(")
        self._need(")")
        if self._has("DESC"):
            return function, True
        self._has("ASC")
        return function, False

    # ---- WHERE -------------------------------------------------------------------------------------------------------

    def _any(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryError("The query is nested too deeply")
        tests = [self._every()]
        while self._has("OR"):
            tests.append(self._every())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else lambda own: any(test(own) for test in tests)

    def _every(self) -> Test:
        tests = [self._one()]
        while self._has("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda own: all(test(own) for test in tests)

    def _one(self) -> Test:
        if self._has("("):
            found = self._any()
            self._need(")")
            return found
        name = self._label()
        negative = False
        if self._has("IN") or (negative := self._has("NOT") and self._has("IN")):
            values = self._values()
        elif self._has("="):
            values = {self._take("text")}
        elif self._has("!=") or self._has("<>"):
            values, negative = {self._take("text")}, True
        else:
            raise QueryError(f"=, != or IN is missing after {name}")
        if name == ACCOUNT and "LOCAL" in values:  # the account that asks: nobody sees metrics of others
            return lambda own: not negative
        if negative:
            return lambda own: own.get(name) not in values
        return lambda own: own.get(name) in values

    def _values(self) -> set[str]:
        self._need("(")
        found = {self._take("text")}
        while self._has(","):
            found.add(self._take("text"))
        self._need(")")
        return found
