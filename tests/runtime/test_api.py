"""The Runtime API by raw bytes: what a function may send that means harm."""

from __future__ import annotations

import asyncio
import json

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from cloudarium.runtime.api import Answer, RuntimeApi
from cloudarium.runtime.spec import Invocation

NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n"
HEAD = b"POST /2018-06-01/runtime/invocation/one/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


async def converse(body: bytes, piece: int = 1 << 20) -> tuple[bytes, list[Answer]]:
    """Take one event, answer it with `body`, and give what comes back and what the room is told."""
    ready, answers = asyncio.Event(), list[Answer]()
    api = RuntimeApi(ready.set, answers.append, lambda segment: None)
    await api.start()
    host, _, port = api.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(NEXT)
        await ready.wait()
        api.give(Invocation("one", b"{}", "arn"), 9e9)
        await reader.readuntil(b"{}")
        for start in range(0, len(body), piece):
            writer.write(body[start : start + piece])
            await asyncio.sleep(0)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 10), answers
    finally:
        writer.close()
        api.close()


@pytest.mark.parametrize(
    "chunk",
    [b"-a2\r\n{}\r\n0\r\n\r\n", b"-7\r\n0123456789\r\n", b"0x2\r\n{}\r\n", b"1_0\r\n", b"\r\n", b"fffffffff\r\n"],
)
def test_a_chunk_that_lies_about_its_size_is_refused(chunk: bytes) -> None:
    sent, answers = asyncio.run(converse(HEAD + chunk))
    assert sent.startswith(b"HTTP/1.1 400 ") and not answers


@pytest.mark.parametrize("length", [b"-5", b"+5", b"5 5", b"9" * 5000, b"99999999999"])
def test_a_length_that_is_none_is_refused(length: bytes) -> None:
    head = HEAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: " + length)
    sent, answers = asyncio.run(converse(head + b"hello"))
    assert sent.startswith(b"HTTP/1.1 400 ") and not answers


@pytest.mark.parametrize("piece", [1, 3, 1 << 20])
def test_chunks_are_joined_however_they_come(piece: int) -> None:
    body = b"".join(b"%x;a=b\r\n%b\r\n" % (size, b"x" * size) for size in (1, 2, 200)) + b"0\r\nTrailer: x\r\n\r\n"
    sent, answers = asyncio.run(converse(HEAD + body, piece))
    assert sent.startswith(b"HTTP/1.1 202 ") and answers == [Answer("response", b"x" * 203)]


def test_a_million_small_chunks_are_read_once_each() -> None:
    body = b"1\r\nx\r\n" * 1_000_000 + b"0\r\n\r\n"
    _, answers = asyncio.run(converse(HEAD + body, 1 << 16))
    assert len(answers[0].body) == 1_000_000


def test_spans_of_opentelemetrys_exporter_become_segments() -> None:
    segments: list[str] = []

    async def run() -> None:
        api = RuntimeApi(lambda: None, lambda answer: None, segments.append)
        await api.start()
        url = f"http://{api.address}/v1/traces"
        try:
            await asyncio.to_thread(_export, url)
            answer = await asyncio.to_thread(
                requests.post, url, data=b"no", headers={"content-type": "text/plain"}, timeout=10
            )
            assert answer.status_code == 400 and "content type" in answer.text
        finally:
            api.close()

    asyncio.run(run())
    assert [json.loads(one)["name"] for one in segments] == ["front"]


def _export(url: str) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "front"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(url)))
    with provider.get_tracer("test").start_as_current_span("work"):
        pass
    provider.shutdown()
