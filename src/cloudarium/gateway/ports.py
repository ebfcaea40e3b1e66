"""Ports beside HTTP: a room that speaks another protocol names them on its card, and is loaded when someone comes.

A port's function in the room's ports.py has its name (- written _), gets the cloud, and makes an asyncio.Protocol for
one client.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cloudarium.gateway.rooms import Room, all_rooms

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_WAITING = 100  # connections that the system holds until they are taken
HIGHEST = 65535


def known() -> dict[str, tuple[Room, int]]:
    """Every port beside HTTP by its name: whose it is, and its usual number."""
    return {name: (room, usual) for room in all_rooms().values() for name, usual in room.card.ports.items()}


def bind(host: str, wanted: Mapping[str, int], usual: bool) -> dict[str, socket.socket]:
    """A bound socket for every port: with the number that is `wanted`, else its usual one if that is free, else any.

    Without `usual` any free one is taken at once. Raises OSError, with the number as its filename, for a wanted port
    that is taken.
    """
    found: dict[str, socket.socket] = {}
    for name, (_, number) in known().items():
        try:
            if name in wanted:
                found[name] = _bound(host, wanted[name])
            else:
                found[name] = _free(host, number) if usual else _bound(host, 0)
        except OSError as error:
            for each in found.values():
                each.close()
            error.filename = f"{name}={wanted.get(name, 0)}"
            raise
    return found


def _free(host: str, number: int) -> socket.socket:
    try:
        return _bound(host, number)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    return _bound(host, 0)


def _bound(host: str, number: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, number))
        made.listen(_WAITING)  # a port that another one only listens on is taken, too
    except OSError:
        made.close()
        raise
    return made


class Ports:
    """The open ports of a cloud."""

    def __init__(self, cloud: Cloud, sockets: Mapping[str, socket.socket]) -> None:
        self._cloud = cloud
        self._sockets = sockets
        self._servers: list[asyncio.Server] = []
        cloud.ports = {name: each.getsockname()[1] for name, each in sockets.items()}

    async def open(self) -> None:
        """Begin to take clients."""
        loop = asyncio.get_running_loop()
        for name, each in self._sockets.items():
            self._servers.append(await loop.create_server(self._maker(name), sock=each))

    def _maker(self, name: str) -> Callable[[], asyncio.Protocol]:
        def make() -> asyncio.Protocol:
            module = known()[name][0].module("ports")
            made: asyncio.Protocol = getattr(module, name.replace("-", "_"))(self._cloud)
            return made

        return make

    async def close(self) -> None:
        """Take no more clients; who is there is cut off when the loop ends."""
        for server in self._servers:
            server.close()
