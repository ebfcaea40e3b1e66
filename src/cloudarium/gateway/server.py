"""Runs the application on one port of one loopback address until it is told to stop."""

from __future__ import annotations

import gc
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import uvicorn

from cloudarium.cloud import Cloud
from cloudarium.gateway.app import App
from cloudarium.gateway.connection import Connection
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
) -> None:
    """Run a cloud on `folder` (None: an ephemeral one) behind a bound socket, until SIGTERM or SIGINT.

    With `tls` the same port answers https too. `opened` is told the endpoint once the folder is open and clients may
    connect. Raises what opening a Store raises.
    """
    host, port = listener.getsockname()[:2]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    cloud = Cloud(folder, endpoint=f"http://{'localhost' if host == '::1' else host}:{port}")
    config = uvicorn.Config(
        App(cloud),
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
    opened(cloud.endpoint)
    uvicorn.Server(config).run(sockets=[listener])
