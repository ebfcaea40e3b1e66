"""The networks of functions that are attached to a VPC: what such a function reaches, and nothing else.

An environment of an attached function is started inside a network namespace of its kind. Whatever it connects to times
out, but for the destinations in its `Network`: those end at listeners inside the namespace whose sockets the cloud
holds, so that the cloud serves them itself and the peer's address is the function's address in the VPC. Where the
machine has no namespaces nothing is kept apart; `Environments.stats` says so.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudarium.runtime.launcher import Launcher

Destination = tuple[str, int]  # an IPv4 address and a TCP port


@dataclass(frozen=True, slots=True)
class Network:
    """How functions of one kind are attached: their address in the VPC, and what they reach.

    Functions with the same `key` share a namespace. `reach` has for each destination the maker of the protocol that
    serves a connection to it; a destination of 127.0.0.1 that is in `cut` times out rather than being refused.
    """

    key: str
    address: str
    reach: Mapping[Destination, Callable[[], asyncio.BaseProtocol]] = field(default_factory=dict)
    cut: frozenset[Destination] = frozenset()


class Networks:
    """The networks that one launcher has made."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher
        self._servers: dict[str, dict[Destination, asyncio.Server]] = {}
        self._changing: dict[str, asyncio.Lock] = {}

    async def provide(self, network: Network) -> None:
        """Make the network, or change it into what it is now. Raises LauncherLost where the system forbids it."""
        async with self._changing.setdefault(network.key, asyncio.Lock()):
            servers = self._servers.setdefault(network.key, {})
            for destination in [one for one in servers if one not in network.reach]:
                servers.pop(destination).close()
            new = [destination for destination in network.reach if destination not in servers]
            listeners = await self.launcher.network(
                {
                    "network": network.key,
                    "address": network.address,
                    "opened": [one for one in network.reach if one[0] != "127.0.0.1"],
                    "closed": sorted(network.cut - set(network.reach)),
                    "listen": new,
                }
            )
            for destination, listener in zip(new, listeners, strict=True):
                servers[destination] = await _serve(listener, network.reach[destination])

    async def listen(self, key: str) -> socket.socket:
        """A listening socket on a free port of a network's own 127.0.0.1."""
        listeners = await self.launcher.network({"network": key, "listen": [("127.0.0.1", 0)]})
        return listeners[0]

    def has(self, key: str) -> bool:
        """Was this network made here?"""
        return key in self._servers

    async def forget(self, key: str) -> None:
        """Let go of a network that no environment is in any more."""
        for server in self._servers.pop(key, {}).values():
            server.close()
        await self.launcher.network({"network": key, "forget": True})

    def close(self) -> None:
        """Stop serving all of them."""
        for servers in self._servers.values():
            for server in servers.values():
                server.close()
        self._servers.clear()


async def _serve(listener: socket.socket, protocol: Callable[[], asyncio.BaseProtocol]) -> asyncio.Server:
    listener.setblocking(False)
    return await asyncio.get_running_loop().create_server(protocol, sock=listener)
