"""Network interfaces."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, interfaces, lookup
from cloudarium.services.ec2.kinds import ADDRESS, GROUP, INTERFACE, SUBNET
from cloudarium.services.ec2.operations import addresses
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member

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
    "addresses.association.public-ip": member("Association", "PublicIp"),
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
        "ConnectionTrackingSpecification", "SecondaryPrivateIpAddressCount", "PrivateIpAddresses", "Ipv6AddressCount",
        "Ipv6Addresses",
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
    data = interfaces.make(
        call, subnet, members, requester or kind, text, call.input.get("PrivateIpAddress") or "", requester
    )
    if requester:
        data["Status"] = "in-use"
    shown = lookup.made(call, INTERFACE, data)
    token = call.input.get("ClientToken")
    return {"NetworkInterface": {**shown, "Status": "pending"}, **({"ClientToken": token} if token else {})}


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
    if "Association" in data:
        addresses.release(call, lookup.find(call, ADDRESS, data["Association"]["AllocationId"]))
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
