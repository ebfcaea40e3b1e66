"""The connection itself, by raw bytes: keep-alive, pipelines, chunked bodies, slow and rude clients."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from cloudarium.gateway import connection as connections
from cloudarium.gateway.app import App
from cloudarium.gateway.body import read_whole
from cloudarium.gateway.connection import Connection
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.shared.clock import Clock
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


# ---- Patience: what a client may hold, and for how long --------------------------------------------------------------


class Reading(App):
    """An application that reads a body to its end and says how long it was."""

    def __init__(self) -> None:
        self.broken = self.asked = 0
        self.gone = asyncio.Event()
        self.cloud = SimpleNamespace(clock=Clock())  # type: ignore[assignment]

    async def answer(self, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        self.asked += 1
        try:
            body = await read_whole(request.stream, 1 << 20) if request.stream is not None else request.body
        except Exception:
            self.broken += 1
            raise
        return HttpResponse(200, {}, str(len(body or b"")).encode())


class AtOnce(Reading):
    """Answers what is at hand without a task, as the cloud does."""

    def answer(self, request: HttpRequest) -> Any:  # type: ignore[override]
        self.asked += 1
        if request.stream is not None:
            return super().answer(request)
        return HttpResponse(200, {}, str(len(request.body)).encode())


class Watched(Connection):
    """A connection whose end its application learns of."""

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        assert isinstance(self.app, Reading)
        self.app.gone.set()


def beside(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter, Reading], Any],
    kind: type[Reading] = Reading,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> None:
    """Run a coroutine as the client of one connection."""

    async def run() -> None:
        app, loop = kind(), asyncio.get_running_loop()
        state = SimpleNamespace(connections=set(), tasks=set(), total_requests=0, default_headers=[])
        listener = await loop.create_server(
            lambda: Watched(SimpleNamespace(app=app), state, {}, loop),  # type: ignore[arg-type]
            "127.0.0.1",
        )
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname()[:2])
        await asyncio.wait_for(talk(reader, writer, app), 20)
        while state.connections or state.tasks:
            await asyncio.sleep(0)
        writer.close()
        listener.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


async def hung_up(reader: asyncio.StreamReader) -> None:
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        return


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", HEALTH[:-2], b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", b"\r\n"],
)
def test_who_stops_amid_a_request_is_hung_up_on(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_IDLE", 0.05)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        writer.write(said)
        await hung_up(reader)

    beside(talk)


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"]
)
def test_who_sends_one_request_byte_by_byte_forever_is_hung_up_on(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_IDLE", 0.1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        writer.write(start)
        end = asyncio.create_task(hung_up(reader))
        while not end.done():
            writer.write(b"x")
            await asyncio.sleep(0.005)
        await end

    beside(talk)


def test_an_upload_that_stops_is_given_up_and_one_that_is_slow_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_IDLE", 1.0)
    head = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        writer.write(head)
        for _ in range(50):  # longer in all than a connection may be idle
            writer.write(b"x" * 2000)
            await asyncio.sleep(0.03)
        assert b"100000" in await reader.read()
        assert app.broken == 0

    async def stopped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        writer.write(head + b"half")
        await hung_up(reader)
        while not app.broken:
            await asyncio.sleep(0)

    beside(slow)
    beside(stopped)


def test_thousands_of_requests_behind_a_slow_one_are_answered_in_their_order() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        slow = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000
        line = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b"
        quick = [line % (n % 90, b"y" * (n % 90)) for n in range(3000)]
        writer.write(slow + b"".join(quick))
        lengths = []
        for _ in range(3001):
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
            lengths.append(int(await reader.readexactly(size)))
        assert lengths == [70000, *(n % 90 for n in range(3000))]
        writer.close()

    beside(talk)
    beside(talk, AtOnce)


def test_what_is_sent_behind_the_last_request_is_not_taken() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        last = b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
        writer.write(last + b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nyy" * 3)
        assert (await reader.read()).count(b"HTTP/1.1") == 1
        assert app.asked == 1

    beside(talk)
    beside(talk, AtOnce)


class Following(Reading):
    """Answers with lines that never end, as a live tail does."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()
        self.left = asyncio.Event()

    async def answer(self, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        return HttpResponse(200, {}, self._lines(request.path))

    async def _lines(self, path: str) -> AsyncIterator[bytes]:
        try:
            if path == "/waits":
                await self.left.wait()
            while True:
                yield b"line"
                await asyncio.sleep(0)
        finally:
            self.ended.set()


@pytest.mark.parametrize("path", ["/", "/waits"])
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_leaves_an_answer_that_goes_on_ends_it_quietly(
    path: str, loop: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: Reading) -> None:
        assert isinstance(app, Following)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n" if path == "/waits" else b"line")
        writer.transport.abort()
        await app.gone.wait()
        app.left.set()
        await app.ended.wait()

    beside(talk, Following, loop)
    assert not caplog.records
