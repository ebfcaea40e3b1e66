"""Which operation of a REST service a method, a raw path and a query string name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from cloudarium.gateway.http import HttpRequest
from cloudarium.model import OperationModel, ServiceModel

_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(slots=True)
class Route:
    """One operation as a target: what its query string and headers must hold besides the path."""

    name: str
    deprecated: bool
    fixed: tuple[tuple[str, str], ...]  # parts of the model's URI, such as `?uploads` or `?list-type=2`
    needed: frozenset[str]  # required query members: they tell UploadPart from PutObject
    headers: frozenset[str]  # required header members: they tell CopyObject from PutObject

    def fits(self, query: dict[str, str]) -> bool:
        """Whether the fixed parts of the query string are there."""
        return all(name in query and (not value or query[name] == value) for name, value in self.fixed)

    def complete(self, query: dict[str, str], headers: dict[str, str]) -> bool:
        """Whether all required query and header members are there as well."""
        return self.needed <= query.keys() and self.headers <= headers.keys()


class Choice:
    """The routes of one method and path; the query string and the headers tell them apart."""

    __slots__ = ("bare", "routes")

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.bare: list[Route] = []  # those without a fixed part: all that an empty query string can mean

    def add(self, route: Route) -> None:
        """Add a route, the most specific ones first."""
        self.routes.append(route)
        self.routes.sort(key=lambda r: (-len(r.fixed), -len(r.needed) - len(r.headers), r.deprecated, r.name))
        self.bare = [route for route in self.routes if not route.fixed]

    def find(self, query: dict[str, str], headers: dict[str, str]) -> str | None:
        """The most specific route whose required parts are all there, else the least specific that fits at all."""
        if not query:
            return self._find_bare(headers)
        fitting = [route for route in self.routes if route.fits(query)]
        if len(fitting) > 1:
            # A named part such as ?attributes is meant, even where a header that it needs is missing.
            fitting = [route for route in fitting if len(route.fixed) == len(fitting[0].fixed)]
            complete = [route for route in fitting if route.complete(query, headers)]
            named = query.get("x-id")
            chosen = next((route for route in complete if route.name == named), None) if named else None
            if chosen or complete:
                return (chosen or complete[0]).name
        return fitting[-1].name if fitting else None

    def _find_bare(self, headers: dict[str, str]) -> str | None:
        for route in self.bare:
            if not route.needed and (not route.headers or route.headers <= headers.keys()):
                return route.name
        return self.bare[-1].name if self.bare else None


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    label: _Node | None = None
    rest: Choice = field(default_factory=Choice)  # a greedy label takes everything from here
    here: Choice = field(default_factory=Choice)


class Routes:
    """The routes of one service: a tree per method, the most specific route first."""

    def __init__(self, service: ServiceModel) -> None:
        self._methods: dict[str, _Node] = {}
        for operation in service.operations.values():
            self._add(operation, operation.name)
        for name, operation in service.operations.former():
            self._add(operation, name)

    @staticmethod
    def of(service: ServiceModel) -> Routes:
        """The service's routes, made on first use."""
        routes = service.compiled.get("routes")
        if routes is None:
            routes = service.compiled["routes"] = Routes(service)
        return routes

    def _add(self, operation: OperationModel, name: str) -> None:
        path, _, query = operation.uri.partition("?")
        node = self._methods.setdefault(operation.method, _Node())
        route = _route(operation, name, query)
        for segment in path.strip("/").split("/") if path.strip("/") else ():
            match = _LABEL.fullmatch(segment)
            if match and match[2]:
                node.rest.add(route)
                return
            if match:
                node.label = node.label or _Node()
                node = node.label
            else:
                node = node.literals.setdefault(segment, _Node())
        node.here.add(route)

    def find(self, request: HttpRequest) -> str | None:
        """The name of the operation that a request is for, or None."""
        root = self._methods.get(request.method)
        if root is None:
            return None
        segments = request.path.split("/")[1:]
        query = _query(request.query)
        found = _descend(root, segments, 0, query, request.headers)
        if found is None and segments and not segments[-1]:
            found = _descend(root, segments[:-1], 0, query, request.headers)
        return found


def _route(operation: OperationModel, called: str, query: str) -> Route:
    fixed = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name != "x-id":
            fixed.append((name, value))
    shape = operation.input
    required = [(name, shape.members[name]) for name in shape.required] if shape else []
    needed = {m.trait("locationName") or n for n, m in required if m.location == "querystring"}
    headers = {(m.trait("locationName") or n).lower() for n, m in required if m.location == "header"}
    return Route(called, operation.deprecated, tuple(fixed), frozenset(needed), frozenset(headers))


def _query(text: str) -> dict[str, str]:
    if not text:
        return {}
    query = {}
    for part in text.split("&")[:1000]:
        name, _, value = part.partition("=")
        query[unquote_plus(name) if "%" in name or "+" in name else name] = (
            unquote_plus(value) if "%" in value else value
        )
    return query


def _descend(node: _Node, segments: list[str], at: int, query: dict[str, str], headers: dict[str, str]) -> str | None:
    if at == len(segments):
        return node.here.find(query, headers)
    segment = segments[at]
    literal = node.literals.get(unquote(segment) if "%" in segment else segment)
    found = _descend(literal, segments, at + 1, query, headers) if literal else None
    if found is None and segment and node.label:
        found = _descend(node.label, segments, at + 1, query, headers)
    if found is None and node.rest.routes and (segment or at + 1 < len(segments)):
        found = node.rest.find(query, headers)
    return found


def path_pattern(operation: OperationModel) -> re.Pattern[str]:
    """A pattern that takes the labels out of a raw path; the groups are in the order of `labels`."""
    path = operation.uri.partition("?")[0].rstrip("/")
    parts, end = [], 0
    for match in _LABEL.finditer(path):
        parts.append(re.escape(path[end : match.start()]))
        parts.append("(.+)" if match[2] else "([^/]+)")
        end = match.end()
    greedy = path.endswith("+}")
    return re.compile("".join(parts) + re.escape(path[end:]) + ("" if greedy else "/?"), re.DOTALL)


def labels(operation: OperationModel) -> list[str]:
    """The names of the labels in an operation's path, in order."""
    return [match[1] for match in _LABEL.finditer(operation.uri.partition("?")[0])]


def identify(service: ServiceModel, request: HttpRequest) -> str | None:
    """The operation that the method, path and query string name, or None: for both REST protocols."""
    return Routes.of(service).find(request)
