"""`python -m bench.caches`: commands to a cache and to the bare engine, as redis-benchmark sends them.

Over each of 50 connections the next commands are sent when the last ones are answered: one at a time, and 16 at a
time. The CPU of a command is told apart: what the engine spends on it, and what Cloudarium adds in front of it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import uvloop
from valkey import Valkey

from bench import servers
from bench.servers import Server, cpu_of
from cloudarium.runtime.caches.valkey import program

_CONNECTIONS = 50
_TOKEN = "a-token-of-sixteen-characters"
_COMMANDS = {
    "SET": (b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$3\r\nxxx\r\n", b"+OK\r\n"),
    "GET": (b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", b"$3\r\nxxx\r\n"),
}


class Place(NamedTuple):
    """A cache or an engine that is measured: how to reach it, and whose CPU counts."""

    name: str
    address: str
    port: int
    engine: int
    cloud: Server | None = None
    context: ssl.SSLContext | None = None
    token: str = ""


class _Connection(asyncio.Protocol):
    def __init__(self, place: Place, command: bytes, answer: bytes, until: float) -> None:
        self.place, self.command, self.answer, self.until = place, command, answer, until
        self.latencies: list[float] = []
        self.missing = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if self.place.token:
            self.transport.write(b"AUTH %b\r\n" % self.place.token.encode())
            self.missing, self.sent = len(b"+OK\r\n"), time.perf_counter()
        else:
            self._send()

    def _send(self) -> None:
        self.missing, self.sent = len(self.answer), time.perf_counter()
        self.transport.write(self.command)

    def data_received(self, data: bytes) -> None:
        self.missing -= len(data)
        if self.missing > 0:
            return
        if self.missing < 0 or data[:1] == b"-":
            self.ended.set_exception(RuntimeError(f"{self.place.name} answered {data[:80]!r}"))
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        if now >= self.until:
            self.ended.set_result(None)
            self.transport.close()
        else:
            self._send()


async def _run(place: Place, command: bytes, answer: bytes, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    made = [_Connection(place, command, answer, until) for _ in range(_CONNECTIONS)]
    await asyncio.gather(
        *(loop.create_connection(lambda one=one: one, place.address, place.port, ssl=place.context) for one in made)
    )
    await asyncio.gather(*(one.ended for one in made))
    return sorted(latency for one in made for latency in one.latencies)


def _measure(place: Place, name: str, at_a_time: int, seconds: float) -> str:
    command, answer = (part * at_a_time for part in _COMMANDS[name])
    uvloop.run(_run(place, command, answer, seconds / 4))
    engine, ours = cpu_of(place.engine), place.cloud.cpu() if place.cloud else 0.0
    began = time.perf_counter()
    latencies = uvloop.run(_run(place, command, answer, seconds))
    took, count = time.perf_counter() - began, len(latencies) * at_a_time
    engine, ours = cpu_of(place.engine) - engine, (place.cloud.cpu() - ours) if place.cloud else 0.0
    share = f"{100 * ours / (engine + ours):>8.0f}%" if place.cloud else ""
    line = f"{place.name:<26}{name} {'one' if at_a_time == 1 else f'{at_a_time}'} at a time"
    p50 = latencies[len(latencies) // 2] * 1000
    return f"{line:<46}{count / took:>10,.0f}{p50:>9.2f}{engine / count * 1e6:>9.1f}{ours / count * 1e6:>9.1f}{share}"


@contextlib.contextmanager
def _bare() -> Iterator[Place]:
    port = servers.free_port()
    with tempfile.TemporaryDirectory(prefix="bench-valkey-") as folder:
        settings = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]
        process = subprocess.Popen([program(), *settings], cwd=folder, stdout=subprocess.DEVNULL)
        try:
            while True:
                with contextlib.suppress(Exception):
                    Valkey(port=port).ping()
                    break
                time.sleep(0.01)
            yield Place("bare engine", "127.0.0.1", port, process.pid)
        finally:
            process.terminate()
            process.wait()


def _cached(server: Server, name: str, authority: Path | None, **more: Any) -> Place:
    client = boto3.client(
        "elasticache", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip
    id = name.partition(" ")[0].lower()
    client.create_replication_group(
        ReplicationGroupId=id, ReplicationGroupDescription="bench", Engine="valkey", CacheNodeType="cache.t4g.micro",
        **more,
    )  # fmt: skip
    client.get_waiter("replication_group_available").wait(ReplicationGroupId=id, WaiterConfig={"Delay": 1})
    shard = client.describe_replication_groups(ReplicationGroupId=id)["ReplicationGroups"][0]["NodeGroups"][0]
    address, port = shard["PrimaryEndpoint"]["Address"], shard["PrimaryEndpoint"]["Port"]
    context = ssl.create_default_context(cafile=str(authority)) if authority else None
    own: dict[str, Any] = {"ssl": True, "ssl_ca_certs": str(authority)} if authority else {}
    asked: Any = Valkey(address, port, password=more.get("AuthToken"), **own)
    engine = int(asked.info("server")["process_id"])
    asked.close()
    return Place(name, address, port, engine, server, context, more.get("AuthToken", ""))


def main() -> None:
    """Measure the bare engine, a cache, and a cache with TLS and an AUTH token, and print a line for each."""
    parser = argparse.ArgumentParser(prog="bench.caches", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each measurement takes")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        server = servers.start("cloudarium")
        stack.callback(server.stop)
        authority = servers.authority()
        secured = {"TransitEncryptionEnabled": True, "AuthToken": _TOKEN}
        places = [
            stack.enter_context(_bare()),
            _cached(server, "Cache", None),
            _cached(server, "Secured cache (TLS, AUTH)", authority, **secured),
        ]
        print(f"{'':<46}{'per s':>10}{'p50 ms':>9}{'engine µs':>9}{'ours µs':>9}{'ours':>9}")
        for name in _COMMANDS:
            for at_a_time in (1, 16):
                for place in places:
                    print(_measure(place, name, at_a_time, options.seconds), flush=True)


if __name__ == "__main__":
    main()
