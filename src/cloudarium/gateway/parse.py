"""Step 3, parse: from the wire to the input, in the protocol that the request speaks."""

from __future__ import annotations

from cloudarium.gateway.authenticate import signing_key_of
from cloudarium.gateway.body import body_stream, is_chunked, read_whole
from cloudarium.gateway.call import BodyStream, Call
from cloudarium.gateway.protocols import codec


async def _decode_whole(call: Call) -> None:
    request = call.request
    assert request is not None
    body, request.body = request.body, b""

    async def sent():  # type: ignore[no-untyped-def]
        yield body

    request.stream = sent()
    decoded = await read_whole(body_stream(call, signing_key_of(call)).__aiter__(), len(body))
    request.body, request.stream = decoded or b"", None
    call.input = codec(call.protocol).parse(call.operation, request)


def parse(call: Call):  # type: ignore[no-untyped-def]
    """Set the call's input. A streaming member becomes a BodyStream. Raises AwsError for what cannot be read."""
    operation, request = call.operation, call.request
    assert operation is not None and request is not None
    member = operation.streaming_input
    if member is None:
        if is_chunked(call):
            return _decode_whole(call)
        call.input = codec(call.protocol).parse(operation, request)
        return None
    call.input = codec(call.protocol).parse(operation, request)
    if request.stream is not None:
        call.input[member] = body_stream(call, signing_key_of(call))
    elif member not in call.input:
        call.input[member] = BodyStream(_nothing(), 0)
    return None


async def _nothing():  # type: ignore[no-untyped-def]
    return
    yield b""
