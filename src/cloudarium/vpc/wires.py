"""The live network of one cloud: which endpoints are up, which functions are attached, what each reaches right now.

A room with something to connect to publishes an `Endpoint`. Lambda asks for the `Network` of an attachment and has its
running functions changed when what they reach changes. Decisions are `reach`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cloudarium.runtime import Network
from cloudarium.runtime.networks import Destination
from cloudarium.shared.scope import Scope
from cloudarium.vpc.facts import Facts, Interface
from cloudarium.vpc.reach import Verdict, reach, reach_service


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


@dataclass(slots=True)
class _Attached:
    attachment: Attachment
    network: Network
    change: Callable[[Network], Awaitable[None]]


@dataclass(slots=True)
class Wires:
    """What is up and who is attached. `facts` reads what is known of an account's network in a region.

    `api` makes the protocol that answers calls to AWS's own services at `api_destination`, for an attachment.
    """

    facts: Callable[[Scope], Facts]
    api_destination: Destination
    api: Callable[[Attachment], asyncio.BaseProtocol]
    endpoints: dict[Destination, Endpoint] = field(default_factory=dict)
    attached: dict[str, _Attached] = field(default_factory=dict)
    _changing: set[asyncio.Future[None]] = field(default_factory=set)

    def publish(self, endpoint: Endpoint) -> None:
        """An endpoint is up."""
        self.endpoints[endpoint.destination] = endpoint
        self.changed(endpoint.scope)

    def withdraw(self, destination: Destination) -> None:
        """An endpoint is gone."""
        endpoint = self.endpoints.pop(destination, None)
        if endpoint is not None:
            self.changed(endpoint.scope)

    def attach(self, attachment: Attachment, change: Callable[[Network], Awaitable[None]]) -> Network:
        """What a function that is attached like this reaches; `change` is awaited with what it reaches from then on."""
        network = self._network(attachment)
        self.attached[attachment.key] = _Attached(attachment, network, change)
        return network

    def may_call(self, attachment: Attachment, service: str) -> Verdict:
        """Does a call to the API of a service get through?"""
        return reach_service(self.facts(attachment.scope), attachment.interface, service)

    def changed(self, scope: Scope) -> None:
        """Something of this account's network changed: running functions reach from now on what is right now."""
        for attached in self.attached.values():
            if attached.attachment.scope != scope:
                continue
            network = self._network(attached.attachment)
            if network.reach.keys() != attached.network.reach.keys():
                attached.network = network
                task = asyncio.ensure_future(attached.change(network))
                self._changing.add(task)
                task.add_done_callback(self._changing.discard)

    def _network(self, attachment: Attachment) -> Network:
        open_to: dict[Destination, Callable[[], asyncio.BaseProtocol]] = {}
        for destination, endpoint in self.endpoints.items():
            if endpoint.scope == attachment.scope and self._verdict(attachment, endpoint).allowed:
                open_to[destination] = endpoint.serve
        open_to[self.api_destination] = lambda: self.api(attachment)
        address = str(attachment.interface.address)
        return Network(attachment.key, address, open_to, why=lambda destination: self._why(attachment, destination))

    def _verdict(self, attachment: Attachment, endpoint: Endpoint) -> Verdict:
        facts, port = self.facts(attachment.scope), endpoint.destination[1]
        verdicts = [reach(facts, attachment.interface, interface, port) for interface in endpoint.interfaces]
        allowed = next((verdict for verdict in verdicts if verdict.allowed), None)
        return allowed or (verdicts[0] if verdicts else Verdict(False, "it has no network interface"))

    def _why(self, attachment: Attachment, destination: Destination) -> str:
        endpoint = self.endpoints.get(destination)
        if endpoint is None:
            return "nothing in the VPC listens there, and this cloud's VPCs lead nowhere else"
        return f"{endpoint.name}: {self._verdict(attachment, endpoint).reason}"
