"""What a filter expression can ask about, and of what: a trace, a node's part in it, a request, a root cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cloudarium.traces.assembled import Entity, Node
from cloudarium.traces.graph import CLIENT
from cloudarium.traces.summaries import Summary

BOOLEANS = frozenset(("ok", "error", "throttle", "fault", "partial", "inferred", "first", "last", "remote", "root"))
NUMBERS = frozenset(("responsetime", "duration", "http.status", "index", "coverage"))
_STRINGS = frozenset(
    ("http.url", "http.method", "http.useragent", "http.clientip", "user", "name", "type", "message")
    + ("availabilityzone", "instance.id", "resource.arn")
)
_HTTP = {
    "http.url": ("request", "url"),
    "http.method": ("request", "method"),
    "http.useragent": ("request", "user_agent"),
    "http.clientip": ("request", "client_ip"),
    "http.status": ("response", "status"),
}


def keyword(text: str) -> str | None:
    """The keyword that a word is, in whatever case it is written; None when it is none."""
    lower = text.lower()
    return lower if lower in BOOLEANS or lower in NUMBERS or lower in _STRINGS else None


class Aspect:
    """Something that a condition is asked of; what it does not have has no values."""

    def values(self, keyword: str) -> list[Any]:
        """What a keyword stands for here."""
        return []

    def annotations(self, key: str) -> list[Any]:
        """The values of an annotation."""
        return []

    def services(self) -> Iterator[tuple[Node, Aspect]]:
        """The nodes' parts."""
        return iter(())

    def edges(self) -> Iterator[tuple[Node, Node, Aspect]]:
        """The requests from node to node."""
        return iter(())

    def causes(self, kind: str, element: str) -> Iterator[Aspect]:
        """The elements of root causes."""
        return iter(())

    def root_causes(self, kind: str) -> list[dict[str, Any]]:
        """The root causes themselves."""
        return []


class OfEntity(Aspect):
    """A segment as its node's work, or the subsegment that led to it as a request."""

    def __init__(self, entity: Entity, segment: Entity, account: str) -> None:
        self._entity = entity
        self._segment = segment
        self._account = account

    def values(self, keyword: str) -> list[Any]:
        """What a keyword stands for here."""
        one = self._entity
        if keyword in _HTTP:
            return _known(one.part("http", *_HTTP[keyword]))
        if keyword in ("responsetime", "duration"):
            return [one.duration]
        if keyword == "user":
            return _known(one.data.get("user"))
        if keyword == "message":
            return _messages(self._segment)
        node = self._segment.node(self._account)
        about: dict[str, list[Any]] = {
            "name": [node.name],
            "type": _known(node.type or None),
            "availabilityzone": _known(one.part("aws", "ec2", "availability_zone")),
            "instance.id": _known(one.part("aws", "ec2", "instance_id")),
            "resource.arn": _known(one.data.get("resource_arn")),
        }
        return about[keyword] if keyword in about else _truths(one, self._segment, keyword)


def _truths(one: Entity, segment: Entity, keyword: str) -> list[Any]:
    truths = {
        "ok": not (one.error or one.fault),
        "error": one.error,
        "fault": one.fault,
        "throttle": one.throttled,
        "partial": one.end is None,
        "inferred": segment.inferred,
        "remote": one.data.get("namespace") == "remote" or segment.inferred,
        "root": segment.above is None,
    }
    return [truths[keyword]] if keyword in truths else []


class OfTrace(Aspect):
    """A whole trace."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def values(self, keyword: str) -> list[Any]:
        """What a keyword stands for here."""
        summary = self._summary
        if keyword in _HTTP:
            return _known(summary.root.part("http", *_HTTP[keyword]) if summary.root is not None else None)
        trace = summary.trace
        many: dict[str, Callable[[], list[Any]]] = {
            "responsetime": lambda: [summary.response_time],
            "duration": lambda: [summary.duration],
            "user": lambda: [name for name, _ in summary.users()],
            "name": lambda: [one.node().name for one in trace.segments],
            "type": lambda: [one.node().type for one in trace.segments if one.node().type],
            "message": lambda: [text for one in trace.segments for text in _messages(one)],
            "availabilityzone": summary.zones,
            "instance.id": summary.instances,
            "resource.arn": summary.resources,
            "partial": lambda: [trace.partial],
            "inferred": lambda: [any(one.inferred for one in trace.segments)],
            "remote": lambda: [any(one.data.get("namespace") == "remote" for one in trace.entities())],
        }
        if keyword in many:
            return many[keyword]()
        return [] if summary.root is None else _truths(summary.root, summary.root, keyword)

    def annotations(self, key: str) -> list[Any]:
        """The values of an annotation."""
        return [value for name, value, _ in self._summary.annotations() if name == key]

    def services(self) -> Iterator[tuple[Node, Aspect]]:
        """The nodes' parts."""
        account = self._summary.account
        for one in self._summary.trace.segments:
            yield one.node(account), OfEntity(one, one, account)

    def edges(self) -> Iterator[tuple[Node, Node, Aspect]]:
        """The requests from node to node."""
        account = self._summary.account
        for one in self._summary.trace.segments:
            target, above = one.node(account), one.above
            if above is None:
                yield Node(target.name, CLIENT), target, OfEntity(one, one, account)
            else:
                caller = one if above.is_segment else above
                yield (above.segment or above).node(account), target, OfEntity(caller, one, account)

    def causes(self, kind: str, element: str) -> Iterator[Aspect]:
        """The elements of root causes."""
        for one in self.root_causes(kind):
            found = _elements(one, element)
            for index, (service, given) in enumerate(found):
                yield OfCause(service, given, index, len(found))

    def root_causes(self, kind: str) -> list[dict[str, Any]]:
        """The root causes themselves."""
        return self._summary.root_causes(kind)


def _elements(cause: dict[str, Any], element: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(service, element) for each service, entity or exception of a root cause."""
    services = cause["Services"]
    if element == "service":
        return [(one, one) for one in services]
    entities = [(one, entity) for one in services for entity in one["EntityPath"]]
    if element == "entity":
        return entities
    return [(one, each) for one, entity in entities for each in entity.get("Exceptions", ())]


class OfCause(Aspect):
    """A service, an entity or an exception on the way to a root cause."""

    def __init__(self, service: dict[str, Any], element: dict[str, Any], index: int, count: int) -> None:
        self._service = service
        self._element = element
        self._index = index
        self._count = count

    def values(self, keyword: str) -> list[Any]:
        """What a keyword stands for here."""
        known = {
            "name": self._element.get("Name"),
            "type": self._service.get("Type"),
            "message": self._element.get("Message"),
            "coverage": self._element.get("Coverage"),
            "remote": self._element.get("Remote"),
            "inferred": self._service.get("Inferred"),
            "index": self._index,
            "first": self._index == 0,
            "last": self._index == self._count - 1,
        }
        return _known(known.get(keyword))


def _known(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _messages(segment: Entity) -> list[str]:
    found = []
    for one in segment.whole():
        exceptions = one.part("cause", "exceptions")
        for each in exceptions if isinstance(exceptions, list) else ():
            if isinstance(each, dict) and isinstance(each.get("message"), str):
                found.append(each["message"])
    return found
