"""Network interfaces."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, interfaces, lookup
from cloudarium.services.ec2.kinds import ADDRESS, GROUP, INTERFACE, SUBNET
from cloudarium.services.ec2.operations import addresses
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.vpc import records

READERS = {
    "network-interface-id": member("NetworkInterfaceId"),
    "vpc-id": member("VpcId"),
    "subnet-id": member("SubnetId"),
    "availability-zone": member("AvailabilityZone"),
    "description": member("Description"),
    "group-id": member("Groups", "GroupId"),
    "group-name": member("Groups", "GroupName"),
    "interface-type": member("InterfaceType"),
    "mac-address": member("MacAddress"),
    "owner-id": member("OwnerId"),
    "private-ip-address": member("PrivateIpAddress"),
    "private-dns-name": member("PrivateDnsName"),
    "addresses.private-ip-address": member("PrivateIpAddresses", "PrivateIpAddress"),
    "addresses.primary": member("PrivateIpAddresses", "Primary"),
    "addresses.association.public-ip": member("PrivateIpAddresses", "Association", "PublicIp"),
    "association.public-ip": member("Association", "PublicIp"),
    "association.allocation-id": member("Association", "AllocationId"),
    "association.association-id": member("Association", "AssociationId"),
    "association.ip-owner-id": member("Association", "IpOwnerId"),
    "association.public-dns-name": member("Association", "PublicDnsName"),
    "availability-zone-id": member("AvailabilityZoneId"),
    "requester-id": member("RequesterId"),
    "requester-managed": member("RequesterManaged"),
    "source-dest-check": member("SourceDestCheck"),
    "status": member("Status"),
    "addresses.association.owner-id": member("Association", "IpOwnerId"),
    "attachment.attach-time": member("Attachment", "AttachTime"),
    "attachment.delete-on-termination": member("Attachment", "DeleteOnTermination"),
    "attachment.device-index": member("Attachment", "DeviceIndex"),
    "attachment.instance-owner-id": member("Attachment", "InstanceOwnerId"),
    "ipv6-addresses.ipv6-address": member("Ipv6Addresses", "Ipv6Address"),
    "operator.managed": member("Operator", "Managed"),
    "operator.principal": member("Operator", "Principal"),
    "attachment.attachment-id": member("Attachment", "AttachmentId"),
    "attachment.status": member("Attachment", "Status"),
    "attachment.instance-id": member("Attachment", "InstanceId"),
}


@operation(
    "CreateNetworkInterface",
    on=touching((SUBNET, "SubnetId"), (GROUP, "Groups"), makes=INTERFACE),
    refuses=(
        "Ipv4Prefixes", "Ipv4PrefixCount", "Ipv6Prefixes", "Ipv6PrefixCount", "EnablePrimaryIpv6", "Operator",
        "ConnectionTrackingSpecification", "Ipv6AddressCount", "Ipv6Addresses",
    ),
)  # fmt: skip
def create_network_interface(call: Call) -> Data:
    """Make an interface in a subnet, in the VPC's default security group unless others are named."""
    kind = call.input.get("InterfaceType") or "interface"
    if kind not in ("interface", "efa", "branch", "trunk"):
        raise errors.Invalid.value(kind, "interfaceType")
    subnet = lookup.named(call, SUBNET)
    members = interfaces.groups(call, call.input.get("Groups") or [], subnet["VpcId"])
    text = call.input.get("Description") or ""
    requester = _requester(call)
    first, others = _addresses(call)
    data = interfaces.make(call, subnet, members, requester or kind, text, first, requester)
    interfaces.add(call, data, subnet, others, call.input.get("SecondaryPrivateIpAddressCount") or 0)
    if requester:
        data["Status"] = "in-use"
    shown = lookup.made(call, INTERFACE, data)
    token = call.input.get("ClientToken")
    return {"NetworkInterface": {**shown, "Status": "pending"}, **({"ClientToken": token} if token else {})}


def _addresses(call: Call) -> tuple[str, list[str]]:
    """The primary address that a call asks for ("" is any), and the others."""
    given = call.input
    listed = given.get("PrivateIpAddresses") or []
    if listed and given.get("SecondaryPrivateIpAddressCount"):
        message = "The parameter privateIpAddresses cannot be used with the parameter secondaryPrivateIpAddressCount"
        raise errors.Combination(message)
    if any(not each.get("PrivateIpAddress") for each in listed):
        raise errors.Missing("privateIpAddress")
    first = [each["PrivateIpAddress"] for each in listed if each.get("Primary")]
    first += [given["PrivateIpAddress"]] if given.get("PrivateIpAddress") else []
    if len(first) > 1:
        raise errors.Combination("Only one primary private IP address can be specified.")
    return first[0] if first else "", [each["PrivateIpAddress"] for each in listed if not each.get("Primary")]


@operation(
    "AssignPrivateIpAddresses",
    on=touching((INTERFACE, "NetworkInterfaceId")),
    refuses=("Ipv4Prefixes", "Ipv4PrefixCount"),
)
def assign_private_ip_addresses(call: Call) -> Data:
    """Give an interface further addresses of its subnet, with `AllowReassignment` also another interface's."""
    data, given = _own(call), call.input
    asked, count = given.get("PrivateIpAddresses") or [], given.get("SecondaryPrivateIpAddressCount")
    if bool(asked) == (count is not None):
        names = "privateIpAddresses, secondaryPrivateIpAddressCount"
        raise errors.Combination(f"Only one of {names} may be specified.") if asked else errors.Missing(names)
    if count is not None and count < 1:
        raise errors.Invalid.value(count, "secondaryPrivateIpAddressCount", "It must be at least 1.")
    subnet = lookup.find(call, SUBNET, data["SubnetId"])
    held = {each["PrivateIpAddress"] for each in data["PrivateIpAddresses"]}
    asked = [one for one in dict.fromkeys(asked) if one not in held]
    _take_from_others(call, subnet, asked)
    got = interfaces.add(call, data, subnet, asked, count or 0)
    lookup.keep(call, INTERFACE, data)
    shown = [{"PrivateIpAddress": one} for one in got]
    return {"NetworkInterfaceId": data["NetworkInterfaceId"], "AssignedPrivateIpAddresses": shown}


def _own(call: Call) -> Data:
    """The interface that a call names; those of services only these may change."""
    data = lookup.named(call, INTERFACE)
    if data["RequesterManaged"]:
        raise errors.Conflict("You do not have permission to access the specified resource.", code="AuthFailure")
    return data


def _take_from_others(call: Call, subnet: Data, asked: list[str]) -> None:
    for other in records.within(call.store, call.scope, subnet["VpcId"], INTERFACE.record):
        both = [each for each in other["PrivateIpAddresses"] if each["PrivateIpAddress"] in asked]
        if other["SubnetId"] != subnet["SubnetId"] or not both:
            continue
        if not call.input.get("AllowReassignment") or other["RequesterManaged"] or any(one["Primary"] for one in both):
            taken = ", ".join(one["PrivateIpAddress"] for one in both)
            raise errors.Invalid(f"[{taken}] assigned, but move is not allowed.")
        _drop(call, other, both)


def _drop(call: Call, data: Data, gone: list[Data]) -> None:
    """Take addresses from an interface, and the elastic ones that they have."""
    for one in gone:
        if "Association" in one:
            addresses.release(call, lookup.find(call, ADDRESS, one["Association"]["AllocationId"]))
    ids = {one["PrivateIpAddress"] for one in gone}
    data = lookup.find(call, INTERFACE, data["NetworkInterfaceId"])
    kept = [one for one in data["PrivateIpAddresses"] if one["PrivateIpAddress"] not in ids]
    lookup.keep(call, INTERFACE, {**data, "PrivateIpAddresses": kept})


@operation("UnassignPrivateIpAddresses", on=touching((INTERFACE, "NetworkInterfaceId")), refuses=("Ipv4Prefixes",))
def unassign_private_ip_addresses(call: Call) -> Data:
    """Take further addresses from an interface."""
    data, asked = _own(call), call.input.get("PrivateIpAddresses") or []
    if not asked:
        raise errors.Missing("privateIpAddresses")
    gone = [each for each in data["PrivateIpAddresses"] if each["PrivateIpAddress"] in asked and not each["Primary"]]
    if len(gone) < len(set(asked)):
        id = data["NetworkInterfaceId"]
        raise errors.Invalid(f"Some of the specified addresses are not assigned to interface {id}")
    _drop(call, data, gone)
    return {}


def _requester(call: Call) -> str:
    """The service that makes or deletes an interface of its own in a caller's name; empty when the caller does so.

    What a stack makes is its owner's.
    """
    return call.parent.service if call.parent is not None and call.parent.service != "cloudformation" else ""


@operation("DescribeNetworkInterfaces", refuses=("IncludeManagedResources",))
def describe_network_interfaces(call: Call) -> Data:
    """The account's interfaces in this region, those that services made for it among them."""
    return lookup.described(call, INTERFACE, READERS)


@operation("DeleteNetworkInterface", on=touching((INTERFACE, "NetworkInterfaceId")))
def delete_network_interface(call: Call) -> Data:
    """Delete an interface that nothing uses."""
    data = lookup.named(call, INTERFACE)
    id = data["NetworkInterfaceId"]
    if data["RequesterManaged"] and data["RequesterId"] != _requester(call):
        raise errors.Conflict("You do not have permission to access the specified resource.", code="AuthFailure")
    if data["Status"] == "in-use" and not data["RequesterManaged"]:
        raise errors.Invalid(f"Network interface '{id}' is currently in use.", code="InvalidNetworkInterface.InUse")
    for one in data["PrivateIpAddresses"]:
        if "Association" in one:
            addresses.release(call, lookup.find(call, ADDRESS, one["Association"]["AllocationId"]))
    lookup.forget(call, INTERFACE, id)
    return {}


@operation("DescribeNetworkInterfaceAttribute")
def describe_network_interface_attribute(call: Call) -> Data:
    """One attribute of an interface."""
    data, name = lookup.named(call, INTERFACE), call.input.get("Attribute")
    if name is None:
        raise errors.Missing("attribute")
    id = {"NetworkInterfaceId": data["NetworkInterfaceId"]}
    if name == "description":
        return {**id, "Description": {"Value": data["Description"]}}
    if name == "groupSet":
        return {**id, "Groups": data["Groups"]}
    if name == "sourceDestCheck":
        return {**id, "SourceDestCheck": {"Value": data["SourceDestCheck"]}}
    return id  # nothing is ever attached to an instance here


@operation(
    "ModifyNetworkInterfaceAttribute",
    on=touching((INTERFACE, "NetworkInterfaceId"), (GROUP, "Groups")),
    refuses=(
        "Attachment", "EnaSrdSpecification", "EnablePrimaryIpv6", "ConnectionTrackingSpecification",
        "AssociatePublicIpAddress", "AssociatedSubnetIds",
    ),
)  # fmt: skip
def modify_network_interface_attribute(call: Call) -> Data:
    """Change one attribute of an interface."""
    data = lookup.named(call, INTERFACE)
    given = [name for name in ("Description", "SourceDestCheck", "Groups") if call.input.get(name) is not None]
    if len(given) != 1:
        raise errors.Combination(
            "Fields for multiple attribute types specified" if given else "No attributes specified."
        )
    if given == ["Groups"]:
        found = interfaces.groups(call, call.input["Groups"], data["VpcId"])
        data["Groups"] = [{"GroupId": one["GroupId"], "GroupName": one["GroupName"]} for one in found]
    else:
        data[given[0]] = call.input[given[0]].get("Value")
    lookup.keep(call, INTERFACE, data)
    return {}
