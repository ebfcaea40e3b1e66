"""The networks of functions that are attached to a VPC: what such a function reaches, and nothing else.

An environment of an attached function is started inside a network namespace of its kind. Whatever it connects to times
out, but for the destinations in its `Network`: those end at listeners inside the namespace whose sockets the cloud
holds, so that the cloud serves them itself and the peer's address is the function's address in the VPC. Where the
machine has no namespaces nothing is kept apart; `Environments.stats` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudarium.runtime.launcher import Launcher

Destination = tuple[str, int]  # an IPv4 address and a TCP port
_SYN, _SYN_AND_ACK = 2, 18


@dataclass(frozen=True, slots=True)
class Network:
    """How functions of one kind are attached: their address in the VPC, and what they reach.

    Functions with the same `key` share a namespace. `reach` has for each destination the maker of the protocol that
    serves a connection to it; a destination of 127.0.0.1 that is in `cut` times out rather than being refused. `why`
    says in a sentence what keeps a destination from being reached.
    """

    key: str
    address: str
    reach: Mapping[Destination, Callable[[], asyncio.BaseProtocol]] = field(default_factory=dict)
    cut: frozenset[Destination] = frozenset()
    why: Callable[[Destination], str] = lambda destination: "nothing that it is attached to leads there"


@dataclass(slots=True)
class _Made:
    """A network of a launcher: what it is now, its listeners, and the packets that got nowhere."""

    network: Network
    servers: dict[Destination, asyncio.Server] = field(default_factory=dict)
    lost: socket.socket | None = None
    told: deque[tuple[int, Destination]] = field(default_factory=lambda: deque(maxlen=256))

    def close(self) -> None:
        for server in self.servers.values():
            server.close()
        if self.lost is not None:
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(self.lost.fileno())
            self.lost.close()


class Networks:
    """The networks that one launcher has made. `on_lost` is told of an attempt to connect in vain."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher
        self.on_lost: Callable[[Network, int, Destination], None] | None = None
        self._made: dict[str, _Made] = {}
        self._changing: dict[str, asyncio.Lock] = {}

    async def provide(self, network: Network) -> None:
        """Make the network, or change it into what it is now. Raises LauncherLost where the system forbids it."""
        async with self._changing.setdefault(network.key, asyncio.Lock()):
            made = self._made.get(network.key) or _Made(network)
            made.network = network
            new = [destination for destination in network.reach if destination not in made.servers]
            order = {
                "network": network.key,
                "address": network.address,
                "opened": [one for one in network.reach if one[0] != "127.0.0.1"],
                "closed": sorted(network.cut - set(network.reach)),
                "listen": new,
                "lost": made.lost is None,
            }
            sockets = await self.launcher.network(order)
            if made.lost is None:
                made.lost = sockets.pop(0)
                asyncio.get_running_loop().add_reader(made.lost.fileno(), self._read_lost, made)
            self._made[network.key] = made
            for destination in [one for one in made.servers if one not in network.reach]:
                made.servers.pop(destination).close()  # not before it is out of reach, or it would refuse
            for destination, listener in zip(new, sockets, strict=True):
                made.servers[destination] = await _serve(listener, network.reach[destination])

    def _read_lost(self, made: _Made) -> None:
        """Tell of each attempt to connect that got nowhere, once though the system tries it again."""
        assert made.lost is not None
        for _ in range(64):
            try:
                packet = made.lost.recv(256)
            except OSError:
                return
            attempt = attempted(packet)
            if attempt is not None and attempt not in made.told:
                made.told.append(attempt)
                if self.on_lost is not None:
                    self.on_lost(made.network, *attempt)

    async def listen(self, key: str) -> socket.socket:
        """A listening socket on a free port of a network's own 127.0.0.1."""
        listeners = await self.launcher.network({"network": key, "listen": [("127.0.0.1", 0)]})
        return listeners[0]

    async def datagrams(self, key: str) -> socket.socket:
        """A socket for datagrams on a free port of a network's own 127.0.0.1."""
        made = await self.launcher.network({"network": key, "datagrams": [("127.0.0.1", 0)]})
        return made[0]

    def has(self, key: str) -> bool:
        """Was this network made here?"""
        return key in self._made

    async def forget(self, key: str) -> None:
        """Let go of a network that no environment is in any more."""
        made = self._made.pop(key, None)
        if made is not None:
            made.close()
            await self.launcher.network({"network": key, "forget": True})

    def close(self) -> None:
        """Stop serving all of them."""
        for made in self._made.values():
            made.close()
        self._made.clear()


def attempted(packet: bytes) -> tuple[int, Destination] | None:
    """The source port and the destination of an IPv4 packet that begins a TCP connection; else None."""
    length = (packet[0] & 15) * 4 if packet else 0
    tcp = packet[length : length + 14]
    if len(tcp) < 14 or packet[9] != socket.IPPROTO_TCP or tcp[13] & _SYN_AND_ACK != _SYN:
        return None
    source, port = struct.unpack("!HH", tcp[:4])
    return source, (socket.inet_ntoa(packet[16:20]), port)


async def _serve(listener: socket.socket, protocol: Callable[[], asyncio.BaseProtocol]) -> asyncio.Server:
    listener.setblocking(False)
    return await asyncio.get_running_loop().create_server(protocol, sock=listener)
