"""What the tests of EC2 share: clients, and a VPC to work in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest


class Net(NamedTuple):
    """A VPC with a subnet, and how to work in it."""

    ec2: Any
    vpc: str
    subnet: str

    def group(self, name: str, **given: Any) -> str:
        """A new security group."""
        return self.ec2.create_security_group(GroupName=name, Description="d", VpcId=self.vpc, **given)["GroupId"]

    def gateway(self) -> str:
        """An internet gateway of the VPC."""
        id = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=id, VpcId=self.vpc)
        return id

    def table(self) -> str:
        """A new route table."""
        return self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]

    def interface(self, **given: Any) -> dict[str, Any]:
        """A new interface in the subnet."""
        return self.ec2.create_network_interface(SubnetId=self.subnet, **given)["NetworkInterface"]


@pytest.fixture
def ec2(client: Callable[..., Any]) -> Any:
    """A client of a fresh account's root."""
    return client("ec2", parameter_validation=False)


@pytest.fixture
def net(ec2: Any) -> Net:
    """A VPC of a fresh account, 10.0.0.0/16, with the subnet 10.0.1.0/24."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return Net(ec2, vpc, ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"])
