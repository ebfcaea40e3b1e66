"""Runs the application on one port of one loopback address until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import uvicorn

from cloudarium.cloud import Cloud
from cloudarium.gateway.app import App
from cloudarium.gateway.attached import AttachedConnection
from cloudarium.gateway.certificates import Authority
from cloudarium.gateway.connection import Connection
from cloudarium.gateway.ports import Bound, Ports
from cloudarium.gateway.tls import front_of


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError when the port is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def serve(
    folder: Path | None,
    listener: socket.socket,
    opened: Callable[[str], None],
    tls: ssl.SSLContext | None = None,
    sockets: Mapping[str, Bound] | None = None,
    certificate: Callable[..., ssl.SSLContext] | None = None,
    settings: Mapping[str, str] | None = None,
    authority: Authority | None = None,
    authority_file: Path | None = None,
) -> None:
    """Run a cloud on `folder` (None: an ephemeral one) behind a bound socket, until SIGTERM or SIGINT.

    With `tls` the same port answers https too. `opened` is told the endpoint once the cloud has started: clients may
    connect to it, and to what rooms have opened beside it. `sockets` are the ports beside HTTP, `certificate` makes
    what those need for TLS, when they first do, `authority` vouches for what rooms sign, and `authority_file` is its
    certificate. Raises what opening a Store raises.
    """
    host, port = listener.getsockname()[:2]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    cloud = Cloud(folder, endpoint=f"http://{'localhost' if host == '::1' else host}:{port}")
    cloud.certificate, cloud.settings = certificate, dict(settings or {})
    cloud.authority, cloud.authority_file = authority, authority_file
    config = uvicorn.Config(
        App(cloud, Ports(cloud, sockets or {})),
        loop="uvloop",
        http=Connection if tls is None else front_of(tls, Connection),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
        backlog=1024,
    )
    # Models and policies are many objects that live on: walking them again and again would cost each call microseconds.
    gc.set_threshold(50_000, 20, 50)
    listener.listen(config.backlog)
    server = Server(config)
    server.opened = lambda: opened(cloud.endpoint)
    server.run(sockets=[listener])


class Server(uvicorn.Server):
    """uvicorn's server looks ten times a second whether it shall stop; this one sleeps until it is told."""

    _loop: asyncio.AbstractEventLoop | None = None
    opened: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; from now on the cloud can also answer on connections that came another way."""
        await super().startup(sockets)
        app = self.config.app
        assert isinstance(app, App)
        app.cloud.connect = lambda judge: AttachedConnection(self.config, self.server_state, self.lifespan.state, judge)
        if not self.should_exit:
            self.opened()

    async def main_loop(self) -> None:
        """Wait for the signal to stop."""
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        if not self.should_exit:
            await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; a second time, at once."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)
