"""Form parameters such as `Filters.member.1.Name=x` to values: what the query and EC2 protocols send."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols.compiler import Compiler, Convert
from cloudarium.gateway.protocols.compression import plain_body
from cloudarium.gateway.protocols.scalars import Unreadable, text_parser
from cloudarium.model import Shape
from cloudarium.shared.auth_errors import Malformed, MalformedQuery
from cloudarium.shared.errors import AwsError

PARAMETERS = 20_000
DEPTH = 64
_VALUE = ""  # the key of a node's own value; a name is never empty

Node = dict[str, Any]


def pairs(text: str) -> list[tuple[str, str]]:
    """The decoded parameters of a form or query string, in order."""
    if text.count("&") >= PARAMETERS:
        raise MalformedQuery()
    found = []
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((_decode(name), _decode(value)))
    return found


def _decode(text: str) -> str:
    return unquote_plus(text, errors="replace") if "%" in text or "+" in text else text


def form(request: HttpRequest) -> str:
    """The parameters as text: the body of a POST, else the query string."""
    if request.body:
        whole = plain_body(request) if "content-encoding" in request.headers else request.body
        try:
            body = whole.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedQuery() from None
        return f"{request.query}&{body}" if request.query else body
    return request.query


def action(request: HttpRequest) -> str | None:
    """The value of `Action`, found without reading the whole form; None where there is none
    or the form cannot be read."""
    try:
        text = form(request)
    except AwsError:
        return None
    start = 0 if text.startswith("Action=") else text.find("&Action=") + 1
    if not start and not text.startswith("Action="):
        return None
    end = text.find("&", start)
    return _decode(text[start + 7 : end if end >= 0 else len(text)])


def tree(text: str) -> Node:
    """Parameters by the parts of their dotted names."""
    root: Node = {}
    for name, value in pairs(text):
        node = root
        parts = name.split(".", DEPTH)
        if len(parts) > DEPTH:
            raise MalformedQuery()
        for part in parts:
            below = node.get(part) if part else node
            if below is None:
                below = node[part] = {}
            node = below
        node[_VALUE] = value
    return root


def _items(node: Node) -> list[Node]:
    """The nodes under the numbers of a list, in the order of the numbers; gaps are closed as AWS does."""
    numbered = []
    for name, below in node.items():
        if name.isascii() and name.isdigit() and len(name) < 10:
            numbered.append((int(name), below))
    numbered.sort(key=lambda item: item[0])
    return [below for _, below in numbered]


class QueryParser(Compiler):
    """One function per shape that turns a node of parameters into an input value."""

    def member_name(self, shape: Shape, name: str) -> str:
        """The parameter's name of a structure's member."""
        return shape.trait("queryName") or shape.trait("locationName") or name

    def structure(self, shape: Shape) -> Convert:
        """The members under their names; unknown parameters are ignored, as AWS does."""
        members: dict[str, tuple[str, Convert]] = {}
        for name, member in shape.members.items():
            wire = self.member_name(member, name)
            if member.type == "list" and self.flat(member):
                wire = self.flat_name(member, wire)
            members[wire] = (name, self(member))
        find = members.get

        def parse(node: Node) -> Any:
            out = {}
            for key, below in node.items():
                if key and (member := find(key)) is not None:
                    out[member[0]] = member[1](below)
            return out

        return parse

    def flat(self, shape: Shape) -> bool:
        """Whether a list or map has no level of its own."""
        return bool(shape.trait("flattened"))

    def flat_name(self, shape: Shape, wire: str) -> str:
        """The parameter's name of a flattened list."""
        return shape.member.trait("locationName") or wire

    def list_(self, shape: Shape) -> Convert:
        """`Name.member.1`, or `Name.1` where flattened; an empty value is an empty list."""
        convert = self(shape.member)
        inner = None if self.flat(shape) else shape.member.trait("locationName") or "member"

        def parse(node: Node) -> Any:
            if inner is not None:
                # RDS and ElastiCache name the level after the element; AWS takes `member` there as well.
                node = node.get(inner) or node.get("member") or node
            return [convert(item) for item in _items(node)]

        return parse

    def map_(self, shape: Shape) -> Convert:
        """`Name.entry.1.key` and `….value`, without `entry` where flattened."""
        key_name = shape.key.trait("locationName") or "key"
        value_name = shape.value.trait("locationName") or "value"
        key, value = self(shape.key), self(shape.value)
        flat = self.flat(shape)

        def parse(node: Node) -> Any:
            entries = _items(node if flat else node.get("entry") or node)
            return {key(e[key_name]): value(e[value_name]) for e in entries if key_name in e and value_name in e}

        return parse

    def string(self, shape: Shape) -> Convert:
        """The value itself."""

        def parse(node: Node) -> Any:
            try:
                return node[_VALUE]
            except KeyError:
                raise Malformed("Start of structure or map found where not expected") from None

        return parse

    def _scalar(self, shape: Shape) -> Convert:
        convert = text_parser(shape)
        kind = shape.type.capitalize()

        def parse(node: Node) -> Any:
            if _VALUE not in node:
                raise Malformed("Start of structure or map found where not expected")
            try:
                return convert(node[_VALUE])
            except Unreadable:
                raise Malformed(f"Could not parse the value '{node[_VALUE]}' as {kind}") from None

        return parse

    integer = double = boolean = blob = timestamp = _scalar


class Ec2Parser(QueryParser):
    """EC2's names: `queryName`, else the capitalised `locationName`; every list is flattened."""

    def member_name(self, shape: Shape, name: str) -> str:
        """The parameter's name of a structure's member."""
        location = shape.trait("locationName")
        return shape.trait("queryName") or (location[0].upper() + location[1:] if location else name)

    def flat(self, shape: Shape) -> bool:
        """Always."""
        return True

    def flat_name(self, shape: Shape, wire: str) -> str:
        """The member's own name."""
        return wire
