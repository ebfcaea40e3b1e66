"""Blocks of addresses: what VPCs and subnets may have, and which address is free."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network

from cloudarium.services.ec2 import errors

RESERVED = 5  # the first four addresses of a subnet and its last
_FORBIDDEN = tuple(IPv4Network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"))


def parse(text: str, parameter: str = "cidrBlock") -> IPv4Network:
    """A block as the network it names: EC2 clears the bits behind the prefix. Raises InvalidParameterValue."""
    try:
        if "/" not in text:
            raise ValueError(text)
        return IPv4Network(text, strict=False)
    except ValueError as error:
        raise errors.Invalid.value(text, parameter, "This is not a valid CIDR block.") from error


def of_vpc(text: str) -> IPv4Network:
    """The block of a VPC: from /16 to /28. Source: "VPC CIDR blocks" of the Amazon VPC User Guide."""
    block = parse(text)
    if not 16 <= block.prefixlen <= 28 or any(block.overlaps(one) for one in _FORBIDDEN):
        raise errors.Conflict(f"The CIDR '{block}' is invalid.", code="InvalidVpc.Range")
    return block


def of_subnet(text: str, blocks: Iterable[IPv4Network], others: Iterable[IPv4Network]) -> IPv4Network:
    """The block of a subnet: from /16 to /28, within a block of its VPC, apart from the other subnets."""
    block = parse(text)
    if not 16 <= block.prefixlen <= 28 or not any(block.subnet_of(one) for one in blocks):
        raise errors.Conflict(f"The CIDR '{block}' is invalid.", code="InvalidSubnet.Range")
    if any(block.overlaps(one) for one in others):
        raise errors.Conflict(f"The CIDR '{block}' conflicts with another subnet", code="InvalidSubnet.Conflict")
    return block


def is_usable(address: IPv4Address, block: IPv4Network) -> bool:
    """May an interface have this address? Not the first four of a subnet, nor its last."""
    place = int(address) - int(block.network_address)
    return address in block and RESERVED - 1 <= place < block.num_addresses - 1


def free(block: IPv4Network, taken: Collection[IPv4Address]) -> IPv4Address | None:
    """The lowest free address of a subnet; None when it is full."""
    first = int(block.network_address) + RESERVED - 1
    last = int(block.broadcast_address)
    return next((address for number in range(first, last) if (address := IPv4Address(number)) not in taken), None)


def room(block: IPv4Network, taken: int) -> int:
    """How many addresses of a subnet are free."""
    return max(0, block.num_addresses - RESERVED - taken)
