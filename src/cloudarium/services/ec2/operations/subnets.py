"""Subnets: a part of a VPC's addresses in one zone."""

from __future__ import annotations

from ipaddress import IPv4Network

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, lookup, making
from cloudarium.services.ec2.kinds import ACL, INTERFACE, NAT_GATEWAY, ROUTE_TABLE, SUBNET, VPC
from cloudarium.services.ec2.operations.nat import GONE
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules import blocks
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared.zones import zones
from cloudarium.vpc import records

READERS = {
    "subnet-id": member("SubnetId"),
    "subnet-arn": member("SubnetArn"),
    "vpc-id": member("VpcId"),
    "cidr": member("CidrBlock"),
    "cidr-block": member("CidrBlock"),
    "cidrBlock": member("CidrBlock"),
    "availability-zone": member("AvailabilityZone"),
    "availabilityZone": member("AvailabilityZone"),
    "availability-zone-id": member("AvailabilityZoneId"),
    "availabilityZoneId": member("AvailabilityZoneId"),
    "available-ip-address-count": member("AvailableIpAddressCount"),
    "default-for-az": member("DefaultForAz"),
    "defaultForAz": member("DefaultForAz"),
    "map-public-ip-on-launch": member("MapPublicIpOnLaunch"),
    "customer-owned-ipv4-pool": member("CustomerOwnedIpv4Pool"),
    "enable-dns64": member("EnableDns64"),
    "enable-lni-at-device-index": member("EnableLniAtDeviceIndex"),
    "ipv6-cidr-block-association.association-id": member("Ipv6CidrBlockAssociationSet", "AssociationId"),
    "ipv6-cidr-block-association.ipv6-cidr-block": member("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock"),
    "ipv6-cidr-block-association.state": member("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlockState", "State"),
    "ipv6-native": member("Ipv6Native"),
    "map-customer-owned-ip-on-launch": member("MapCustomerOwnedIpOnLaunch"),
    "outpost-arn": member("OutpostArn"),
    "private-dns-name-options-on-launch.hostname-type": member("PrivateDnsNameOptionsOnLaunch", "HostnameType"),
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": member(
        "PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsARecord"
    ),
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": member(
        "PrivateDnsNameOptionsOnLaunch", "EnableResourceNameDnsAAAARecord"
    ),
    "owner-id": member("OwnerId"),
    "state": member("State"),
}


@operation(
    "CreateSubnet",
    on=touching((VPC, "VpcId"), makes=SUBNET),
    refuses=(
        "Ipv6CidrBlock", "OutpostArn", "Ipv6Native", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId",
        "Ipv6NetmaskLength",
    ),
)  # fmt: skip
def create_subnet(call: Call) -> Data:
    """Make a subnet in a zone: the one that is named, else the first."""
    if not call.input.get("CidrBlock"):
        raise errors.Missing("cidrBlock")
    of = lookup.named(call, VPC)
    others = records.within(call.store, call.scope, of["VpcId"], SUBNET.record)
    block = blocks.of_subnet(
        call.input["CidrBlock"],
        [IPv4Network(one["CidrBlock"]) for one in of["CidrBlockAssociationSet"]],
        [IPv4Network(one["CidrBlock"]) for one in others],
    )
    tags = lookup.tags_for(call, SUBNET)
    data = making.subnet(call, of, str(block), _zone(call))
    lookup.tag(call, SUBNET, data["SubnetId"], tags)
    return {"Subnet": lookup.shown(call, SUBNET, data)}


def _zone(call: Call) -> str:
    name, id = call.input.get("AvailabilityZone"), call.input.get("AvailabilityZoneId")
    if name and id:
        raise errors.Combination("Only one of availabilityZone or availabilityZoneId may be specified.")
    known = zones(call.region)
    if not name and not id:
        return known[0][0]
    found = next((zone for zone, zone_id in known if name == zone or id == zone_id), None)
    if found is None:
        valid = ", ".join(zone if name else zone_id for zone, zone_id in known)
        raise errors.Invalid.value(
            name or id,
            "availabilityZone" if name else "availabilityZoneId",
            f"Subnets can currently only be created in the following availability zones: {valid}.",
        )
    return found


@operation("DescribeSubnets")
def describe_subnets(call: Call) -> Data:
    """The account's subnets in this region, each with how many addresses it has left."""
    return lookup.described(call, SUBNET, READERS, [with_room(call, data) for data in lookup.every(call, SUBNET)])


def with_room(call: Call, data: Data) -> Data:
    """A subnet with the number of its free addresses as it is now."""
    taken = sum(len(one["PrivateIpAddresses"]) for one in interfaces(call, data["SubnetId"], data["VpcId"]))
    return {**data, "AvailableIpAddressCount": blocks.room(IPv4Network(data["CidrBlock"]), taken)}


def interfaces(call: Call, subnet: str, vpc: str) -> list[Data]:
    """The network interfaces in a subnet."""
    found = records.within(call.store, call.scope, vpc, INTERFACE.record)
    return [one for one in found if one["SubnetId"] == subnet]


@operation("DeleteSubnet", on=touching((SUBNET, "SubnetId")))
def delete_subnet(call: Call) -> Data:
    """Delete a subnet. Raises DependencyViolation while there is an interface in it."""
    data = lookup.named(call, SUBNET)
    id, vpc = data["SubnetId"], data["VpcId"]
    gateways = records.within(call.store, call.scope, vpc, NAT_GATEWAY.record)
    if interfaces(call, id, vpc) or any(one["SubnetId"] == id and one["State"] not in GONE for one in gateways):
        raise errors.InUse(f"The subnet '{id}' has dependencies and cannot be deleted.")
    for kind in (ACL, ROUTE_TABLE):
        for one in records.within(call.store, call.scope, vpc, kind.record):
            kept = [each for each in one["Associations"] if each.get("SubnetId") != id]
            if len(kept) < len(one["Associations"]):
                lookup.keep(call, kind, {**one, "Associations": kept})
    lookup.forget(call, SUBNET, id)
    return {}


@operation(
    "ModifySubnetAttribute",
    on=touching((SUBNET, "SubnetId")),
    refuses=(
        "AssignIpv6AddressOnCreation", "CustomerOwnedIpv4Pool", "MapCustomerOwnedIpOnLaunch", "EnableDns64",
        "EnableLniAtDeviceIndex", "DisableLniAtDeviceIndex",
    ),
)  # fmt: skip
def modify_subnet_attribute(call: Call) -> Data:
    """Change one attribute of a subnet."""
    data = lookup.named(call, SUBNET)
    given = call.input
    if given.get("MapPublicIpOnLaunch") is not None:
        data["MapPublicIpOnLaunch"] = bool(given["MapPublicIpOnLaunch"].get("Value"))
    options = data["PrivateDnsNameOptionsOnLaunch"]
    if given.get("PrivateDnsHostnameTypeOnLaunch"):
        options["HostnameType"] = lookup.one_of(call, "PrivateDnsHostnameTypeOnLaunch", "ip-name", "resource-name")
    for name in ("EnableResourceNameDnsARecordOnLaunch", "EnableResourceNameDnsAAAARecordOnLaunch"):
        if given.get(name) is not None:
            options[name.removesuffix("OnLaunch")] = bool(given[name].get("Value"))
    lookup.keep(call, SUBNET, data)
    return {}


@operation("CreateDefaultSubnet", refuses=("Ipv6Native",))
def create_default_subnet(call: Call) -> Data:
    """Make the default subnet of a zone again after it was deleted."""
    of = next((one for one in records.every(call.store, call.scope, VPC.record) if one["IsDefault"]), None)
    if of is None:
        raise errors.Conflict("No default VPC for this user", code="DefaultVpcDoesNotExist")
    zone = _zone(call)
    others = records.within(call.store, call.scope, of["VpcId"], SUBNET.record)
    there = next((one for one in others if one["DefaultForAz"] and one["AvailabilityZone"] == zone), None)
    if there is not None:
        message = f"'{there['SubnetId']}' is already the default subnet in {zone}."
        raise errors.Conflict(message, code="DefaultSubnetAlreadyExistsInAvailabilityZone")
    taken = [IPv4Network(one["CidrBlock"]) for one in others]
    parts = IPv4Network(of["CidrBlock"]).subnets(new_prefix=20)
    block = next((one for one in parts if not any(one.overlaps(other) for other in taken)), None)
    if block is None:
        raise errors.Conflict("The default VPC has no block of addresses left.", code="InsufficientCidrBlocks")
    return {"Subnet": lookup.shown(call, SUBNET, making.subnet(call, of, str(block), zone, default=True))}
