"""Ports beside HTTP: a room that speaks another protocol names them on its card, and is loaded when someone comes.

A port's function in the room's ports.py has its name (- written _), gets the cloud, and makes an asyncio.Protocol for
one client. Where the card says that datagrams reach the port, too, a second one, `NAME_datagrams`, makes the
asyncio.DatagramProtocol that takes them.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.rooms import Room, all_rooms

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_ATTEMPTS = 10
_WAITING = 100  # connections that the system holds until they are taken
HIGHEST = 65535


def known() -> dict[str, tuple[Room, int]]:
    """Every port beside HTTP by its name: whose it is, and its usual number."""
    return {name: (room, usual) for room in all_rooms().values() for name, usual in room.card.ports.items()}


class Bound(socket.socket):
    """A bound socket for clients, and with the same number the one for datagrams, if the port has one."""

    datagrams: socket.socket | None = None

    def close(self) -> None:
        """Close both."""
        super().close()
        if self.datagrams is not None:
            self.datagrams.close()


def bind(host: str, wanted: Mapping[str, int], usual: bool) -> dict[str, Bound]:
    """A bound socket for every port: with the number that is `wanted`, else its usual one if that is free, else any.

    Without `usual` any free one is taken at once. Raises OSError, with the number as its filename, for a wanted port
    that is taken.
    """
    found: dict[str, Bound] = {}
    for name, (room, number) in known().items():
        both = name in room.card.datagrams
        try:
            if name in wanted:
                found[name] = _bound(host, wanted[name], both)
            else:
                found[name] = _free(host, number if usual else 0, both)
        except OSError as error:
            for each in found.values():
                each.close()
            error.filename = f"{name}={wanted.get(name, 0)}"
            raise
    return found


def _free(host: str, number: int, both: bool) -> Bound:
    """With the number if it is free, else with any; of two sockets with one number the second may find it taken."""
    for attempt in (number, *(0,) * _ATTEMPTS):
        try:
            return _bound(host, attempt, both)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return _bound(host, 0, both)


def _bound(host: str, number: int, both: bool) -> Bound:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = Bound(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, number))
        made.listen(_WAITING)  # a port that another one only listens on is taken, too
        if both:
            made.datagrams = socket.socket(family, socket.SOCK_DGRAM)
            made.datagrams.bind((host, made.getsockname()[1]))
            made.datagrams.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


class Ports:
    """The open ports of a cloud."""

    def __init__(self, cloud: Cloud, sockets: Mapping[str, Bound]) -> None:
        self._cloud = cloud
        self._sockets = sockets
        self._servers: list[asyncio.Server] = []
        self._takers: list[asyncio.DatagramTransport] = []
        cloud.ports = {name: each.getsockname()[1] for name, each in sockets.items()}

    async def open(self) -> None:
        """Begin to take clients."""
        loop = asyncio.get_running_loop()
        for name, each in self._sockets.items():
            self._servers.append(await loop.create_server(self._maker(name), sock=each))
            if each.datagrams is not None:
                taker, _ = await loop.create_datagram_endpoint(self._maker(f"{name}-datagrams"), sock=each.datagrams)
                self._takers.append(taker)

    def _maker(self, name: str) -> Callable[[], Any]:
        def make() -> Any:
            module = known()[name.removesuffix("-datagrams")][0].module("ports")
            return getattr(module, name.replace("-", "_"))(self._cloud)

        return make

    async def close(self) -> None:
        """Take no more clients; who is there is cut off when the loop ends."""
        for server in self._servers:
            server.close()
        for taker in self._takers:
            taker.close()
