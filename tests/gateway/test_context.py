"""The global condition keys: who calls, from where, through whom, on whose resource."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

Clients = Callable[..., Any]
VERSION = "2012-10-17"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": list(statements)}


def allow(condition: dict[str, Any] | None = None, action: Any = "*", **more: Any) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, **more}
    if condition is not None:
        statement["Condition"] = condition
    return statement


def permitted(call: Callable[..., Any], **given: Any) -> bool:
    try:
        call(**given)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in ("AccessDeniedException", "AccessDenied"), error
        return False
    return True


class Sessions:
    """A role that a user may assume with a policy that holds under a condition, and clients of its sessions."""

    def __init__(self, client: Clients, iam_user: Clients, account: str) -> None:
        self.client, self.account = client, account
        self.sts = iam_user(document(allow(action="sts:*", Resource="*")), name="assumer")("sts")
        self.iam = client("iam")

    def role(self, name: str, policy: dict[str, Any], tags: dict[str, str] | None = None) -> str:
        trust = document(allow(action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                               Principal={"AWS": self.account}))  # fmt: skip
        pairs = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=pairs)["Role"]
        self.iam.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
        return made["Arn"]

    def clients(self, credentials: dict[str, Any]) -> Clients:
        keys = {"key": credentials["AccessKeyId"], "secret": credentials["SecretAccessKey"],
                "token": credentials["SessionToken"]}  # fmt: skip
        return lambda service, **settings: self.client(service, **keys, **settings)

    def assume(self, role: str, sts: Any = None, **given: Any) -> Clients:
        answer = (sts or self.sts).assume_role(RoleArn=role, RoleSessionName="it", **given)
        return self.clients(answer["Credentials"])


@pytest.fixture
def sessions(client: Clients, iam_user: Clients, account: str) -> Sessions:
    return Sessions(client, iam_user, account)


def condition_of(key: str, value: str | None) -> dict[str, Any]:
    return {"Null": {key: "true"}} if value is None else {"StringLike": {key: value}}


# ---- Who calls -------------------------------------------------------------------------------------------------------

CALLERS: dict[str, dict[str, str | None]] = {
    "user": {
        "aws:PrincipalType": "User",
        "aws:PrincipalArn": "arn:aws:iam::*:user/assumer",
        "aws:PrincipalAccount": "ACCOUNT",
        "aws:userid": "AIDA*",
        "aws:username": "assumer",
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalServiceName": None,
        "aws:PrincipalServiceNamesList": None,
        "aws:TokenIssueTime": None,
        "aws:MultiFactorAuthPresent": None,
        "aws:MultiFactorAuthAge": None,
        "aws:SourceIdentity": None,
        "aws:FederatedProvider": None,
    },
    "role": {
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalArn": "arn:aws:iam::*:role/caller",
        "aws:PrincipalAccount": "ACCOUNT",
        "aws:userid": "AROA*:it",
        "aws:username": None,
        "aws:PrincipalIsAWSService": "false",
        "aws:TokenIssueTime": "20*",
        "aws:MultiFactorAuthPresent": "false",
        "aws:MultiFactorAuthAge": None,
        "aws:SourceIdentity": "alice",
        "aws:FederatedProvider": None,
        "aws:PrincipalTag/team": "red",
        "aws:PrincipalTag/Team": "red",
        "aws:PrincipalTag/cost": "1",
    },
    "federated": {
        "aws:PrincipalType": "FederatedUser",
        "aws:PrincipalArn": "arn:aws:sts::*:federated-user/guest",
        "aws:userid": "*:guest",
        "aws:username": None,
        "aws:PrincipalTag/team": "red",
        "aws:TokenIssueTime": "20*",
    },
    "session of a user": {
        "aws:PrincipalType": "User",
        "aws:username": "assumer",
        "aws:userid": "AIDA*",
        "aws:TokenIssueTime": "20*",
        "aws:MultiFactorAuthPresent": "false",
    },
}


def caller(sessions: Sessions, kind: str) -> tuple[Clients | None, Callable[[dict[str, Any]], None]]:
    """(clients of a caller of this kind, what gives him his policy)."""
    iam, tags = sessions.iam, [{"Key": "team", "Value": "red"}]

    def of_user(policy: dict[str, Any]) -> None:
        text = json.dumps(document(*policy["Statement"], allow(action="sts:*", Resource="*")))
        iam.put_user_policy(UserName="assumer", PolicyName="only", PolicyDocument=text)

    def of_role(policy: dict[str, Any]) -> None:
        iam.put_role_policy(RoleName="caller", PolicyName="only", PolicyDocument=json.dumps(policy))

    if kind == "role":
        role = sessions.role("caller", document(allow(Resource="*")), {"cost": "1", "team": "blue"})
        return sessions.assume(role, Tags=tags, SourceIdentity="alice"), of_role
    if kind == "federated":
        everything = json.dumps(document(allow(Resource="*")))
        answer = sessions.sts.get_federation_token(Name="guest", Policy=everything, Tags=tags)
        return sessions.clients(answer["Credentials"]), of_user
    if kind == "session of a user":
        return sessions.clients(sessions.sts.get_session_token()["Credentials"]), of_user
    return None, of_user


@pytest.mark.parametrize("kind", CALLERS)
def test_who_calls(sessions: Sessions, client: Clients, kind: str) -> None:
    clients, give = caller(sessions, kind)
    if clients is None:
        pair = sessions.iam.create_access_key(UserName="assumer")["AccessKey"]
        ssm = client("ssm", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    else:
        ssm = clients("ssm")
    for key, value in CALLERS[kind].items():
        condition = condition_of(key, sessions.account if value == "ACCOUNT" else value)
        give(document(allow(condition, Resource="*")))
        assert permitted(ssm.describe_parameters), (key, value)
        wrong = {"Null": {key: "false"}} if value is None else {"StringNotLike": condition["StringLike"]}
        give(document(allow(wrong, Resource="*")))
        assert not permitted(ssm.describe_parameters), (key, value)


def test_the_root_is_an_account(client: Clients, account: str) -> None:
    s3, bucket = client("s3"), f"root-{account}"
    s3.create_bucket(Bucket=bucket)
    for key, value in (
        ("aws:PrincipalType", "Account"),
        ("aws:PrincipalArn", f"arn:aws:iam::{account}:root"),
        ("aws:userid", account),
    ):
        for operator, expected in (("StringNotEquals", True), ("StringEquals", False)):
            deny = allow({operator: {key: value}}, "s3:ListBucket", Principal="*", Resource=f"arn:aws:s3:::{bucket}")
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document({**deny, "Effect": "Deny"})))
            assert permitted(s3.list_objects_v2, Bucket=bucket) is expected, key


# ---- From where ------------------------------------------------------------------------------------------------------


def test_headers_that_were_not_sent_are_not_there(cloud: RunningCloud, iam_user: Clients, sessions: Sessions) -> None:
    user = iam_user(None, name="headers")
    ssm = user("ssm")

    def sent(condition: dict[str, Any], **headers: str) -> bool:
        text = json.dumps(document(allow(condition, Resource="*")))
        sessions.iam.put_user_policy(UserName="headers", PolicyName="only", PolicyDocument=text)
        fixed = {"X-Amz-Target": "AmazonSSM.DescribeParameters", "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", cloud.url + "/", data=b"{}", headers={**fixed, **headers})
        ssm._request_signer.get_auth_instance("ssm", "us-east-1", "v4").add_auth(request)
        wire = urllib.request.Request(cloud.url + "/", b"{}", dict(request.headers.items()))
        wire.add_header("User-Agent", headers.get("User-Agent", ""))
        try:
            return urllib.request.urlopen(wire, timeout=30).status == 200
        except urllib.error.HTTPError as error:
            assert json.load(error)["__type"].endswith("AccessDeniedException")
            return False

    assert sent({"Null": {"aws:Referer": "true"}})
    assert not sent({"Null": {"aws:Referer": "false"}})
    assert sent({"StringEquals": {"aws:Referer": "https://example.com/"}}, Referer="https://example.com/")
    assert sent({"StringEquals": {"aws:UserAgent": "mine/1"}}, **{"User-Agent": "mine/1"})


def test_what_is_never_there(iam_user: Clients) -> None:
    absent = ("aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:SourceArn", "aws:SourceAccount")
    assert permitted(iam_user(document(allow({"Null": dict.fromkeys(absent, "true")}, Resource="*")))(
        "ssm").describe_parameters)  # fmt: skip


def test_whose_the_resource_is(iam_user: Clients, client: Clients, account: str) -> None:
    s3, bucket = client("s3"), f"whose-{account}"
    s3.create_bucket(Bucket=bucket)
    for owner, expected in ((account, True), ("123456789012", False)):
        user = iam_user(document(allow({"StringEquals": {"aws:ResourceAccount": owner}}, Resource="*")), name=owner)
        assert permitted(user("s3").list_objects_v2, Bucket=bucket) is expected
        assert permitted(user("ssm").describe_parameters) is expected


def test_iam_is_in_one_region(iam_user: Clients, cloud: RunningCloud, client: Clients) -> None:
    policy = document(allow({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, Resource="*"))
    iam_user(policy)
    pair = client("iam").create_access_key(UserName="someone")["AccessKey"]
    keys = {"key": pair["AccessKeyId"], "secret": pair["SecretAccessKey"], "region": "eu-west-1"}
    assert permitted(cloud.client("iam", **keys).list_users)
    assert not permitted(cloud.client("ssm", **keys).describe_parameters)


# ---- Through whom ----------------------------------------------------------------------------------------------------


def archive(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("main.py", source)
    return buffer.getvalue()


@pytest.fixture
def function_role(client: Clients) -> str:
    trust = document(allow(action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}))
    made = client("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(trust))
    return made["Role"]["Arn"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:ViaAWSService": "true"}}, True),
        ({"Bool": {"aws:ViaAWSService": "false"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"Null": {"aws:SourceIp": "true", "aws:UserAgent": "true"}}, True),
    ],
)
def test_lambda_fetches_code_in_its_callers_name(
    client: Clients, iam_user: Clients, account: str, function_role: str, condition: dict[str, Any], expected: bool
) -> None:
    s3, bucket = client("s3"), f"code-{account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=archive("def handler(event, context): return event"))
    user = iam_user(
        document(allow(action=["lambda:*", "iam:PassRole"], Resource="*"), allow(condition, "s3:*", Resource="*"))
    )
    given = {"FunctionName": "f", "Role": function_role, "Runtime": "python3.11", "Handler": "main.handler"}
    assert permitted(user("lambda").create_function, **given, Code={"S3Bucket": bucket, "S3Key": "k"}) is expected
    assert permitted(user("s3").get_object, Bucket=bucket, Key="k") is ("Bool" in condition and not expected or
                                                                       "IpAddress" in condition)  # fmt: skip


CALLED_VIA = [
    ({"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}, True),
    ({"StringEquals": {"aws:CalledViaLast": "cloudformation.amazonaws.com"}}, True),
    ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, False),
]


@pytest.mark.parametrize(("condition", "expected"), CALLED_VIA)
def test_what_a_service_does_for_another_still_tells_the_first(
    cloud: RunningCloud, client: Clients, iam_user: Clients, account: str, function_role: str,
    condition: dict[str, Any], expected: bool,
) -> None:  # fmt: skip
    s3, bucket = client("s3"), f"via-{account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=archive("def handler(event, context): return event"))
    rest = allow(action=["cloudformation:*", "lambda:*", "iam:PassRole"], Resource="*")
    cfn = iam_user(document(rest, allow(condition, "s3:*", Resource="*")))("cloudformation")
    properties = {"Role": function_role, "Runtime": "python3.11", "Handler": "main.handler",
                  "Code": {"S3Bucket": bucket, "S3Key": "k"}}  # fmt: skip
    template = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    cfn.create_stack(StackName="via", TemplateBody=json.dumps(template))
    cloud.settle()
    status = cfn.describe_stacks(StackName="via")["Stacks"][0]["StackStatus"]
    assert (status == "CREATE_COMPLETE") is expected, status


def test_a_stacks_role_calls_for_itself(cloud: RunningCloud, client: Clients, iam_user: Clients, account: str) -> None:
    iam = client("iam")
    trust = document(allow(action="sts:AssumeRole", Principal={"Service": "cloudformation.amazonaws.com"}))
    role = iam.create_role(RoleName="builds", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    condition = {"Null": {"aws:CalledVia": "true"}, "Bool": {"aws:ViaAWSService": "false"}}
    policy = document(allow(condition, "ssm:*", Resource="*"))
    iam.put_role_policy(RoleName="builds", PolicyName="only", PolicyDocument=json.dumps(policy))
    template = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}}}
    cfn = iam_user(document(allow(action=["cloudformation:*", "iam:PassRole"], Resource="*")))("cloudformation")
    cfn.create_stack(StackName="own", TemplateBody=json.dumps(template), RoleARN=role)
    cloud.settle()
    assert cfn.describe_stacks(StackName="own")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


WRITES = """
import boto3
def handler(event, context):
    try:
        boto3.client("ssm").put_parameter(Name="/made", Value="x", Type="String")
    except Exception as error:
        return type(error).__name__
    return "made"
"""


def test_a_functions_code_calls_with_its_arn(client: Clients, account: str, function_role: str) -> None:
    iam, functions = client("iam"), client("lambda")
    for name, expected in (("right", "made"), ("left", "AccessDeniedException")):
        functions.create_function(
            FunctionName=name, Role=function_role, Runtime="python3.11", Handler="main.handler", Timeout=30,
            Code={"ZipFile": archive(WRITES)},
        )  # fmt: skip
        arn = f"arn:aws:lambda:us-east-1:{account}:function:right"
        policy = document(allow({"ArnEquals": {"lambda:SourceFunctionArn": arn}}, "ssm:*", Resource="*"))
        iam.put_role_policy(RoleName="runs", PolicyName="only", PolicyDocument=json.dumps(policy))
        assert json.load(functions.invoke(FunctionName=name)["Payload"]) == expected


def test_a_role_may_trust_a_service_for_one_resource(client: Clients, account: str) -> None:
    """What Lambda says of itself when it takes a function's role."""
    iam, functions = client("iam"), client("lambda")
    conditions = {
        "no": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        "other": {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:another"}},
        "human": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        "yes": {
            "StringEquals": {"aws:SourceAccount": account, "aws:PrincipalServiceName": "lambda.amazonaws.com"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:lambda:us-east-1:{account}:function:f"},
            "ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "lambda.amazonaws.com"},
            "Bool": {"aws:PrincipalIsAWSService": "true"},
            "Null": {"aws:SourceIp": "true", "aws:PrincipalArn": "true", "aws:PrincipalAccount": "true"},
        },
    }
    for name, condition in conditions.items():
        trust = document(allow(condition, "sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}))
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        given = {"FunctionName": "f", "Role": role, "Runtime": "python3.11", "Handler": "main.handler",
                 "Code": {"ZipFile": archive("def handler(event, context): return event")}}  # fmt: skip
        if name == "yes":
            functions.create_function(**given)
            continue
        with pytest.raises(ClientError) as refused:
            functions.create_function(**given)
        assert "cannot be assumed by Lambda" in refused.value.response["Error"]["Message"]
