"""Functions in a VPC: which services of AWS they reach, by routes, endpoints and groups, and what their logs say."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.conftest import RunningCloud

SOURCE = """
import boto3, os, socket
from botocore.config import Config

FAST = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
boto3.client("sqs", config=FAST), boto3.client("dynamodb", config=FAST)

def handler(event, context):
    if "connect" in event:
        link = socket.socket()
        link.settimeout(1)
        try:
            link.connect(tuple(event["connect"]))
            return "connected"
        except OSError as error:
            return type(error).__name__
    service, method = event["call"]
    try:
        getattr(boto3.client(service, config=FAST), method)()
        return [os.getpid(), "reached"]
    except Exception as error:
        response = getattr(error, "response", None) or {}
        denied = response.get("Error", {}).get("Message")
        told = f"{denied} [{response['ResponseMetadata']['RequestId']}" if denied else type(error).__name__
        return [os.getpid(), told]
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
MAY = {"Effect": "Allow", "Action": ["dynamodb:ListTables", "sqs:ListQueues"], "Resource": "*"}
IN_A_VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
TABLES, QUEUES = ("dynamodb", "list_tables"), ("sqs", "list_queues")


class Place(NamedTuple):
    """A function in a private subnet of a VPC."""

    ec2: Any
    functions: Any
    vpc: str
    subnet: str
    group: str
    table: str

    def ask(self, **event: Any) -> tuple[Any, str]:
        """What the function answers, and the line of its log about its VPC."""
        answer = self.functions.invoke(FunctionName="inside", Payload=json.dumps(event), LogType="Tail")
        lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
        return json.loads(answer["Payload"].read()), "\n".join(line for line in lines if "VPC" in line)

    def reached(self, call: tuple[str, str]) -> tuple[bool, str]:
        """Whether a call gets through, and what the log says."""
        (_, outcome), said = self.ask(call=call)
        return outcome == "reached", said


@pytest.fixture
def place(client: Callable[..., Any]) -> Place:
    ec2, iam, functions = client("ec2"), client("iam"), client("lambda")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="inside", Description="d", VpcId=vpc)["GroupId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    document = json.dumps({"Version": "2012-10-17", "Statement": TRUST})
    role = iam.create_role(RoleName="inside", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="inside", PolicyArn=IN_A_VPC)
    policy = json.dumps({"Version": "2012-10-17", "Statement": MAY})
    iam.put_role_policy(RoleName="inside", PolicyName="may", PolicyDocument=policy)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    functions.create_function(
        FunctionName="inside", Runtime="python3.11", Handler="app.handler", Role=role, Timeout=20,
        Code={"ZipFile": package.getvalue()}, VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]},
    )  # fmt: skip
    made = Place(ec2, functions, vpc, subnet, group, table)
    _, said = made.ask(connect=["127.0.0.1", 1])
    if "is not kept to its VPC" in said:
        pytest.skip(f"this machine has no network namespaces: {said}")
    return made


def test_what_a_function_in_a_vpc_reaches(place: Place) -> None:
    ec2, here = place.ec2, {"VpcId": place.vpc}
    reached, said = place.reached(TABLES)
    assert not reached
    assert (
        f"VPC: dynamodb is not reached, and this call will time out: {place.vpc} has no endpoint for dynamodb, and no "
        f"route of {place.subnet} leads to a NAT gateway." in said
    )

    # A gateway endpoint, for its own service alone.
    name = "com.amazonaws.us-east-1."
    gateway = ec2.create_vpc_endpoint(**here, ServiceName=f"{name}dynamodb", RouteTableIds=[place.table])
    assert place.reached(TABLES) == (True, "")
    assert not place.reached(QUEUES)[0]

    # An interface endpoint, which its own security group guards; the function stays warm while rules change.
    guard = ec2.create_security_group(GroupName="endpoint", Description="d", **here)["GroupId"]
    ec2.create_vpc_endpoint(
        **here, VpcEndpointType="Interface", ServiceName=f"{name}sqs", SubnetIds=[place.subnet],
        SecurityGroupIds=[guard],
    )  # fmt: skip
    (process, outcome), said = place.ask(call=QUEUES)
    assert outcome != "reached"
    assert f"security group {guard} has no inbound rule for TCP 443 from 10.0.1." in said and place.group in said
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": place.group}]}
    ec2.authorize_security_group_ingress(GroupId=guard, IpPermissions=[rule])
    assert place.ask(call=QUEUES) == ([process, "reached"], "")
    ec2.revoke_security_group_ingress(GroupId=guard, IpPermissions=[rule])
    assert place.ask(call=QUEUES)[0][0] == process
    assert not place.reached(QUEUES)[0]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[gateway["VpcEndpoint"]["VpcEndpointId"]])
    assert not place.reached(TABLES)[0]


def test_a_nat_gateway_leads_to_every_service_and_its_routes_decide(place: Place) -> None:
    ec2, here = place.ec2, {"VpcId": place.vpc}
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, **here)
    public = ec2.create_subnet(**here, CidrBlock="10.0.2.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address()["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
    out = {"RouteTableId": place.table, "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.create_route(**out, GatewayId=gateway)
    assert not place.reached(QUEUES)[0], "a function has no public address, so an internet gateway is no help"
    ec2.replace_route(**out, NatGatewayId=nat)
    reached, said = place.reached(QUEUES)
    assert not reached and f"{nat} is in {public}, and no route from there leads to an internet gateway" in said
    outward = ec2.create_route_table(**here)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=outward, SubnetId=public)
    ec2.create_route(RouteTableId=outward, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    assert place.reached(QUEUES) == (True, "") and place.reached(TABLES) == (True, "")

    # What its security group does not let out stays in, though the route is there.
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=place.group, IpPermissions=[everything])
    reached, said = place.reached(QUEUES)
    assert not reached and f"security group {place.group} has no outbound rule for TCP 443" in said
    ec2.authorize_security_group_egress(GroupId=place.group, IpPermissions=[everything])
    assert place.reached(QUEUES)[0]

    # A network ACL needs rules in both directions.
    acl = ec2.create_network_acl(**here)["NetworkAcl"]["NetworkAclId"]
    own = [{"Name": "association.subnet-id", "Values": [place.subnet]}]
    (held,) = ec2.describe_network_acls(Filters=own)["NetworkAcls"]
    association = next(one for one in held["Associations"] if one["SubnetId"] == place.subnet)
    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    entry = {"NetworkAclId": acl, "RuleNumber": 1, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    ec2.create_network_acl_entry(**entry, Egress=True)
    reached, said = place.reached(QUEUES)
    assert not reached and f"{acl} of {place.subnet} does not let TCP 443 out to the internet and back" in said
    ec2.create_network_acl_entry(**entry, Egress=False)
    assert place.reached(QUEUES)[0]

    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert not place.reached(QUEUES)[0], "its route is a black hole now"


def test_the_policy_of_an_endpoint_decides_about_what_comes_by_it(
    place: Place, client: Callable[..., Any], cloud: RunningCloud
) -> None:
    ec2 = place.ec2
    made = ec2.create_vpc_endpoint(
        VpcId=place.vpc, ServiceName="com.amazonaws.us-east-1.dynamodb", RouteTableIds=[place.table]
    )["VpcEndpoint"]["VpcEndpointId"]
    assert place.reached(TABLES) == (True, "")

    def outcome() -> str:
        (_, told), said = place.ask(call=TABLES)
        assert said == "", "the network lets it through"
        return str(told)

    def policy(action: str, effect: str = "Allow", **more: Any) -> str:
        statement = {"Effect": effect, "Principal": "*", "Action": action, "Resource": "*", **more}
        return json.dumps({"Version": "2012-10-17", "Statement": statement})

    ec2.modify_vpc_endpoint(VpcEndpointId=made, PolicyDocument=policy("dynamodb:GetItem"))
    message, _, request = outcome().partition(" [")
    assert message.endswith("because no VPC endpoint policy allows the dynamodb:ListTables action")
    told = cloud.control(f"why/{request}")  # from what the journal wrote down
    (decision,) = told["decisions"]
    (layer,) = [one for one in decision["layers"] if one["layer"] == "VPC endpoint policy"]
    assert [one["name"] for one in layer["policies"]] == [made]
    (change,) = decision["remedy"]["changes"]
    assert decision["remedy"]["allows"] and change["to"] == made and "dynamodb:ListTables" in str(change["statement"])
    ec2.modify_vpc_endpoint(VpcEndpointId=made, ResetPolicy=True)
    assert outcome() == "reached"

    # Who owns the resources may ask where a call comes from.
    iam, own = client("iam"), {"RoleName": "inside", "PolicyName": "may"}
    for keys, reached in (
        ({"aws:SourceVpce": made, "aws:SourceVpc": place.vpc, "aws:VpcSourceIp": "10.0.1.*"}, True),
        ({"aws:SourceVpce": "vpce-other"}, False),
        ({"aws:SourceIp": "*"}, False),
    ):
        iam.put_role_policy(**own, PolicyDocument=policy("dynamodb:*", Condition={"StringLike": keys}).replace(
            '"Principal": "*", ', ""))  # fmt: skip
        assert (outcome() == "reached") is reached, keys
    assert client("dynamodb").list_tables()["TableNames"] == [], "whoever comes another way is not asked"


def test_nothing_else_is_reached(place: Place) -> None:
    answer, said = place.ask(connect=["10.0.1.9", 5432])
    assert answer == "TimeoutError"
    assert "10.0.1.9" in said and "nothing in the VPC listens there" in said
    assert place.ask(connect=["127.0.0.1", 1])[0] == "ConnectionRefusedError"  # its own loopback


def test_a_function_that_leaves_its_vpc_reaches_everything(place: Place) -> None:
    assert not place.reached(QUEUES)[0]
    place.functions.update_function_configuration(
        FunctionName="inside", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )
    assert place.reached(QUEUES) == (True, "")
