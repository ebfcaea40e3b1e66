"""Calls of EC2's network that succeed, and what they need."""

from __future__ import annotations

import itertools
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

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


# ---- security groups -------------------------------------------------------------------------------------------------

WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


@EXAMPLES("CreateSecurityGroup")
def create_security_group(at: Stage) -> Case:
    given = {"GroupName": at.name, "Description": "d", "VpcId": vpc(at), **tags("security-group")}
    return Case(given, [at.arn("security-group/*"), at.arn(f"vpc/{vpc(at)}")], also=tagging(at, "security-group"))


@EXAMPLES("DeleteSecurityGroup")
def delete_security_group(at: Stage) -> Case:
    id = group(at)
    return Case({"GroupId": id}, at.arn(f"security-group/{id}"))


def delete_by_name(at: Stage) -> Case:
    id = at.root().create_security_group(GroupName=at.name, Description="d")["GroupId"]
    return Case({"GroupName": at.name}, at.arn(f"security-group/{id}"))


EXAMPLES("DeleteSecurityGroup", variant="by name")(delete_by_name)


@EXAMPLES("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(at: Stage) -> Case:
    id = group(at)
    given = {"GroupId": id, "IpPermissions": [WEB], **tags("security-group-rule")}
    return Case(given, at.arn(f"security-group/{id}"), also=tagging(at, "security-group-rule"))


@EXAMPLES("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(at: Stage) -> Case:
    id = group(at)
    allow = at.root().authorize_security_group_ingress
    allow = allow if at.operation.endswith("Ingress") else at.root().authorize_security_group_egress
    allow(GroupId=id, IpPermissions=[WEB])
    return Case({"GroupId": id, "IpPermissions": [WEB]}, at.arn(f"security-group/{id}"))


@EXAMPLES("UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions(at: Stage) -> Case:
    id = group(at)
    allow = at.root().authorize_security_group_ingress
    allow = allow if at.operation.endswith("Ingress") else at.root().authorize_security_group_egress
    allow(GroupId=id, IpPermissions=[WEB])
    described = {**WEB, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "us"}]}
    return Case({"GroupId": id, "IpPermissions": [described]}, at.arn(f"security-group/{id}"))


@EXAMPLES("ModifySecurityGroupRules")
def modify_rules(at: Stage) -> Case:
    id = group(at)
    made = at.root().authorize_security_group_ingress(GroupId=id, IpPermissions=[WEB])["SecurityGroupRules"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "10.0.0.0/8"}
    change = {"SecurityGroupRuleId": made[0]["SecurityGroupRuleId"], "SecurityGroupRule": rule}
    on = [at.arn(f"security-group/{id}"), at.arn(f"security-group-rule/{change['SecurityGroupRuleId']}")]
    return Case({"GroupId": id, "SecurityGroupRules": [change]}, on)


# ---- interfaces and endpoints ----------------------------------------------------------------------------------------


@EXAMPLES("CreateNetworkInterface")
def create_network_interface(at: Stage) -> Case:
    where, own = subnet(at), group(at)
    on = [at.arn("network-interface/*"), at.arn(f"subnet/{where}"), at.arn(f"security-group/{own}")]
    given = {"SubnetId": where, "Groups": [own], **tags("network-interface")}
    return Case(given, on, also=tagging(at, "network-interface"))


@EXAMPLES("DeleteNetworkInterface")
def delete_network_interface(at: Stage) -> Case:
    id = interface(at)
    return Case({"NetworkInterfaceId": id}, at.arn(f"network-interface/{id}"))


@EXAMPLES("ModifyNetworkInterfaceAttribute")
def modify_network_interface_attribute(at: Stage) -> Case:
    id = interface(at)
    other = at.root().create_security_group(GroupName=f"{at.name}-other", Description="d", VpcId=vpc(at))["GroupId"]
    on = [at.arn(f"network-interface/{id}"), at.arn(f"security-group/{other}")]
    return Case({"NetworkInterfaceId": id, "Groups": [other]}, on)


@EXAMPLES("CreateVpcEndpoint")
def create_vpc_endpoint(at: Stage) -> Case:
    id = table(at)
    on = [at.arn("vpc-endpoint/*"), at.arn(f"vpc/{vpc(at)}"), at.arn(f"route-table/{id}")]
    given = {"VpcId": vpc(at), "ServiceName": "com.amazonaws.us-east-1.dynamodb", "RouteTableIds": [id]}
    return Case({**given, **tags("vpc-endpoint")}, on, also=tagging(at, "vpc-endpoint"))


def create_interface_endpoint(at: Stage) -> Case:
    where, own = subnet(at), group(at)
    on = [at.arn(name) for name in ("vpc-endpoint/*", f"vpc/{vpc(at)}", f"subnet/{where}", f"security-group/{own}")]
    given = {"VpcId": vpc(at), "ServiceName": "com.amazonaws.us-east-1.sqs", "VpcEndpointType": "Interface"}
    return Case({**given, "SubnetIds": [where], "SecurityGroupIds": [own]}, on)


EXAMPLES("CreateVpcEndpoint", variant="interface")(create_interface_endpoint)


@EXAMPLES("ModifyVpcEndpoint")
def modify_vpc_endpoint(at: Stage) -> Case:
    id, other = endpoint(at), table(at)
    on = [at.arn(f"vpc-endpoint/{id}"), at.arn(f"route-table/{other}")]
    return Case({"VpcEndpointId": id, "AddRouteTableIds": [other]}, on)


@EXAMPLES("DeleteVpcEndpoints")
def delete_vpc_endpoints(at: Stage) -> Case:
    id = endpoint(at)
    return Case({"VpcEndpointIds": [id]}, at.arn(f"vpc-endpoint/{id}"))


# ---- peering ---------------------------------------------------------------------------------------------------------


def the_peer(at: Stage) -> str:
    """A VPC beside the one of all examples."""
    return at.root().create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]


def asked(at: Stage) -> str:
    """A connection that waits to be accepted; the one of the example before is gone."""
    ec2 = at.root()
    for one in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
        if one["Status"]["Code"] in ("active", "pending-acceptance"):
            ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=one["VpcPeeringConnectionId"])
    made = ec2.create_vpc_peering_connection(VpcId=vpc(at), PeerVpcId=at.once(the_peer))
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


@EXAMPLES("CreateVpcPeeringConnection")
def create_peering(at: Stage) -> Case:
    at.root().delete_vpc_peering_connection(VpcPeeringConnectionId=asked(at))
    on = [at.arn("vpc-peering-connection/*"), at.arn(f"vpc/{vpc(at)}")]
    given = {"VpcId": vpc(at), "PeerVpcId": at.once(the_peer), **tags("vpc-peering-connection")}
    return Case(given, on, also=tagging(at, "vpc-peering-connection"))


@EXAMPLES("AcceptVpcPeeringConnection")
def accept_peering(at: Stage) -> Case:
    id = asked(at)
    on = [at.arn(f"vpc-peering-connection/{id}"), at.arn(f"vpc/{at.once(the_peer)}")]
    return Case({"VpcPeeringConnectionId": id}, on)


@EXAMPLES("RejectVpcPeeringConnection", "DeleteVpcPeeringConnection")
def end_peering(at: Stage) -> Case:
    id = asked(at)
    return Case({"VpcPeeringConnectionId": id}, at.arn(f"vpc-peering-connection/{id}"))


@EXAMPLES("ModifyVpcPeeringConnectionOptions")
def modify_peering(at: Stage) -> Case:
    id = asked(at)
    at.root().accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    options = {"AllowDnsResolutionFromRemoteVpc": True}
    given = {"VpcPeeringConnectionId": id, "RequesterPeeringConnectionOptions": options}
    return Case(given, at.arn(f"vpc-peering-connection/{id}"))


# ---- options, lists, addresses ---------------------------------------------------------------------------------------


def options(at: Stage) -> str:
    given = [{"Key": "domain-name", "Values": ["example.com"]}]
    return at.root().create_dhcp_options(DhcpConfigurations=given)["DhcpOptions"]["DhcpOptionsId"]


@EXAMPLES("CreateDhcpOptions")
def create_dhcp_options(at: Stage) -> Case:
    given = {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["example.com"]}], **tags("dhcp-options")}
    return Case(given, at.arn("dhcp-options/*"), also=tagging(at, "dhcp-options"))


@EXAMPLES("AssociateDhcpOptions")
def associate_dhcp_options(at: Stage) -> Case:
    id = options(at)
    on = [at.arn(f"dhcp-options/{id}"), at.arn(f"vpc/{vpc(at)}")]
    return Case({"DhcpOptionsId": id, "VpcId": vpc(at)}, on)


@EXAMPLES("DeleteDhcpOptions")
def delete_dhcp_options(at: Stage) -> Case:
    id = options(at)
    return Case({"DhcpOptionsId": id}, at.arn(f"dhcp-options/{id}"))


def prefix_list(at: Stage) -> str:
    made = at.root().create_managed_prefix_list(
        PrefixListName=at.name, MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "10.0.0.0/8"}]
    )
    return made["PrefixList"]["PrefixListId"]


@EXAMPLES("CreateManagedPrefixList")
def create_managed_prefix_list(at: Stage) -> Case:
    given = {"PrefixListName": at.name, "MaxEntries": 5, "AddressFamily": "IPv4", **tags("prefix-list")}
    return Case(given, at.arn("prefix-list/*"), also=tagging(at, "prefix-list"))


@EXAMPLES("GetManagedPrefixListEntries", "GetManagedPrefixListAssociations", "DeleteManagedPrefixList")
def by_list(at: Stage) -> Case:
    id = prefix_list(at)
    return Case({"PrefixListId": id}, at.arn(f"prefix-list/{id}"))


@EXAMPLES("ModifyManagedPrefixList")
def modify_managed_prefix_list(at: Stage) -> Case:
    id = prefix_list(at)
    given = {"PrefixListId": id, "CurrentVersion": 1, "AddEntries": [{"Cidr": "192.168.0.0/16"}]}
    return Case(given, at.arn(f"prefix-list/{id}"))


@EXAMPLES("RestoreManagedPrefixListVersion")
def restore_managed_prefix_list_version(at: Stage) -> Case:
    id = prefix_list(at)
    change = {"PrefixListId": id, "CurrentVersion": 1}
    at.root().modify_managed_prefix_list(**change, AddEntries=[{"Cidr": "192.168.0.0/16"}])
    given = {"PrefixListId": id, "CurrentVersion": 2, "PreviousVersion": 1}
    return Case(given, at.arn(f"prefix-list/{id}"))


@EXAMPLES("AssociateAddress", "DisassociateAddress")
def associate_address(at: Stage) -> Case:
    id, address = interface(at), at.root().allocate_address()["AllocationId"]
    given = {"NetworkInterfaceId": id, "AllocationId": address}
    on = [at.arn(f"elastic-ip/{address}"), at.arn(f"network-interface/{id}")]
    if at.operation == "DisassociateAddress":
        given = {"AssociationId": at.root().associate_address(**given)["AssociationId"]}
    return Case(given, on)


@EXAMPLES("GetSecurityGroupsForVpc")
def get_security_groups_for_vpc(at: Stage) -> Case:
    return Case({"VpcId": vpc(at)}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("DescribeStaleSecurityGroups")
def describe_stale_security_groups(at: Stage) -> Case:
    return Case({"VpcId": vpc(at)})


@EXAMPLES("DescribeSecurityGroupReferences")
def describe_security_group_references(at: Stage) -> Case:
    id = group(at)
    return Case({"GroupId": [id]}, at.arn(f"security-group/{id}"))


# ---- tags ------------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateTags", "DeleteTags")
def tag(at: Stage) -> Case:
    id, where = table(at), subnet(at)
    given = {"Resources": [id, where], "Tags": [{"Key": "team", "Value": "red"}]}
    return Case(given, [at.arn(f"route-table/{id}"), at.arn(f"subnet/{where}")])
