"""OpenTelemetry's protocol in its binary form, read into what its JSON form says. Only what traces need.

Source: https://github.com/open-telemetry/opentelemetry-proto (trace/v1, resource/v1, common/v1)
"""

from __future__ import annotations

import struct
from typing import Any

Data = dict[str, Any]
_DEEPEST = 32  # messages inside of one another
_MOST = 200_000  # fields of one request


class Malformed(Exception):
    """The bytes are no message of this kind."""


# By message and number: the name that JSON has for the field, and its kind (* before a message: a list of them).
_FIELDS: dict[str, dict[int, tuple[str, str]]] = {
    "Request": {1: ("resourceSpans", "*ResourceSpans")},
    "ResourceSpans": {1: ("resource", "Resource"), 2: ("scopeSpans", "*ScopeSpans")},
    "Resource": {1: ("attributes", "*KeyValue")},
    "ScopeSpans": {1: ("scope", "Scope"), 2: ("spans", "*Span")},
    "Scope": {1: ("name", "text"), 2: ("version", "text")},
    "Span": {
        1: ("traceId", "hex"), 2: ("spanId", "hex"), 4: ("parentSpanId", "hex"), 5: ("name", "text"),
        6: ("kind", "number"), 7: ("startTimeUnixNano", "fixed"), 8: ("endTimeUnixNano", "fixed"),
        9: ("attributes", "*KeyValue"), 11: ("events", "*Event"), 13: ("links", "*Link"), 15: ("status", "Status"),
    },
    "Event": {1: ("timeUnixNano", "fixed"), 2: ("name", "text"), 3: ("attributes", "*KeyValue")},
    "Link": {1: ("traceId", "hex"), 2: ("spanId", "hex"), 4: ("attributes", "*KeyValue")},
    "Status": {2: ("message", "text"), 3: ("code", "number")},
    "KeyValue": {1: ("key", "text"), 2: ("value", "Value")},
    "Value": {
        1: ("stringValue", "text"), 2: ("boolValue", "truth"), 3: ("intValue", "number"), 4: ("doubleValue", "double"),
        5: ("arrayValue", "Values"), 6: ("kvlistValue", "Pairs"), 7: ("bytesValue", "hex"),
    },
    "Values": {1: ("values", "*Value")},
    "Pairs": {1: ("values", "*KeyValue")},
}  # fmt: skip
_WIRES = {"text": 2, "hex": 2, "number": 0, "truth": 0, "fixed": 1, "double": 1}


def request(data: bytes) -> Data:
    """An export request as its JSON form has it. Raises Malformed."""
    return _Reader(data).message("Request", 0, len(data), 0)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MOST

    def message(self, kind: str, at: int, end: int, depth: int) -> Data:
        """The message between two places."""
        if depth > _DEEPEST:
            raise Malformed("messages are nested too deeply")
        fields, found = _FIELDS[kind], Data()
        while at < end:
            self._left -= 1
            if self._left < 0:
                raise Malformed("there are too many fields")
            tag, at = self._varint(at, end)
            start, at = self._span(tag & 7, at, end)
            field = fields.get(tag >> 3)
            if field is None:
                continue
            name, inner = field
            if inner.startswith("*"):
                self._check(tag & 7, 2)
                found.setdefault(name, []).append(self.message(inner[1:], start, at, depth + 1))
            elif inner in _FIELDS:
                self._check(tag & 7, 2)
                found[name] = self.message(inner, start, at, depth + 1)
            else:
                self._check(tag & 7, _WIRES[inner])
                found[name] = self._value(inner, start, at)
        return found

    @staticmethod
    def _check(wire: int, wanted: int) -> None:
        if wire != wanted:
            raise Malformed("a field is of another kind")

    def _span(self, wire: int, at: int, end: int) -> tuple[int, int]:
        """Where a field's value begins and ends."""
        if wire == 0:
            return at, self._varint(at, end)[1]
        if wire == 2:
            length, at = self._varint(at, end)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise Malformed("no such kind of field")
        if at + length > end:
            raise Malformed("it ends within a field")
        return at, at + length

    def _value(self, kind: str, start: int, end: int) -> Any:
        piece = self._data[start:end]
        if kind == "text":
            return piece.decode("utf-8", "replace")
        if kind == "hex":
            return piece.hex()
        if kind == "fixed":
            return int.from_bytes(piece, "little")
        if kind == "double":
            return struct.unpack("<d", piece)[0]
        number = self._varint(start, end)[0]
        if kind == "truth":
            return bool(number)
        return number - (1 << 64) if number >= 1 << 63 else number

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while at < end and shift < 70:
            byte = self._data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & (1 << 64) - 1, at
            shift += 7
        raise Malformed("it ends within a number")
