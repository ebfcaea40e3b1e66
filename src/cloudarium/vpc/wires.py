"""The live network of one cloud: which endpoints are up, which functions are attached, what each reaches right now.

A room with something to connect to publishes an `Endpoint`. Lambda asks for the `Network` of an attachment and has its
running functions changed when what they reach changes. Decisions are `reach`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cloudarium.runtime import Network
from cloudarium.runtime.networks import Destination
from cloudarium.shared.passage import Passage
from cloudarium.shared.scope import Scope
from cloudarium.vpc.facts import Facts, Interface
from cloudarium.vpc.reach import Verdict, passage, reach, reach_service


@dataclass(frozen=True, slots=True)
class Attachment:
    """How a function is attached: in which account and region, and its interface there."""

    scope: Scope
    interface: Interface

    @property
    def key(self) -> str:
        """Names it: functions in the same subnet and groups share an interface, as on AWS."""
        groups = ",".join(sorted(self.interface.groups))
        return f"{self.scope.account}/{self.scope.region}/{self.interface.subnet}/{groups}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Something that listens inside of a VPC: a name for logs, its interfaces, and who serves a connection to it.

    `serve` makes the protocol for a connection that comes out of a VPC, where the network has decided already.
    """

    name: str
    scope: Scope
    destination: Destination
    interfaces: tuple[Interface, ...]
    serve: Callable[[], asyncio.BaseProtocol]


class Runner(Protocol):
    """What knows the functions that are attached: the runtime's `Attached`."""

    async def change_network(self, network: Network) -> None:
        """Have the running functions of a network reach what it says now."""

    def say(self, key: str, peer: Destination, own: Destination, text: str) -> None:
        """Write a line into the log of the function that connects from `peer` to `own`."""


@dataclass(slots=True)
class _Attached:
    attachment: Attachment
    network: Network
    runner: Runner


@dataclass(slots=True)
class Wires:
    """What is up and who is attached. `facts` reads what is known of an account's network in a region.

    `api` makes the protocol that answers calls to AWS's own services at `api_at`; it asks for each of them by its
    signing name.
    """

    facts: Callable[[Scope], Facts]
    api_at: Destination
    api: Callable[[Callable[[str, Destination], Passage | None]], asyncio.BaseProtocol]
    endpoints: dict[Destination, Endpoint] = field(default_factory=dict)
    attached: dict[str, _Attached] = field(default_factory=dict)
    _changing: dict[str, asyncio.Future[None]] = field(default_factory=dict)  # the last change of an attachment

    def publish(self, endpoint: Endpoint) -> None:
        """An endpoint is up."""
        self.endpoints[endpoint.destination] = endpoint
        self.changed()

    def withdraw(self, destination: Destination) -> None:
        """An endpoint is gone."""
        if self.endpoints.pop(destination, None) is not None:
            self.changed()

    def attach(self, attachment: Attachment, runner: Runner) -> Network:
        """What a function that is attached like this reaches; its runner is told when that changes."""
        network = self._network(attachment)
        self.attached[attachment.key] = _Attached(attachment, network, runner)
        return network

    def problem(self, key: str, destination: Destination) -> str:
        """What keeps functions that are attached like this from a destination; empty when nothing does.

        Asked where the machine has no namespaces, and whoever listens has to keep them out.
        """
        attached = self.attached.get(key)
        if attached is None or destination in attached.network.reach:
            return ""
        return f"VPC: {destination[0]}:{destination[1]} gives no answer: {self._why(attached.attachment, destination)}."

    def changed_soon(self) -> None:
        """The same as `changed`, once the present call has committed what it changes."""
        if self.attached:
            asyncio.get_running_loop().call_soon(self.changed)

    def changed(self) -> None:
        """Something of a network changed: running functions reach from now on what is right now.

        All are looked at, those of other accounts and regions too: a peering connection may lead there.
        """
        for attached in self.attached.values():
            network = self._network(attached.attachment)
            if network.reach.keys() != attached.network.reach.keys():
                attached.network = network
                self._change(attached, network)

    def _change(self, attached: _Attached, network: Network) -> None:
        key = attached.attachment.key
        task = self._changing[key] = asyncio.ensure_future(attached.runner.change_network(network))

        def done(task: asyncio.Future[None]) -> None:
            if not task.cancelled():
                task.exception()  # the launcher may be gone, and its networks with it
            if self._changing.get(key) is task:
                del self._changing[key]

        task.add_done_callback(done)

    async def settled(self, key: str) -> None:
        """Wait until what has changed holds for the functions that are attached like this."""
        task = self._changing.get(key)
        if task is not None:
            await asyncio.wait([task])  # whether it went well is its own affair

    def _network(self, attachment: Attachment) -> Network:
        open_to: dict[Destination, Callable[[], asyncio.BaseProtocol]] = {}
        for destination, endpoint in self.endpoints.items():
            if self._verdict(attachment, endpoint).allowed:
                open_to[destination] = endpoint.serve
        open_to[self.api_at] = lambda: self.api(lambda service, peer: self._passage(attachment, service, peer))
        address = str(attachment.interface.address)
        return Network(attachment.key, address, open_to, why=lambda destination: self._why(attachment, destination))

    def _verdict(self, attachment: Attachment, endpoint: Endpoint) -> Verdict:
        facts, port = self.facts(attachment.scope), endpoint.destination[1]
        if endpoint.scope != attachment.scope:
            facts = facts.beside(self.facts(endpoint.scope))
        verdicts = [reach(facts, attachment.interface, interface, port) for interface in endpoint.interfaces]
        allowed = next((verdict for verdict in verdicts if verdict.allowed), None)
        return allowed or (verdicts[0] if verdicts else Verdict(False, "it has no network interface"))

    def _passage(self, attachment: Attachment, service: str, peer: Destination) -> Passage | None:
        """How a call to the API of a service gets through; None when it does not, and the function's log says why."""
        facts = self.facts(attachment.scope)
        verdict = reach_service(facts, attachment.interface, service)
        if verdict.allowed:
            return passage(facts, attachment.interface, verdict.by)
        if attachment.key in self.attached:
            text = f"VPC: {service or 'the internet'} is not reached, and this call will time out: {verdict.reason}."
            self.attached[attachment.key].runner.say(attachment.key, peer, self.api_at, text)
        return None

    def _why(self, attachment: Attachment, destination: Destination) -> str:
        endpoint = self.endpoints.get(destination)
        if endpoint is None:
            return "nothing in the VPC listens there, and this cloud's VPCs lead nowhere else"
        return f"{endpoint.name}: {self._verdict(attachment, endpoint).reason}"
