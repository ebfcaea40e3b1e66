"""Turn shapes into closures, once per shape: the frame that all value codecs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.model import ServiceModel, Shape

Convert = Callable[..., Any]


class Compiler:
    """Makes one function per shape and remembers it; a shape that contains itself calls its own finished function.

    A subclass has one method per shape type (`structure`, `list`, `map`, `string`, `blob`, …) that takes the shape
    and returns the function.
    """

    def __init__(self, service: ServiceModel) -> None:
        self.service = service
        self._made: dict[Shape, Convert] = {}

    @classmethod
    def of(cls, service: ServiceModel) -> Any:
        """The service's own instance of this compiler."""
        key = f"{cls.__module__}.{cls.__qualname__}"
        compiler = service.compiled.get(key)
        if compiler is None:
            compiler = service.compiled[key] = cls(service)
        return compiler

    def __call__(self, shape: Shape) -> Convert:
        """The function for a shape."""
        made = self._made.get(shape)
        if made is not None:
            return made
        finished: list[Convert] = []

        def later(*arguments: Any) -> Any:
            return finished[0](*arguments)

        self._made[shape] = later
        function = self.build(shape)
        finished.append(function)
        self._made[shape] = function
        return function

    def build(self, shape: Shape) -> Convert:
        """Make the function: by default the method named after the shape's type."""
        method = "list_" if shape.type == "list" else "map_" if shape.type == "map" else shape.type
        if shape.type == "structure" and shape.trait("document"):
            method = "document"
        return getattr(self, _SAME.get(method, method))(shape)


_SAME = {"long": "integer", "float": "double", "bigdecimal": "double", "biginteger": "integer", "character": "string"}


class UnknownMember(TypeError):
    """A room answered a member that the operation's output shape does not have: a bug in the room."""

    def __init__(self, shape: Shape, names: Any) -> None:
        super().__init__(f"{shape.name} has no member {', '.join(sorted(map(str, names)))}")
