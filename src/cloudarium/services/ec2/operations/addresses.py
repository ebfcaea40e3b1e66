"""Elastic addresses, and the interfaces that have them."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.kinds import ADDRESS, INTERFACE, INTERNET_GATEWAY
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import address_of, touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared import ids
from cloudarium.vpc import records

MOST = 100  # as far as AWS raises it on request: docs/decisions.md
READERS = {
    "allocation-id": member("AllocationId"),
    "association-id": member("AssociationId"),
    "domain": member("Domain"),
    "instance-id": member("InstanceId"),
    "network-border-group": member("NetworkBorderGroup"),
    "network-interface-id": member("NetworkInterfaceId"),
    "network-interface-owner-id": member("NetworkInterfaceOwnerId"),
    "private-ip-address": member("PrivateIpAddress"),
    "public-ip": member("PublicIp"),
}
_OF_ASSOCIATION = (
    "AssociationId",
    "NetworkInterfaceId",
    "NetworkInterfaceOwnerId",
    "PrivateIpAddress",
    "SubnetId",
    "_VpcId",
)


@operation(
    "AllocateAddress",
    on=touching(makes=ADDRESS),
    refuses=("PublicIpv4Pool", "NetworkBorderGroup", "CustomerOwnedIpv4Pool", "Address", "IpamPoolId"),
)
def allocate_address(call: Call) -> Data:
    """Take an elastic address."""
    domain = call.input.get("Domain") or "vpc"
    if domain not in ("vpc", "standard"):
        raise errors.Invalid(f"Invalid domain '{domain}'.", code="InvalidParameterValue")
    there = records.every(call.store, call.scope, ADDRESS.record)
    if len(there) >= MOST:
        raise errors.LimitExceeded("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    taken = {one["PublicIp"] for one in there}
    # Documentation's own addresses (RFC 5737): nobody's on the internet.
    free = next(address for number in range(1, 255) if (address := f"203.0.113.{number}") not in taken)
    data = {
        "AllocationId": lookup.new_id(ADDRESS),
        "PublicIp": free,
        "PublicIpv4Pool": "amazon",
        "Domain": "vpc",
        "NetworkBorderGroup": call.region,
    }
    shown = lookup.made(call, ADDRESS, data)
    return {name: value for name, value in shown.items() if name != "Tags"}


@operation("DescribeAddresses")
def describe_addresses(call: Call) -> Data:
    """The account's elastic addresses in this region."""
    every = lookup.every(call, ADDRESS)
    wanted = call.input.get("PublicIps") or []
    for address in wanted:
        _by_ip(every, address)
    picked = [one for one in every if not wanted or one["PublicIp"] in wanted]
    return lookup.described(call, ADDRESS, READERS, picked)


def _by_ip(every: list[Data], address: str) -> Data:
    for one in every:
        if one["PublicIp"] == address:
            return one
    raise errors.Conflict(f"Address '{address}' not found.", code="InvalidAddress.NotFound")


@operation("ReleaseAddress", on=address_of, refuses=("NetworkBorderGroup",))
def release_address(call: Call) -> Data:
    """Give an elastic address back that nothing uses."""
    if not call.input.get("AllocationId") and call.input.get("PublicIp"):
        raise errors.Combination("You must specify an allocation id when releasing a VPC elastic IP address")
    data = lookup.named(call, ADDRESS)
    if "AssociationId" in data:
        raise errors.Conflict(f"Address {data['PublicIp']} is in use.", code="InvalidIPAddress.InUse")
    lookup.forget(call, ADDRESS, data["AllocationId"])
    return {}


# ---- who has them ---------------------------------------------------------------------------------------------------


@operation("AssociateAddress", on=address_of, refuses=("InstanceId",))
def associate_address(call: Call) -> Data:
    """Give an elastic address to an interface of a VPC that has an internet gateway."""
    given = call.input
    if not given.get("AllocationId") and not given.get("PublicIp"):
        raise errors.Missing("AllocationId")
    if given.get("AllocationId"):
        address = lookup.named(call, ADDRESS)
    else:
        address = _by_ip(records.every(call.store, call.scope, ADDRESS.record), given["PublicIp"])
    if not given.get("NetworkInterfaceId"):
        raise errors.Missing("networkInterfaceId or instanceId")
    interface = lookup.named(call, INTERFACE)
    wanted = given.get("PrivateIpAddress") or interface["PrivateIpAddress"]
    if all(one["PrivateIpAddress"] != wanted for one in interface["PrivateIpAddresses"]):
        raise errors.Invalid.value(wanted, "privateIpAddress", "It is not an address of this interface.")
    _check_free(call, address, interface, wanted)
    _check_gateway(call, interface["VpcId"])
    interface = lookup.find(call, INTERFACE, interface["NetworkInterfaceId"])  # as it is without what it lost
    return {"AssociationId": associate(call, address, interface, wanted)}


def _has(address: Data, interface: Data, private: str) -> bool:
    held = address.get("NetworkInterfaceId"), address.get("PrivateIpAddress")
    return held == (interface["NetworkInterfaceId"], private)


def _check_free(call: Call, address: Data, interface: Data, private: str) -> None:
    found = next(one for one in interface["PrivateIpAddresses"] if one["PrivateIpAddress"] == private)
    if call.input.get("AllowReassociation"):
        if "AssociationId" in address and not _has(address, interface, private):
            release(call, address)
        held = found.get("Association", {}).get("AllocationId")
        if held and held != address["AllocationId"]:
            release(call, lookup.find(call, ADDRESS, held))
        return
    if _has(address, interface, private):
        return
    if "AssociationId" in address:
        message = f"resource {address['AllocationId']} is already associated with associate-id"
        raise errors.Conflict(f"{message} {address['AssociationId']}", code="Resource.AlreadyAssociated")
    if "Association" in found:
        message = f"resource {interface['NetworkInterfaceId']} is already associated with address"
        raise errors.Conflict(f"{message} {found['Association']['PublicIp']}", code="Resource.AlreadyAssociated")


def _check_gateway(call: Call, vpc: str) -> None:
    gateways = records.every(call.store, call.scope, INTERNET_GATEWAY.record)
    if all(one["VpcId"] != vpc for each in gateways for one in each["Attachments"]):
        message = f"Network {vpc} is not attached to any internet gateway"
        raise errors.Conflict(message, code="Gateway.NotAttached")


def associate(call: Call, address: Data, interface: Data, private: str = "") -> str:
    """Have an interface have an address, for its primary one unless another is given; the association's id."""
    address, interface = lookup.find(call, ADDRESS, address["AllocationId"]), dict(interface)
    private = private or interface["PrivateIpAddress"]
    if _has(address, interface, private):
        return str(address["AssociationId"])
    id = f"eipassoc-0{ids.hex(16)}"
    held = {
        "AssociationId": id,
        "NetworkInterfaceId": interface["NetworkInterfaceId"],
        "NetworkInterfaceOwnerId": call.account,
        "PrivateIpAddress": private,
        "_VpcId": interface["VpcId"],
    }
    lookup.keep(call, ADDRESS, {**address, **held})
    shown = {
        "AllocationId": address["AllocationId"],
        "AssociationId": id,
        "IpOwnerId": call.account,
        "PublicDnsName": "",
        "PublicIp": address["PublicIp"],
    }
    interface["PrivateIpAddresses"] = [
        {**one, "Association": shown} if one["PrivateIpAddress"] == private else one
        for one in interface["PrivateIpAddresses"]
    ]
    if private == interface["PrivateIpAddress"]:
        interface["Association"] = shown
    lookup.keep(call, INTERFACE, interface)
    return id


def release(call: Call, address: Data) -> None:
    """Take an address from the interface that has it."""
    interface = records.find(call.store, call.scope, INTERFACE.record, address["NetworkInterfaceId"])
    if interface is not None:
        for each in interface["PrivateIpAddresses"]:
            if each["PrivateIpAddress"] == address["PrivateIpAddress"]:
                each.pop("Association", None)
        if interface["PrivateIpAddress"] == address["PrivateIpAddress"]:
            interface.pop("Association", None)
        lookup.keep(call, INTERFACE, interface)
    lookup.keep(call, ADDRESS, {name: value for name, value in address.items() if name not in _OF_ASSOCIATION})


@operation("DisassociateAddress", on=address_of)
def disassociate_address(call: Call) -> Data:
    """Take an elastic address from its interface."""
    every = records.every(call.store, call.scope, ADDRESS.record)
    id = call.input.get("AssociationId")
    if not id:
        if not call.input.get("PublicIp"):
            raise errors.Missing("AssociationId")
        found = _by_ip(every, call.input["PublicIp"])
    else:
        found = next((one for one in every if one.get("AssociationId") == id), {})
    if "AssociationId" not in found:
        message = f"The association ID '{id or call.input['PublicIp']}' does not exist"
        raise errors.Conflict(message, code="InvalidAssociationID.NotFound")
    holder = records.find(call.store, call.scope, INTERFACE.record, found["NetworkInterfaceId"])
    if holder is not None and holder["RequesterManaged"]:
        raise errors.Conflict("You do not have permission to access the specified resource.", code="AuthFailure")
    release(call, found)
    return {}
