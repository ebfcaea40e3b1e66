"""The X-Ray daemon's side of UDP: one datagram is a line that says how, and a segment document.

An execution environment has a socket of its own, so what comes there is of that function and of no other.
Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable

_LONGEST_HEAD = 200


class Daemon(asyncio.DatagramProtocol):
    """Takes segments: `on_segment` gets each document, as text."""

    def __init__(self, on_segment: Callable[[str], None]) -> None:
        self.on_segment = on_segment
        self.address = ""
        self._transport: asyncio.DatagramTransport | None = None

    async def listen(self, given: socket.socket | None = None) -> None:
        """Take datagrams on a free port of the loopback interface, or on the socket that is given."""
        loop = asyncio.get_running_loop()
        if given is None:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        else:
            given.setblocking(False)
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=given)
        self.address = "127.0.0.1:{}".format(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Take no more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take a segment; what does not begin as the protocol says is dropped, as the daemon does."""
        head, found, body = data[: _LONGEST_HEAD + 1].partition(b"\n")
        if not found or not _is_head(head):
            return
        try:
            text = data[len(head) + 1 :].decode()
        except UnicodeDecodeError:
            return
        if text:
            self.on_segment(text)

    def error_received(self, exc: Exception) -> None:
        """A sender that is gone; nobody waits for an answer."""


def _is_head(head: bytes) -> bool:
    try:
        said = json.loads(head)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("format") == "json" and said.get("version") == 1
