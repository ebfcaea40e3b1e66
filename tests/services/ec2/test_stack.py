"""Networks made by CloudFormation, and the functions of stacks that run in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

REF = {"VpcId": {"Ref": "Vpc"}}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def att(name: str, member: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, member]}


NETWORK: dict[str, Any] = {
    "Vpc": resource("VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames=True, Tags=[{"Key": "Name", "Value": "v"}]),
    "More": resource("VPCCidrBlock", **REF, CidrBlock="10.1.0.0/16"),
    "Subnet": resource(
        "Subnet", **REF, CidrBlock={"Fn::Select": [0, {"Fn::Cidr": [att("Vpc", "CidrBlock"), 4, 8]}]},
        AvailabilityZone={"Fn::Select": [1, {"Fn::GetAZs": ""}]}, MapPublicIpOnLaunch="true",
    ),
    "Gateway": resource("InternetGateway"),
    "Attached": resource("VPCGatewayAttachment", **REF, InternetGatewayId={"Ref": "Gateway"}),
    "Table": resource("RouteTable", **REF),
    "Route": {**resource("Route", RouteTableId={"Ref": "Table"}, DestinationCidrBlock="0.0.0.0/0",
                         GatewayId={"Ref": "Gateway"}), "DependsOn": "Attached"},
    "Holds": resource("SubnetRouteTableAssociation", RouteTableId={"Ref": "Table"}, SubnetId={"Ref": "Subnet"}),
    "Address": {**resource("EIP", Domain="vpc"), "DependsOn": "Attached"},
    "Nat": resource("NatGateway", SubnetId={"Ref": "Subnet"}, AllocationId=att("Address", "AllocationId")),
    "List": resource("PrefixList", PrefixListName="offices", AddressFamily="IPv4", MaxEntries=3,
                     Entries=[{"Cidr": "10.9.0.0/16", "Description": "one"}]),
    "Group": resource(
        "SecurityGroup", GroupDescription="d", **REF,
        SecurityGroupIngress=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}],
    ),
    "Own": resource("SecurityGroupIngress", GroupId=att("Group", "GroupId"), IpProtocol="tcp", FromPort=443,
                    ToPort=443, SourceSecurityGroupId={"Ref": "Group"}),
    "Offices": resource("SecurityGroupEgress", GroupId=att("Group", "GroupId"), IpProtocol="-1",
                        DestinationPrefixListId={"Ref": "List"}),
    "Acl": resource("NetworkAcl", **REF),
    "Entry": resource("NetworkAclEntry", NetworkAclId={"Ref": "Acl"}, RuleNumber=100, Protocol=6, RuleAction="allow",
                      CidrBlock="0.0.0.0/0", PortRange={"From": 80, "To": 80}),
    "Guards": resource("SubnetNetworkAclAssociation", NetworkAclId={"Ref": "Acl"}, SubnetId={"Ref": "Subnet"}),
    "Endpoint": resource("VPCEndpoint", **REF, ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
                         RouteTableIds=[{"Ref": "Table"}], PolicyDocument={"Statement": [{"Effect": "Allow",
                         "Principal": "*", "Action": "s3:Get*", "Resource": "*"}]}),
    "Card": resource("NetworkInterface", SubnetId={"Ref": "Subnet"}, GroupSet=[{"Ref": "Group"}],
                     SecondaryPrivateIpAddressCount="2"),
    "Second": {**resource("EIP", Domain="vpc"), "DependsOn": "Attached"},
    "Public": resource("EIPAssociation", AllocationId=att("Second", "AllocationId"),
                       NetworkInterfaceId={"Ref": "Card"}),
    "Options": resource("DHCPOptions", DomainName="example.com", DomainNameServers=["AmazonProvidedDNS"]),
    "Uses": resource("VPCDHCPOptionsAssociation", **REF, DhcpOptionsId={"Ref": "Options"}),
    "Peer": resource("VPC", CidrBlock="10.5.0.0/16"),
    "Peering": resource("VPCPeeringConnection", **REF, PeerVpcId={"Ref": "Peer"}),
    "Across": resource("Route", RouteTableId={"Ref": "Table"}, DestinationCidrBlock="10.5.0.0/16",
                       VpcPeeringConnectionId={"Ref": "Peering"}),
}  # fmt: skip


class Stacks:
    """One stack, made and changed to the end."""

    def __init__(self, client: Any, cloud: Any) -> None:
        self.api, self.cloud = client("cloudformation"), cloud

    def put(self, resources: dict[str, Any], update: bool = False, **given: Any) -> str:
        call = self.api.update_stack if update else self.api.create_stack
        call(StackName="net", TemplateBody=json.dumps({"Resources": resources}), **given)
        return self.status()

    def status(self) -> str:
        self.cloud.settle()
        return self.api.describe_stacks(StackName="net")["Stacks"][0]["StackStatus"]

    def reasons(self) -> list[str]:
        events = self.api.describe_stack_events(StackName="net")["StackEvents"]
        return [one["ResourceStatusReason"] for one in events if one["ResourceStatus"].endswith("FAILED")]

    def id(self, name: str) -> str:
        found = self.api.describe_stack_resource(StackName="net", LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]


@pytest.fixture
def stacks(client, cloud) -> Stacks:
    return Stacks(client, cloud)


def test_a_network_comes_changes_and_goes(stacks, client):
    ec2 = client("ec2")
    assert stacks.put(NETWORK) == "CREATE_COMPLETE", stacks.reasons()
    vpc = stacks.id("Vpc")
    (subnet,) = ec2.describe_subnets(SubnetIds=[stacks.id("Subnet")])["Subnets"]
    assert (subnet["CidrBlock"], subnet["AvailabilityZone"], subnet["MapPublicIpOnLaunch"]) == (
        "10.0.0.0/24", "us-east-1b", True,
    )  # fmt: skip
    (table,) = ec2.describe_route_tables(RouteTableIds=[stacks.id("Table")])["RouteTables"]
    assert len(table["Routes"]) == 5 and {one["State"] for one in table["Routes"]} == {"active"}
    (group,) = ec2.describe_security_groups(GroupIds=[stacks.id("Group")])["SecurityGroups"]
    assert sorted(one["FromPort"] for one in group["IpPermissions"]) == [80, 443]
    (peering,) = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert peering["Status"]["Code"] == "active"

    (card,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[stacks.id("Card")])["NetworkInterfaces"]
    assert len(card["PrivateIpAddresses"]) == 3
    (endpoint,) = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert "s3:Get*" in endpoint["PolicyDocument"]
    changed = json.loads(json.dumps(NETWORK))
    del changed["Endpoint"]["Properties"]["PolicyDocument"]
    changed["Vpc"]["Properties"]["Tags"] = [{"Key": "Name", "Value": "w"}]
    changed["Group"]["Properties"]["SecurityGroupIngress"] = [
        {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "CidrIp": "10.0.0.0/8"}
    ]
    changed["List"]["Properties"]["Entries"] = [{"Cidr": "10.8.0.0/16"}]
    changed["Route"]["Properties"] = {
        "RouteTableId": {"Ref": "Table"}, "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": {"Ref": "Nat"},
    }  # fmt: skip
    assert stacks.put(changed, update=True) == "UPDATE_COMPLETE", stacks.reasons()
    (group,) = ec2.describe_security_groups(GroupIds=[stacks.id("Group")])["SecurityGroups"]
    assert sorted(one["FromPort"] for one in group["IpPermissions"]) == [81, 443]
    (endpoint,) = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert "s3:Get*" not in endpoint["PolicyDocument"]
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=stacks.id("List"))["Entries"]
    assert entries == [{"Cidr": "10.8.0.0/16"}]
    tags = {one["Key"]: one["Value"] for one in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"]}
    assert tags == {
        "Name": "w", "aws:cloudformation:logical-id": "Vpc", "aws:cloudformation:stack-name": "net",
        "aws:cloudformation:stack-id": stacks.api.describe_stacks(StackName="net")["Stacks"][0]["StackId"],
    }  # fmt: skip
    found = ec2.describe_route_tables(Filters=[{"Name": "route.nat-gateway-id", "Values": [stacks.id("Nat")]}])
    assert len(found["RouteTables"]) == 1

    id = stacks.api.describe_stacks(StackName="net")["Stacks"][0]["StackId"]
    stacks.api.delete_stack(StackName="net")
    stacks.cloud.settle()
    gone = stacks.api.describe_stacks(StackName=id)["Stacks"][0]
    assert gone["StackStatus"] == "DELETE_COMPLETE", stacks.reasons()
    assert [one["IsDefault"] for one in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert ec2.describe_addresses()["Addresses"] == [] and ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_a_group_without_a_vpc_is_called_by_its_name(stacks, client):
    outputs = {"Ref": {"Value": {"Ref": "Group"}}, "Id": {"Value": att("Group", "GroupId")}}
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
    for port, call in ((80, stacks.api.create_stack), (81, stacks.api.update_stack)):
        group = resource("SecurityGroup", GroupDescription="d", SecurityGroupIngress=[{**rule, "ToPort": port}])
        call(StackName="net", TemplateBody=json.dumps({"Resources": {"Group": group}, "Outputs": outputs}))
        assert stacks.status().endswith("_COMPLETE"), stacks.reasons()
        made = {one["OutputKey"]: one["OutputValue"] for one in stacks.api.describe_stacks()["Stacks"][0]["Outputs"]}
        (found,) = client("ec2").describe_security_groups(GroupIds=[made["Id"]])["SecurityGroups"]
        assert found["GroupName"] == made["Ref"] and found["IpPermissions"][0]["ToPort"] == port
    stacks.api.delete_stack(StackName="net")
    stacks.cloud.settle()
    assert len(client("ec2").describe_security_groups()["SecurityGroups"]) == 1


def test_what_fails_is_rolled_back(stacks, client):
    wrong = {"Vpc": NETWORK["Vpc"], "Subnet": resource("Subnet", **REF, CidrBlock="192.168.0.0/24")}
    assert stacks.put(wrong) == "ROLLBACK_COMPLETE"
    assert any("The CIDR '192.168.0.0/24' is invalid." in reason for reason in stacks.reasons())
    assert len(client("ec2").describe_vpcs()["Vpcs"]) == 1


def test_a_nat_gateway_without_an_internet_gateway_fails_its_stack(stacks):
    address = resource("EIP", Domain="vpc")
    parts = {"Vpc": NETWORK["Vpc"], "Subnet": NETWORK["Subnet"], "Address": address, "Nat": NETWORK["Nat"]}
    assert stacks.put(parts) == "ROLLBACK_COMPLETE"
    assert any("has no Internet gateway attached" in reason for reason in stacks.reasons())


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("AWS::EC2::VPC::Id", "vpc-12345678"),
        ("AWS::EC2::Subnet::Id", "subnet-12345678"),
        ("List<AWS::EC2::Subnet::Id>", "subnet-12345678"),
        ("AWS::EC2::SecurityGroup::Id", "sg-12345678"),
        ("AWS::EC2::AvailabilityZone::Name", "us-east-1x"),
    ],
)
def test_parameters_must_name_what_is_there(client, type, value):
    template = {"Parameters": {"P": {"Type": type}}, "Resources": {"Gateway": NETWORK["Gateway"]}}
    with pytest.raises(ClientError) as caught:
        client("cloudformation").create_stack(
            StackName="net",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "P", "ParameterValue": value}],
        )
    assert caught.value.response["Error"]["Message"] == (
        f"Parameter validation failed: parameter value {value} for parameter name P does not exist"
    )


def test_parameters_that_name_what_is_there(stacks, client):
    ec2 = client("ec2")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    template = {
        "Parameters": {
            "Where": {"Type": "List<AWS::EC2::Subnet::Id>"},
            "Group": {"Type": "AWS::EC2::SecurityGroup::Id"},
        },
        "Resources": {
            "Card": resource("NetworkInterface", SubnetId={"Fn::Select": [1, {"Ref": "Where"}]},
                             GroupSet=[{"Ref": "Group"}])
        },
    }  # fmt: skip
    stacks.api.create_stack(
        StackName="net", TemplateBody=json.dumps(template), Parameters=[
            {"ParameterKey": "Where", "ParameterValue": ",".join(subnets)},
            {"ParameterKey": "Group", "ParameterValue": group},
        ],
    )  # fmt: skip
    assert stacks.status() == "CREATE_COMPLETE"
    (card,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[stacks.id("Card")])["NetworkInterfaces"]
    assert card["SubnetId"] == subnets[1]


def test_functions_of_stacks_run_in_networks(stacks, client):
    """`AWS::Lambda::Function` and SAM's function, whose role SAM lets make the interfaces."""
    config = {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Ref": "Group"}]}
    code = "def handler(event, context):\n    return 1\n"
    resources = {
        **{name: NETWORK[name] for name in ("Vpc",)},
        "Subnet": resource("Subnet", **REF, CidrBlock="10.0.1.0/24"),
        "Group": resource("SecurityGroup", GroupDescription="d", **REF),
        "Sam": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Runtime": "python3.11", "Handler": "index.handler", "InlineCode": code,
                           "VpcConfig": config},
        },
        "Plain": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Runtime": "python3.11", "Handler": "index.handler", "Code": {"ZipFile": code},
                           "Role": att("SamRole", "Arn"), "VpcConfig": config},
        },
    }  # fmt: skip
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    stacks.api.create_stack(
        StackName="net", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    )
    assert stacks.status() == "CREATE_COMPLETE", stacks.reasons()
    functions = client("lambda")
    for name in ("Sam", "Plain"):
        shown = functions.get_function_configuration(FunctionName=stacks.id(name))["VpcConfig"]
        assert shown["SubnetIds"] == [stacks.id("Subnet")] and shown["VpcId"] == stacks.id("Vpc")
    (shared,) = client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert shared["InterfaceType"] == "lambda"


def test_a_create_that_is_repeated_makes_nothing_twice(fresh_cloud):
    """The cloud dies again and again while it deploys; each time it goes on, and nothing is there twice."""
    cloudformation, ec2 = fresh_cloud.client("cloudformation"), fresh_cloud.client("ec2")
    names = ("Vpc", "Subnet", "Gateway", "Attached", "Table", "Group", "Acl", "Card", "Options")
    resources = {name: NETWORK[name] for name in names}
    cloudformation.create_stack(StackName="net", TemplateBody=json.dumps({"Resources": resources}))
    for _ in range(3):
        fresh_cloud.restart()
    fresh_cloud.settle()
    assert cloudformation.describe_stacks(StackName="net")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert len(ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]) == 1
    inside = [{"Name": "vpc-id", "Values": [ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/16"]}])
                                            ["Vpcs"][0]["VpcId"]]}]  # fmt: skip
    assert len(ec2.describe_route_tables(Filters=inside)["RouteTables"]) == 2
    assert len(ec2.describe_security_groups(Filters=inside)["SecurityGroups"]) == 2
    assert len(ec2.describe_network_acls(Filters=inside)["NetworkAcls"]) == 2
    assert len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1
    gateways = ec2.describe_internet_gateways()["InternetGateways"]
    assert len(gateways) == 2
