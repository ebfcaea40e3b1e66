"""What EC2 refuses, and in which words."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from cloudarium import model
from cloudarium.gateway.rooms import all_rooms


def refused(code, call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return error["Message"]


def only(name, *values):
    return [{"Name": name, "Values": list(values)}]


@pytest.mark.parametrize("block", ["10.0.0.0/8", "10.0.0.0/29", "127.0.0.0/16", "169.254.0.0/16", "0.0.0.0/16"])
def test_blocks_that_no_vpc_has(ec2, block):
    assert refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock=block) == f"The CIDR '{block}' is invalid."


@pytest.mark.parametrize("block", ["10.0.0.0", "10.0.0.0/33", "ten", "300.0.0.0/16", "::/16", "10.0.0.0/16/16"])
def test_what_is_no_block(ec2, block):
    message = refused("InvalidParameterValue", ec2.create_vpc, CidrBlock=block)
    assert message == f"Value ({block}) for parameter cidrBlock is invalid. This is not a valid CIDR block."


def test_what_must_be_there(ec2):
    missing = lambda call, **given: refused("MissingParameter", call, **given)  # noqa: E731
    assert missing(ec2.create_vpc) == "The request must contain the parameter cidrBlock"
    assert missing(ec2.create_security_group, GroupName="a", Description="") == (
        "The request must contain the parameter GroupDescription"
    )
    assert "GroupId" in missing(ec2.delete_security_group)
    assert missing(ec2.delete_vpc) == "The request must contain the parameter vpcId"
    assert missing(ec2.create_tags) == "The request must contain the parameter resourceIdSet"
    assert "ruleNumber" in missing(ec2.create_network_acl_entry, NetworkAclId="acl-1", Egress=True)
    assert "ipPermissions" in missing(
        ec2.authorize_security_group_ingress,
        GroupId=ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"],
    )


@pytest.mark.parametrize(
    ("operation", "member", "id", "code", "message"),
    [
        ("delete_vpc", "VpcId", "vpc-12345678", "InvalidVpcID.NotFound", "The vpc ID 'vpc-12345678' does not exist"),
        ("delete_vpc", "VpcId", "nope", "InvalidVpcID.Malformed", 'Invalid id: "nope" (expecting "vpc-...")'),
        ("delete_subnet", "SubnetId", "subnet-1", "InvalidSubnetID.NotFound",
         "The subnet ID 'subnet-1' does not exist"),
        ("delete_security_group", "GroupId", "sg-1", "InvalidGroup.NotFound",
         "The security group 'sg-1' does not exist"),
        ("delete_security_group", "GroupId", "x", "InvalidGroupId.Malformed", 'Invalid id: "x" (expecting "sg-...")'),
        ("delete_route_table", "RouteTableId", "rtb-1", "InvalidRouteTableID.NotFound",
         "The routeTable ID 'rtb-1' does not exist"),
        ("delete_network_acl", "NetworkAclId", "acl-1", "InvalidNetworkAclID.NotFound",
         "The networkAcl ID 'acl-1' does not exist"),
        ("delete_internet_gateway", "InternetGatewayId", "igw-1", "InvalidInternetGatewayID.NotFound",
         "The internetGateway ID 'igw-1' does not exist"),
        ("delete_nat_gateway", "NatGatewayId", "nat-1", "NatGatewayNotFound", "NatGateway nat-1 was not found"),
        ("delete_network_interface", "NetworkInterfaceId", "eni-1", "InvalidNetworkInterfaceID.NotFound",
         "The networkInterface ID 'eni-1' does not exist"),
        ("release_address", "AllocationId", "eipalloc-1", "InvalidAllocationID.NotFound",
         "The allocation ID 'eipalloc-1' does not exist"),
        ("delete_dhcp_options", "DhcpOptionsId", "dopt-1", "InvalidDhcpOptionID.NotFound",
         "The DhcpOption ID 'dopt-1' does not exist"),
        ("delete_dhcp_options", "DhcpOptionsId", "foo-1", "InvalidDhcpOptionsId.Malformed",
         'Invalid id: "foo-1" (expecting "dopt-...")'),
        ("delete_managed_prefix_list", "PrefixListId", "pl-1", "InvalidPrefixListID.NotFound",
         "The prefix list ID 'pl-1' does not exist"),
        ("delete_vpc_peering_connection", "VpcPeeringConnectionId", "pcx-1", "InvalidVpcPeeringConnectionID.NotFound",
         "The vpcPeeringConnection ID 'pcx-1' does not exist"),
    ],
)  # fmt: skip
def test_ids_that_nothing_has(ec2, operation, member, id, code, message):
    assert refused(code, getattr(ec2, operation), **{member: id}) == message


DESCRIBING = {
    "describe_vpcs": "VpcIds",
    "describe_subnets": "SubnetIds",
    "describe_security_groups": "GroupIds",
    "describe_security_group_rules": "SecurityGroupRuleIds",
    "describe_route_tables": "RouteTableIds",
    "describe_network_acls": "NetworkAclIds",
    "describe_internet_gateways": "InternetGatewayIds",
    "describe_network_interfaces": "NetworkInterfaceIds",
    "describe_vpc_endpoints": "VpcEndpointIds",
    "describe_dhcp_options": "DhcpOptionsIds",
    "describe_vpc_peering_connections": "VpcPeeringConnectionIds",
    "describe_managed_prefix_lists": "PrefixListIds",
    "describe_prefix_lists": "PrefixListIds",
}


@pytest.mark.parametrize("operation", DESCRIBING)
def test_filters_pages_and_ids_of_each_describe(ec2, operation):
    describe = getattr(ec2, operation)
    assert refused("InvalidParameterValue", describe, Filters=only("nope", "x")) == "The filter 'nope' is invalid"
    listed = next(value for value in describe(Filters=[{"Name": "tag-key"}]).values() if isinstance(value, list))
    assert listed == [], "no value fits nothing"
    assert refused("FilterLimitExceeded", describe, Filters=only("tag-key", *["x"] * 201))
    assert refused("InvalidParameterValue", describe, MaxResults=4) == (
        "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than 5."
    )
    assert refused("InvalidParameterValue", describe, MaxResults=1001)
    assert refused("InvalidPaginationToken", describe, NextToken="x")
    listed = next(value for name, value in describe(Filters=only("tag:none", "*")).items() if isinstance(value, list))
    assert listed == []
    assert refused("DryRunOperation", describe, DryRun=True)
    code = refused_code(describe, **{DESCRIBING[operation]: ["nope-1"]})
    assert code.endswith(".Malformed")


def refused_code(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["Error"]["Code"]


def test_a_page_of_named_things_is_none(net):
    message = refused("InvalidParameterCombination", net.ec2.describe_vpcs, VpcIds=[net.vpc], MaxResults=5)
    assert message == "The parameter vpcIds cannot be used with the parameter maxResults"


def test_a_dry_run_says_412_and_changes_nothing(net):
    with pytest.raises(ClientError) as caught:
        net.ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.0.2.0/24", DryRun=True)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert caught.value.response["Error"] == {
        "Code": "DryRunOperation",
        "Message": "Request would have succeeded, but DryRun flag is set.",
    }
    assert len(net.ec2.describe_subnets(Filters=only("vpc-id", net.vpc))["Subnets"]) == 1
    refused("InvalidSubnet.Conflict", net.ec2.create_subnet, VpcId=net.vpc, CidrBlock="10.0.1.0/24", DryRun=True)


def test_every_operation_has_a_dry_run_where_aws_has_one():
    room = all_rooms()["ec2"]
    inputs = {name: model.service("ec2").operations[name].input for name in room.handlers}
    names = {name for name, shape in inputs.items() if shape is not None and "DryRun" in shape.members}
    without = {"DisassociateVpcCidrBlock", "AssociateVpcCidrBlock", "ModifySubnetAttribute", "ModifyVpcAttribute"}
    without |= {"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"}
    assert room.handlers.keys() - names == without


def test_subnets(net):
    make = net.ec2.create_subnet
    assert refused("InvalidSubnet.Conflict", make, VpcId=net.vpc, CidrBlock="10.0.1.0/25") == (
        "The CIDR '10.0.1.0/25' conflicts with another subnet"
    )
    for block in ("10.1.0.0/24", "10.0.2.0/29", "10.0.0.0/8"):
        assert refused("InvalidSubnet.Range", make, VpcId=net.vpc, CidrBlock=block) == f"The CIDR '{block}' is invalid."
    message = refused(
        "InvalidParameterValue", make, VpcId=net.vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1z"
    )
    assert message == (
        "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the "
        "following availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1e, us-east-1f."
    )


@pytest.mark.parametrize(
    ("permission", "code", "words"),
    [
        ({"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, "InvalidParameterValue",
         "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 79, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
         "InvalidParameterValue", "Invalid TCP/UDP port range (80:79)"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 65536, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
         "InvalidParameterValue", "Invalid value '65536' for portRange. Must be between 0 and 65535."),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0"}]},
         "InvalidParameterValue", "CIDR block 0.0.0.0 is malformed"),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "x/8"}]},
         "InvalidParameterValue", "CIDR block x/8 is malformed"),
        ({"IpProtocol": "nope", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
         "InvalidParameterValue", "protocol"),
        ({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}, "InvalidGroup.NotFound", "'sg-1'"),
        ({"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]}, "InvalidPrefixListID.NotFound", "'pl-1'"),
        ({"IpProtocol": "-1"}, "InvalidParameterValue", ""),
        ({"FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, "InvalidParameterValue",
         "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."),
    ],
)  # fmt: skip
def test_rules_that_are_none(net, permission, code, words):
    message = refused(
        code, net.ec2.authorize_security_group_ingress, GroupId=net.group("web"), IpPermissions=[permission]
    )
    assert words in message


def test_names_of_groups(net):
    make = lambda name: {"GroupName": name, "Description": "d", "VpcId": net.vpc}  # noqa: E731
    net.group("web")
    assert refused("InvalidGroup.Duplicate", net.ec2.create_security_group, **make("web")) == (
        f"The security group 'web' already exists for VPC '{net.vpc}'"
    )
    assert "reserved" in refused("InvalidParameterValue", net.ec2.create_security_group, **make("default"))
    assert "sg-*" in refused("InvalidParameterValue", net.ec2.create_security_group, **make("sg-x"))
    assert "beyond ASCII" in refused("InvalidParameterValue", net.ec2.create_security_group, **make("ü"))
    default = net.ec2.describe_security_groups(Filters=only("vpc-id", net.vpc) + only("group-name", "default"))
    id = default["SecurityGroups"][0]["GroupId"]
    assert refused("CannotDelete", net.ec2.delete_security_group, GroupId=id) == (
        f'the specified group: "{id}" name: "default" cannot be deleted by a user'
    )


def test_tags(net):
    ec2 = net.ec2
    assert "reserved" in refused(
        "InvalidParameterValue", ec2.create_tags, Resources=[net.vpc], Tags=[{"Key": "aws:x", "Value": ""}]
    )
    assert refused("InvalidID", ec2.create_tags, Resources=["x-1"], Tags=[{"Key": "k", "Value": ""}]) == (
        "The ID 'x-1' is not valid"
    )
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    refused("TagLimitExceeded", ec2.create_tags, Resources=[net.vpc], Tags=many)
    refused("InvalidVpcID.NotFound", ec2.create_tags, Resources=[net.subnet, "vpc-12345678"], Tags=many[:1])
    assert ec2.describe_tags()["Tags"] == []
    wrong = [{"ResourceType": "subnet", "Tags": many[:1]}]
    assert refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="10.1.0.0/16", TagSpecifications=wrong) == (
        "'subnet' is not a valid taggable resource type for this operation."
    )


def test_tags_for_a_kind_that_is_not_named(net):
    nameless = [{"Tags": [{"Key": "k", "Value": "v"}]}]
    assert refused("InvalidParameter", net.ec2.create_vpc, CidrBlock="10.1.0.0/16", TagSpecifications=nameless) == (
        "Tag specification resource type must have a value"
    )
    tagless = [{"ResourceType": "vpc"}]
    assert refused("InvalidParameter", net.ec2.create_vpc, CidrBlock="10.1.0.0/16", TagSpecifications=tagless) == (
        "Tag specification must have at least one tag"
    )


@pytest.mark.parametrize(
    ("rule", "code", "words"),
    [
        ({"IpProtocol": "udp", "ToPort": 2, "CidrIpv4": "10.0.0.0/8"}, "InvalidParameterValue",
         "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."),
        ({"IpProtocol": "-1"}, "MissingParameter", "The request must contain exactly one of: cidrIp, cidrIpv6, "
         "prefixListId, or referencedGroupId"),
        ({"IpProtocol": "-1", "CidrIpv4": "10.0.0.0/8", "CidrIpv6": "::/0"}, "InvalidParameterCombination",
         "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified"),
        ({"CidrIpv4": "10.0.0.0/8"}, "InvalidParameterValue",
         "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."),
    ],
)  # fmt: skip
def test_changed_rules_that_are_none(net, rule, code, words):
    group = net.group("web")
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}
    made = net.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everything])
    id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    change = [{"SecurityGroupRuleId": id, "SecurityGroupRule": rule}]
    call = net.ec2.modify_security_group_rules
    assert refused(code, call, GroupId=group, SecurityGroupRules=change) == words


def test_values_that_are_none(net):
    """EC2's model lists what a member may be; nothing else is kept."""
    ec2 = net.ec2
    acl = ec2.create_network_acl(VpcId=net.vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 1, "Protocol": "-1", "CidrBlock": "0.0.0.0/0", "Egress": True}
    assert "ruleAction" in refused("InvalidParameterValue", ec2.create_network_acl_entry, **entry, RuleAction="no")
    ec2.create_network_acl_entry(**entry, RuleAction="ALLOW")
    (kept,) = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    assert kept["Entries"][0]["RuleAction"] == "allow"
    refused("InvalidParameterValue", ec2.create_nat_gateway, SubnetId=net.subnet, ConnectivityType="no")
    kind = {"SubnetId": net.subnet, "PrivateDnsHostnameTypeOnLaunch": "no"}
    refused("InvalidParameterValue", ec2.modify_subnet_attribute, **kind)
    assert refused("UnsupportedTenancy", ec2.modify_vpc_tenancy, VpcId=net.vpc, InstanceTenancy="dedicated") == (
        "The tenancy value dedicated is not supported."
    )
    assert refused("InvalidGroupId.Malformed", ec2.describe_security_group_rules, Filters=only("group-id", "foo")) == (
        "The security group ID 'foo' is malformed"
    )
    assert ec2.describe_security_group_rules(Filters=only("group-id", "sg-12345678"))["SecurityGroupRules"] == []


def test_what_is_not_built_says_so(net):
    for call, given in (
        (net.ec2.run_instances, {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}),
        (net.ec2.describe_flow_logs, {}),
        (net.ec2.create_egress_only_internet_gateway, {"VpcId": net.vpc}),
        (net.ec2.describe_vpc_classic_link, {}),
        (net.ec2.create_vpc, {"CidrBlock": "10.1.0.0/16", "AmazonProvidedIpv6CidrBlock": True}),
        (net.ec2.create_vpc_endpoint, {"VpcId": net.vpc, "ServiceName": "com.amazonaws.us-east-1.s3",
                                       "ServiceRegion": "eu-west-1"}),
    ):  # fmt: skip
        assert "has not built ec2:" in refused("NotImplemented", call, **given)


def test_instances_are_none(ec2):
    assert ec2.describe_instances()["Reservations"] == []
    assert refused("InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=["i-1234567890abcdef0"]) == (
        "The instance ID 'i-1234567890abcdef0' does not exist"
    )
    refused("InvalidInstanceID.Malformed", ec2.describe_instances, InstanceIds=["x"])
