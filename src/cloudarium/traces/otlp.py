"""OpenTelemetry's protocol over HTTP: an export request becomes segment documents, and its answer.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.traces import documents, protobuf, spans
from cloudarium.traces.documents import Document, Refused

PATH = "/v1/traces"
_LARGEST = 5 * 1024 * 1024  # bytes of a request that is unpacked
_BINARY, _JSON = "application/x-protobuf", "application/json"


class NoExport(ValueError):
    """A request that is no export; the text says why."""


def is_export(headers: Mapping[str, str]) -> bool:
    """Whether a request's content type is one of the protocol's."""
    return _kind(headers) in (_BINARY, _JSON)


def read(headers: Mapping[str, str], body: bytes) -> tuple[list[Document], list[Refused]]:
    """The documents that a request's spans become, and those that are none. Raises NoExport for what is no export."""
    data, kind = _unpacked(headers, body), _kind(headers)
    try:
        if kind == _BINARY:
            given: Any = protobuf.request(data)
        elif kind == _JSON:
            given = orjson.loads(data)
        else:
            raise NoExport(f"The content type must be {_BINARY} or {_JSON}")
    except (protobuf.Malformed, orjson.JSONDecodeError) as error:
        raise NoExport(f"The body cannot be read: {error}") from None
    if not isinstance(given, dict):
        raise NoExport("The body cannot be read: it is no export request")
    found = [one for data in spans.segments(given) for one in documents.read(orjson.dumps(data).decode())]
    return (
        [one for one in found if isinstance(one, Document)],
        [one for one in found if isinstance(one, Refused)],
    )


def answer(headers: Mapping[str, str], refused: list[Refused]) -> tuple[str, bytes]:
    """The content type and body of an ExportTraceServiceResponse in the request's form.

    It has a partial_success when something was not taken.
    """
    said = "; ".join(sorted({one.message for one in refused}))[:500]
    if _kind(headers) == _JSON:
        partial = {"partialSuccess": {"rejectedSpans": len(refused), "errorMessage": said}} if refused else {}
        return _JSON, orjson.dumps(partial)
    body = b""
    if refused:
        text = said.encode()
        inner = b"\x08" + _varint(len(refused)) + b"\x12" + _varint(len(text)) + text
        body = b"\x0a" + _varint(len(inner)) + inner
    return _BINARY, body


def _unpacked(headers: Mapping[str, str], data: bytes) -> bytes:
    if headers.get("content-encoding", "").lower() == "gzip":
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(data, _LARGEST + 1)
        except zlib.error:
            raise NoExport("The body is not gzip") from None
    if len(data) > _LARGEST:
        raise NoExport("The request is too large")
    return data


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)
