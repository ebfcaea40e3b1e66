"""One shape of a service model with the traits of the place that refers to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

_NOT_TRAITS = frozenset(
    {"shape", "documentation", "members", "member", "key", "value", "required", "deprecatedMessage"}
)


class Shape:
    """A shape as seen from one reference: the traits of the reference win over those of the shape.

    Shapes are interned by their service (`Shapes.resolve`), so equal references share one object and identity is a
    valid key for compiled code, also where shapes are recursive.
    """

    def __init__(self, shapes: Shapes, name: str, raw: Mapping[str, Any], reference: Mapping[str, Any]) -> None:
        self._shapes = shapes
        self._raw = raw
        self.name = name
        self.type: str = raw["type"]
        self.traits: dict[str, Any] = {k: v for k, v in raw.items() if k not in _NOT_TRAITS}
        self.traits.update((k, v) for k, v in reference.items() if k not in _NOT_TRAITS)
        self.location: str | None = self.traits.get("location")
        self.required: tuple[str, ...] = tuple(raw.get("required", ()))

    def __repr__(self) -> str:
        return f"Shape({self.name}: {self.type})"

    def trait(self, name: str, default: Any = None) -> Any:
        """The value of one trait (`flattened`, `timestampFormat`, `locationName`, …), or the default."""
        return self.traits.get(name, default)

    @cached_property
    def members(self) -> dict[str, Shape]:
        """The members of a structure in the model's order; empty for every other type."""
        raw = self._raw.get("members") or {}
        return {name: self._shapes.resolve(reference) for name, reference in raw.items()}

    @cached_property
    def member(self) -> Shape:
        """The element of a list."""
        return self._shapes.resolve(self._raw["member"])

    @cached_property
    def key(self) -> Shape:
        """The key of a map."""
        return self._shapes.resolve(self._raw["key"])

    @cached_property
    def value(self) -> Shape:
        """The value of a map."""
        return self._shapes.resolve(self._raw["value"])

    @cached_property
    def children(self) -> tuple[Shape, ...]:
        """The shapes directly inside this one."""
        if self.type == "structure":
            return tuple(self.members.values())
        if self.type == "list":
            return (self.member,)
        return (self.key, self.value) if self.type == "map" else ()

    @cached_property
    def recursive(self) -> bool:
        """Whether a value of this shape can nest without an end (a shape contains itself, or a document)."""
        return _nests_without_end(self, ())

    @cached_property
    def payload(self) -> str | None:
        """The name of the member that is the whole body, if there is one."""
        return self.traits.get("payload")

    @cached_property
    def event_stream(self) -> str | None:
        """The name of the member that is a stream of events, if there is one."""
        return next((n for n, m in self.members.items() if m.traits.get("eventstream")), None)

    @cached_property
    def streaming(self) -> str | None:
        """The name of the payload member that is a stream of bytes, if there is one."""
        name = self.payload
        if name is None:
            return None
        member = self.members[name]
        return name if member.type == "blob" and member.traits.get("streaming") else None


def _nests_without_end(shape: Shape, above: tuple[str, ...]) -> bool:
    if shape.name in above or shape.traits.get("document"):
        return True
    below = (*above, shape.name)
    return any(
        _nests_without_end(child, below) for child in shape.children if child.children or child.trait("document")
    )


class Shapes:
    """The shapes of one service, made on first use."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self._made: dict[Any, Shape] = {}

    def resolve(self, reference: Mapping[str, Any]) -> Shape:
        """The one Shape for a reference such as `{"shape": "QueueName", "location": "uri"}`."""
        name = reference["shape"]
        key = (name, tuple((k, repr(v)) for k, v in sorted(reference.items()) if k not in _NOT_TRAITS))
        shape = self._made.get(key)
        if shape is None:
            shape = self._made[key] = Shape(self, name, self.raw[name], reference)
        return shape
