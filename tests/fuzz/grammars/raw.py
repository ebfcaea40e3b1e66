"""Raw bytes at the cloud's own socket: what is nearly HTTP, lies about its length, or is something else."""

from __future__ import annotations

import asyncio
import re
from random import Random

import uvicorn
from uvicorn.server import ServerState

from cloudarium.gateway.connection import Connection
from tests.fuzz.area import area
from tests.fuzz.furniture import BUCKET, bucket
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Found, Target

_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + b"\x20" * 40  # how a TLS client begins
_BASES = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /_cloudarium/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"PUT /%b/new HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" % BUCKET.encode(),
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nX-Amz-Target: "
    b"DynamoDB_20120810.ListTables\r\n\r\n"
    b"2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    b"43\r\n\r\n"
    b"Action=GetCallerIdentity&Version=2011-06-15",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x "
    b"HTTP/1.1\r\n\r\n",
    b"PUT /x/y HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n",
    b"HEAD /%b/key HTTP/1.0\r\nHost: s3.localhost\r\n\r\n" % BUCKET.encode(),
    b"GET http://localhost/_cloudarium/health HTTP/1.1\r\nHost: other\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    _HELLO,
)  # fmt: skip
_TOKENS = (
    "\r\n", "\n", "\r", "\0", " ", "\t", "\x0b", "\r\n ", "\r\n\t", "Content-Length: 5\r\n", "Content-Length: 6\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: 5, 5\r\n", "Content-Length: 0x5\r\n", "Content-Length: -1\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Content-Length : 5\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding:\x0bchunked\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
    "0\r\n\r\n",
    "fffffffffffffffff\r\n", "-1\r\n", "5;a=b\r\n", "HTTP/1.1", "HTTP/9.9", "HTTP/1.0", "Host: a\r\n",
    "Host: a\r\nHost: b\r\n",
    "Expect: 100-continue\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", "GET /b HTTP/1.1\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "X: " + "y" * 9000 + "\r\n", "X: y\r\n" * 300, "%", "?", "#", "//", "/../", "\x80\xff", "Origin: http://a\r\n",
    "Trailer: a\r\n",
)  # fmt: skip
_STATUS = re.compile(rb"(?:^|\r\n)HTTP/1\.1 (\d{3}) ")


def _prepare(target: Target) -> None:
    bucket(target)
    target.known["port"] = target.run(_listen(target))


async def _listen(target: Target) -> int:
    config = uvicorn.Config(target.app, http=Connection, lifespan="off", log_config=None)  # type: ignore[arg-type]
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(config, state, {}, loop), "127.0.0.1", 0)
    target.at_close.append(server.close)
    port: int = server.sockets[0].getsockname()[1]
    return port


@area("raw", _prepare)
def _raw(target: Target, source: Random) -> None:
    """Bytes in pieces, some cut off early: an answer of HTTP or a close, soon; and the next client is served."""
    mutator = Mutator(source, _TOKENS)
    data = b"".join(source.choice(_BASES) for _ in range(source.choice((1, 1, 1, 2, 5, 40))))
    if source.random() < 0.9:
        data = mutator.data(data)
    if source.random() < 0.1:
        data = source.randbytes(source.randrange(1, 500))
    target.settle()
    target.changes.forget()
    answer = target.run(_exchange(target.known["port"], data, source.choice((1, 13, 1 << 20)), source.random() < 0.8))
    told = f"{data[:2000]!r}\nanswered {answer[:400]!r}"
    if answer and not answer.startswith(b"HTTP/1.1 "):
        raise Found(f"{told}\nwhich is no HTTP")
    statuses = [int(status) for status in _STATUS.findall(answer)]
    if any(status >= 500 and status not in (501, 505) for status in statuses):
        raise Found(f"{told}\nwith a status of {statuses}")
    target.settle()
    if changed := target.changes.tables():
        raise Found(f"{told}\nand changed {changed[:5]}")
    after = target.run(_exchange(target.known["port"], _BASES[1], 1 << 20, True))
    if not after.startswith(b"HTTP/1.1 200 "):
        raise Found(f"{told}\nand then the next request is answered {after[:200]!r}")


async def _exchange(port: int, data: bytes, piece: int, politely: bool) -> bytes:
    """What the server answers until it closes; `politely`: the client says when it has sent all."""
    try:
        return await asyncio.wait_for(_sent(port, data, piece, politely), 30.0)
    except TimeoutError as error:
        raise Found(f"{data[:2000]!r} in pieces of {piece}: the connection stays open") from error


async def _sent(port: int, data: bytes, piece: int, politely: bool) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for start in range(0, min(len(data), 600 * piece), piece):
            writer.write(data[start : start + piece])
            if start % (50 * piece) == 0:
                await asyncio.sleep(0)
        if not politely:
            return b""
        await asyncio.sleep(0.002)
        writer.write_eof()
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.close()
