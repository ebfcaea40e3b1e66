"""Streamed answers: how much of them waits for a slow reader, how much there may be, and readers that go away."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cloudarium.runtime import FunctionSpec, InvocationResult, streams
from cloudarium.runtime.streams import ResponseStream
from tests.runtime.conftest import Lab

# Streams as many kilobytes as its event says, in pieces of 64.
BOOTSTRAP = """#!/usr/bin/env python3
import http.client, os
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    api = http.client.HTTPConnection(address)
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    got = api.getresponse(); size = int(got.read())
    name = got.headers["Lambda-Runtime-Aws-Request-Id"]
    api.putrequest("POST", f"/2018-06-01/runtime/invocation/{name}/response")
    api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    api.putheader("Transfer-Encoding", "chunked")
    api.endheaders()
    for _ in range(size // 64):
        api.send(b"10000\\r\\n" + b"x" * 65536 + b"\\r\\n")
    api.send(b"0\\r\\n\\r\\n"); api.getresponse().read()
"""


@pytest.fixture
def streamer(own_lab: Lab) -> FunctionSpec:
    return own_lab.function({"bootstrap": BOOTSTRAP}, {"bootstrap": 0o755}, runtime="provided.al2023")


async def begin(lab: Lab, spec: FunctionSpec, kilobytes: int) -> tuple[ResponseStream, asyncio.Task[InvocationResult]]:
    pieces = ResponseStream()
    task = asyncio.ensure_future(lab.send(spec, kilobytes, stream=pieces))
    task.add_done_callback(lambda done: pieces.end())
    await pieces.opened
    return pieces, task


async def held_back(pieces: ResponseStream) -> None:
    while not pieces.full:
        await asyncio.sleep(0.01)


def test_a_slow_reader_holds_the_function_back(own_lab: Lab, streamer: FunctionSpec) -> None:
    async def read() -> tuple[int, int, Any]:
        pieces, task = await begin(own_lab, streamer, 16384)
        await held_back(pieces)
        for _ in range(20):  # whatever can come has come
            await asyncio.sleep(0.005)
        ahead = pieces.size
        return ahead, sum([len(piece) async for piece in pieces]), await task

    ahead, read_on, result = own_lab.run(read())
    assert streams.AHEAD < ahead < 4 * streams.AHEAD and read_on == 16384 * 1024 and not result.error


def test_a_reader_that_goes_away_does_not(own_lab: Lab, streamer: FunctionSpec) -> None:
    async def leave() -> tuple[int, Any]:
        pieces, task = await begin(own_lab, streamer, 8192)
        await held_back(pieces)
        pieces.abandon()
        result = await task
        return sum([len(piece) async for piece in pieces]), result

    left, result = own_lab.run(leave())
    assert left == 0 and not result.error and result.duration < 15_000


def test_more_than_a_response_may_have(own_lab: Lab, streamer: FunctionSpec, monkeypatch: Any) -> None:
    assert streams.STREAM_LIMIT == 200 * 1024 * 1024
    monkeypatch.setattr(streams, "STREAM_LIMIT", 256 * 1024)

    async def read(kilobytes: int) -> tuple[int, InvocationResult]:
        pieces, task = await begin(own_lab, streamer, kilobytes)
        return sum([len(piece) async for piece in pieces]), await task

    size, result = own_lab.run(read(256))
    assert size == 256 * 1024 and not result.error
    size, result = own_lab.run(read(320))
    assert size == 256 * 1024 and json.loads(result.payload)["errorType"] == "Function.ResponseSizeTooLarge"
