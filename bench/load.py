"""A load generator that costs little: prepared requests, raw sockets, a fixed number of connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from bench.servers import Server


@dataclass(frozen=True)
class Outcome:
    """What a run measured: requests, errors, seconds, latencies in seconds (sorted) and the server's CPU seconds."""

    requests: int
    errors: int
    seconds: float
    latencies: tuple[float, ...]
    cpu: float

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def percentile(self, percent: float) -> float:
        """A latency in milliseconds."""
        place = min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))
        return self.latencies[place] * 1000

    @property
    def cpu_micros(self) -> float:
        """The server's CPU time for each request in microseconds."""
        return self.cpu / self.requests * 1e6


class _Connection(asyncio.Protocol):
    """One keep-alive connection that sends the next request when the answer to the last one is whole."""

    def __init__(
        self, requests: Sequence[bytes], first: int, until: float, again: Callable[[_Connection], None]
    ) -> None:
        self.requests, self.place, self.until, self.again = requests, first, until, again
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.errors = 0
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        self.sent_at = time.perf_counter()
        self.transport.write(self.requests[self.place % len(self.requests)])  # type: ignore[attr-defined]
        self.place += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.buffer[:end].lower()
        length_at = head.find(b"content-length:")
        if length_at >= 0:
            length = int(head[length_at + 15 :].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + length:
                return
        elif b"transfer-encoding: chunked" in head and not self.buffer.endswith(b"0\r\n\r\n"):
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent_at)
        if self.buffer[9:10] != b"2":
            self.errors += 1
        self.buffer = b""
        if now >= self.until:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
        elif b"connection: close" in head or head.startswith(b"http/1.0"):
            self.transport.close()
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is not None or self.buffer:
            self.done.set_exception(error or ConnectionError("the server closed the connection within an answer"))
            return
        self.again(self)  # a server that closes after each answer is asked by a new connection


def request_bytes(url: str, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """An HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in ("host", "content-length")]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def measure(
    server: Server, requests: Sequence[bytes], connections: int, seconds: float, children: bool = False
) -> Outcome:
    """Warm the server up, then run `requests` for `seconds` and see what they cost."""
    asyncio.run(run(server.port, requests, connections, min(0.5, seconds / 4)))
    before = server.cpu(children)
    latencies, errors, took = asyncio.run(run(server.port, requests, connections, seconds))
    return Outcome(len(latencies), errors, took, tuple(latencies), server.cpu(children) - before)


def send(port: int, requests: Iterable[bytes], connections: int) -> None:
    """Send each request once. Raises RuntimeError for an answer that is no success."""

    async def all_of_them() -> None:
        left = iter(requests)
        await asyncio.gather(*(_worker(port, left) for _ in range(connections)))

    asyncio.run(all_of_them())


async def _worker(port: int, left: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in left:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        body = await reader.readexactly(int(length or 0))
        if head[9:10] != b"2":
            raise RuntimeError(f"{request[:200]!r} was answered by {head[:15]!r} {body[:300]!r}")
    writer.close()
    await writer.wait_closed()


async def run(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> tuple[list[float], int, float]:
    """Send `requests` in turn over `connections` for `seconds`: latencies, errors and the time it took."""
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    tasks: set[asyncio.Task[object]] = set()

    def connect(protocol: _Connection) -> None:
        task = loop.create_task(loop.create_connection(lambda: protocol, "127.0.0.1", port))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    began = time.perf_counter()
    places = [place * len(requests) // connections for place in range(connections)]
    protocols = [_Connection(requests, place, until, connect) for place in places]
    for protocol in protocols:
        connect(protocol)
    await asyncio.gather(*(protocol.done for protocol in protocols))
    took = time.perf_counter() - began
    latencies = sorted(latency for protocol in protocols for latency in protocol.latencies)
    return latencies, sum(protocol.errors for protocol in protocols), took
