"""Search expressions: which metrics SEARCH('{AWS/EC2,InstanceId} MetricName="CPUUtilization" web', …) finds.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from cloudarium.services.cloudwatch.rules.data import Dimensions

Subject = tuple[str, str, Dimensions]  # namespace, name, dimensions
Test = Callable[[Subject], bool]
_MOST = 1024
_DEEPEST = 40
_SCHEMA = re.compile(r"\s*\{([^{}]*)\}")
_TOKEN = re.compile(r'\s*(?:([()])|(?:("(?:[^"\\]|\\.)*"|[^\s()"=]+)\s*=\s*)?("(?:[^"\\]|\\.)*"|[^\s()"=]+|\())')
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+", re.UNICODE)


class SearchError(ValueError):
    """A search that cannot be read."""


@lru_cache(maxsize=256)
def compile_search(text: str) -> Test:
    """What tells whether a metric is found. Raises SearchError."""
    if len(text) > _MOST:
        raise SearchError(f"A search has at most {_MOST} characters")
    schema = _SCHEMA.match(text)
    rest = text[schema.end() :] if schema else text
    tests: list[Test] = [_of_schema(schema[1])] if schema else []
    tokens = _tokens(rest)
    if tokens:
        tests.append(_Reader(tokens).whole())
    if not tests:
        raise SearchError("A search needs a schema or a term")
    return lambda subject: all(test(subject) for test in tests)


def _of_schema(text: str) -> Test:
    namespace, *names = [part.strip().strip('"') for part in text.split(",")]
    wanted = sorted(names)
    return lambda subject: subject[0] == namespace and sorted(name for name, _ in subject[2]) == wanted


def _tokens(text: str) -> list[tuple[str, str]]:
    """Pairs of a property ('' for none, '(' and ')' for themselves) and a term."""
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise SearchError(f"Unexpected character at position {place + 1}")
        place = match.end()
        found.append((match[1], "") if match[1] else ((match[2] or "").strip('"'), match[3]))
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._property = ""  # before the parenthesis that is open: InstanceId=(i-1 OR i-2)

    def whole(self) -> Test:
        found = self._any()
        if self._place < len(self._tokens):
            raise SearchError("A parenthesis is closed that was never opened")
        return found

    def _peek(self) -> tuple[str, str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _any(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SearchError("The search is nested too deeply")
        tests = [self._every()]
        while self._peek() == ("", "OR"):
            self._place += 1
            tests.append(self._every())
        self._depth -= 1
        return tests[0] if len(tests) == 1 else lambda subject: any(test(subject) for test in tests)

    def _every(self) -> Test:
        tests = [self._one()]
        while (upcoming := self._peek()) is not None and upcoming not in (("", "OR"), (")", "")):
            if upcoming == ("", "AND"):
                self._place += 1
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda subject: all(test(subject) for test in tests)

    def _one(self) -> Test:
        token = self._peek()
        if token is None:
            raise SearchError("A term is missing at the end")
        self._place += 1
        if token == ("", "NOT"):
            test = self._one()
            return lambda subject: not test(subject)
        if token == ("(", "") or token[1] == "(":
            return self._enclosed(token[0] if token[1] else self._property)
        if token == (")", ""):
            raise SearchError("A term is missing before a closing parenthesis")
        if not token[0] and token[1] in ("AND", "OR"):
            raise SearchError(f"A term is missing before {token[1]}")
        return _term(token[0] or self._property, token[1])

    def _enclosed(self, designator: str) -> Test:
        outer, self._property = self._property, designator
        found = self._any()
        if self._peek() != (")", ""):
            raise SearchError("A parenthesis is not closed")
        self._place += 1
        self._property = outer
        return found


def _term(designator: str, term: str) -> Test:
    exact = term.startswith('"')
    wanted = re.sub(r"\\(.)", r"\1", term[1:-1]) if exact else term
    parts = _parts(wanted)

    def fits(text: str) -> bool:
        return text == wanted if exact else bool(parts) and parts <= _parts(text)

    return lambda subject: any(fits(text) for text in _texts(subject, designator))


def _parts(text: str) -> set[str]:
    return {part.lower() for part in _PART.findall(text)}


def _texts(subject: Subject, designator: str) -> list[str]:
    """What a term is looked for in: all, or what the property before its = says."""
    namespace, name, dimensions = subject
    if designator.lower() == "metricname":
        return [name]
    if designator.lower() == "namespace":
        return [namespace]
    if designator.startswith(":"):
        designator = designator.rpartition(".")[2]
    if designator:
        return [value for each, value in dimensions if each == designator]
    return [namespace, name, *(part for pair in dimensions for part in pair)]
