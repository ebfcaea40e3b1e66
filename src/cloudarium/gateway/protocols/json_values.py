"""JSON bodies to values and back, as the JSON and REST-JSON protocols carry them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import orjson

from cloudarium.gateway.protocols.compiler import Compiler, Convert, UnknownMember
from cloudarium.gateway.protocols.scalars import (
    Unreadable,
    epoch,
    in_range,
    parse_blob,
    parse_timestamp,
    text_formatter,
)
from cloudarium.model import Shape
from cloudarium.shared.auth_errors import Malformed

DEPTH = 140  # containers; DynamoDB's 32 levels of attributes take 2 each
_FIELD = "Unexpected field type"
_VALUE = "Unexpected value type in payload"
_BLOB = "only base-64-encoded strings are convertible to bytes"
_JAVA = {"integer": "Integer", "long": "Long", "double": "Double", "float": "Float", "boolean": "Boolean"}


def load(body: bytes, bounded: bool) -> dict[str, Any]:
    """The JSON object in a body ({} for an empty one); refuses what is not an object or, if bounded, nests too deep."""
    if not body:
        return {}
    value = load_any(body, bounded)
    if type(value) is not dict:
        reason = "Start of list found where not expected" if type(value) is list else _VALUE
        raise Malformed(reason)
    return value


def load_any(body: bytes, bounded: bool) -> Any:
    """Any JSON value in a body."""
    try:
        value = orjson.loads(body)
    except ValueError:
        raise Malformed() from None
    if bounded and body.count(b"{") + body.count(b"[") > DEPTH:
        check_depth(value)
    return value


def check_depth(value: Any, limit: int = DEPTH) -> None:
    """Refuse a value whose containers nest deeper than the limit."""
    level = [value] if type(value) in (dict, list) else []
    for _ in range(limit):
        below: list[Any] = []
        for item in level:
            below.extend(i for i in (item.values() if type(item) is dict else item) if type(i) in (dict, list))
        if not below:
            return
        level = below
    raise Malformed("Nesting depth exceeds the limit")


def wrong(value: Any, target: str) -> Malformed:
    """AWS's SerializationException for a JSON value where a scalar of another type belongs."""
    if type(value) is list:
        return Malformed(f"Unrecognized collection type class java.lang.{target}")
    if type(value) is dict:
        return Malformed("Start of structure or map found where not expected")
    if value is True or value is False:
        return Malformed(f"{'TRUE' if value else 'FALSE'}_VALUE cannot be converted to {target}")
    name = {str: "STRING", int: "NUMBER", float: "DECIMAL"}.get(type(value), "NULL")
    return Malformed(f"{name}_VALUE cannot be converted to {target}")


def location_name(shape: Shape, name: str) -> str:
    """The JSON key of a member."""
    return shape.trait("locationName") or name


class JsonParser(Compiler):
    """One function per shape that turns a loaded JSON value into an input value."""

    def structure(self, shape: Shape) -> Convert:
        """An object: nulls and unknown members are dropped, as AWS does."""
        members: dict[str, tuple[str, type | None, Convert]] = {}
        for name, member in shape.members.items():
            if member.location is None:
                plain = {"string": str, "boolean": bool}.get(member.type) if not member.trait("jsonvalue") else None
                members[location_name(member, name)] = (name, plain, self(member))
        find = members.get
        java_class = f"class {self._java_name(shape)}"
        union = bool(shape.trait("union"))

        def parse(value: Any) -> Any:
            if type(value) is not dict:
                if type(value) is list:
                    raise Malformed(f"Unrecognized collection type {java_class}")
                raise Malformed(_FIELD)
            out = {}
            for key, item in value.items():
                if item is not None and (member := find(key)) is not None:
                    out[member[0]] = item if type(item) is member[1] else member[2](item)
            if union and len(out) > 1:
                raise Malformed("Unions may have only one member set")
            return out

        return parse

    def _java_name(self, shape: Shape) -> str:
        """The name of AWS's own class for a shape, as its messages have it."""
        if shape.type not in ("structure", "list", "map"):
            return f"java.lang.{_JAVA.get(shape.type, 'String')}"
        space = self.service.metadata.get("errorNamespace", f"com.amazonaws.{self.service.name}")
        return f"{space['*'] if isinstance(space, dict) else space}.{shape.name}"

    def list_(self, shape: Shape) -> Convert:
        """An array."""
        convert = self(shape.member)

        def parse(value: Any) -> Any:
            if type(value) is not list:
                if type(value) is dict:
                    raise Malformed("Start of structure or map found where not expected")
                raise Malformed(_FIELD)
            try:
                return [None if item is None else convert(item) for item in value]
            except Malformed as problem:
                raise _of_element(problem, value) from None

        return parse

    def map_(self, shape: Shape) -> Convert:
        """An object with free keys."""
        convert = self(shape.value)
        java_name = self._java_name(shape.value)

        def parse(value: Any) -> Any:
            if type(value) is not dict:
                if type(value) is list:
                    raise Malformed(f"Unrecognized collection type java.util.Map<java.lang.String, {java_name}>")
                raise Malformed(_FIELD)
            try:
                return {key: None if item is None else convert(item) for key, item in value.items()}
            except Malformed as problem:
                raise _of_element(problem, value.values()) from None

        return parse

    def string(self, shape: Shape) -> Convert:
        """A text; nothing else is taken for one."""

        def parse(value: Any) -> Any:
            if type(value) is str:
                return value
            raise wrong(value, "String")

        return parse

    def boolean(self, shape: Shape) -> Convert:
        """true or false."""

        def parse(value: Any) -> Any:
            if type(value) is bool:
                return value
            if type(value) is str:
                raise Malformed("Unexpected token received from parser")
            raise wrong(value, "Boolean")

        return parse

    def integer(self, shape: Shape) -> Convert:
        """A whole number; a fraction is cut off, as AWS's parser does."""
        target = _JAVA.get(shape.type, "Integer")
        top = 1 << (31 if shape.type == "integer" else 63)

        def parse(value: Any) -> Any:
            if type(value) is float and -top <= value < top:
                value = int(value)
            if type(value) is int and -top <= value < top:
                return value
            raise wrong(value, target)

        return parse

    def double(self, shape: Shape) -> Convert:
        """A number, or one of the texts NaN, Infinity and -Infinity."""

        def parse(value: Any) -> Any:
            if type(value) is int or type(value) is float:
                return value
            if value in ("NaN", "Infinity", "-Infinity"):
                return float(value)
            raise wrong(value, _JAVA[shape.type])

        return parse

    def blob(self, shape: Shape) -> Convert:
        """Bytes from base64 text."""

        def parse(value: Any) -> Any:
            if type(value) is list:
                raise Malformed("Unrecognized collection type class java.nio.ByteBuffer")
            if type(value) is not str:
                raise wrong(value, "") if type(value) is dict else Malformed(_BLOB)
            try:
                return parse_blob(value)
            except Unreadable:
                raise Malformed(_blob_problem(value)) from None

        return parse

    def timestamp(self, shape: Shape) -> Convert:
        """Epoch seconds, from a number or from a text in any of AWS's formats."""

        def parse(value: Any) -> Any:
            try:
                if type(value) is int or type(value) is float:
                    return in_range(value)
                if type(value) is str:
                    return parse_timestamp(value)
            except Unreadable:
                raise Malformed(f"Unable to parse timestamp: {value}") from None
            raise wrong(value, "Date")

        return parse

    def document(self, shape: Shape) -> Convert:
        """Any JSON value, as it is."""
        return lambda value: value


def _blob_problem(text: str) -> str:
    strange = next((c for c in text.rstrip("=") if not (c.isascii() and (c.isalnum() or c in "+/="))), None)
    if len(text) % 4:
        return f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
    if strange is not None:
        return f"Invalid Base64 character: '{strange}'"
    return "Invalid last non-pad Base64 character dectected"  # AWS's spelling


def _of_element(problem: Malformed, items: Iterable[Any]) -> Malformed:
    """A scalar where a structure belongs has other words inside a list or map than as a field."""
    if problem.message == _FIELD and any(type(item) not in (dict, list, type(None)) for item in items):
        return Malformed(_VALUE)
    return problem


class JsonSerializer(Compiler):
    """One function per shape that turns an output value into what orjson can write."""

    def structure(self, shape: Shape) -> Convert:
        """An object; None means absent."""
        members = {
            name: (
                location_name(member, name),
                None if member.type in ("string", "boolean", "integer", "long") else self(member),
            )
            for name, member in shape.members.items()
        }

        def serialize(value: Any) -> Any:
            out = {}
            for name, item in value.items():
                if item is None:
                    continue
                try:
                    key, convert = members[name]
                except KeyError:
                    raise UnknownMember(shape, [name]) from None
                out[key] = item if convert is None else convert(item)
            return out

        return serialize

    def list_(self, shape: Shape) -> Convert:
        """An array."""
        if shape.member.type in ("string", "boolean", "integer", "long"):
            return list
        convert = self(shape.member)
        return lambda value: [None if item is None else convert(item) for item in value]

    def map_(self, shape: Shape) -> Convert:
        """An object with free keys; one that is JSON already stays as it is."""
        if shape.value.type in ("string", "boolean", "integer", "long"):
            return dict
        convert = self(shape.value)

        def serialize(value: Any) -> Any:
            if type(value) is orjson.Fragment:
                return value
            return {key: None if item is None else convert(item) for key, item in value.items()}

        return serialize

    def string(self, shape: Shape) -> Convert:
        """The text itself."""
        return lambda value: value

    boolean = integer = document = string

    def double(self, shape: Shape) -> Convert:
        """The number; what JSON cannot write goes out as a text."""

        def serialize(value: Any) -> Any:
            if value != value or value in (float("inf"), float("-inf")):
                return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
            return value

        return serialize

    def blob(self, shape: Shape) -> Convert:
        """Base64 text."""
        return lambda value: b64encode(value if type(value) is bytes else bytes(value)).decode("ascii")

    def timestamp(self, shape: Shape) -> Convert:
        """Epoch seconds, unless the model names another format."""
        form = shape.trait("timestampFormat")
        if form in (None, "unixTimestamp"):
            return epoch
        return text_formatter(shape, form, bool(self.service.metadata.get("timestampMilliseconds")))


def dump(value: Any) -> bytes:
    """The bytes of a JSON value."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
