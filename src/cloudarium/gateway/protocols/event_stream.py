"""AWS's event stream frames (`application/vnd.amazon.eventstream`): headers and payload between two checksums."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any
from zlib import crc32

from cloudarium.model import Shape

MEDIA_TYPE = "application/vnd.amazon.eventstream"


def encode_frame(headers: dict[str, str], payload: bytes = b"") -> bytes:
    """One frame with text headers: prelude, its CRC, headers, payload, CRC of everything before."""
    encoded = bytearray()
    for name, value in headers.items():
        key, text = name.encode(), value.encode()
        encoded += struct.pack(f"!B{len(key)}sBH{len(text)}s", len(key), key, 7, len(text), text)
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    head = prelude + struct.pack("!I", crc32(prelude)) + bytes(encoded) + payload
    return head + struct.pack("!I", crc32(head))


def event_frame(event: str, payload: bytes = b"", content_type: str = "") -> bytes:
    """The frame of one event of the stream's union."""
    headers = {":message-type": "event", ":event-type": event}
    if content_type:
        headers[":content-type"] = content_type
    return encode_frame(headers, payload)


def exception_frame(name: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """The frame of an error that the model lists for the stream."""
    return encode_frame({":message-type": "exception", ":exception-type": name, ":content-type": content_type}, payload)


def write_events(
    compiler: Callable[[Shape], Callable[..., Any]],
    dump: Callable[[Any], bytes],
    media: str,
    shape: Shape,
    events: Iterable[dict[str, Any]] | AsyncIterator[dict[str, Any]] | None,
    first: bytes = b"",
) -> bytes | AsyncIterator[bytes]:
    """The frames of a stream of events such as `{"Records": {"Payload": b"…"}}`; a list at once, else as they come.

    `first` is a frame that comes before all of them.
    """

    def frame(event: dict[str, Any]) -> bytes:
        ((name, value),) = event.items()
        member = shape.members[name]
        blob = next((n for n, m in member.members.items() if m.trait("eventpayload") and m.type == "blob"), None)
        if blob is not None:
            return event_frame(name, value.get(blob) or b"", "application/octet-stream")
        inner = next((n for n, m in member.members.items() if m.trait("eventpayload")), None)
        if inner is not None:
            member, value = member.members[inner], value.get(inner) or {}
        if not member.members:
            return event_frame(name)
        content = (member, value) if media == "text/xml" else compiler(member)(value)
        body = dump(content)
        return exception_frame(name, body, media) if member.trait("exception") else event_frame(name, body, media)

    if isinstance(events, AsyncIterator):
        return _each(frame, events, first)
    return first + b"".join(frame(event) for event in events or ())


async def _each(
    frame: Callable[[dict[str, Any]], bytes], events: AsyncIterator[dict[str, Any]], first: bytes
) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for event in events:
        yield frame(event)
