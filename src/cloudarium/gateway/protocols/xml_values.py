"""XML bodies to values and back: read by expat with DTDs refused, written as joined text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from cloudarium.gateway.protocols.compiler import Compiler, Convert, UnknownMember
from cloudarium.gateway.protocols.scalars import Unreadable, text_formatter, text_parser
from cloudarium.model import ServiceModel, Shape
from cloudarium.shared.auth_errors import Malformed

DEPTH = 64


class Element:
    """One XML element: its name without prefix, its attributes, its text and its children."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []


def load(body: bytes) -> Element:
    """The root element of a document; refuses DTDs, entities of its own, deep nesting and broken XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    stack: list[Element] = [Element("", {})]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEPTH:
            raise Malformed()
        element = Element(name.rpartition(":")[2], attributes)
        stack[-1].children.append(element)
        stack.append(element)

    def end(name: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_: Any) -> None:
        raise Malformed()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Malformed() from None
    return stack[0].children[0]


class XmlParser(Compiler):
    """One function per shape that turns an element into an input value."""

    def structure(self, shape: Shape) -> Convert:
        """An element with a child per member; flattened lists and maps take all children of their name."""
        members: dict[str, tuple[str, bool, Convert]] = {}
        attributes: dict[str, tuple[str, Convert]] = {}
        for name, member in shape.members.items():
            if member.trait("xmlAttribute"):
                attributes[element_name(member, name)] = (name, text_parser(member))
            elif member.location is None:
                flat = bool(member.type in ("list", "map") and member.trait("flattened"))
                members[flat_name(member, name) if flat else element_name(member, name)] = (name, flat, self(member))

        def parse(element: Element) -> Any:
            out: dict[str, Any] = {}
            together: dict[str, list[Element]] = {}
            for child in element.children:
                if (member := members.get(child.name)) is None:
                    continue
                name, flat, convert = member
                if flat:
                    together.setdefault(child.name, []).append(child)
                else:
                    out[name] = convert(child)
            for found, children in together.items():
                name, _, convert = members[found]
                out[name] = convert(_parent(children))
            for key, (name, convert) in attributes.items():
                if key in element.attributes:
                    out[name] = convert(element.attributes[key])
            return out

        return parse

    def list_(self, shape: Shape) -> Convert:
        """An element whose children are the list's elements."""
        convert = self(shape.member)
        return lambda element: [convert(child) for child in element.children]

    def map_(self, shape: Shape) -> Convert:
        """An element with entries of key and value."""
        key_name, value_name = map_names(shape)
        key, value = self(shape.key), self(shape.value)

        def parse(element: Element) -> Any:
            out = {}
            for entry in element.children:
                parts = {child.name: child for child in entry.children}
                if key_name in parts and value_name in parts:
                    out[key(parts[key_name])] = value(parts[value_name])
            return out

        return parse

    def string(self, shape: Shape) -> Convert:
        """The element's text."""
        return lambda element: element.text

    def _scalar(self, shape: Shape) -> Convert:
        convert = text_parser(shape)

        def parse(element: Element) -> Any:
            try:
                return convert(element.text)
            except Unreadable:
                raise Malformed() from None

        return parse

    integer = double = boolean = blob = timestamp = _scalar


def _parent(children: list[Element]) -> Element:
    parent = Element("", {})
    parent.children = children
    return parent


def element_name(shape: Shape, name: str) -> str:
    """The element's name for a member."""
    return shape.trait("xmlName") or shape.trait("locationName") or name


def flat_name(shape: Shape, name: str) -> str:
    """The element's name for each element of a flattened list or map."""
    if shape.type == "list":
        return shape.member.trait("locationName") or element_name(shape, name)
    return element_name(shape, name)


def map_names(shape: Shape) -> tuple[str, str]:
    """The names of a map's key and value elements."""
    return shape.key.trait("locationName") or "key", shape.value.trait("locationName") or "value"


_ESCAPES = {c: f"&#x{c:X};" for c in range(32) if c not in (9, 10)}
_ESCAPES.update({ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", 0xFFFE: "&#xFFFE;", 0xFFFF: "&#xFFFF;"})


def escape(text: str) -> str:
    """Text as it stands between tags; control characters as references, as AWS writes them."""
    return text if text.isalnum() else text.translate(_ESCAPES)


def readable(text: str) -> str:
    """Text without the characters that no XML 1.0 parser takes, not even as references: an error must arrive."""
    return text if text.isprintable() else _UNREADABLE.sub("\ufffd", text)


_UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


_REFERENCES = re.compile("&#x(?:[0-8BCEF]|1[0-9A-F]|FFF[EF]);")


def readable_xml(text: str) -> str:
    """A document without references to such characters: only S3 writes them, in keys, and says so."""
    return _REFERENCES.sub("\ufffd", text) if "&#x" in text else text


def escape_attribute(text: str) -> str:
    """Text as it stands in a double-quoted attribute."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#xA;").replace("\t", "&#x9;")


Write = Callable[[Callable[[str], Any], Any, str], None]  # append, value, element name


class XmlSerializer(Compiler):
    """One function per shape that appends an output value's XML under a given element name."""

    def __init__(self, service: ServiceModel) -> None:
        super().__init__(service)
        self._milliseconds = bool(service.metadata.get("timestampMilliseconds"))

    def structure(self, shape: Shape) -> Convert:
        """An element with a child per member, in the model's order; None means absent."""
        content = self.content(shape)
        attributes = [(n, element_name(m, n)) for n, m in shape.members.items() if m.trait("xmlAttribute")]
        space = namespace(shape)

        def write(add: Any, value: Any, name: str) -> None:
            head = "".join(
                f' {key}="{escape_attribute(str(value[member]))}"' for member, key in attributes if value.get(member)
            )
            add(f"<{name}{space}{head}>")
            content(add, value)
            add(f"</{name}>")

        return write

    def content(self, shape: Shape) -> Callable[[Any, dict[str, Any]], None]:
        """The function that appends only what is inside the element."""
        members: list[tuple[str, str, Convert]] = []
        for name, member in shape.members.items():
            if member.location is None and not member.trait("xmlAttribute"):
                flat = member.type == "list" and member.trait("flattened")
                members.append((name, flat_name(member, name) if flat else element_name(member, name), self(member)))
        known = frozenset(shape.members)

        def write(add: Any, value: dict[str, Any]) -> None:
            if not value.keys() <= known:
                raise UnknownMember(shape, value.keys() - known)
            for name, element, convert in members:
                item = value.get(name)
                if item is not None:
                    convert(add, item, element)

        return write

    def list_(self, shape: Shape) -> Convert:
        """An element per item, inside one wrapping element unless flattened."""
        convert = self(shape.member)
        inner = shape.member.trait("locationName") or "member"
        if shape.trait("flattened"):

            def write_flat(add: Any, value: Any, name: str) -> None:
                for item in value:
                    convert(add, item, name)

            return write_flat

        def write(add: Any, value: Any, name: str) -> None:
            add(f"<{name}>")
            for item in value:
                convert(add, item, inner)
            add(f"</{name}>")

        return write

    def map_(self, shape: Shape) -> Convert:
        """An entry per item, inside one wrapping element unless flattened."""
        key_name, value_name = map_names(shape)
        key, convert = self(shape.key), self(shape.value)
        flat = bool(shape.trait("flattened"))

        def write(add: Any, value: Any, name: str) -> None:
            entry = name if flat else "entry"
            if not flat:
                add(f"<{name}>")
            for k, item in value.items():
                add(f"<{entry}>")
                key(add, k, key_name)
                convert(add, item, value_name)
                add(f"</{entry}>")
            if not flat:
                add(f"</{name}>")

        return write

    def string(self, shape: Shape) -> Convert:
        """An element with escaped text."""
        space = namespace(shape)
        return lambda add, value, name: add(f"<{name}{space}>{escape(value)}</{name}>")

    def _scalar(self, shape: Shape) -> Convert:
        convert = text_formatter(shape, "iso8601", self._milliseconds)
        return lambda add, value, name: add(f"<{name}>{convert(value)}</{name}>")

    integer = double = boolean = blob = timestamp = _scalar


def namespace(shape: Shape) -> str:
    """The xmlns attribute that the model puts on a shape, with a leading blank; empty where there is none."""
    space = shape.trait("xmlNamespace")
    if not space:
        return ""
    uri, prefix = (space.get("uri", ""), space.get("prefix")) if isinstance(space, dict) else (space, None)
    return f' xmlns{":" + prefix if prefix else ""}="{uri}"'
