"""EC2's condition keys: by which call each is tried, or why it cannot be in any request here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.rooms import all_rooms
from cloudarium.policy import access
from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

_NUMBERS = iter(range(1, 250))
OWN = "arn:aws:ec2:us-east-1:730000000002:"


def vpc(team: Team) -> str:
    """The team's VPC."""
    ec2 = team.root("ec2")
    found = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    return found[0]["VpcId"] if found else ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]


def subnet(team: Team) -> str:
    """A new subnet in it."""
    made = team.root("ec2").create_subnet(VpcId=vpc(team), CidrBlock=f"10.9.{next(_NUMBERS)}.0/24")
    return made["Subnet"]["SubnetId"]


def make(noun: str, id: str, method: str, member: str, **given: Any) -> Callable[[Team], Ask]:
    """A call on something that is made in the team's VPC."""

    def ask(team: Team) -> Ask:
        made = getattr(team.root("ec2"), f"create_{noun}")(VpcId=vpc(team))
        return method, {member: next(iter(made.values()))[id], **given}

    return ask


def new_group(team: Team) -> Ask:
    return "create_security_group", {"GroupName": team.new(), "Description": "d", "VpcId": vpc(team)}


def drop_group(team: Team) -> Ask:
    _, given = new_group(team)
    return "delete_security_group", {"GroupId": team.root("ec2").create_security_group(**given)["GroupId"]}


def drop_subnet(team: Team) -> Ask:
    return "delete_subnet", {"SubnetId": subnet(team)}


def new_subnet(team: Team) -> Ask:
    return "create_subnet", {
        "VpcId": vpc(team), "CidrBlock": f"10.9.{next(_NUMBERS)}.0/24", "AvailabilityZone": "us-east-1b",
    }  # fmt: skip


def new_interface(team: Team) -> Ask:
    return "create_network_interface", {"SubnetId": subnet(team)}


def drop_interface(team: Team) -> Ask:
    _, given = new_interface(team)
    made = team.root("ec2").create_network_interface(**given)["NetworkInterface"]
    return "delete_network_interface", {"NetworkInterfaceId": made["NetworkInterfaceId"]}


def drop_address(team: Team) -> Ask:
    """Giving back the team's one elastic address."""
    ec2 = team.root("ec2")
    there = ec2.describe_addresses()["Addresses"]
    return "release_address", {"AllocationId": (there or [ec2.allocate_address()])[0]["AllocationId"]}


def drop_gateway(team: Team) -> Ask:
    made = team.root("ec2").create_internet_gateway()["InternetGateway"]
    return "delete_internet_gateway", {"InternetGatewayId": made["InternetGatewayId"]}


def new_endpoint(team: Team) -> Ask:
    return "create_vpc_endpoint", {"VpcId": vpc(team), "ServiceName": "com.amazonaws.us-east-1.s3"}


def drop_endpoint(team: Team) -> Ask:
    made = team.root("ec2").create_vpc_endpoint(VpcId=vpc(team), ServiceName="com.amazonaws.us-east-1.s3")
    return "delete_vpc_endpoints", {"VpcEndpointIds": [made["VpcEndpoint"]["VpcEndpointId"]]}


def drop_options(team: Team) -> Ask:
    given = [{"Key": "domain-name", "Values": ["example.com"]}]
    made = team.root("ec2").create_dhcp_options(DhcpConfigurations=given)["DhcpOptions"]
    return "delete_dhcp_options", {"DhcpOptionsId": made["DhcpOptionsId"]}


def drop_peering(team: Team) -> Ask:
    """Deleting a peering connection between two VPCs of the team."""
    ec2 = team.root("ec2")
    for one in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
        return "delete_vpc_peering_connection", {"VpcPeeringConnectionId": one["VpcPeeringConnectionId"]}
    other = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=vpc(team), PeerVpcId=other)["VpcPeeringConnection"]
    return "delete_vpc_peering_connection", {"VpcPeeringConnectionId": made["VpcPeeringConnectionId"]}


def names(team: Team) -> Ask:
    return "modify_vpc_attribute", {"VpcId": vpc(team), "EnableDnsHostnames": {"Value": True}}


def tagged(team: Team) -> Ask:
    return "create_vpc", {
        "CidrBlock": "10.99.0.0/16",
        "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "k", "Value": "v"}]}],
    }


LIKE = "StringLike"
PROBES = [
    Probe("ec2:Region", lambda _: ("describe_vpcs", {}), "us-east-1", "eu-west-1"),
    Probe("ec2:CreateAction", tagged, "CreateVpc", "CreateSubnet", action="ec2:CreateTags"),
    Probe("ec2:VpcID", names, "vpc-*", "vpc-1", LIKE),
    Probe("ec2:Tenancy", names, "default", "dedicated"),
    Probe("ec2:Attribute", names, "EnableDnsHostnames", "EnableDnsSupport", "ForAnyValue:StringEquals"),
    Probe("ec2:Attribute/${AttributeName}", names, "true", "false")._replace(key="ec2:Attribute/EnableDnsHostnames"),
    Probe("ec2:Vpc", drop_group, f"{OWN}vpc/vpc-*", f"{OWN}vpc/vpc-1", "ArnLike"),
    Probe("ec2:Vpc", drop_subnet, f"{OWN}vpc/vpc-*", f"{OWN}vpc/vpc-1", "ArnLike"),
    Probe("ec2:SecurityGroupID", drop_group, "sg-*", "sg-1", LIKE),
    Probe("ec2:SubnetID", drop_subnet, "subnet-*", "subnet-1", LIKE),
    Probe("ec2:AvailabilityZone", drop_subnet, "us-east-1a", "us-east-1b"),
    Probe("ec2:AvailabilityZoneId", drop_subnet, "use1-az6", "use1-az2"),
    Probe("ec2:Subnet", drop_interface, f"{OWN}subnet/subnet-*", f"{OWN}subnet/subnet-1", "ArnLike"),
    Probe("ec2:NetworkInterfaceID", drop_interface, "eni-*", "eni-1", LIKE),
    Probe("ec2:AssociatePublicIpAddress", drop_interface, "false", "true", "Bool"),
    Probe("ec2:RouteTableID", make("route_table", "RouteTableId", "delete_route_table", "RouteTableId"), "rtb-*",
          "rtb-1", LIKE),
    Probe("ec2:NetworkAclID", make("network_acl", "NetworkAclId", "delete_network_acl", "NetworkAclId"), "acl-*",
          "acl-1", LIKE),
    Probe("ec2:InternetGatewayID", drop_gateway, "igw-*", "igw-1", LIKE),
    Probe("ec2:AllocationId", drop_address, "eipalloc-*", "eipalloc-1", LIKE),
    Probe("ec2:Domain", drop_address, "vpc", "standard"),
    Probe("ec2:PublicIpAddress", drop_address, "203.0.113.0/24", "10.0.0.0/8", "IpAddress"),
    Probe("ec2:DhcpOptionsID", drop_options, "dopt-*", "dopt-1", LIKE),
    Probe("ec2:VpcPeeringConnectionID", drop_peering, "pcx-*", "pcx-1", LIKE),
    Probe("ec2:RequesterVpc", drop_peering, f"{OWN}vpc/vpc-*", f"{OWN}vpc/vpc-1", "ArnLike"),
    Probe("ec2:AccepterVpc", drop_peering, f"{OWN}vpc/vpc-*", f"{OWN}vpc/vpc-1", "ArnLike"),
    Probe("ec2:VpceServiceName", drop_endpoint, "com.amazonaws.us-east-1.s3"),
    Probe("ec2:VpceServiceOwner", drop_endpoint, "amazon"),
    Probe("ec2:VpceServiceRegion", drop_endpoint, "us-east-1"),
]  # fmt: skip

_PUBLIC = "tests/services/ec2/test_permissions.py"
ELSEWHERE = {
    "ec2:ResourceTag/${TagKey}": "test_tags.py",
    "ec2:Attribute/${AttributeName}": _PUBLIC,
}


def _of_what_is_not_built() -> set[str]:
    """CreateTags and DeleteTags take EC2's resources of every kind, so they have the keys of those all."""
    others: set[str] = set()
    for name in all_rooms()["ec2"].handlers:
        info = access.action(f"ec2:{name}")
        if info is not None and name not in ("CreateTags", "DeleteTags"):
            others.update(info.condition_keys)
    info = access.action("ec2:CreateTags")
    assert info is not None
    return set(info.condition_keys) - others - {"ec2:CreateAction"}


_INSTANCES = "Of instances, which are not built."
_IPAM = "Of pools of IPAM, which are not built."
_LAUNCH = "Only of calls that start instances."
_DELEGATED = "Of interfaces that an account lends to another, which is not built."
_ENDPOINTS = "Of endpoints' DNS options and of other regions' services, which are not built."
ABSENT = {
    **dict.fromkeys(_of_what_is_not_built(), "Of resources that are not built."),
    **dict.fromkeys(
        (
            "ec2:CpuOptionsAmdSevSnp", "ec2:EbsOptimized", "ec2:InstanceAutoRecovery", "ec2:InstanceBandwidthWeighting",
            "ec2:InstanceID", "ec2:InstanceMarketType", "ec2:InstanceMetadataTags", "ec2:InstanceProfile",
            "ec2:InstanceType", "ec2:MetadataHttpEndpoint", "ec2:MetadataHttpPutResponseHopLimit",
            "ec2:MetadataHttpTokens", "ec2:NewInstanceProfile", "ec2:PlacementGroup", "ec2:ProductCode",
            "ec2:RootDeviceType",
        ),
        _INSTANCES,
    ),
    "ec2:Ipv4IpamPoolId": _IPAM,
    "ec2:Ipv6IpamPoolId": _IPAM,
    "ec2:IpamPrefixListResolverTargetId": _IPAM,
    "ec2:IsLaunchTemplateResource": _LAUNCH,
    "ec2:LaunchTemplate": _LAUNCH,
    "ec2:AuthorizedService": _DELEGATED,
    "ec2:AuthorizedUser": _DELEGATED,
    "ec2:Permission": _DELEGATED,
    "ec2:ManagedResourceOperator": _DELEGATED,
    "ec2:VpceMultiRegion": _ENDPOINTS,
    "ec2:VpcePrivateDnsPreference": _ENDPOINTS,
    "ec2:VpcePrivateDnsSpecifiedDomains": _ENDPOINTS,
}  # fmt: skip
