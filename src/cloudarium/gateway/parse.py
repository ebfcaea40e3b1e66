"""Step 3, parse: from the wire to the input, in the protocol that the request speaks."""

from __future__ import annotations

from collections.abc import Awaitable

from cloudarium.gateway.authenticate import signing_key_of
from cloudarium.gateway.body import body_stream, is_chunked, read_whole
from cloudarium.gateway.call import Call
from cloudarium.gateway.protocols import codec


def parse(call: Call) -> Awaitable[None] | None:
    """Set the call's input. A streaming member becomes a BodyStream. Raises AwsError for what cannot be read."""
    operation, request = call.operation, call.request
    assert operation is not None and request is not None
    member = operation.streaming_input
    if member is None and is_chunked(call):
        return _decode_and_parse(call)
    call.input = codec(call.protocol).parse(operation, request)
    if member is not None:
        call.input[member] = body_stream(call, signing_key_of(call))
    return None


async def _decode_and_parse(call: Call) -> None:
    operation, request = call.operation, call.request
    assert operation is not None and request is not None
    decoded = await read_whole(body_stream(call, signing_key_of(call)).__aiter__(), len(request.body))
    request.body = decoded or b""
    call.input = codec(call.protocol).parse(operation, request)
