"""VPCs, subnets, routes, gateways, ACLs and interfaces, as a client sees them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from cloudarium.shared.zones import zones as region_zones


def only(name, *values):
    return [{"Name": name, "Values": list(values)}]


def code(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["Error"]["Code"]


# ---- VPCs and subnets ------------------------------------------------------------------------------------------------


def test_the_default_vpc_is_there_before_anything_is_made(ec2):
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert (vpc["CidrBlock"], vpc["IsDefault"], vpc["State"]) == ("172.31.0.0/16", True, "available")
    assert "Tags" not in vpc
    subnets = ec2.describe_subnets(Filters=only("default-for-az", "true"))["Subnets"]
    assert sorted((one["AvailabilityZone"], one["CidrBlock"]) for one in subnets) == [
        (f"us-east-1{letter}", f"172.31.{16 * number}.0/20") for number, letter in enumerate("abcdef")
    ]
    assert all(one["MapPublicIpOnLaunch"] and one["AvailableIpAddressCount"] == 4091 for one in subnets)
    (table,) = ec2.describe_route_tables()["RouteTables"]
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    assert [one.get("GatewayId") for one in table["Routes"]] == ["local", gateway["InternetGatewayId"]]
    assert [one["Main"] for one in table["Associations"]] == [True]
    names = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    assert names["EnableDnsHostnames"] == {"Value": True}


def test_a_vpc_comes_with_its_table_acl_and_group_and_takes_them_along(net):
    inside = only("vpc-id", net.vpc)
    net.ec2.delete_subnet(SubnetId=net.subnet)
    (table,) = net.ec2.describe_route_tables(Filters=inside)["RouteTables"]
    assert table["Routes"] == [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    ]
    (acl,) = net.ec2.describe_network_acls(Filters=inside)["NetworkAcls"]
    assert acl["IsDefault"] and [(one["RuleNumber"], one["Egress"], one["RuleAction"]) for one in acl["Entries"]] == [
        (100, True, "allow"), (32767, True, "deny"), (100, False, "allow"), (32767, False, "deny"),
    ]  # fmt: skip
    (group,) = net.ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
    assert group["IpPermissions"][0]["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": group["OwnerId"]}]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    net.ec2.delete_vpc(VpcId=net.vpc)
    for describe, member in (
        (net.ec2.describe_route_tables, "RouteTables"), (net.ec2.describe_network_acls, "NetworkAcls"),
        (net.ec2.describe_security_groups, "SecurityGroups"), (net.ec2.describe_security_group_rules, None),
    ):  # fmt: skip
        if member:
            assert describe(Filters=inside)[member] == []
    rules = net.ec2.describe_security_group_rules(Filters=only("group-id", group["GroupId"]))
    assert rules["SecurityGroupRules"] == []


@pytest.mark.parametrize("what", ["subnet", "group", "table", "gateway", "interface"])
def test_a_vpc_stays_while_something_is_in_it(net, what):
    if what != "subnet":
        getattr(net, what)(*(("web",) if what == "group" else ()))
    if what not in ("subnet", "interface"):
        net.ec2.delete_subnet(SubnetId=net.subnet)
    assert code(net.ec2.delete_vpc, VpcId=net.vpc) == "DependencyViolation"


def test_attributes_of_a_vpc(net):
    ask = lambda name: net.ec2.describe_vpc_attribute(VpcId=net.vpc, Attribute=name)  # noqa: E731
    assert ask("enableDnsSupport")["EnableDnsSupport"] == {"Value": True}
    assert ask("enableDnsHostnames")["EnableDnsHostnames"] == {"Value": False}
    net.ec2.modify_vpc_attribute(VpcId=net.vpc, EnableDnsHostnames={"Value": True})
    assert ask("enableDnsHostnames")["EnableDnsHostnames"] == {"Value": True}
    assert code(net.ec2.modify_vpc_attribute, VpcId=net.vpc) == "InvalidParameterCombination"


def test_a_vpc_of_its_own_hardware_and_without_dhcp_options(net):
    ec2 = net.ec2
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16", InstanceTenancy="dedicated")["Vpc"]["VpcId"]
    ec2.modify_vpc_tenancy(VpcId=vpc, InstanceTenancy="default")
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    (found,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert (found["InstanceTenancy"], found["DhcpOptionsId"]) == ("default", "default")


def test_further_blocks_of_a_vpc(net):
    made = net.ec2.associate_vpc_cidr_block(VpcId=net.vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    assert made["CidrBlockState"]["State"] == "associating"
    subnet = net.ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    found = net.ec2.describe_vpcs(Filters=only("cidr-block-association.cidr-block", "10.1.0.0/16"))["Vpcs"]
    assert [one["VpcId"] for one in found] == [net.vpc]
    id = made["AssociationId"]
    assert code(net.ec2.disassociate_vpc_cidr_block, AssociationId=id) == "DependencyViolation"
    net.ec2.delete_subnet(SubnetId=subnet)
    net.ec2.disassociate_vpc_cidr_block(AssociationId=id)
    (table,) = net.ec2.describe_route_tables(Filters=only("vpc-id", net.vpc))["RouteTables"]
    assert len(table["Routes"]) == 1
    first = net.ec2.describe_vpcs(VpcIds=[net.vpc])["Vpcs"][0]["CidrBlockAssociationSet"][0]["AssociationId"]
    assert code(net.ec2.disassociate_vpc_cidr_block, AssociationId=first) == "OperationNotPermitted"


def test_a_default_subnet_and_vpc_are_made_again(ec2):
    assert code(ec2.create_default_vpc) == "DefaultVpcAlreadyExists"
    assert code(ec2.create_default_subnet, AvailabilityZone="us-east-1a").startswith("DefaultSubnetAlreadyExists")
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    for one in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=one["SubnetId"])
    made = ec2.create_default_subnet(AvailabilityZone="us-east-1b")["Subnet"]
    assert made["DefaultForAz"] and made["CidrBlock"] == "172.31.0.0/20"
    ec2.delete_subnet(SubnetId=made["SubnetId"])
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])
    assert ec2.describe_vpcs()["Vpcs"] == []  # deleted is deleted
    assert code(ec2.create_security_group, GroupName="a", Description="d") == "VPCIdNotSpecified"
    assert ec2.create_default_vpc()["Vpc"]["IsDefault"]


def test_pages_filters_and_wildcards(net):
    for number in range(2, 9):
        net.ec2.create_subnet(
            VpcId=net.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone="us-east-1b",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "Name", "Value": f"net-{number}*"}]}],
        )  # fmt: skip
    inside = only("vpc-id", net.vpc)
    pages = list(net.ec2.get_paginator("describe_subnets").paginate(Filters=inside, PaginationConfig={"PageSize": 5}))
    assert [len(page["Subnets"]) for page in pages] == [5, 3]
    every = {one["SubnetId"] for page in pages for one in page["Subnets"]}
    assert len(every) == 8

    def found(*filters):
        return {one["CidrBlock"] for one in net.ec2.describe_subnets(Filters=[*inside, *filters])["Subnets"]}

    assert found(*only("tag:Name", "net-?\\*")) == {f"10.0.{number}.0/24" for number in range(2, 9)}
    assert found(*only("tag:Name", "net-2*", "net-3*")) == {"10.0.2.0/24", "10.0.3.0/24"}
    assert found(*only("tag:Name", "NET-2*")) == set()
    assert found(*only("availability-zone", "us-east-1a")) == {"10.0.1.0/24"}
    assert found(*only("tag-key", "Name"), *only("cidr-block", "10.0.4.0/24")) == {"10.0.4.0/24"}
    assert found(*only("available-ip-address-count", "251")) == {f"10.0.{number}.0/24" for number in range(1, 9)}


# ---- routes ----------------------------------------------------------------------------------------------------------


def test_routes_come_turn_black_and_go(net):
    gateway, table = net.gateway(), net.table()
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    assert net.ec2.create_route(**route, GatewayId=gateway)["Return"]
    net.ec2.create_route(**route, GatewayId=gateway)  # the same again
    eni = net.interface()["NetworkInterfaceId"]
    assert code(net.ec2.create_route, **route, NetworkInterfaceId=eni) == "RouteAlreadyExists"
    local = {"RouteTableId": table, "DestinationCidrBlock": "10.0.0.0/16"}
    assert code(net.ec2.create_route, **local, GatewayId=gateway) == "InvalidParameterValue"

    def state():
        (found,) = net.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return {one["DestinationCidrBlock"]: one["State"] for one in found["Routes"]}

    net.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=net.vpc)
    assert state()["0.0.0.0/0"] == "blackhole"
    found = net.ec2.describe_route_tables(Filters=only("route.state", "blackhole"))["RouteTables"]
    assert [one["RouteTableId"] for one in found] == [table]
    net.ec2.replace_route(**route, NetworkInterfaceId=eni)
    assert state()["0.0.0.0/0"] == "active"
    net.ec2.delete_route(**route)
    assert code(net.ec2.delete_route, **route) == "InvalidRoute.NotFound"
    assert code(net.ec2.delete_route, **local) == "InvalidParameterValue"


def test_which_table_holds_for_a_subnet(net):
    table, other = net.table(), net.table()
    made = net.ec2.associate_route_table(RouteTableId=table, SubnetId=net.subnet)["AssociationId"]
    assert net.ec2.associate_route_table(RouteTableId=table, SubnetId=net.subnet)["AssociationId"] == made
    given = {"RouteTableId": other, "SubnetId": net.subnet}
    assert code(net.ec2.associate_route_table, **given) == "Resource.AlreadyAssociated"
    assert code(net.ec2.delete_route_table, RouteTableId=table) == "DependencyViolation"
    new = net.ec2.replace_route_table_association(AssociationId=made, RouteTableId=other)["NewAssociationId"]
    found = net.ec2.describe_route_tables(Filters=only("association.subnet-id", net.subnet))["RouteTables"]
    assert [one["RouteTableId"] for one in found] == [other]
    net.ec2.disassociate_route_table(AssociationId=new)
    assert code(net.ec2.disassociate_route_table, AssociationId=new) == "InvalidAssociationID.NotFound"
    (main,) = net.ec2.describe_route_tables(Filters=[*only("vpc-id", net.vpc), *only("association.main", "true")])[
        "RouteTables"
    ]
    own = main["Associations"][0]["RouteTableAssociationId"]
    assert code(net.ec2.disassociate_route_table, AssociationId=own) == "InvalidParameterValue"
    moved = net.ec2.replace_route_table_association(AssociationId=own, RouteTableId=other)["NewAssociationId"]
    again = net.ec2.replace_route_table_association(AssociationId=moved, RouteTableId=other)
    assert again["NewAssociationId"] == moved
    (main,) = net.ec2.describe_route_tables(Filters=[*only("vpc-id", net.vpc), *only("association.main", "true")])[
        "RouteTables"
    ]
    assert main["RouteTableId"] == other


# ---- addresses, gateways, interfaces ---------------------------------------------------------------------------------


def test_a_nat_gateway_takes_an_address_and_gives_it_back(net):
    address = net.ec2.allocate_address(Domain="vpc")
    given = {"SubnetId": net.subnet, "AllocationId": address["AllocationId"], "ClientToken": "once"}
    gateway, table = net.gateway(), net.table()
    made = net.ec2.create_nat_gateway(**given)["NatGateway"]
    assert made["State"] == "pending"
    assert net.ec2.create_nat_gateway(**given)["NatGateway"]["NatGatewayId"] == made["NatGatewayId"]
    (held,) = net.ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"]
    assert held["AssociationId"] == made["NatGatewayAddresses"][0]["AssociationId"]
    assert code(net.ec2.release_address, AllocationId=address["AllocationId"]) == "InvalidIPAddress.InUse"
    detach = {"InternetGatewayId": gateway, "VpcId": net.vpc}
    assert code(net.ec2.detach_internet_gateway, **detach) == "DependencyViolation"
    assert code(net.ec2.disassociate_address, AssociationId=held["AssociationId"]) == "AuthFailure"
    (eni,) = net.ec2.describe_network_interfaces(Filters=only("interface-type", "nat_gateway"))["NetworkInterfaces"]
    assert (eni["RequesterManaged"], eni["Association"]["PublicIp"]) == (True, address["PublicIp"])
    assert code(net.ec2.delete_network_interface, NetworkInterfaceId=eni["NetworkInterfaceId"]) == "AuthFailure"
    id = made["NatGatewayId"]
    net.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=id)
    net.ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[id])
    net.ec2.delete_nat_gateway(NatGatewayId=id)
    (gone,) = net.ec2.describe_nat_gateways(Filter=only("state", "deleted"))["NatGateways"]
    assert gone["NatGatewayId"] == id and "DeleteTime" in gone
    (found,) = net.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert found["Routes"][1]["State"] == "blackhole"
    net.ec2.release_address(AllocationId=address["AllocationId"])
    net.ec2.detach_internet_gateway(**detach)


def test_a_nat_gateway_fails_after_the_answer(net):
    """EC2 answers before it finds out that the internet is not reached from there, or that the address is taken."""
    address = net.ec2.allocate_address()["AllocationId"]
    given = {"SubnetId": net.subnet, "AllocationId": address}
    made = net.ec2.create_nat_gateway(**given)["NatGateway"]
    assert made["State"] == "pending" and "FailureCode" not in made
    (failed,) = net.ec2.describe_nat_gateways(NatGatewayIds=[made["NatGatewayId"]])["NatGateways"]
    assert (failed["State"], failed["FailureCode"]) == ("failed", "Gateway.NotAttached")
    assert failed["FailureMessage"] == f"Network {net.vpc} has no Internet gateway attached"
    net.gateway()
    net.ec2.get_waiter("nat_gateway_available").wait(
        NatGatewayIds=[net.ec2.create_nat_gateway(**given)["NatGateway"]["NatGatewayId"]]
    )
    net.ec2.create_nat_gateway(**given)
    found = net.ec2.describe_nat_gateways(Filter=only("state", "failed"))["NatGateways"]
    assert {one["FailureCode"] for one in found} == {"Gateway.NotAttached", "Resource.AlreadyAssociated"}
    route = {"RouteTableId": net.table(), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": failed["NatGatewayId"]}
    assert code(net.ec2.create_route, **route) == "NatGatewayNotFound"
    net.ec2.delete_nat_gateway(NatGatewayId=failed["NatGatewayId"])
    (kept,) = net.ec2.describe_addresses()["Addresses"]
    assert "AssociationId" in kept, "the gateway that works has it still"


def test_addresses_of_interfaces(net):
    net.gateway()
    first, second = (net.ec2.allocate_address() for _ in range(2))
    one, other = (net.interface()["NetworkInterfaceId"] for _ in range(2))
    give = lambda address, eni, **given: net.ec2.associate_address(  # noqa: E731
        AllocationId=address["AllocationId"], NetworkInterfaceId=eni, **given
    )["AssociationId"]
    made = give(first, one)
    assert give(first, one) == made
    for address, eni in ((first, other), (second, one)):
        given = {"AllocationId": address["AllocationId"], "NetworkInterfaceId": eni}
        assert code(net.ec2.associate_address, **given) == "Resource.AlreadyAssociated"
    moved = give(first, other, AllowReassociation=True)
    assert code(net.ec2.disassociate_address, AssociationId=made) == "InvalidAssociationID.NotFound"
    found = net.ec2.describe_network_interfaces(Filters=only("association.public-ip", first["PublicIp"]))
    assert [eni["NetworkInterfaceId"] for eni in found["NetworkInterfaces"]] == [other]
    assert code(net.ec2.disassociate_address, AssociationId="eipassoc-1") == "InvalidAssociationID.NotFound"
    net.ec2.disassociate_address(AssociationId=moved)
    give(first, one)
    net.ec2.delete_network_interface(NetworkInterfaceId=one)
    (free,) = net.ec2.describe_addresses(PublicIps=[first["PublicIp"]])["Addresses"]
    assert "AssociationId" not in free and "Tags" not in free
    assert code(net.ec2.describe_addresses, PublicIps=["198.51.100.9"]) == "InvalidAddress.NotFound"


def test_interfaces_have_addresses_and_groups(net):
    group = net.group("web")
    made = net.interface(Groups=[group], PrivateIpAddress="10.0.1.10", Description="mine")
    assert (made["PrivateIpAddress"], made["Status"], made["Groups"]) == (
        "10.0.1.10", "pending", [{"GroupId": group, "GroupName": "web"}],
    )  # fmt: skip
    assert net.interface()["PrivateIpAddress"] == "10.0.1.4"
    for address, expected in (
        ("10.0.1.10", "InvalidIPAddress.InUse"), ("10.0.1.3", "InvalidParameterValue"),
        ("10.0.2.9", "InvalidParameterValue"), ("x", "InvalidParameterValue"),
    ):  # fmt: skip
        assert code(net.ec2.create_network_interface, SubnetId=net.subnet, PrivateIpAddress=address) == expected
    id = made["NetworkInterfaceId"]
    assert code(net.ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    assert code(net.ec2.delete_subnet, SubnetId=net.subnet) == "DependencyViolation"
    other = net.group("other")
    net.ec2.modify_network_interface_attribute(NetworkInterfaceId=id, Groups=[other])
    found = net.ec2.describe_network_interface_attribute(NetworkInterfaceId=id, Attribute="groupSet")
    assert [one["GroupId"] for one in found["Groups"]] == [other]
    (subnet,) = net.ec2.describe_subnets(SubnetIds=[net.subnet])["Subnets"]
    assert subnet["AvailableIpAddressCount"] == 249
    net.ec2.delete_network_interface(NetworkInterfaceId=id)
    net.ec2.delete_security_group(GroupId=other)


# ---- network ACLs ----------------------------------------------------------------------------------------------------


def private(net, eni):
    (found,) = net.ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"]
    return [one["PrivateIpAddress"] for one in found["PrivateIpAddresses"]]


def test_an_interface_may_have_further_addresses(net):
    ec2, listed = net.ec2, [{"PrivateIpAddress": "10.0.1.20", "Primary": True}, {"PrivateIpAddress": "10.0.1.21"}]
    one = net.interface(PrivateIpAddresses=listed)["NetworkInterfaceId"]
    other = net.interface(SecondaryPrivateIpAddressCount=2)["NetworkInterfaceId"]
    assert private(net, one) == ["10.0.1.20", "10.0.1.21"] and private(net, other) == [f"10.0.1.{n}" for n in (4, 5, 6)]
    (subnet,) = ec2.describe_subnets(SubnetIds=[net.subnet])["Subnets"]
    assert subnet["AvailableIpAddressCount"] == 251 - 5
    here = {"NetworkInterfaceId": one}
    got = ec2.assign_private_ip_addresses(**here, SecondaryPrivateIpAddressCount=1)["AssignedPrivateIpAddresses"]
    assert got == [{"PrivateIpAddress": "10.0.1.7"}]
    with pytest.raises(ClientError) as caught:
        ec2.assign_private_ip_addresses(**here, PrivateIpAddresses=["10.0.1.6"])
    assert caught.value.response["Error"]["Message"] == "[10.0.1.6] assigned, but move is not allowed."
    ec2.assign_private_ip_addresses(**here, PrivateIpAddresses=["10.0.1.6"], AllowReassignment=True)
    assert private(net, one)[2:] == ["10.0.1.7", "10.0.1.6"] and private(net, other) == ["10.0.1.4", "10.0.1.5"]
    for wrong in (
        {"PrivateIpAddresses": ["10.0.1.4"], "AllowReassignment": True},  # somebody's first
        {"PrivateIpAddresses": ["10.0.2.4"]}, {"PrivateIpAddresses": [""]}, {"SecondaryPrivateIpAddressCount": 0},
    ):  # fmt: skip
        assert code(ec2.assign_private_ip_addresses, **here, **wrong) == "InvalidParameterValue"
    assert code(ec2.assign_private_ip_addresses, **here) == "MissingParameter"
    many = {"SecondaryPrivateIpAddressCount": 50}
    assert code(ec2.assign_private_ip_addresses, **here, **many) == "PrivateIpAddressLimitExceeded"

    # Each may have an elastic address of its own, which goes with it.
    net.gateway()
    first, second = (ec2.allocate_address()["AllocationId"] for _ in range(2))
    ec2.associate_address(AllocationId=first, **here)
    ec2.associate_address(AllocationId=second, **here, PrivateIpAddress="10.0.1.21")
    addresses = {one["AllocationId"]: one.get("PrivateIpAddress") for one in ec2.describe_addresses()["Addresses"]}
    assert addresses == {first: "10.0.1.20", second: "10.0.1.21"}
    for wrong in ("10.0.1.20", "10.0.1.99"):
        assert code(ec2.unassign_private_ip_addresses, **here, PrivateIpAddresses=[wrong]) == "InvalidParameterValue"
    ec2.unassign_private_ip_addresses(**here, PrivateIpAddresses=["10.0.1.21", "10.0.1.7"])
    addresses = {one["AllocationId"]: one.get("PrivateIpAddress") for one in ec2.describe_addresses()["Addresses"]}
    assert addresses == {first: "10.0.1.20", second: None} and private(net, one) == ["10.0.1.20", "10.0.1.6"]
    ec2.delete_network_interface(**here)
    assert all("AssociationId" not in one for one in ec2.describe_addresses()["Addresses"])


def test_entries_of_a_network_acl(net):
    id = net.ec2.create_network_acl(VpcId=net.vpc)["NetworkAcl"]["NetworkAclId"]
    named = {"NetworkAclId": id, "RuleNumber": 100, "Egress": False}
    rule = {"RuleAction": "allow", "CidrBlock": "10.0.0.0/8"}
    tcp = {"Protocol": "6", "PortRange": {"From": 80, "To": 81}}
    net.ec2.create_network_acl_entry(**named, **rule, **tcp)
    assert code(net.ec2.create_network_acl_entry, **named, **rule, **tcp) == "NetworkAclEntryAlreadyExists"
    assert code(net.ec2.create_network_acl_entry, **{**named, "RuleNumber": 1}, **rule, Protocol="6") == (
        "MissingParameter"
    )
    assert code(net.ec2.create_network_acl_entry, **{**named, "RuleNumber": 32767}, **rule, **tcp) == (
        "InvalidParameterValue"
    )
    net.ec2.replace_network_acl_entry(**named, **{**rule, "RuleAction": "deny"}, Protocol="-1")
    (acl,) = net.ec2.describe_network_acls(Filters=only("entry.rule-action", "deny"), NetworkAclIds=[id])["NetworkAcls"]
    assert [(one["RuleNumber"], one["Protocol"]) for one in acl["Entries"] if not one["Egress"]] == [
        (100, "-1"), (32767, "-1"),
    ]  # fmt: skip
    net.ec2.delete_network_acl_entry(**named)
    assert code(net.ec2.delete_network_acl_entry, **named) == "InvalidNetworkAclEntry.NotFound"


def test_which_acl_holds_for_a_subnet(net):
    id = net.ec2.create_network_acl(VpcId=net.vpc)["NetworkAcl"]["NetworkAclId"]
    (old,) = net.ec2.describe_network_acls(Filters=only("association.subnet-id", net.subnet))["NetworkAcls"]
    association = old["Associations"][0]["NetworkAclAssociationId"]
    net.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=id)
    (new,) = net.ec2.describe_network_acls(Filters=only("association.subnet-id", net.subnet))["NetworkAcls"]
    assert new["NetworkAclId"] == id
    assert code(net.ec2.delete_network_acl, NetworkAclId=id) == "DependencyViolation"
    assert code(net.ec2.delete_network_acl, NetworkAclId=old["NetworkAclId"]) == "InvalidParameterValue"
    given = {"AssociationId": association, "NetworkAclId": id}
    assert code(net.ec2.replace_network_acl_association, **given) == "InvalidAssociationID.NotFound"


# ---- regions ---------------------------------------------------------------------------------------------------------


def test_regions_and_zones(ec2):
    regions = ec2.describe_regions()["Regions"]
    assert len(regions) == 17 and {one["OptInStatus"] for one in regions} == {"opt-in-not-required"}
    assert len(ec2.describe_regions(AllRegions=True)["Regions"]) > 25
    (one,) = ec2.describe_regions(RegionNames=["eu-west-1"])["Regions"]
    assert one["Endpoint"] == "ec2.eu-west-1.amazonaws.com"
    assert code(ec2.describe_regions, RegionNames=["eu-west-9"]) == "InvalidParameterValue"
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [(zone["ZoneName"], zone["ZoneId"]) for zone in zones] == [
        ("us-east-1a", "use1-az6"), ("us-east-1b", "use1-az1"), ("us-east-1c", "use1-az2"),
        ("us-east-1d", "use1-az4"), ("us-east-1e", "use1-az3"), ("us-east-1f", "use1-az5"),
    ]  # fmt: skip
    assert code(ec2.describe_availability_zones, ZoneNames=["us-east-1x"]) == "InvalidParameterValue"


def test_every_zone_of_a_region_can_have_a_subnet(cloud, account):
    """Templates take zones by Fn::GetAZs, which names those that EC2 has."""
    ec2 = cloud.client("ec2", key=account, region="ap-northeast-1")
    zones = [one["ZoneName"] for one in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert zones == ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]
    assert [name for name, _ in region_zones("ap-northeast-1")] == zones
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number, zone in enumerate(zones):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
    assert region_zones("us-gov-west-1")[0] == ("us-gov-west-1a", "usgw1-az1")


def test_networks_survive_a_crash(fresh_cloud):
    ec2 = fresh_cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    fresh_cloud.restart()
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"] == "10.0.0.0/16"
    assert len(ec2.describe_vpcs()["Vpcs"]) == 2
