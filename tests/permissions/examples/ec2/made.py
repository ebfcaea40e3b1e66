"""What the examples of EC2 make on their way, and share."""

from __future__ import annotations

import itertools
from typing import Any

from tests.permissions.example import Also, Stage

ON_CREATION = "To tag on creation needs ec2:CreateTags (EC2 User Guide, 'Grant permission to tag on creation')."
NUMBERS = itertools.cycle(range(16, 4096))


def tags(kind: str) -> dict[str, Any]:
    """Tags for a new thing."""
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "team", "Value": "red"}]}]}


def tagging(at: Stage, kind: str) -> list[Also]:
    """The permission to give them."""
    return [Also("ec2:CreateTags", at.arn(f"{kind}/*"), ON_CREATION)]


def the_vpc(at: Stage) -> str:
    """A VPC for all examples, with an internet gateway and names of its own."""
    root = at.root()
    id = root.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    root.modify_vpc_attribute(VpcId=id, EnableDnsHostnames={"Value": True})
    gateway = root.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    root.attach_internet_gateway(InternetGatewayId=gateway, VpcId=id)
    return id


def vpc(at: Stage) -> str:
    return at.once(the_vpc)


def spare_vpc(at: Stage) -> str:
    """A VPC for one example."""
    return at.root().create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]


def block() -> str:
    """A block of addresses that no subnet has."""
    number = next(NUMBERS)
    return f"10.0.{number // 16}.{number % 16 * 16}/28"


def subnet(at: Stage) -> str:
    made = at.root().create_subnet(VpcId=vpc(at), CidrBlock=block())
    return made["Subnet"]["SubnetId"]


def group(at: Stage) -> str:
    return at.root().create_security_group(GroupName=at.name, Description="d", VpcId=vpc(at))["GroupId"]


def table(at: Stage) -> str:
    return at.root().create_route_table(VpcId=vpc(at))["RouteTable"]["RouteTableId"]


def acl(at: Stage) -> str:
    return at.root().create_network_acl(VpcId=vpc(at))["NetworkAcl"]["NetworkAclId"]


def interface(at: Stage) -> str:
    made = at.root().create_network_interface(SubnetId=subnet(at), Groups=[group(at)])
    return made["NetworkInterface"]["NetworkInterfaceId"]


def gateway(at: Stage) -> str:
    return at.root().create_internet_gateway()["InternetGateway"]["InternetGatewayId"]


def endpoint(at: Stage) -> str:
    made = at.root().create_vpc_endpoint(
        VpcId=vpc(at), ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table(at)]
    )
    return made["VpcEndpoint"]["VpcEndpointId"]
