"""Calls of EC2 that succeed, and what they need: VPCs, subnets, routes, gateways and network ACLs."""

from __future__ import annotations

from tests.permissions.example import Case, Examples, Stage
from tests.permissions.examples.ec2.made import (
    acl,
    block,
    gateway,
    interface,
    spare_vpc,
    subnet,
    table,
    tagging,
    tags,
    vpc,
)

EXAMPLES = Examples()

# ---- describing ------------------------------------------------------------------------------------------------------


@EXAMPLES(
    "DescribeAccountAttributes", "DescribeAddresses", "DescribeAvailabilityZones", "DescribeDhcpOptions",
    "DescribeInstances", "DescribeInstanceStatus", "DescribeManagedPrefixLists", "DescribeVpcPeeringConnections",
    "DescribeInternetGateways", "DescribeNatGateways", "DescribeNetworkAcls", "DescribeNetworkInterfaces",
    "DescribePrefixLists", "DescribeRegions", "DescribeRouteTables", "DescribeSecurityGroupRules",
    "DescribeSecurityGroups", "DescribeSubnets", "DescribeTags", "DescribeVpcEndpointServices", "DescribeVpcEndpoints",
    "DescribeVpcs",
)  # fmt: skip
def describe(at: Stage) -> Case:
    vpc(at)
    return Case()


@EXAMPLES("DescribeVpcAttribute")
def describe_vpc_attribute(at: Stage) -> Case:
    return Case({"VpcId": vpc(at), "Attribute": "enableDnsSupport"}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("DescribeNetworkInterfaceAttribute")
def describe_network_interface_attribute(at: Stage) -> Case:
    return Case({"NetworkInterfaceId": interface(at), "Attribute": "description"})


# ---- VPCs and subnets ------------------------------------------------------------------------------------------------


@EXAMPLES("CreateVpc")
def create_vpc(at: Stage) -> Case:
    vpc(at)
    given = {"CidrBlock": "10.2.0.0/16", **tags("vpc")}
    return Case(given, at.arn("vpc/*"), also=tagging(at, "vpc"))


@EXAMPLES("CreateDefaultVpc")
def create_default_vpc(at: Stage) -> Case:
    root = at.root()
    found = root.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not found:
        return Case()
    default = found[0]["VpcId"]
    inside = [{"Name": "vpc-id", "Values": [default]}]
    for each in root.describe_subnets(Filters=inside)["Subnets"]:
        root.delete_subnet(SubnetId=each["SubnetId"])
    of_it = root.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [default]}])
    for each in of_it["InternetGateways"]:
        root.detach_internet_gateway(InternetGatewayId=each["InternetGatewayId"], VpcId=default)
        root.delete_internet_gateway(InternetGatewayId=each["InternetGatewayId"])
    root.delete_vpc(VpcId=default)
    return Case()


@EXAMPLES("CreateDefaultSubnet")
def create_default_subnet(at: Stage) -> Case:
    root = at.root()
    zone = {"Name": "availability-zone", "Values": ["us-east-1c"]}
    default = {"Name": "default-for-az", "Values": ["true"]}
    for each in root.describe_subnets(Filters=[zone, default])["Subnets"]:
        root.delete_subnet(SubnetId=each["SubnetId"])
    return Case({"AvailabilityZone": "us-east-1c"})


@EXAMPLES("DeleteVpc")
def delete_vpc(at: Stage) -> Case:
    id = spare_vpc(at)
    return Case({"VpcId": id}, at.arn(f"vpc/{id}"))


@EXAMPLES("ModifyVpcAttribute")
def modify_vpc_attribute(at: Stage) -> Case:
    return Case({"VpcId": vpc(at), "EnableDnsSupport": {"Value": True}}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("AssignPrivateIpAddresses")
def assign_private_ip_addresses(at: Stage) -> Case:
    id = interface(at)
    return Case({"NetworkInterfaceId": id, "SecondaryPrivateIpAddressCount": 1}, at.arn(f"network-interface/{id}"))


@EXAMPLES("UnassignPrivateIpAddresses")
def unassign_private_ip_addresses(at: Stage) -> Case:
    id = interface(at)
    got = at.root().assign_private_ip_addresses(NetworkInterfaceId=id, SecondaryPrivateIpAddressCount=1)
    given = [one["PrivateIpAddress"] for one in got["AssignedPrivateIpAddresses"]]
    return Case({"NetworkInterfaceId": id, "PrivateIpAddresses": given}, at.arn(f"network-interface/{id}"))


@EXAMPLES("ModifyVpcTenancy")
def modify_vpc_tenancy(at: Stage) -> Case:
    return Case({"VpcId": vpc(at), "InstanceTenancy": "default"}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("AssociateVpcCidrBlock")
def associate_vpc_cidr_block(at: Stage) -> Case:
    return Case({"VpcId": vpc(at), "CidrBlock": "100.64.0.0/20"}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("DisassociateVpcCidrBlock")
def disassociate_vpc_cidr_block(at: Stage) -> Case:
    made = at.root().associate_vpc_cidr_block(VpcId=vpc(at), CidrBlock="100.64.16.0/20")
    return Case({"AssociationId": made["CidrBlockAssociation"]["AssociationId"]}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("CreateSubnet")
def create_subnet(at: Stage) -> Case:
    given = {"VpcId": vpc(at), "CidrBlock": block(), **tags("subnet")}
    return Case(given, [at.arn("subnet/*"), at.arn(f"vpc/{vpc(at)}")], also=tagging(at, "subnet"))


@EXAMPLES("DeleteSubnet")
def delete_subnet(at: Stage) -> Case:
    id = subnet(at)
    return Case({"SubnetId": id}, at.arn(f"subnet/{id}"))


@EXAMPLES("ModifySubnetAttribute")
def modify_subnet_attribute(at: Stage) -> Case:
    id = subnet(at)
    return Case({"SubnetId": id, "MapPublicIpOnLaunch": {"Value": True}}, at.arn(f"subnet/{id}"))


# ---- routes and gateways ---------------------------------------------------------------------------------------------


@EXAMPLES("CreateRouteTable")
def create_route_table(at: Stage) -> Case:
    given = {"VpcId": vpc(at), **tags("route-table")}
    return Case(given, [at.arn("route-table/*"), at.arn(f"vpc/{vpc(at)}")], also=tagging(at, "route-table"))


@EXAMPLES("DeleteRouteTable")
def delete_route_table(at: Stage) -> Case:
    id = table(at)
    return Case({"RouteTableId": id}, at.arn(f"route-table/{id}"))


@EXAMPLES("CreateRoute", "ReplaceRoute", "DeleteRoute")
def routes(at: Stage) -> Case:
    id = table(at)
    given = {"RouteTableId": id, "DestinationCidrBlock": "192.168.0.0/16"}
    target = {} if at.operation == "DeleteRoute" else {"NetworkInterfaceId": interface(at)}
    if at.operation != "CreateRoute":
        there = at.root().describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc(at)]}])
        first = there["NetworkInterfaces"][0]["NetworkInterfaceId"] if there["NetworkInterfaces"] else interface(at)
        at.root().create_route(**given, NetworkInterfaceId=first)
    return Case({**given, **target}, at.arn(f"route-table/{id}"))


@EXAMPLES("AssociateRouteTable")
def associate_route_table(at: Stage) -> Case:
    id, where = table(at), subnet(at)
    return Case({"RouteTableId": id, "SubnetId": where}, [at.arn(f"route-table/{id}"), at.arn(f"subnet/{where}")])


@EXAMPLES("DisassociateRouteTable")
def disassociate_route_table(at: Stage) -> Case:
    id, where = table(at), subnet(at)
    made = at.root().associate_route_table(RouteTableId=id, SubnetId=where)["AssociationId"]
    return Case({"AssociationId": made}, [at.arn(f"route-table/{id}"), at.arn(f"subnet/{where}")])


@EXAMPLES("ReplaceRouteTableAssociation")
def replace_route_table_association(at: Stage) -> Case:
    old, new, where = table(at), table(at), subnet(at)
    made = at.root().associate_route_table(RouteTableId=old, SubnetId=where)["AssociationId"]
    given = {"AssociationId": made, "RouteTableId": new}
    return Case(given, [at.arn(f"route-table/{new}"), at.arn(f"subnet/{where}")])


@EXAMPLES("CreateInternetGateway")
def create_internet_gateway(at: Stage) -> Case:
    on = at.arn("internet-gateway/*")
    return Case(tags("internet-gateway"), on, also=tagging(at, "internet-gateway"))


@EXAMPLES("DeleteInternetGateway")
def delete_internet_gateway(at: Stage) -> Case:
    id = gateway(at)
    return Case({"InternetGatewayId": id}, at.arn(f"internet-gateway/{id}"))


@EXAMPLES("AttachInternetGateway", "DetachInternetGateway")
def attach(at: Stage) -> Case:
    given = {"InternetGatewayId": gateway(at), "VpcId": at.once(lonely_vpc)}
    if at.operation == "DetachInternetGateway":
        there = at.root().describe_internet_gateways(
            Filters=[{"Name": "attachment.vpc-id", "Values": [given["VpcId"]]}]
        )["InternetGateways"]
        for one in there:
            at.root().detach_internet_gateway(InternetGatewayId=one["InternetGatewayId"], VpcId=given["VpcId"])
            at.root().delete_internet_gateway(InternetGatewayId=one["InternetGatewayId"])
        at.root().attach_internet_gateway(**given)
    id = given["InternetGatewayId"]
    return Case(given, [at.arn(f"internet-gateway/{id}"), at.arn(f"vpc/{given['VpcId']}")])


def lonely_vpc(at: Stage) -> str:
    """A VPC without a gateway."""
    return spare_vpc(at)


@EXAMPLES("AllocateAddress")
def allocate_address(at: Stage) -> Case:
    given = {"Domain": "vpc", **tags("elastic-ip")}
    return Case(given, at.arn("elastic-ip/*"), also=tagging(at, "elastic-ip"))


@EXAMPLES("ReleaseAddress")
def release_address(at: Stage) -> Case:
    id = at.root().allocate_address()["AllocationId"]
    return Case({"AllocationId": id}, at.arn(f"elastic-ip/{id}"))


@EXAMPLES("CreateNatGateway")
def create_nat_gateway(at: Stage) -> Case:
    where, address = subnet(at), at.root().allocate_address()["AllocationId"]
    on = [at.arn("natgateway/*"), at.arn(f"subnet/{where}"), at.arn(f"elastic-ip/{address}")]
    given = {"SubnetId": where, "AllocationId": address, **tags("natgateway")}
    return Case(given, on, also=tagging(at, "natgateway"))


@EXAMPLES("DeleteNatGateway")
def delete_nat_gateway(at: Stage) -> Case:
    made = at.root().create_nat_gateway(SubnetId=subnet(at), ConnectivityType="private")
    id = made["NatGateway"]["NatGatewayId"]
    return Case({"NatGatewayId": id}, at.arn(f"natgateway/{id}"))


# ---- network ACLs ----------------------------------------------------------------------------------------------------


@EXAMPLES("CreateNetworkAcl")
def create_network_acl(at: Stage) -> Case:
    given = {"VpcId": vpc(at), **tags("network-acl")}
    return Case(given, [at.arn("network-acl/*"), at.arn(f"vpc/{vpc(at)}")], also=tagging(at, "network-acl"))


@EXAMPLES("DeleteNetworkAcl")
def delete_network_acl(at: Stage) -> Case:
    id = acl(at)
    return Case({"NetworkAclId": id}, at.arn(f"network-acl/{id}"))


@EXAMPLES("CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry")
def acl_entries(at: Stage) -> Case:
    id = acl(at)
    named = {"NetworkAclId": id, "RuleNumber": 10, "Egress": False}
    rest = {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "10.0.0.0/8"}
    if at.operation != "CreateNetworkAclEntry":
        at.root().create_network_acl_entry(**named, **rest)
    return Case({**named, **({} if at.operation == "DeleteNetworkAclEntry" else rest)}, at.arn(f"network-acl/{id}"))


@EXAMPLES("ReplaceNetworkAclAssociation")
def replace_network_acl_association(at: Stage) -> Case:
    id, where = acl(at), subnet(at)
    found = at.root().describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [where]}])
    held = next(one for one in found["NetworkAcls"][0]["Associations"] if one["SubnetId"] == where)
    given = {"NetworkAclId": id, "AssociationId": held["NetworkAclAssociationId"]}
    return Case(given, [at.arn(f"network-acl/{id}"), at.arn(f"subnet/{where}")])
