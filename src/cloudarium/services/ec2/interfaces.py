"""Making and letting go of network interfaces: for callers, for NAT gateways, for VPC endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.kinds import GROUP, INTERFACE
from cloudarium.services.ec2.rules import blocks
from cloudarium.shared import ids
from cloudarium.vpc import records
from cloudarium.vpc.records import Data

MOST_GROUPS = 5
MOST_ADDRESSES = 50  # as many as the largest instances take; AWS lets an interface without one have no more


def make(
    call: Call,
    subnet: Data,
    groups: Sequence[Data],
    kind: str,
    description: str,
    address: str = "",
    requester: str = "",
) -> Data:
    """A new interface in a subnet, not kept yet: with the address that is asked for, else the lowest free one.

    `requester` is the service that made it for the caller, who may then not delete it.
    """
    chosen = _address(call, subnet, address)
    id = lookup.new_id(INTERFACE)
    first = _entry(call, chosen, primary=True)
    data: Data = {
        "NetworkInterfaceId": id,
        "InterfaceType": kind,
        "Description": description,
        "OwnerId": call.account,
        "VpcId": subnet["VpcId"],
        "SubnetId": subnet["SubnetId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "AvailabilityZoneId": subnet["AvailabilityZoneId"],
        "PrivateIpAddress": str(chosen),
        "PrivateDnsName": first["PrivateDnsName"],
        "PrivateIpAddresses": [first],
        "Groups": [{"GroupId": one["GroupId"], "GroupName": one["GroupName"]} for one in groups],
        "MacAddress": "02:" + ":".join(ids.hex(2) for _ in range(5)),
        "SourceDestCheck": kind == "interface",
        "Status": "available",
        "RequesterManaged": bool(requester),
        "Ipv6Addresses": [],
    }
    return {**data, "RequesterId": requester} if requester else data


def _entry(call: Call, address: IPv4Address, primary: bool) -> Data:
    """An address as an interface has it."""
    end = "ec2.internal" if call.region == "us-east-1" else f"{call.region}.compute.internal"
    name = f"ip-{str(address).replace('.', '-')}.{end}"
    return {"Primary": primary, "PrivateIpAddress": str(address), "PrivateDnsName": name}


def add(call: Call, data: Data, subnet: Data, asked: Sequence[str], count: int = 0) -> list[str]:
    """Give an interface these further addresses of its subnet, or so many free ones; those that it got."""
    if "" in asked:
        raise errors.Invalid("invalid value for parameter address: ")
    if count < 0:
        raise errors.Invalid.value(count, "secondaryPrivateIpAddressCount", "It must not be negative.")
    if len(data["PrivateIpAddresses"]) + len(asked) + count > MOST_ADDRESSES:
        message = f"An interface may have {MOST_ADDRESSES} private addresses."
        raise errors.LimitExceeded("PrivateIpAddressLimitExceeded", message)
    given = []
    for each in [*asked, *[""] * count]:
        chosen = _address(call, subnet, each, data)
        data["PrivateIpAddresses"].append(_entry(call, chosen, primary=False))
        given.append(str(chosen))
    return given


def _address(call: Call, subnet: Data, asked: str, own: Data | None = None) -> IPv4Address:
    """A free address of a subnet: the one that is asked for, else the lowest. `own` is not kept yet as it is now."""
    block = IPv4Network(subnet["CidrBlock"])
    found = records.within(call.store, call.scope, subnet["VpcId"], INTERFACE.record)
    taken = {
        IPv4Address(each["PrivateIpAddress"])
        for one in [*found, *([own] if own is not None else [])]
        if one["SubnetId"] == subnet["SubnetId"]
        for each in one["PrivateIpAddresses"]
    }
    if not asked:
        chosen = blocks.free(block, taken)
        if chosen is None:
            where = f"There are not enough free addresses in subnet '{subnet['SubnetId']}'"
            message = f"{where} to satisfy the requested number of interfaces."
            raise errors.Conflict(message, code="InsufficientFreeAddressesInSubnet")
        return chosen
    try:
        address = IPv4Address(asked)
    except AddressValueError as error:
        raise errors.Invalid(f"invalid value for parameter address: {asked}") from error
    if address not in block:
        raise errors.Invalid("Address does not fall within the subnet's address range")
    if not blocks.is_usable(address, block):
        raise errors.Invalid("Address is in subnet's reserved address range")
    if address in taken:
        message = f"The specified address is already in use: {asked}"
        raise errors.Conflict(message, code="InvalidIPAddress.InUse")
    return address


def groups(call: Call, wanted: Sequence[str], vpc: str) -> list[Data]:
    """The security groups with these ids, all of one VPC; its default one when none is named."""
    if not wanted:
        those = records.within(call.store, call.scope, vpc, GROUP.record)
        return [one for one in those if one["GroupName"] == "default"]
    if len(wanted) > MOST_GROUPS:
        raise errors.LimitExceeded(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )
    found = [lookup.find(call, GROUP, id) for id in dict.fromkeys(wanted)]
    if any(one["VpcId"] != vpc for one in found):
        message = "You have specified two resources that belong to different networks."
        raise errors.Conflict(message, code="InvalidParameter")
    return found
