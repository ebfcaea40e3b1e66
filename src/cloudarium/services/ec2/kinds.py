"""The kinds of things that this room keeps: how EC2 names, counts and misses each of them."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.vpc import records


class Kind(NamedTuple):
    """One kind. `record` is also its type in ARNs and tag specifications.

    `code` begins the error code of an id that is not there, `malformed` is the one of an id of another kind; `noun` is
    what messages call it. `id` is the member with its id, `ids` the input member of a Describe operation that picks
    some, `listed` its output member. `untagged`: is its list of tags shown when it has none?
    """

    record: str
    prefix: str
    id: str
    ids: str
    listed: str
    code: str
    noun: str
    malformed: str
    tags: str = "Tags"
    untagged: bool = True


VPC = Kind(
    records.VPC, "vpc", "VpcId", "VpcIds", "Vpcs", "InvalidVpcID", "vpc ID", "InvalidVpcID.Malformed", untagged=False
)
SUBNET = Kind(
    records.SUBNET, "subnet", "SubnetId", "SubnetIds", "Subnets", "InvalidSubnetID", "subnet ID",
    "InvalidSubnetID.Malformed", untagged=False,
)  # fmt: skip
GROUP = Kind(
    records.GROUP, "sg", "GroupId", "GroupIds", "SecurityGroups", "InvalidGroup", "security group",
    "InvalidGroupId.Malformed", untagged=False,
)  # fmt: skip
RULE = Kind(
    records.RULE, "sgr", "SecurityGroupRuleId", "SecurityGroupRuleIds", "SecurityGroupRules",
    "InvalidSecurityGroupRuleId", "security group rule ID", "InvalidSecurityGroupRuleId.Malformed",
)  # fmt: skip
ROUTE_TABLE = Kind(
    records.ROUTE_TABLE, "rtb", "RouteTableId", "RouteTableIds", "RouteTables", "InvalidRouteTableID", "routeTable ID",
    "InvalidRouteTableId.Malformed",
)  # fmt: skip
ACL = Kind(
    records.ACL, "acl", "NetworkAclId", "NetworkAclIds", "NetworkAcls", "InvalidNetworkAclID", "networkAcl ID",
    "InvalidNetworkAclId.Malformed",
)  # fmt: skip
INTERFACE = Kind(
    records.INTERFACE, "eni", "NetworkInterfaceId", "NetworkInterfaceIds", "NetworkInterfaces",
    "InvalidNetworkInterfaceID", "networkInterface ID", "InvalidNetworkInterfaceId.Malformed", "TagSet",
)  # fmt: skip
INTERNET_GATEWAY = Kind(
    records.INTERNET_GATEWAY, "igw", "InternetGatewayId", "InternetGatewayIds", "InternetGateways",
    "InvalidInternetGatewayID", "internetGateway ID", "InvalidInternetGatewayId.Malformed",
)  # fmt: skip
NAT_GATEWAY = Kind(
    records.NAT_GATEWAY, "nat", "NatGatewayId", "NatGatewayIds", "NatGateways", "NatGateway", "NAT gateway",
    "NatGatewayMalformed",
)  # fmt: skip
ADDRESS = Kind(
    records.ADDRESS, "eipalloc", "AllocationId", "AllocationIds", "Addresses", "InvalidAllocationID", "allocation ID",
    "InvalidAllocationID.NotFound", untagged=False,
)  # fmt: skip
ENDPOINT = Kind(
    records.ENDPOINT, "vpce", "VpcEndpointId", "VpcEndpointIds", "VpcEndpoints", "InvalidVpcEndpointId",
    "Vpc Endpoint Id", "InvalidVpcEndpointId.Malformed",
)  # fmt: skip
DHCP_OPTIONS = Kind(
    records.DHCP_OPTIONS, "dopt", "DhcpOptionsId", "DhcpOptionsIds", "DhcpOptions", "InvalidDhcpOptionID",
    "DhcpOption ID", "InvalidDhcpOptionsId.Malformed",
)  # fmt: skip
PREFIX_LIST = Kind(
    records.PREFIX_LIST, "pl", "PrefixListId", "PrefixListIds", "PrefixLists", "InvalidPrefixListID", "prefix list ID",
    "InvalidPrefixListId.Malformed",
)  # fmt: skip
PEERING = Kind(
    records.PEERING, "pcx", "VpcPeeringConnectionId", "VpcPeeringConnectionIds", "VpcPeeringConnections",
    "InvalidVpcPeeringConnectionID", "vpcPeeringConnection ID", "InvalidVpcPeeringConnectionId.Malformed",
)  # fmt: skip

EVERY = (
    VPC, SUBNET, GROUP, RULE, ROUTE_TABLE, ACL, INTERFACE, INTERNET_GATEWAY, NAT_GATEWAY, ADDRESS, ENDPOINT,
    DHCP_OPTIONS, PREFIX_LIST, PEERING,
)  # fmt: skip


def of_id(id: str) -> Kind | None:
    """The kind that an id's prefix names; None for one that is not kept here."""
    prefix = id.partition("-")[0]
    return next((kind for kind in EVERY if kind.prefix == prefix), None)
