"""Hostile requests of every protocol: what botocore writes for an operation, varied, and signed after that.

`wire-ROOM` attacks every operation of a built room, handlers included; `parsers` the way in of all the others.
"""

from __future__ import annotations

import gzip
from functools import cache
from random import Random
from typing import Any
from urllib.parse import parse_qsl, quote

import cbor2
import orjson

from cloudarium import model
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols import codec
from cloudarium.gateway.rooms import all_rooms
from cloudarium.model.validation import compile_validator
from cloudarium.shared.errors import AwsError
from tests.fuzz.area import Unmade, area, json_text
from tests.fuzz.furniture import everything
from tests.fuzz.mutate import NUMBERS, TEXTS, Mutator
from tests.fuzz.target import Target
from tests.gateway.protocols.samples import SERVICES, Sampler

_XML = (
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', "&b;", "&#0;", "&#xD800;", "&#55;", "&amp;",
    "<![CDATA[", "]]>",
    '<?xml version="1.0" encoding="UTF-16"?>', '<?xml version="1.1"?>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    "<?php ?>", ' xmlns="urn:x"', ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="y"', "<x:y>",
    "<a/>",
    "<member>", "</member>", ' a="1" a="2"', "<!-- -->", "\ufeff",
)  # fmt: skip
_QUERY = (
    ".member.1", ".member.999999999", ".member.0", ".member.-1", ".member.01", ".member.", ".entry.1.key",
    ".entry.1.value",
    ".1", ".2147483648", "." * 200, ".member.1" * 100, ".member.1.member.1", ".Name", ".Value", "&", "=", "Action=",
    "%",
    "Version=",
)  # fmt: skip
_TYPES = (
    "application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/xml", "text/xml", "",
    "application/x-www-form-urlencoded", "application/cbor", "multipart/form-data", "multipart/form-data; boundary=",
    "application/json; charset=utf-16", "text/plain; charset=\xff", ";", "application/vnd.amazon.eventstream",
)  # fmt: skip
_HEADERS = (
    "content-type", "content-encoding", "content-md5", "accept", "accept-encoding", "x-amz-target",
    "x-amz-checksum-crc32",
    "x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm", "x-amz-trailer", "x-amz-decoded-content-length", "range",
    "x-amz-content-sha256", "if-match", "if-none-match", "if-modified-since", "origin", "x-amz-copy-source-range",
    "host",
    "access-control-request-method", "x-amz-tagging", "x-amz-meta-x", "x-amzn-trace-id", "smithy-protocol", "expires",
    "x-amz-copy-source", "x-amz-mfa", "x-amz-server-side-encryption-customer-key", "x-amz-object-attributes", "cookie",
)  # fmt: skip


def _hostile(text: str, mutator: Mutator) -> str:
    """A variant of a header's value: latin-1 without line ends, as any HTTP server takes it."""
    made = mutator.text(text) if text and mutator.source.random() < 0.5 else mutator.token()
    return latin(made)


def latin(text: str) -> str:
    """A header's value as it comes from a socket."""
    return (
        text.encode("utf-8", "replace").decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")[:8000]
    )


# ---- Bodies ----------------------------------------------------------------------------------------------------------


def _json(body: bytes, mutator: Mutator) -> bytes:
    text = json_text(mutator.tree(orjson.loads(body or b"{}")))
    way = mutator.source.randrange(8)
    if way == 0 and len(text) > 2:  # a name twice
        text = text[:-1] + "," + text[1:]
    if way == 1:
        text = mutator.text(text)
    return text.encode("utf-8", "surrogatepass")


def _cbor(body: bytes, mutator: Mutator) -> bytes:
    source = mutator.source
    tree = mutator.tree(cbor2.loads(body or b"\xa0"))
    if source.random() < 0.3 and isinstance(tree, dict):
        tag = source.choice((0, 1, 2, 3, 4, 5, 28, 29, 35, 55799, 2**40))
        tree["Tagged"] = tree[source.choice(["A", *map(str, tree)])[:40]] = cbor2.CBORTag(tag, mutator.odd_scalar())
    try:
        data = cbor2.dumps(tree)
    except Exception:  # lone surrogates, numbers without end
        data = b"\xbf" + body[1:] + b"\xff"
    return mutator.data(data) if source.random() < 0.3 else data


def _form(body: bytes, mutator: Mutator) -> bytes:
    source = mutator.source
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    for _ in range(mutator.often()):
        place = source.randrange(len(pairs))
        name, value = pairs[place]
        way = source.randrange(5)
        if way == 0:
            name += source.choice(_QUERY)
        elif way == 1:
            name = mutator.text(name)
        elif way == 2:
            value = mutator.text(value) if value and source.random() < 0.5 else mutator.token()
        elif way == 3:
            pairs.insert(place, (name.rpartition(".")[0], value))
        if name not in ("Action", "Version") or source.random() < 0.1:
            pairs[place] = (name, value)
    text = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    if source.random() < 0.1:
        text += mutator.token()
    return text.encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _text(body: bytes, mutator: Mutator) -> bytes:
    mutator.tokens += _XML
    return mutator.text(body.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")


_BODIES = {
    "json": _json, "rest-json": _json, "smithy-rpc-v2-cbor": _cbor, "query": _form, "ec2": _form, "rest-xml": _text,
}  # fmt: skip


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (64 << 20))


def _wrapped(request: HttpRequest, mutator: Mutator) -> None:
    """Around the body: encodings, chunks, lies about the type."""
    source = mutator.source
    way = source.randrange(5)
    if way == 0:
        request.headers["content-type"] = source.choice(_TYPES)
    elif way == 1:
        packed = gzip.compress(request.body, 1)
        request.headers["content-encoding"] = source.choice(("gzip", "GZIP ", "gzip,gzip", "deflate", "br"))
        request.body = source.choice((packed, packed + packed, mutator.data(packed), _bomb()))
    elif way == 2:
        kind = source.choice(("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-"))
        size = source.choice((f"{len(request.body):x}", "-1", "0", "fffffffff", "1" * 30, "", " 5", "0x5"))
        chunk = size.encode() + b"\r\n" + request.body + b"\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
        request.headers["x-amz-content-sha256"] = kind
        request.headers["x-amz-decoded-content-length"] = source.choice((str(len(request.body)), *NUMBERS[:12]))
        request.body = mutator.data(chunk) if source.random() < 0.5 else chunk
    elif way == 3:
        request.body = mutator.data(request.body)
    else:
        request.body = source.choice((b"", b"\xff", b"{", b"null", b"[" * 5000, b"<" * 500, source.randbytes(200)))


def _head(request: HttpRequest, mutator: Mutator) -> None:
    """The path, the query and the headers."""
    source = mutator.source
    way = source.randrange(5)
    if way == 0:
        parts = request.path.split("/")
        place = source.randrange(len(parts))
        parts[place] = _quoted(mutator.token()) if source.random() < 0.7 else mutator.token()
        request.path = line("/".join(parts))
    elif way == 1:
        made = (
            mutator.text(request.query) if request.query else f"{_quoted(mutator.token())}={_quoted(mutator.token())}"
        )
        request.query = line(made)
    elif way == 2:
        request.query = line("&".join(filter(None, (request.query, f"max-keys={_quoted(mutator.token())}"))))
    else:
        name = source.choice((*_HEADERS, *request.headers))
        request.headers[name] = _hostile(request.headers.get(name, ""), mutator)


def line(text: str) -> str:
    """What may stand in a request line: httptools lets nothing else through."""
    data = text.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if 33 <= byte < 127 and byte != 35 else f"%{byte:02X}" for byte in data)[:8000] or "/"


# ---- Inputs ----------------------------------------------------------------------------------------------------------


def _mixed(value: Any, known: dict[str, Any], source: Random) -> Any:
    """A sample with the names of things that exist in it, so that a call gets past the first look-up."""
    if isinstance(value, dict):
        return {
            key: known[key]
            if key in known and type(known[key]) is type(each) and source.random() < 0.8
            else _mixed(each, known, source)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_mixed(each, known, source) for each in value]
    if isinstance(value, str) and source.random() < 0.06:
        return source.choice(TEXTS if source.random() < 0.8 else NUMBERS)
    return value


def example(target: Target, source: Random, service: str, name: str) -> tuple[str, HttpRequest] | None:
    """A varied request for an operation and its protocol; None where botocore cannot even write the sample."""
    known = model.service(service)
    operation = known.operations[name]
    protocol = source.choice(known.protocols)
    sampler = Sampler(str(source.random()), empty=True)
    value = sampler.structure(operation.input) if operation.input is not None else {}
    value.pop("ChecksumAlgorithm", None)
    try:
        request = target.written(service, name, _mixed(value, target.known, source), protocol)
    except Exception:
        return None
    vary(request, protocol, Mutator(source))
    return protocol, request


def vary(request: HttpRequest, protocol: str, mutator: Mutator) -> None:
    """Change a valid request in its body, its head or around it; one in seven stays as it is."""
    for header, text in request.headers.items():
        request.headers[header] = latin(text)
    way = mutator.source.random()
    if way < 0.6:
        try:
            request.body = _BODIES[protocol](request.body, mutator)
        except RecursionError as error:
            raise Unmade from error
        except (UnicodeDecodeError, orjson.JSONDecodeError, IndexError, AttributeError):
            request.body = mutator.data(request.body)  # the body is a blob
    elif way < 0.75:
        _head(request, mutator)
    elif way < 0.85:
        _wrapped(request, mutator)


SLOW = frozenset({"Invoke", "InvokeAsync"})  # they start processes: the runtime's own area attacks those


def _attack_room(service: str) -> None:
    names = sorted(model.service(service).operations.keys() - SLOW)
    built = sorted(all_rooms()[service].handlers.keys() - SLOW)

    def attack(target: Target, source: Random) -> None:
        made = example(target, source, service, source.choice(built if source.random() < 0.9 else names))
        if made is not None:
            target.send(made[1], service)

    area(f"wire-{service}", everything)(attack)


for _room in sorted(all_rooms()):
    _attack_room(_room)


@area("parsers")
def _parsers(target: Target, source: Random) -> None:
    """The way in of rooms that are not built: nothing but AWS's error comes out of a parser or a validator."""
    service = source.choice(SERVICES)
    name = source.choice(sorted(model.service(service).operations))
    made = example(target, source, service, name)
    if made is None:
        return
    protocol, request = made
    operation = model.service(service).operations[name]
    try:
        codec(protocol).identify(model.service(service), request)
        compile_validator(operation)(codec(protocol).parse(operation, request))
    except AwsError:
        return
