"""Functions that are configured to run in a VPC: what must be there, who must be allowed, and their interfaces."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from tests.services.lambda_.conftest import refused, zipped

IN_A_VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
LINGER = 1300


class Net(NamedTuple):
    """A VPC with two subnets and a group."""

    ec2: Any
    vpc: str
    subnets: list[str]
    group: str

    @property
    def config(self) -> dict[str, Any]:
        """How a function is put into the first subnet."""
        return {"SubnetIds": self.subnets[:1], "SecurityGroupIds": [self.group]}

    def interfaces(self) -> list[dict[str, Any]]:
        """The network interfaces in the VPC."""
        inside = [{"Name": "vpc-id", "Values": [self.vpc]}]
        return self.ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]


def network(ec2: Any) -> Net:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (1, 2)]
    return Net(ec2, vpc, subnets, ec2.create_security_group(GroupName="f", Description="d", VpcId=vpc)["GroupId"])


@pytest.fixture
def net(client) -> Net:
    return network(client("ec2"))


@pytest.fixture
def vpc_role(client, role) -> str:
    client("iam").attach_role_policy(RoleName="runner", PolicyArn=IN_A_VPC)
    return role


def test_what_a_function_is_attached_to(net, make, vpc_role, functions):
    config = {**net.config, "SubnetIds": net.subnets}
    made = make(VpcConfig=config)
    assert made["VpcConfig"] == {**config, "VpcId": net.vpc, "Ipv6AllowedForDualStack": False}
    assert functions.get_function_configuration(FunctionName="fn")["VpcConfig"] == made["VpcConfig"]
    found = net.interfaces()
    assert {one["SubnetId"] for one in found} == set(net.subnets)
    for one in found:
        assert (one["InterfaceType"], one["Status"], one["RequesterManaged"]) == ("lambda", "in-use", True)
        assert one["Description"].startswith("AWS Lambda VPC ENI-fn-")
        assert [group["GroupId"] for group in one["Groups"]] == [net.group]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"SecurityGroupIds": []}, "SubnetIds and SecurityIds must coexist or be both empty list."),
        ({"SubnetIds": []}, "SubnetIds and SecurityIds must coexist or be both empty list."),
        ({"SubnetIds": ["subnet-12345678"]}, "Error occurred while DescribeSubnets. EC2 Error Code: "
         "InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID 'subnet-12345678' does not exist"),
        ({"SecurityGroupIds": ["sg-12345678"]}, "Error occurred while DescribeSecurityGroups. EC2 Error Code: "
         "InvalidGroup.NotFound. EC2 Error Message: The security group 'sg-12345678' does not exist"),
    ],
)  # fmt: skip
def test_what_must_be_there(net, make, vpc_role, functions, config, words):
    with refused("InvalidParameterValueException") as refusal:
        make(VpcConfig={**net.config, **config})
    assert refusal.message == words
    assert functions.list_functions()["Functions"] == [] and net.interfaces() == []


def test_groups_and_subnets_of_different_vpcs(net, make, vpc_role):
    other = network(net.ec2)
    with refused("InvalidParameterValueException"):
        make(VpcConfig={"SubnetIds": net.subnets, "SecurityGroupIds": [other.group]})
    assert net.interfaces() == [] and other.interfaces() == []


def test_the_role_must_be_allowed_to_make_interfaces(net, make, role, client):
    with refused("InvalidParameterValueException") as refusal:
        make(VpcConfig=net.config)
    assert refusal.message == (
        "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"
    )
    only = {"Effect": "Allow", "Action": "ec2:CreateNetworkInterface", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": only})
    client("iam").put_role_policy(RoleName="runner", PolicyName="ec2", PolicyDocument=document)
    with refused("InvalidParameterValueException") as refusal:
        make(VpcConfig=net.config)
    assert refusal.message.endswith("does not have permissions to call DescribeNetworkInterfaces on EC2")


def test_whoever_configures_must_see_the_network(net, vpc_role, iam_user, account):
    allowed = [
        {"Effect": "Allow", "Action": ["lambda:CreateFunction", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": "*"},
    ]
    user = iam_user({"Version": "2012-10-17", "Statement": allowed})("lambda")
    given = {"Runtime": "python3.11", "Handler": "app.handler", "Role": vpc_role, "Code": {"ZipFile": zipped()}}
    with refused("InvalidParameterValueException") as refusal:
        user.create_function(FunctionName="fn", **given, VpcConfig=net.config)
    assert refusal.message.startswith(
        "Your access has been denied by EC2, please make sure your request credentials have permission to "
        "DescribeSecurityGroups. EC2 Error Code: UnauthorizedOperation."
    )


def test_a_condition_on_the_vpc_of_a_function(net, vpc_role, iam_user):
    other = network(net.ec2)
    condition = {"ForAllValues:StringEquals": {"lambda:VpcIds": net.vpc}, "Null": {"lambda:VpcIds": "false"}}
    allowed = [
        {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": "*", "Condition": condition},
        {"Effect": "Allow", "Action": ["iam:PassRole", "ec2:Describe*"], "Resource": "*"},
    ]
    user = iam_user({"Version": "2012-10-17", "Statement": allowed})("lambda")
    given = {"Runtime": "python3.11", "Handler": "app.handler", "Role": vpc_role, "Code": {"ZipFile": zipped()}}
    for config in ({}, other.config, {**net.config, "SubnetIds": [*net.subnets, *other.subnets]}):
        with refused("AccessDeniedException"):
            user.create_function(FunctionName="fn", **given, VpcConfig=config)
    user.create_function(FunctionName="fn", **given, VpcConfig=net.config)


def test_functions_share_an_interface_which_goes_with_the_last(fresh_cloud):
    iam, functions = fresh_cloud.client("iam"), fresh_cloud.client("lambda")
    net = network(fresh_cloud.client("ec2"))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="runner", PolicyArn=IN_A_VPC)
    given = {"Runtime": "python3.11", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": zipped()}}
    for name in ("one", "other"):
        functions.create_function(FunctionName=name, **given, VpcConfig=net.config)
    (shared,) = net.interfaces()
    functions.delete_function(FunctionName="one")
    assert [one["NetworkInterfaceId"] for one in net.interfaces()] == [shared["NetworkInterfaceId"]]

    # A published version keeps what it was published with.
    functions.publish_version(FunctionName="other")
    moved = {"SubnetIds": net.subnets[1:], "SecurityGroupIds": [net.group]}
    functions.update_function_configuration(FunctionName="other", VpcConfig=moved)
    assert {one["SubnetId"] for one in net.interfaces()} == set(net.subnets)
    first = functions.get_function_configuration(FunctionName="other", Qualifier="1")
    assert first["VpcConfig"]["SubnetIds"] == net.subnets[:1]

    functions.update_function_configuration(FunctionName="other", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert functions.get_function_configuration(FunctionName="other").get("VpcConfig", {}).get("SubnetIds", []) == []
    assert [one["SubnetId"] for one in net.interfaces()] == net.subnets[:1]
    functions.delete_function(FunctionName="other")
    assert net.interfaces() == []
    fresh_cloud.clock_advance(LINGER)  # what is looked for later finds nothing to do
    net.ec2.delete_security_group(GroupId=net.group)


def test_what_is_not_built_says_so(net, make, vpc_role):
    with refused("NotImplemented"):
        make(VpcConfig={**net.config, "Ipv6AllowedForDualStack": True})
    assert net.interfaces() == []


def test_an_interface_outlives_the_role_that_made_it_but_not_its_functions(net, make, vpc_role, functions, client):
    iam = client("iam")
    document = iam.get_role(RoleName="runner")["Role"]["AssumeRolePolicyDocument"]
    other = iam.create_role(RoleName="second", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    iam.attach_role_policy(RoleName="second", PolicyArn=IN_A_VPC)
    make(VpcConfig=net.config)
    make("two", VpcConfig=net.config, Role=other)
    functions.delete_function(FunctionName="fn")
    for name in iam.list_role_policies(RoleName="runner")["PolicyNames"]:
        iam.delete_role_policy(RoleName="runner", PolicyName=name)
    for policy in iam.list_attached_role_policies(RoleName="runner")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="runner", PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName="runner")
    assert len(net.interfaces()) == 1
    functions.delete_function(FunctionName="two")
    assert net.interfaces() == []


def test_a_stack_takes_its_function_and_its_network_along(client, cloud):
    """The role goes before the subnets do, so the interfaces have to be gone with the function."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    part = lambda type, **properties: {"Type": f"AWS::{type}", "Properties": properties}  # noqa: E731
    vpc = {"VpcId": {"Ref": "Vpc"}}
    template = {
        "Vpc": part("EC2::VPC", CidrBlock="10.0.0.0/16"),
        "Subnet": part("EC2::Subnet", CidrBlock="10.0.1.0/24", **vpc),
        "Group": part("EC2::SecurityGroup", GroupDescription="d", **vpc),
        "Role": part("IAM::Role", ManagedPolicyArns=[IN_A_VPC],
                     AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": trust}),
        "Function": part(
            "Lambda::Function", Runtime="python3.11", Handler="index.handler", Role={"Fn::GetAtt": ["Role", "Arn"]},
            Code={"ZipFile": "def handler(event, context): return 1"},
            VpcConfig={"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}]},
        ),
    }  # fmt: skip
    stacks = client("cloudformation")
    body = json.dumps({"Resources": template})
    id = stacks.create_stack(StackName="net", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])["StackId"]
    for status in ("CREATE_COMPLETE", "DELETE_COMPLETE"):
        cloud.settle()
        (found,) = stacks.describe_stacks(StackName=id)["Stacks"]
        events = stacks.describe_stack_events(StackName=id)["StackEvents"]
        assert found["StackStatus"] == status, [one.get("ResourceStatusReason") for one in events]
        stacks.delete_stack(StackName="net")
    assert client("ec2").describe_network_interfaces()["NetworkInterfaces"] == []
