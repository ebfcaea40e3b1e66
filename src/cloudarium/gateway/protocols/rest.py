"""What REST-JSON and REST-XML share: members in the path, the query string, headers and the payload."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols.query_input import pairs
from cloudarium.gateway.protocols.routes import labels, path_pattern
from cloudarium.gateway.protocols.scalars import Unreadable, text_formatter, text_parser
from cloudarium.model import OperationModel, ServiceModel, Shape
from cloudarium.shared.auth_errors import BadArgument, BadUri, Malformed

Part = Callable[[HttpRequest, dict[str, Any]], None]
ReadBody = Callable[[bytes], Any]
Header = tuple[str, Callable[[str], Any], str | None]  # a member, how its text is read, and the key where it is a map
_MOST_HEADERS = 500  # names that one operation remembers


def wire_name(shape: Shape, name: str) -> str:
    """A member's name in the query string, in headers or in the path."""
    return shape.trait("locationName") or name


def placed(shape: Shape | None, location: str | None) -> list[tuple[str, Shape]]:
    """The members of a structure at one location (None: in the body)."""
    return [(n, m) for n, m in shape.members.items() if m.location == location] if shape else []


def compile_parse(
    operation: OperationModel, body_reader: Callable[[OperationModel, Shape, str | None], ReadBody]
) -> Any:
    """The function that makes an operation's input from a request; `body_reader` knows the body's format."""
    shape = operation.input
    parts: list[Part] = []
    if shape is not None:
        for make in (_path_part, _query_part, _header_part):
            if (part := make(operation, shape)) is not None:
                parts.append(part)
        if (part := _body_part(operation, shape, body_reader)) is not None:
            parts.append(part)

    def parse(request: HttpRequest) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for part in parts:
            part(request, out)
        return out

    return parse


def _path_part(operation: OperationModel, shape: Shape) -> Part | None:
    by_wire = {wire_name(m, n): (n, text_parser(m)) for n, m in placed(shape, "uri")}
    targets = [(name, *by_wire[name]) for name in labels(operation) if name in by_wire]
    if not targets:
        return None
    match = path_pattern(operation).fullmatch

    def read(request: HttpRequest, out: dict[str, Any]) -> None:
        found = match(request.path)
        if found is None:
            raise BadUri()
        for (wire, name, convert), text in zip(targets, found.groups(), strict=True):
            if "%" in text or not text.isascii():
                text = _unquoted(text)
            out[name] = _read(convert, text, wire)

    return read


_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _unquoted(text: str) -> str:
    """A path's part, which may also hold bytes that should have been percent-encoded; it must be UTF-8 in the end."""
    if _BROKEN.search(text):
        raise BadUri()
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeError:
        raise BadUri() from None


def _read(convert: Callable[[str], Any], text: str, wire: str) -> Any:
    try:
        return convert(text)
    except Unreadable:
        number = convert.__name__ not in ("parse_boolean", "parse_timestamp", "parse_blob")
        message = f"Provided {wire} not an integer or within integer range" if number else f"Invalid value for {wire}"
        raise BadArgument(message, ArgumentName=wire, ArgumentValue=text) from None


def _query_part(operation: OperationModel, shape: Shape) -> Part | None:
    members = placed(shape, "querystring")
    rest = [(name, m.value.type == "list") for name, m in members if m.type == "map"]
    lists = {wire_name(m, name): (name, text_parser(m.member)) for name, m in members if m.type == "list"}
    scalars = {wire_name(m, name): (name, text_parser(m)) for name, m in members if m.type not in ("list", "map")}
    if not (scalars or lists or rest):
        return None
    numbers = {wire_name(m, name) for name, m in members if m.type in ("integer", "long")}
    # What the model's own URI has (`?mode=import`) says which operation it is and is no parameter.
    fixed = {part.partition("=")[0] for part in operation.uri.partition("?")[2].split("&")} - scalars.keys()

    def read(request: HttpRequest, out: dict[str, Any]) -> None:
        if not request.query:
            return
        for wire, text in pairs(request.query):
            if (scalar := scalars.get(wire)) is not None:
                if not text and wire in numbers:
                    continue  # `?max-parts=` asks for nothing, as S3 answers it
                out[scalar[0]] = _read(scalar[1], text, wire)
            elif (several := lists.get(wire)) is not None:
                out.setdefault(several[0], []).append(_read(several[1], text, wire))
            elif wire not in fixed:
                for name, many in rest:
                    if many:
                        out.setdefault(name, {}).setdefault(wire, []).append(text)
                    else:
                        out.setdefault(name, {})[wire] = text

    return read


def _header_part(operation: OperationModel, shape: Shape) -> Part | None:
    targets: dict[str, Header | None] = {
        wire_name(m, n).lower(): (n, _header_reader(m), None) for n, m in placed(shape, "header")
    }
    prefixes = [((m.trait("locationName") or "").lower(), n) for n, m in placed(shape, "headers")]
    if not targets and not prefixes:
        return None

    def look(wire: str) -> Header | None:
        """What a header that no member is named after means, remembered: clients send the same ones all day long."""
        found = next(((name, str, wire[len(prefix) :]) for prefix, name in prefixes if wire.startswith(prefix)), None)
        if len(targets) < _MOST_HEADERS and len(wire) < 64:
            targets[wire] = found
        return found

    def read(request: HttpRequest, out: dict[str, Any]) -> None:
        for wire, text in request.headers.items():
            target = targets[wire] if wire in targets else look(wire)
            if target is not None:
                name, convert, key = target
                if key is None:
                    out[name] = _read(convert, text, wire)
                else:
                    out.setdefault(name, {})[key] = text

    return read


def _header_reader(shape: Shape) -> Callable[[str], Any]:
    if shape.trait("jsonvalue"):
        return _read_json_header
    if shape.type == "list":
        convert = text_parser(shape.member)
        return lambda text: [convert(item) for item in _split(text)]
    return text_parser(shape)


def _read_json_header(text: str) -> Any:
    try:
        return orjson.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise Unreadable(text) from None


def _split(text: str) -> list[str]:
    """The items of a comma-separated header; an item with a comma stands in double quotes."""
    if '"' not in text:
        return [item.strip() for item in text.split(",")]
    items, current, quoted, escaped = [], "", False, False
    for char in text:
        if escaped:
            current, escaped = current + char, False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            items.append(current)
            current = ""
        else:
            current += char
    return [item.strip() for item in [*items, current]]


def _body_part(
    operation: OperationModel, shape: Shape, body_reader: Callable[[OperationModel, Shape, str | None], ReadBody]
) -> Part | None:
    name = shape.payload
    if name is None:
        if not placed(shape, None):
            return None
        convert = body_reader(operation, shape, None)
        return lambda request, out: out.update(convert(request.body))
    member = shape.members[name]
    if name == shape.streaming:
        return None
    if member.type in ("blob", "string"):
        convert = _text_body if member.type == "string" else bytes
    else:
        convert = body_reader(operation, member, name)

    def read(request: HttpRequest, out: dict[str, Any]) -> None:
        if request.body:
            out[name] = convert(request.body)

    return read


def _text_body(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed() from None


# ---- answers ----

WriteBody = Callable[[dict[str, Any]], bytes | AsyncIterator[bytes]]


class Answer:
    """How an operation's output (or an error's shape) becomes status and headers; made once."""

    def __init__(self, service: ServiceModel, shape: Shape | None) -> None:
        milliseconds = bool(service.metadata.get("timestampMilliseconds"))
        self.headers = {n: (wire_name(m, n), _header_writer(m, milliseconds)) for n, m in placed(shape, "header")}
        self.prefixes = [(m.trait("locationName") or "", n) for n, m in placed(shape, "headers")]
        self.status = next((n for n, _ in placed(shape, "statusCode")), None)

    def write(self, output: dict[str, Any], headers: dict[str, str]) -> None:
        """Add the headers that an output holds."""
        find = self.headers.get
        for name, value in output.items():
            if value is not None and (header := find(name)) is not None:
                wire, convert = header
                headers[wire] = header_text(convert(value))
        for prefix, name in self.prefixes:
            for key, value in (output.get(name) or {}).items():
                headers[prefix + key] = header_text(value)


def header_text(text: str) -> str:
    """A value that is safe in a header: no line breaks (a caller's text must not add headers), bytes as UTF-8."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if c < " " or c == "\x7f" else c for c in text).encode("utf-8", "replace").decode("latin-1")
    return text


def _header_writer(shape: Shape, milliseconds: bool) -> Callable[[Any], str]:
    if shape.trait("jsonvalue"):
        return lambda value: base64.b64encode(orjson.dumps(value)).decode("ascii")
    if shape.type == "list":
        convert = text_formatter(shape.member, "rfc822", milliseconds)
        return lambda value: ",".join(convert(item) for item in value)
    return text_formatter(shape, "rfc822", milliseconds)
