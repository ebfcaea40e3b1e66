"""Connections that come out of a VPC: each call is judged by the service that it is signed for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway.app import App
from cloudarium.gateway.attached import AttachedConnection, Peer, claimed_service
from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.passage import Passage

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
CALL = "GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"


@pytest.mark.parametrize(
    ("headers", "query", "service"),
    [
        ({"authorization": SIGNED.format("dynamodb")}, "", "dynamodb"),
        ({}, "X-Amz-Credential=AKIA%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=x", "s3"),
        ({"authorization": SIGNED.format("sqs")}, "X-Amz-Credential=A%2F20261123%2Fr%2Fs3%2Faws4_request", "sqs"),
        ({"authorization": "Bearer dynamodb"}, "", ""),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/2026/us-east-1/sqs/aws4_request"}, "", ""),
        ({}, "", ""),
    ],
)
def test_the_service_that_a_request_is_signed_for(headers: dict[str, str], query: str, service: str) -> None:
    assert claimed_service(HttpRequest("GET", "/", query=query, headers=headers)) == service


def test_a_call_that_does_not_get_through_gets_no_answer(tmp_path: Path) -> None:
    asked: list[tuple[str, Peer]] = []

    def judge(service: str, peer: Peer) -> Passage | None:
        asked.append((service, peer))
        return Passage({}) if service == "sts" else None

    async def run() -> None:
        cloud, loop = Cloud(tmp_path / "cloud"), asyncio.get_running_loop()
        state = SimpleNamespace(connections=set(), tasks=set(), total_requests=0, default_headers=[])
        config = SimpleNamespace(app=App(cloud))
        listener = await loop.create_server(
            lambda: AttachedConnection(config, state, {}, judge),  # type: ignore[arg-type]
            "127.0.0.1",
        )
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname()[:2])
        own = writer.get_extra_info("sockname")[:2]
        said = f"Authorization: {SIGNED.format('sts')}\r\n"
        writer.write(CALL.format("/", said).encode())
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 20)).startswith(b"HTTP/1.1 ")
        assert asked == [("sts", own)]
        writer.close()

        # Held until the client leaves, as packets that nobody answers.
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname()[:2])
        writer.write(CALL.format("/", f"Authorization: {SIGNED.format('sqs')}\r\n").encode())
        while len(asked) < 2:
            await asyncio.sleep(0)
        assert asked[1][0] == "sqs"
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
        listener.close()
        await cloud.stop()

    asyncio.run(run())
