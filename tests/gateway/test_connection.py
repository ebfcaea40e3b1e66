"""The connection itself, by raw bytes: keep-alive, pipelines, chunked bodies, slow and rude clients."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import RunningCloud

HEALTH = b"GET /_cloudarium/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def raw(cloud: RunningCloud) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as connection:
        yield connection


class Reader:
    """Reads whole answers from a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.file = connection.makefile("rb")

    def answer(self, bodiless: bool = False) -> tuple[int, dict[str, str], bytes]:
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = b"" if bodiless or status in (100, 204, 304) else self.file.read(int(headers.get("content-length", 0)))
        return status, headers, body


def test_one_connection_serves_many_requests(raw: socket.socket) -> None:
    reader = Reader(raw)
    for _ in range(5):
        raw.sendall(HEALTH)
        status, headers, body = reader.answer()
        assert status == 200 and b'"running"' in body and "date" in headers and "connection" not in headers


def test_requests_sent_ahead_are_answered_in_order(raw: socket.socket) -> None:
    paths = [f"/_cloudarium/nothing-{number}" for number in range(40)]
    raw.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths))
    reader = Reader(raw)
    for path in paths:
        status, _, body = reader.answer()
        assert status == 404 and path.encode() in body


def test_a_request_may_come_byte_by_byte(raw: socket.socket) -> None:
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for place in range(len(HEALTH)):
        raw.sendall(HEALTH[place : place + 1])
    assert Reader(raw).answer()[0] == 200


def test_head_has_no_body_and_leaves_the_connection_in_order(raw: socket.socket) -> None:
    reader = Reader(raw)
    raw.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    status, headers, _ = reader.answer(bodiless=True)
    assert status == 200 and int(headers["content-length"]) > 0
    raw.sendall(HEALTH)
    assert reader.answer()[0] == 200


def test_a_chunked_body_is_read(raw: socket.socket) -> None:
    raw.sendall(
        b"POST /_cloudarium/settle HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    )
    assert Reader(raw).answer()[0] == 200


@pytest.mark.parametrize("length", [2, 70_000])
def test_a_client_that_waits_is_told_to_continue(raw: socket.socket, length: int) -> None:
    reader = Reader(raw)
    raw.sendall(
        f"POST /_cloudarium/settle HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
        "Expect: 100-continue\r\n\r\n".encode()
    )
    if length == 2:
        assert reader.answer()[0] == 100
        raw.sendall(b"{}")
        assert reader.answer()[0] == 200
    else:  # larger than what is taken: the answer comes instead, or after the go-ahead
        status = reader.answer()[0]
        assert status in (100, 413)


def test_the_last_request_may_close(raw: socket.socket) -> None:
    raw.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    reader = Reader(raw)
    assert reader.answer()[1]["connection"] == "close"
    assert reader.file.read() == b""


def test_http_1_0_is_answered_and_closed(raw: socket.socket) -> None:
    raw.sendall(b"GET /_cloudarium/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    reader = Reader(raw)
    assert reader.answer()[0] == 200
    assert reader.file.read() == b""


def test_an_upgrade_is_not_followed(raw: socket.socket) -> None:
    raw.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"))
    assert Reader(raw).answer()[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused_and_closed(raw: socket.socket, sent: bytes, status: int) -> None:
    raw.sendall(sent)
    reader = Reader(raw)
    assert reader.answer()[0] == status
    assert reader.file.read() == b""


def test_a_refused_upload_can_still_read_its_answer(raw: socket.socket) -> None:
    size = 4 * 1024 * 1024
    raw.sendall(f"PUT /no-such-bucket-here/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n".encode())
    raw.sendall(b"x" * (size // 2))
    status, headers, body = Reader(raw).answer()
    assert status in (403, 404) and headers["connection"] == "close" and b"<Error>" in body


def test_bodies_of_all_sizes_follow_each_other_on_one_connection(
    cloud: RunningCloud, client: Callable[..., Any], account: str
) -> None:
    s3 = client("s3", max_pool_connections=1)
    bucket = f"sizes-{account}"
    s3.create_bucket(Bucket=bucket)
    for kilobytes in (1, 63, 64, 65, 255, 256, 257, 300, 511, 520, 700, 1000, 1024, 5000):
        for body in (b"x" * (kilobytes * 1024), b"y" * (kilobytes * 1024 + 1)):
            s3.put_object(Bucket=bucket, Key="k", Body=body)
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_a_slow_reader_holds_up_nobody(cloud: RunningCloud, client: Callable[..., Any], account: str) -> None:
    s3 = client("s3", signature_version="s3v4")
    bucket, content = f"slow-{account}", bytes(range(256)) * 64 * 1024
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="large", Body=content)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "large"})
    path = url.removeprefix(cloud.url)
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as slow:
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{cloud.port}\r\n\r\n".encode())
        first = slow.recv(1000)
        for _ in range(20):
            assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == len(content)
        rest = Reader(slow).file
        received = first + rest.read(len(content) + first.index(b"\r\n\r\n") + 4 - len(first))
    assert received.partition(b"\r\n\r\n")[2] == content


def test_a_client_that_leaves_amid_its_body_leaves_nothing(
    cloud: RunningCloud, client: Callable[..., Any], account: str
) -> None:
    s3 = client("s3", signature_version="s3v4")
    bucket = f"gone-{account}"
    s3.create_bucket(Bucket=bucket)
    path = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}).removeprefix(cloud.url)
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as rude:
        rude.sendall(
            f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{cloud.port}\r\nContent-Length: 9000000\r\n\r\n".encode()
            + b"x" * 300_000
        )
    cloud.settle()
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert cloud.control("health")["status"] == "running"
