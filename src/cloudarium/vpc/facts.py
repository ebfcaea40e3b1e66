"""What decides about traffic in a VPC, as plain values: security groups, network ACLs, routes, subnets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

ALL = "-1"  # every protocol, as EC2 writes it
TCP = "6"


@dataclass(frozen=True, slots=True)
class Permission:
    """A rule of a security group: a protocol (`-1` or its number), ports, and whom it speaks of."""

    protocol: str
    first: int
    last: int
    networks: tuple[IPv4Network, ...] = ()
    groups: frozenset[str] = frozenset()

    def covers(self, port: int) -> bool:
        """Is TCP to this port meant?"""
        return self.protocol == ALL or (self.protocol == TCP and (self.first == -1 or self.first <= port <= self.last))

    def names(self, address: IPv4Address, groups: frozenset[str]) -> bool:
        """Is an interface with this address, in these groups, meant?"""
        return bool(self.groups & groups) or any(address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group of a VPC: what it lets in and what it lets out."""

    id: str
    vpc: str
    ingress: tuple[Permission, ...] = ()
    egress: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A numbered rule of a network ACL."""

    number: int
    allow: bool
    protocol: str
    network: IPv4Network
    first: int = 0
    last: int = 65535

    def covers(self, address: IPv4Address, first: int, last: int) -> bool:
        """Does it speak of this address and, for TCP, of some port between the two?"""
        if address not in self.network or self.protocol not in (ALL, TCP):
            return False
        return self.protocol == ALL or (self.first <= last and first <= self.last)


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """A network ACL; its entries in the order of their numbers."""

    id: str
    ingress: tuple[Entry, ...] = ()
    egress: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A route: a destination and where it leads (`local`, `igw-…`, `nat-…`, `vpce-…`); `active` or a black hole."""

    network: IPv4Network
    target: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet with the ACL and the routes that hold for it."""

    id: str
    vpc: str
    network: IPv4Network
    acl: NetworkAcl
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: where it is and which security groups it is in."""

    vpc: str
    subnet: str
    address: IPv4Address
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class ServiceEndpoint:
    """A VPC endpoint to a service of AWS: of kind `Gateway` (by routes) or `Interface` (by its own groups)."""

    id: str
    vpc: str
    service: str  # the last part of its service name: s3, dynamodb, secretsmanager
    kind: str
    interfaces: tuple[Interface, ...] = ()
    policy: str = ""  # its text; empty: everything may pass


@dataclass(frozen=True, slots=True)
class NatGateway:
    """A NAT gateway that leads to the internet: where it is, and the address that the internet sees."""

    id: str
    subnet: str
    address: IPv4Address
    public: IPv4Address


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it for one account and region, by id.

    `peerings` are the connections that are active, with the VPCs that each brings together; `services` are the
    addresses that stand for services of AWS with a prefix list, by the last part of their names; `nats` are the NAT
    gateways that have a public address.
    """

    groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    endpoints: tuple[ServiceEndpoint, ...] = ()
    peerings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    services: Mapping[str, IPv4Address] = field(default_factory=dict)
    nats: Mapping[str, NatGateway] = field(default_factory=dict)

    def beside(self, other: Facts) -> Facts:
        """These, with those of another account or region."""
        return Facts(
            {**other.groups, **self.groups},
            {**other.subnets, **self.subnets},
            self.endpoints,
            {**other.peerings, **self.peerings},
            self.services,
            self.nats,
        )
