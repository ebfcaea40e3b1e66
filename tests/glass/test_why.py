"""Why, through real clients: what was denied or allowed, by what, and a remedy that works when it is taken."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from cloudarium.policy import explanation as layers
from tests.conftest import RunningCloud
from tests.services.organizations.conftest import World, deny, document

Clients = Callable[..., Any]


class Asker:
    """Makes calls and asks why they were answered as they were."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.cloud = cloud

    def denied(self, call: Callable[..., Any], **given: Any) -> dict[str, Any]:
        """Why this call was refused; it must be."""
        with pytest.raises(ClientError) as error:
            call(**given)
        return self.of(error.value.response)

    def allowed(self, call: Callable[..., Any], **given: Any) -> dict[str, Any]:
        """Why this call was allowed."""
        return self.of(call(**given))

    def of(self, response: dict[str, Any]) -> dict[str, Any]:
        """Why a response is as it is."""
        told: dict[str, Any] = self.cloud.control(f"why/{response['ResponseMetadata']['RequestId']}")
        return told


@pytest.fixture
def ask(cloud: RunningCloud) -> Asker:
    """Asks the shared cloud."""
    return Asker(cloud)


def changes(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What would have allowed the first denied decision; the engine has proved it."""
    denied = next(one for one in told["decisions"] if not one["allowed"])
    assert denied["remedy"]["allows"]
    found: list[dict[str, Any]] = denied["remedy"]["changes"]
    return found


def layer(told: dict[str, Any], name: str) -> dict[str, Any]:
    """One layer of the denied decision, or of the first one."""
    decision = next((one for one in told["decisions"] if not one["allowed"]), told["decisions"][0])
    found: dict[str, Any] = next(one for one in decision["layers"] if one["layer"] == name)
    return found


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [statement(action, resource, **more)]}


def statement(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def grant(client: Clients, *statements: dict[str, Any], user: str = "someone") -> None:
    """Give a user exactly these statements beside what it has."""
    client("iam").put_user_policy(UserName=user, PolicyName="granted", PolicyDocument=document(*statements))


# ---- users ----------------------------------------------------------------------------------------------------------


def test_a_user_without_policies_and_the_remedy_taken(
    ask: Asker, client: Clients, iam_user: Clients, account: str
) -> None:
    ssm = iam_user()("ssm")
    told = ask.denied(ssm.put_parameter, Name="/a", Value="x", Type="String")
    arn = f"arn:aws:ssm:us-east-1:{account}:parameter/a"
    assert told["answer"] == (
        f"denied: user someone may not ssm:PutParameter on {arn} because no identity-based policy allows it"
    )
    assert (told["service"], told["operation"], told["status"]) == ("ssm", "PutParameter", 400)
    assert layer(told, layers.IDENTITY)["outcome"] == "none"
    (change,) = changes(told)
    assert change["to"] == f"arn:aws:iam::{account}:user/someone"
    assert change["statement"] == statement("ssm:PutParameter", arn)
    grant(client, change["statement"])
    ssm.put_parameter(Name="/a", Value="x", Type="String")


def test_a_wrong_resource_is_a_near_miss(ask: Asker, iam_user: Clients, account: str) -> None:
    other = f"arn:aws:ssm:us-east-1:{account}:parameter/other"
    told = ask.denied(iam_user(allow("ssm:*", other))("ssm").get_parameter, Name="/a")
    (policy,) = layer(told, layers.IDENTITY)["policies"]
    (one,) = policy["statements"]
    assert (policy["name"], policy["attached_to"]) == ("only", f"arn:aws:iam::{account}:user/someone")
    assert (one["applies"], one["nearly"], one["action"], one["resource"]) == (False, True, True, False)
    assert one["missed"] == [f"Resource {other} is not about this resource"]
    assert told["decisions"][0]["context"] is None  # nobody read a key


def test_a_failed_condition_says_what_was_wanted_and_had(ask: Asker, iam_user: Clients) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    told = ask.denied(iam_user(allow("ssm:*", Condition=condition))("ssm").describe_parameters)
    (one,) = layer(told, layers.IDENTITY)["policies"][0]["statements"]
    assert one["nearly"]
    assert one["conditions"] == [
        {
            "operator": "IpAddress",
            "key": "aws:SourceIp",
            "wanted": ["10.0.0.0/8"],
            "had": ["127.0.0.1"],
            "holds": False,
        }
    ]
    assert told["decisions"][0]["context"] == {"aws:SourceIp": ["127.0.0.1"]}


def test_an_explicit_deny_of_a_groups_policy(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    ssm, iam = iam_user(allow("ssm:*"))("ssm"), client("iam")
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="someone")
    never = {"Sid": "Never", "Effect": "Deny", "Action": "ssm:Put*", "Resource": "*"}
    iam.put_group_policy(GroupName="staff", PolicyName="never", PolicyDocument=document(never))
    told = ask.denied(ssm.put_parameter, Name="/a", Value="x", Type="String")
    group = f"arn:aws:iam::{account}:group/staff"
    assert told["answer"].endswith(
        f'because statement "Never" of the identity-based policy never, attached to {group}, denies it'
    )
    (by,) = told["decisions"][0]["decided_by"]
    assert (by["policy"], by["attached_to"], by["sid"], by["statement"]) == ("never", group, "Never", never)
    (change,) = changes(told)
    assert (change["do"], change["to"], change["attached_to"], change["instead_of"]) == (
        "except",
        "never",
        group,
        never,
    )
    iam.put_group_policy(GroupName="staff", PolicyName="never", PolicyDocument=document(change["statement"]))
    ssm.put_parameter(Name="/a", Value="x", Type="String")
    ask.denied(ssm.put_parameter, Name="/b", Value="x", Type="String")  # it was this resource alone


def test_a_boundary(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    ssm = iam_user(allow("ssm:*"))("ssm")
    made = client("iam").create_policy(PolicyName="edge", PolicyDocument=json.dumps(allow("s3:*")))["Policy"]["Arn"]
    client("iam").put_user_permissions_boundary(UserName="someone", PermissionsBoundary=made)
    told = ask.denied(ssm.describe_parameters)
    assert told["answer"].endswith("because the permissions boundary does not allow it")
    assert [one["outcome"] for one in told["decisions"][0]["layers"]] == ["none", "allows", "silent"]
    (change,) = changes(told)
    assert (change["layer"], change["to"]) == (layers.BOUNDARY, made)


def test_conditions_that_the_denial_did_not_come_to_count_in_the_remedy(
    ask: Asker, client: Clients, iam_user: Clients
) -> None:
    ssm, iam = iam_user()("ssm"), client("iam")
    here = allow("ssm:*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    made = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(here))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="someone", PermissionsBoundary=made)
    told = ask.denied(ssm.describe_parameters)
    assert layer(told, layers.BOUNDARY)["outcome"] == "allows"
    (change,) = changes(told)
    assert change["layer"] == layers.IDENTITY
    grant(client, change["statement"])
    ssm.describe_parameters()


def test_a_session_policy_of_an_assumed_role(ask: Asker, client: Clients, account: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    role = client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    client("iam").put_role_policy(RoleName="worker", PolicyName="all", PolicyDocument=json.dumps(allow("*")))
    iam_user_policy = allow("sts:AssumeRole")
    client("iam").create_user(UserName="ann")
    client("iam").put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(iam_user_policy))
    pair = client("iam").create_access_key(UserName="ann")["AccessKey"]
    sts = client("sts", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    policy = json.dumps(allow("s3:*"))
    session = sts.assume_role(RoleArn=role, RoleSessionName="run", Policy=policy)["Credentials"]
    key, secret, token = session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    told = ask.denied(client("ssm", key=key, secret=secret, token=token).describe_parameters)
    assert told["answer"].startswith("denied: role worker (session run) may not ssm:DescribeParameters")
    assert layer(told, layers.IDENTITY)["policies"][0]["attached_to"] == role
    assert layer(told, layers.SESSION)["outcome"] == "silent"
    assert [change["layer"] for change in changes(told)] == [layers.SESSION]


# ---- resources ------------------------------------------------------------------------------------------------------


def test_a_bucket_policys_deny(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    bucket = f"deny-{account}"
    client("s3").create_bucket(Bucket=bucket)
    denial = {
        "Sid": "No",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    client("s3").put_bucket_policy(Bucket=bucket, Policy=document(denial))
    s3 = iam_user(allow("s3:*"))("s3")
    told = ask.denied(s3.put_object, Bucket=bucket, Key="a", Body=b"x")
    assert f'because statement "No" of the resource-based policy of arn:aws:s3:::{bucket} denies it' in told["answer"]
    (change,) = changes(told)
    assert change["statement"]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account}:user/someone"}
    }
    client("s3").put_bucket_policy(Bucket=bucket, Policy=document(change["statement"]))
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")


def test_across_accounts(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    bucket, owner = f"their-{account}", str(int(account) ^ 1)
    theirs = client("s3", key=owner)
    theirs.create_bucket(Bucket=bucket)
    theirs.put_object(Bucket=bucket, Key="a", Body=b"x")
    s3 = iam_user()("s3")
    told = ask.denied(s3.get_object, Bucket=bucket, Key="a")
    assert told["decisions"][0]["resource_account"] == owner
    own, granted = changes(told)
    assert (own["layer"], granted["layer"], granted["to"]) == (
        layers.IDENTITY,
        layers.RESOURCE,
        f"arn:aws:s3:::{bucket}",
    )
    assert granted["statement"]["Principal"] == {"AWS": f"arn:aws:iam::{account}:user/someone"}
    grant(client, own["statement"])
    theirs.put_bucket_policy(Bucket=bucket, Policy=document(granted["statement"]))
    s3.get_object(Bucket=bucket, Key="a")


def test_a_resource_that_can_have_no_policy(ask: Asker, client: Clients, account: str) -> None:
    other = str(int(account) ^ 1)
    told = ask.denied(client("ssm").get_parameter, Name=f"arn:aws:ssm:us-east-1:{other}:parameter/a")
    remedy = told["decisions"][0]["remedy"]
    assert (remedy["allows"], remedy["changes"]) == (False, [])
    assert "call as a role of that account" in remedy["left"]


def test_an_organisations_policy(ask: Asker, cloud: RunningCloud, account: str) -> None:
    world = World(cloud, account)
    world.enable()
    member = world.new_account()
    policy = world.policy(deny("ssm:*"), on=member)
    told = ask.denied(world.client("ssm", member).describe_parameters)
    assert told["answer"].startswith(f"denied: the root of account {member} may not ssm:DescribeParameters")
    assert policy in told["decisions"][0]["decided_by"][0]["policy"]
    levels = [one for one in told["decisions"][0]["layers"] if one["layer"] == layers.SERVICE_CONTROL]
    assert [one["level"] for one in levels] == [1, 2]
    assert (levels[0]["outcome"], levels[1]["outcome"]) == ("allows", "denies")
    assert changes(told)[0]["layer"] == layers.SERVICE_CONTROL


# ---- no decision ----------------------------------------------------------------------------------------------------


def test_root_is_not_limited(ask: Asker, client: Clients, account: str) -> None:
    told = ask.allowed(client("ssm").describe_parameters)
    assert told["answer"] == (
        f"allowed: the root of account {account} may ssm:DescribeParameters on arn:aws:ssm:us-east-1:{account}:*:"
        " root is not limited by IAM policies"
    )


def test_an_allowed_call_names_its_statement(ask: Asker, iam_user: Clients, account: str) -> None:
    told = ask.allowed(iam_user(allow("ssm:*", Sid="Mine"))("ssm").describe_parameters)
    assert told["answer"].endswith(
        f'because statement "Mine" of the identity-based policy only, attached to arn:aws:iam::{account}:user/someone,'
        " allows it"
    )
    assert told["decisions"][0]["remedy"] is None


def test_calls_that_were_refused_before_iam(ask: Asker, client: Clients, account: str) -> None:
    wrong = ask.denied(client("sts", secret="wrong").get_caller_identity)
    assert wrong["answer"].startswith("refused before IAM was asked: the signature is not the one")
    assert (wrong["decisions"], wrong["signed"]) == ([], False)
    unknown = ask.denied(client("sts", key="AKIAUNKNOWN").get_caller_identity)
    assert unknown["answer"].startswith("refused before IAM was asked: no active access key AKIAUNKNOWN")


def test_what_is_not_built_was_not_decided(ask: Asker, client: Clients) -> None:
    told = ask.denied(client("kinesis").list_streams)
    assert told["answer"] == "not built: Cloudarium does not have the service kinesis, so nothing was decided"


def test_an_operation_that_aws_does_not_have(ask: Asker, cloud: RunningCloud) -> None:
    request = AWSRequest("POST", cloud.url + "/", data=b"Action=Nope&Version=2011-06-15")
    request.headers["content-type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials("test", "test"), "sts", "us-east-1").add_auth(request)
    with pytest.raises(HTTPError) as error:
        urlopen(Request(request.url, request.data, dict(request.headers)))
    told = cloud.control(f"why/{error.value.headers['x-amzn-requestid']}")
    assert told["answer"] == "failed with InvalidAction before IAM was asked about sts:?"


def test_a_door_by_iam(ask: Asker, cloud: RunningCloud, client: Clients, account: str) -> None:
    gateway, iam = client("apigatewayv2"), client("iam")
    made = gateway.create_api(Name="door", ProtocolType="HTTP")
    integration = gateway.create_integration(
        ApiId=made["ApiId"], IntegrationType="HTTP_PROXY", IntegrationMethod="GET",
        IntegrationUri=cloud.url + "/", PayloadFormatVersion="1.0",
    )  # fmt: skip
    gateway.create_route(
        ApiId=made["ApiId"], RouteKey="GET /x", AuthorizationType="AWS_IAM",
        Target=f"integrations/{integration['IntegrationId']}",
    )  # fmt: skip
    gateway.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    iam.create_user(UserName="caller")
    pair = iam.create_access_key(UserName="caller")["AccessKey"]
    request = AWSRequest("GET", made["ApiEndpoint"] + "/x")
    keys = Credentials(pair["AccessKeyId"], pair["SecretAccessKey"])
    SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    answers = {}
    for name, headers in (("signed", dict(request.headers)), ("unsigned", {})):
        with pytest.raises(HTTPError) as error:
            urlopen(Request(request.url, headers=headers))
        answers[name] = cloud.control(f"why/{error.value.headers['apigw-requestid']}")["answer"]
    assert answers["signed"].startswith("denied: user caller may not execute-api:Invoke on arn:aws:execute-api:")
    assert answers["unsigned"] == "GET /x was answered with 403 by door itself; IAM was not asked"


def test_an_unsigned_request(ask: Asker, client: Clients, cloud: RunningCloud, account: str) -> None:
    client("s3").create_bucket(Bucket=f"closed-{account}")
    with pytest.raises(HTTPError) as error:
        urlopen(f"{cloud.url}/closed-{account}/a")
    told = cloud.control(f"why/{error.value.headers['x-amz-request-id']}")
    assert told["answer"].startswith(
        f"denied: an unsigned request may not s3:GetObject on arn:aws:s3:::closed-{account}/a"
    )
    assert changes(told)[0]["sentence"].startswith("Sign the request, or let in everybody")


def test_what_needs_no_permission(ask: Asker, iam_user: Clients) -> None:
    told = ask.allowed(iam_user()("sts").get_caller_identity)
    assert told["answer"] == "allowed: sts:GetCallerIdentity needs no permission"


def test_a_failure_that_is_not_iams(ask: Asker, client: Clients) -> None:
    told = ask.denied(client("ssm").get_parameter, Name="/missing")
    assert told["answer"].startswith("failed with ParameterNotFound, though IAM allowed it: the root of account")


def test_a_key_that_may_not_be_seen_to_be_missing(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    bucket = f"hidden-{account}"
    client("s3").create_bucket(Bucket=bucket)
    told = ask.denied(iam_user(allow("s3:GetObject"))("s3").get_object, Bucket=bucket, Key="none")
    assert told["answer"].startswith(f"denied: user someone may not s3:ListBucket on arn:aws:s3:::{bucket} because")
    assert [(one["action"], one["allowed"], one["needed"]) for one in told["decisions"]] == [
        ("s3:GetObject", True, True),
        ("s3:ListBucket", False, False),
    ]


def test_what_a_call_can_do_without_is_no_denial(
    ask: Asker, cloud: RunningCloud, client: Clients, iam_user: Clients, account: str
) -> None:
    bucket = f"tagged-{account}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="a", Body=b"x", Tagging="team=blue")
    told = ask.allowed(iam_user(allow("s3:GetObject"))("s3").get_object, Bucket=bucket, Key="a")
    assert told["answer"].startswith("allowed: user someone may s3:GetObject")
    assert "what it did not need was denied: user someone may not s3:GetObjectTagging" in told["answer"]
    (entry,) = cloud.control(f"journal?request_id={told['request_id']}")["entries"]
    assert [(one["action"], one["allowed"]) for one in entry["decision"]] == [("s3:GetObject", True)]


# ---- calls that are made for others ---------------------------------------------------------------------------------


def test_both_sides_of_a_copy(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    bucket = f"copy-{account}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    s3 = iam_user(allow("s3:PutObject"))("s3")
    told = ask.denied(s3.copy_object, Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    assert told["answer"].startswith(f"denied: user someone may not s3:GetObject on arn:aws:s3:::{bucket}/a")
    grant(client, changes(told)[0]["statement"])
    both = ask.allowed(s3.copy_object, Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    assert both["answer"].startswith("allowed: all 2 permissions that s3:CopyObject needs; the last: allowed: user")


def test_each_key_of_many(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    bucket = f"many-{account}"
    client("s3").create_bucket(Bucket=bucket)
    s3 = iam_user(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/a"))("s3")
    told = ask.allowed(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    assert told["answer"].startswith(f"partly denied: user someone may not s3:DeleteObject on arn:aws:s3:::{bucket}/b")


def test_a_stacks_resource_is_found_from_the_stack_and_back(
    ask: Asker, cloud: RunningCloud, client: Clients, iam_user: Clients, account: str
) -> None:
    template = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}}}
    made = iam_user(allow("cloudformation:*"))("cloudformation").create_stack(
        StackName="s", TemplateBody=json.dumps(template)
    )
    cloud.settle()
    told = ask.of(made)
    assert told["answer"].startswith("allowed: user someone may cloudformation:CreateStack")
    (child,) = told["denied_for_it"]
    assert (child["service"], child["operation"]) == ("ssm", "PutParameter")
    assert child["answer"].startswith("denied: user someone may not ssm:PutParameter")
    back = cloud.control(f"why/{child['request_id']}")
    assert back["made_for"]["request_id"] == told["request_id"]
    assert changes(back)[0]["statement"]["Action"] == "ssm:PutParameter"


def test_code_that_a_function_may_not_fetch(ask: Asker, client: Clients, iam_user: Clients, account: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("app.py", "def handler(event, context): return 1")
    bucket = f"code-{account}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="code.zip", Body=packed.getvalue())
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    user = iam_user(json.loads(document(statement("lambda:*"), statement("iam:PassRole"))))
    told = ask.denied(
        user("lambda").create_function,
        FunctionName="f", Runtime="python3.11", Role=role, Handler="app.handler",
        Code={"S3Bucket": bucket, "S3Key": "code.zip"},
    )  # fmt: skip
    (child,) = told["denied_for_it"]
    assert (child["directly"], child["operation"]) == (True, "GetObject")
    assert told["answer"].startswith("failed with ")
    assert (
        f"because a call that was made for it was denied: user someone may not s3:GetObject on arn:aws:s3:::{bucket}"
        in (told["answer"])
    )


# ---- the truth of that moment ---------------------------------------------------------------------------------------


def test_the_old_answer_stays_when_policies_change_and_go(
    ask: Asker, cloud: RunningCloud, client: Clients, iam_user: Clients
) -> None:
    ssm = iam_user(allow("ssm:DescribeParameters", Sid="Then"))("ssm")
    before = ask.allowed(ssm.describe_parameters)
    grant(client, {"Effect": "Deny", "Action": "*", "Resource": "*"})
    after = ask.denied(ssm.describe_parameters)
    iam = client("iam")
    for name in ("only", "granted"):
        iam.delete_user_policy(UserName="someone", PolicyName=name)
    for key in iam.list_access_keys(UserName="someone")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="someone", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="someone")
    assert cloud.control(f"why/{before['request_id']}") == before
    assert cloud.control(f"why/{after['request_id']}") == after
    assert 'statement "Then"' in before["answer"]


def test_it_is_there_after_a_crash_and_a_move_of_the_clock(fresh_cloud: RunningCloud) -> None:
    ask = Asker(fresh_cloud)
    world = {"iam": fresh_cloud.client("iam")}
    world["iam"].create_user(UserName="someone")
    late = {"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}
    world["iam"].put_user_policy(
        UserName="someone", PolicyName="p", PolicyDocument=json.dumps(allow("ssm:*", Condition=late))
    )
    pair = world["iam"].create_access_key(UserName="someone")["AccessKey"]
    ssm = fresh_cloud.client("ssm", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    told = ask.denied(ssm.describe_parameters)  # asking has written what waited
    had = told["decisions"][0]["context"]["aws:CurrentTime"]
    fresh_cloud.restart()
    fresh_cloud.control("clock", {"advance": 86400})
    again = fresh_cloud.control(f"why/{told['request_id']}")
    assert again == told
    assert again["decisions"][0]["context"]["aws:CurrentTime"] == had
    assert fresh_cloud.control("why") == told  # the last that was denied
