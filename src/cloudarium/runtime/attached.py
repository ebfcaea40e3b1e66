"""Functions in networks: which network an environment is kept to, and whose connection is whose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from cloudarium.runtime.environment import Environment
from cloudarium.runtime.launcher import Launcher, LauncherLost, Launchers
from cloudarium.runtime.networks import Destination, Network
from cloudarium.runtime.peers import holder, socket_inode
from cloudarium.runtime.spec import FunctionSpec


class Attached:
    """The networks of all `environments` there are, which the pool adds to and takes from.

    `network` says what a function that names a network is attached to; `not_attached` why this machine keeps no
    function to its network.
    """

    def __init__(
        self,
        environments: Collection[Environment],
        launchers: Launchers,
        network: Callable[[FunctionSpec], Awaitable[Network]] | None,
    ) -> None:
        self.environments = environments
        self.launchers = launchers
        self.network = network
        self.not_attached = ""
        self._leaving: set[asyncio.Task[None]] = set()

    async def change_network(self, network: Network) -> None:
        """Have the running functions of a network reach what it says now."""
        for launcher in self.launchers.running():
            if launcher.networks.has(network.key):
                await launcher.networks.provide(network)

    def behind(self, peer: tuple[str, int], own: tuple[str, int], text: str = "") -> FunctionSpec | None:
        """The function at the other end of a connection from `peer` to `own` that came over the machine's loopback.

        None when it is none: some other program of this machine, or where the system does not tell. `text` is a line
        for the function's log.
        """
        inode = socket_inode(peer, own) if self.environments else ""
        guards = {one.process.guard: one for one in self.environments if one.process is not None} if inode else {}
        found = holder(inode, guards)
        if found is None:
            return None
        if text:
            guards[found].log.line(text)
        return guards[found].spec

    async def attach(self, spec: FunctionSpec, launcher: Launcher) -> tuple[str, str]:
        """Provide the network that a function names: its key, and why the function is not kept to it after all."""
        if not spec.network or self.network is None:
            return "", ""
        network = await self.network(spec)
        if launcher.layout.isolate:
            launcher.networks.on_lost = self._say_lost
            try:
                await launcher.networks.provide(network)
                return network.key, ""
            except LauncherLost as error:
                self.not_attached = str(error)
        else:
            self.not_attached = self.launchers.reason
        return "", f"The function is not kept to its VPC, since this machine forbids it: {self.not_attached}."

    def _say_lost(self, network: Network, port: int, destination: Destination) -> None:
        """Write into the log of the function that tried why it got nowhere."""
        where = f"{destination[0]}:{destination[1]}"
        text = f"VPC: {where} is not reached: {network.why(destination)}."
        self.say(network.key, (network.address, port), destination, text)

    def say(self, key: str, peer: tuple[str, int], own: tuple[str, int], text: str) -> None:
        """Write a line into the log of the function of a network that connects from `peer` to `own`."""
        guards = {
            one.process.guard: one for one in self.environments if one.spec.network == key and one.process is not None
        }
        if not guards:
            return
        inode = socket_inode(peer, own, next(iter(guards)))
        found = holder(inode, guards) if inode else None
        environment = next(iter(guards.values())) if found is None else guards[found]
        environment.log.line(text)

    def leave(self, key: str) -> None:
        if not key or any(environment.spec.network == key for environment in self.environments):
            return
        for launcher in self.launchers.running():
            if launcher.networks.has(key):
                task = asyncio.ensure_future(launcher.networks.forget(key))
                self._leaving.add(task)
                task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._leaving.discard(task)
        if not task.cancelled():
            task.exception()  # the launcher may be gone, and its networks with it
