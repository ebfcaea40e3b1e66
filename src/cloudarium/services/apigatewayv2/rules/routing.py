"""Route keys, and which route a request takes.

AWS takes the most specific path (a literal segment before {name} before {name+}), on one path the method itself before
ANY, and $default when nothing else fits.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from cloudarium.services.apigatewayv2.errors import BadRequest

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")
_KEY = re.compile(rf"({'|'.join(METHODS)}) (/\S*)\Z")
_VARIABLE = re.compile(r"\{([A-Za-z0-9._:-]+)(\+?)\}\Z")
_LITERAL, _ONE, _GREEDY = 0, 1, 2


class Segment(NamedTuple):
    """One piece of a route's path: its rank (literal, {name}, {name+}) and its text or name."""

    rank: int
    text: str


class Match(NamedTuple):
    """The route a request takes, with the decoded values of its path variables."""

    route: dict[str, Any]
    variables: dict[str, str]


def check_key(key: str) -> None:
    """Raise BadRequest unless `key` is `METHOD /path` or `$default`."""
    if key == "$default":
        return
    match = _KEY.match(key)
    problem = None
    if match is None:
        problem = True
    else:
        segments = _segments(match[2])
        names = [segment.text for segment in segments if segment.rank != _LITERAL]
        greedy = [segment.rank for segment in segments[:-1]].count(_GREEDY)
        broken = any(segment.rank == _LITERAL and set("{}") & set(segment.text) for segment in segments)
        problem = bool(greedy) or broken or len(set(names)) != len(names)
    if problem:
        raise BadRequest(
            "The provided route key is not formatted properly for HTTP protocol. "
            'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )


def _segments(path: str) -> tuple[Segment, ...]:
    found = []
    for text in path.split("/")[1:]:
        variable = _VARIABLE.match(text)
        if variable is None:
            found.append(Segment(_LITERAL, text))
        else:
            found.append(Segment(_GREEDY if variable[2] else _ONE, variable[1]))
    return tuple(found)


class Router:
    """The routes of one stage, ready to be asked."""

    def __init__(self, routes: Iterable[dict[str, Any]]) -> None:
        self._exact: dict[tuple[str, str], dict[str, Any]] = {}
        self._patterns: list[tuple[tuple[Segment, ...], str, dict[str, Any]]] = []
        self._default: dict[str, Any] | None = None
        for route in routes:
            key = route["RouteKey"]
            if key == "$default":
                self._default = route
                continue
            method, _, path = key.partition(" ")
            segments = _segments(path)
            if all(segment.rank == _LITERAL for segment in segments):
                self._exact[method, path] = route
            else:
                self._patterns.append((segments, method, route))
        self._patterns.sort(key=lambda item: ([segment.rank for segment in item[0]], item[1] == "ANY"))

    def match(self, method: str, path: str) -> Match | None:
        """The route for a request; `path` is percent-encoded and without the stage."""
        exact = self._exact.get((method, path)) or self._exact.get(("ANY", path))
        if exact is not None:
            return Match(exact, {})
        parts = path.split("/")[1:]
        for segments, wanted, route in self._patterns:
            if wanted in (method, "ANY"):
                variables = _fit(segments, parts)
                if variables is not None:
                    return Match(route, variables)
        return None if self._default is None else Match(self._default, {})


def _fit(segments: tuple[Segment, ...], parts: list[str]) -> dict[str, str] | None:
    greedy = segments[-1].rank == _GREEDY
    if len(parts) < len(segments) or (not greedy and len(parts) > len(segments)):
        return None
    variables: dict[str, str] = {}
    for index, (rank, text) in enumerate(segments):
        part = "/".join(parts[index:]) if rank == _GREEDY else parts[index]
        if rank == _LITERAL:
            if part != text and unquote(part) != text:
                return None
        elif not part:
            return None
        else:
            variables[text] = unquote(part)
    return variables
