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
    name = f"ip-{str(chosen).replace('.', '-')}." + (
        "ec2.internal" if call.region == "us-east-1" else f"{call.region}.compute.internal"
    )
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
        "PrivateDnsName": name,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": str(chosen), "PrivateDnsName": name}],
        "Groups": [{"GroupId": one["GroupId"], "GroupName": one["GroupName"]} for one in groups],
        "MacAddress": "02:" + ":".join(ids.hex(2) for _ in range(5)),
        "SourceDestCheck": kind == "interface",
        "Status": "available",
        "RequesterManaged": bool(requester),
        "Ipv6Addresses": [],
    }
    return {**data, "RequesterId": requester} if requester else data


def _address(call: Call, subnet: Data, asked: str) -> IPv4Address:
    block = IPv4Network(subnet["CidrBlock"])
    found = records.within(call.store, call.scope, subnet["VpcId"], INTERFACE.record)
    taken = {
        IPv4Address(each["PrivateIpAddress"])
        for one in found
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
