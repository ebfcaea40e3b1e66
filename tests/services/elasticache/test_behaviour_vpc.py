"""Functions and caches in a VPC: security groups decide who reaches a cache, while functions are warm."""

from __future__ import annotations

import base64
import io
import json
import sys
import zipfile
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.elasticache.conftest import TOKEN, Caches

SOURCE = '''
import socket, ssl

def handler(event, context):
    """The answers of a cache to some commands, or the error that the attempt ended in."""
    try:
        connection = socket.create_connection((event["Address"], event["Port"]), timeout=event.get("Seconds", 10))
        if event.get("TLS"):
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=event["Address"])
        connection.sendall(event["Send"].encode())
        answer = b""
        while answer.count(b"\\r\\n") < event["Lines"]:
            answer += connection.recv(1000) or b"CLOSED\\r\\n"
        return answer.decode()
    except Exception as error:
        return type(error).__name__
'''
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)
ACCESS = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"


class Functions:
    """Functions of an account that connect to caches, in a VPC of their own and outside of it."""

    def __init__(self, caches: Caches) -> None:
        self.caches = caches
        self.api = caches.cloud.client("lambda", key=caches.account)
        iam, ec2 = caches.cloud.client("iam", key=caches.account), caches.ec2
        self.role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.attach_role_policy(RoleName="runs", PolicyArn=ACCESS)
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = ("us-east-1a", "us-east-1b")
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)["Subnet"][
                "SubnetId"
            ]
            for number, zone in enumerate(zones)
        ]
        names = ("application", "another", "cache")
        self.groups = {
            name: ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
            for name in names
        }
        caches.api.create_cache_subnet_group(
            CacheSubnetGroupName="private", CacheSubnetGroupDescription="d", SubnetIds=self.subnets
        )
        self.in_vpc = {"CacheSubnetGroupName": "private", "SecurityGroupIds": [self.groups["cache"]]}

    def make(self, name: str, **config: Any) -> None:
        """A function, attached where `VpcConfig` says."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("app.py", SOURCE)
        self.api.create_function(
            FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=self.role, Timeout=30,
            Code={"ZipFile": buffer.getvalue()}, **config,
        )  # fmt: skip

    def call(self, name: str, endpoint: dict[str, Any], send: str, lines: int = 1, **more: Any) -> tuple[str, str]:
        """What a function got from a cache, and its log."""
        event = {**endpoint, "Send": send, "Lines": lines, **more}
        answer = self.api.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        return json.load(answer["Payload"]), base64.b64decode(answer["LogResult"]).decode()

    def let(self, group: str) -> dict[str, Any]:
        """The rule by which a security group is let into the caches'."""
        pair = [{"GroupId": self.groups[group]}]
        rule = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "UserIdGroupPairs": pair}
        return {"GroupId": self.groups["cache"], "IpPermissions": [rule]}


@pytest.fixture
def functions(caches: Caches) -> Functions:
    return Functions(caches)


def kept_apart(caches: Caches) -> bool:
    """Whether this machine can keep functions to their networks."""
    return "not kept" not in caches.cloud.control("health")["runtime"].get("lambda", "")


def test_security_groups_decide_who_reaches_a_cache(functions: Functions, caches: Caches) -> None:
    endpoint = caches.cluster(**functions.in_vpc)["CacheNodes"][0]["Endpoint"]
    caches.connect(endpoint).set("greeting", "hello")  # this machine counts as a host of the VPC
    for name, group in (("right", "application"), ("wrong", "another")):
        vpc = {"SubnetIds": functions.subnets[:1], "SecurityGroupIds": [functions.groups[group]]}
        functions.make(name, VpcConfig=vpc)
    functions.make("outside")
    caches.ec2.authorize_security_group_ingress(**functions.let("application"))
    get = "GET greeting\r\n"
    assert functions.call("right", endpoint, get, 2)[0] == "$5\r\nhello\r\n"
    if not kept_apart(caches):
        pytest.skip("this machine cannot keep functions to their networks")
    got, log = functions.call("wrong", endpoint, get, 2)
    assert got == "TimeoutError"
    assert "cluster one" in log
    assert "no inbound rule for TCP 6379" in log
    got, log = functions.call("outside", endpoint, get, 2, Seconds=0.5)
    assert got == "TimeoutError"
    assert "this function is not" in log
    caches.ec2.authorize_security_group_ingress(**functions.let("another"))
    caches.ec2.revoke_security_group_ingress(**functions.let("application"))
    assert functions.call("wrong", endpoint, get, 2)[0] == "$5\r\nhello\r\n"  # the same environment, still warm
    assert functions.call("right", endpoint, get, 2)[0] == "TimeoutError"


def test_a_function_in_the_vpc_speaks_tls_with_a_token(functions: Functions, caches: Caches) -> None:
    made = caches.group(TransitEncryptionEnabled=True, AuthToken=TOKEN, **functions.in_vpc)
    endpoint = made["NodeGroups"][0]["PrimaryEndpoint"]
    vpc = {"SubnetIds": functions.subnets[1:], "SecurityGroupIds": [functions.groups["application"]]}
    functions.make("right", VpcConfig=vpc)
    caches.ec2.authorize_security_group_ingress(**functions.let("application"))
    trusted = {"TLS": True}  # with no word about an authority: its runtime knows the cache's, as AWS's does
    got, _ = functions.call("right", endpoint, f"AUTH {TOKEN}\r\nSET a 1\r\nGET a\r\n", 4, **trusted)
    assert got == "+OK\r\n+OK\r\n$1\r\n1\r\n"
    got, _ = functions.call("right", endpoint, "AUTH none\r\n", 1, **trusted)
    assert got.startswith("-WRONGPASS")


class OpenCloud(RunningCloud):
    """A cloud on a machine without namespaces."""

    program = (
        "-c",
        "from cloudarium.runtime.launcher import Launchers\n"
        "made = Launchers.__init__\n"
        "def without(self, folder):\n"
        "    made(self, folder)\n"
        "    self.isolation, self.reason = 'none', 'a test forbids it'\n"
        "Launchers.__init__ = without\n"
        "from cloudarium.cli import main\n"
        "main()",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose function connects")
def test_without_namespaces_a_cache_keeps_out_whom_its_network_does_not_let_in(account: str) -> None:
    cloud = OpenCloud()
    try:
        caches = Caches(cloud, account)
        functions = Functions(caches)
        endpoint = caches.cluster(**functions.in_vpc)["CacheNodes"][0]["Endpoint"]
        for name, group in (("right", "application"), ("wrong", "another")):
            vpc = {"SubnetIds": functions.subnets[:1], "SecurityGroupIds": [functions.groups[group]]}
            functions.make(name, VpcConfig=vpc)
        caches.ec2.authorize_security_group_ingress(**functions.let("application"))
        got, log = functions.call("right", endpoint, "PING\r\n")
        assert got == "+PONG\r\n"
        assert "The function is not kept to its VPC, since this machine forbids it: a test forbids it." in log
        got, log = functions.call("wrong", endpoint, "PING\r\n", Seconds=0.5)
        assert got == "TimeoutError"
        assert "gives no answer: cluster one" in log
        assert "no inbound rule for TCP 6379" in log
        caches.ec2.authorize_security_group_ingress(**functions.let("another"))
        assert functions.call("wrong", endpoint, "PING\r\n")[0] == "+PONG\r\n"
        said = cloud.control("health")["runtime"]["lambda"]
        assert "not kept to their VPCs, except by caches: a test forbids it" in said
        for client in caches.opened:
            client.close()
    finally:
        cloud.stop()
