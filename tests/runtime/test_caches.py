"""A real Valkey behind its front: data, TLS, credentials, restarts, and no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import select
import signal
import ssl
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState
from valkey.asyncio import Valkey as Client
from valkey.exceptions import AuthenticationError, ConnectionError, ResponseError, TimeoutError

from cloudarium.gateway.tls import Secured
from cloudarium.runtime.caches import EngineFailed, Front, Gate, Pass, Valkey
from cloudarium.runtime.caches.resp import Broken, Splitter, encode

SETTINGS = {"save": "", "appendonly": "yes"}


@contextlib.asynccontextmanager
async def cache(
    folder: Path, settings: dict[str, Any] | None = None, users: list[list[str]] | None = None, **front: Any
) -> AsyncIterator[tuple[Valkey, int, Front]]:
    """A server with a front: the server, the port, the front."""
    server = Valkey(folder, {**SETTINGS, **(settings or {})}, users or [])
    await server.start()

    async def backend() -> str:
        return server.socket

    gate = Front(backend, **front)
    _, port = await gate.listen("127.0.0.1", 0)
    try:
        yield server, port, gate
    finally:
        gate.close()
        await server.stop()


def run(work: Callable[[], Awaitable[None]]) -> None:
    """With the loop that the cloud has."""
    uvloop.run(work())  # type: ignore[arg-type]


def test_it_keeps_what_clients_set_through_a_restart(tmp_path: Path) -> None:
    async def work() -> None:
        async with cache(tmp_path) as (_, port, front):
            client = Client(port=port)
            await client.set("a", "1", ex=1000)
            await client.set("big", b"x" * 3_000_000)
            assert len(await client.get("big")) == 3_000_000
            assert front.traffic.connections == 1
            assert front.traffic.bytes_in > 3_000_000 < front.traffic.bytes_out
            await client.aclose()
        async with cache(tmp_path) as (_, port, _):
            client = Client(port=port)
            assert await client.get("a") == b"1"
            assert await client.ttl("a") > 900
            await client.aclose()

    run(work)


def test_settings_are_the_servers_own(tmp_path: Path) -> None:
    async def work() -> None:
        settings = {"maxmemory": "5mb", "maxmemory-policy": "allkeys-lru", "requirepass": "secret"}
        async with cache(tmp_path, settings) as (_, port, _):
            for client in (Client(port=port), Client(port=port, password="wrong")):
                with pytest.raises(AuthenticationError):
                    await client.ping()
                await client.aclose()
            client = Client(port=port, password="secret")
            for number in range(60):
                await client.set(f"k{number}", b"x" * 200_000)
            assert (await client.config_get("maxmemory*"))["maxmemory-policy"] == "allkeys-lru"
            assert (await client.info("stats"))["evicted_keys"] > 20
            await client.aclose()

    run(work)


def test_a_setting_that_it_does_not_know_says_why_it_did_not_start(tmp_path: Path) -> None:
    async def work() -> None:
        with pytest.raises(EngineFailed, match="no-such-thing"):
            await Valkey(tmp_path, {"no-such-thing": "1"}).start()

    run(work)


def test_the_gate_turns_tokens_into_what_the_server_knows(tmp_path: Path) -> None:
    asked: list[tuple[bytes, bytes]] = []

    async def gate(user: bytes, password: bytes) -> Pass | None:
        asked.append((user, password))
        return {b"token-of-ann": Pass(b"inner"), b"plain": Pass(b"plain")}.get(password)

    checked: Gate = gate

    async def work() -> None:
        async with cache(tmp_path, users=[["ann", "on", ">inner", "~a:*", "+@all"]], gate=checked) as (_, port, front):
            for protocol in (2, 3):
                client = Client(port=port, username="ann", password="token-of-ann", protocol=protocol)
                assert await client.set("a:1", "x")
                with pytest.raises(ResponseError, match="NOPERM|No permissions"):
                    await client.set("b:1", "x")
                await client.aclose()
                wrong = Client(port=port, username="ann", password="inner", protocol=protocol)
                with pytest.raises(AuthenticationError, match="invalid username-password pair"):
                    await wrong.ping()
                await wrong.aclose()
            assert front.traffic.refused == 2
            assert (b"ann", b"token-of-ann") in asked

    run(work)


def test_answers_keep_their_order_around_an_authentication(tmp_path: Path) -> None:
    async def gate(user: bytes, password: bytes) -> Pass | None:
        await asyncio.sleep(0)
        return None

    async def work() -> None:
        async with cache(tmp_path, gate=gate) as (_, port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                encode([b"PING", b"1"]) + encode([b"auth", b"x", b"y"]) + encode([b"PING", b"2"]) + b"PING\r\n"
            )
            await writer.drain()
            answers = await reader.readuntil(b"PONG\r\n")
            assert answers.split(b"\r\n")[:2] == [b"$1", b"1"]
            assert answers.split(b"\r\n")[2].startswith(b"-WRONGPASS")
            assert answers.endswith(b"$1\r\n2\r\n+PONG\r\n")
            writer.write(b"*1\r\n$x\r\n")
            assert b"-ERR Protocol error" in await reader.read()
            writer.close()

    run(work)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def test_tls_ends_here(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    async def work() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)

        def secure(make: Callable[[], asyncio.Protocol]) -> Secured:
            return Secured(make, ServerState(), context)

        async with cache(tmp_path / "data", secure=secure) as (_, port, front):
            client = Client(port=port, ssl=True, ssl_ca_certs=str(certificate[0]), ssl_check_hostname=False)
            await client.set("big", b"y" * 2_000_000)
            assert len(await client.get("big")) == 2_000_000
            await client.aclose()
            plain = Client(port=port, socket_timeout=5)
            with pytest.raises(ConnectionError):
                await plain.ping()
            await plain.aclose()
            assert front.traffic.opened == 1

    run(work)


def test_a_stranger_gets_no_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with cache(tmp_path, stranger=lambda peer, own: own[0] == "127.0.0.1") as (_, port, _):
            client = Client(port=port, socket_timeout=0.2)
            with pytest.raises(TimeoutError):
                await client.ping()
            await client.aclose()

    run(work)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_the_server_ends_with_its_keeper_and_starts_anew_with_its_data(tmp_path: Path) -> None:
    async def work() -> None:
        server = Valkey(tmp_path, SETTINGS)
        await server.start()
        await server.command("SET", "a", "1")
        number = int((await server.command("INFO", "server"))["process_id"])
        handle = os.pidfd_open(number)
        keeper = int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(keeper, signal.SIGKILL)
        assert select.select([handle], [], [], 15)[0], "the server outlived its keeper, at its address"
        os.close(handle)
        await server.ended()
        await server.stop()
        await server.start()
        assert await server.command("GET", "a") == "1"
        await server.stop()

    run(work)


def test_the_server_ends_with_whoever_started_it_and_keeps_its_data(tmp_path: Path) -> None:
    source = """
        import asyncio, sys
        from pathlib import Path
        from cloudarium.runtime.caches import Valkey
        async def main():
            server = Valkey(Path(sys.argv[1]), {"save": "", "appendonly": "yes"})
            await server.start()
            await server.command("SET", "a", "1")
            print((await server.command("INFO", "server"))["process_id"], flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(source), str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    number = int(process.stdout.readline())
    handle = os.pidfd_open(number)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert select.select([handle], [], [], 15)[0], "the server outlived the one that started it"
    os.close(handle)

    async def work() -> None:
        async with cache(tmp_path) as (server, _, _):
            assert await server.command("GET", "a") == "1"

    run(work)


@given(st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=4), max_size=8), st.lists(st.integers(1, 30)))
def test_however_the_bytes_come_the_pieces_are_the_commands(commands: list[list[bytes]], cuts: list[int]) -> None:
    commands = [[b"AUTH", *words] if number % 3 == 0 else words for number, words in enumerate(commands)]
    data = b"".join(encode(words) for words in commands)
    splitter, seen, looked_into = Splitter(), b"", []
    sizes = iter([*cuts, *[len(data)] * 2])
    while data:
        size = next(sizes)
        piece, data = data[:size], data[size:]
        for part in splitter.feed(piece):
            if isinstance(part, list):
                looked_into.append(part)
                part = encode(part)
            seen += part
    assert seen == b"".join(encode(words) for words in commands)
    assert looked_into == [words for words in commands if words[0].upper() in (b"AUTH", b"HELLO")]


@given(st.binary(max_size=200))
def test_any_bytes_pass_or_are_broken(data: bytes) -> None:
    with contextlib.suppress(Broken):
        for piece in Splitter().feed(data):
            assert piece
