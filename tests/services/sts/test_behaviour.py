"""Temporary credentials: of roles, of users, of federated users; what they carry and when they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]
EVERYTHING = {"Version": "2012-10-17", "Statement": [allow("*")]}


def by(client: Client, answer: dict[str, Any]) -> Client:
    """Makes clients that use temporary credentials."""
    found = answer["Credentials"]

    def make(service: str) -> Any:
        return client(service, key=found["AccessKeyId"], secret=found["SecretAccessKey"], token=found["SessionToken"])

    return make


@pytest.fixture
def me(iam_user: Any) -> Client:
    """Clients of a user who may do everything."""
    return iam_user(EVERYTHING)


@pytest.fixture
def role(client: Client, account: str) -> str:
    """A role that may do everything and trusts its account."""
    iam = client("iam")
    document = trust({"AWS": account}, Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    arn = iam.create_role(RoleName="worker", Path="/p/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=policy())
    return arn


def assume(caller: Client, role: str, **more: Any) -> dict[str, Any]:
    """Assume a role."""
    return caller("sts").assume_role(RoleArn=role, RoleSessionName="run", **more)


def test_who_am_i(client: Client, me: Client, account: str) -> None:
    assert client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    found = me("sts").get_caller_identity()
    assert (found["Account"], found["Arn"]) == (account, f"arn:aws:iam::{account}:user/someone")
    assert found["UserId"].startswith("AIDA")


def test_a_session_of_a_role(client: Client, me: Client, role: str, account: str) -> None:
    answer = assume(me, role)
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{account}:assumed-role/worker/run"
    assert user["AssumedRoleId"].endswith(":run")
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    session = by(client, answer)
    assert session("sts").get_caller_identity()["UserId"] == user["AssumedRoleId"]
    assert session("iam").list_users()["Users"]
    assert "PackedPolicySize" not in answer


def test_the_token_must_come_along(client: Client, me: Client, role: str) -> None:
    found = assume(me, role)["Credentials"]
    for token in (None, "wrong"):
        with refused("InvalidClientTokenId") as refusal:
            client("sts", key=found["AccessKeyId"], secret=found["SecretAccessKey"], token=token).get_caller_identity()
        assert refusal.status == 403


def test_how_long(client: Client, me: Client, role: str) -> None:
    message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with refused("ValidationError", message):
        assume(me, role, DurationSeconds=7200)
    client("iam").update_role(RoleName="worker", MaxSessionDuration=7200)
    chained = by(client, assume(me, role, DurationSeconds=7200))
    with refused("ValidationError") as refusal:
        assume(chained, role, DurationSeconds=7200)
    assert refusal.message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )
    assume(chained, role)


def test_sessions_end_by_the_clock(fresh_cloud: Any) -> None:
    iam = fresh_cloud.client("iam")
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy())
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = fresh_cloud.client("sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    found = bob.get_session_token(DurationSeconds=900)["Credentials"]

    def session() -> Any:
        return fresh_cloud.client(
            "sts", key=found["AccessKeyId"], secret=found["SecretAccessKey"], token=found["SessionToken"]
        )

    session().get_caller_identity()
    fresh_cloud.restart()
    session().get_caller_identity()
    fresh_cloud.clock_advance(901)
    with refused("ExpiredToken", "The security token included in the request is expired"):
        session().get_caller_identity()
    bob.get_caller_identity()


def test_session_policies_narrow(client: Client, me: Client, role: str) -> None:
    only_users = policy(allow("iam:ListUsers"))
    answer = assume(me, role, Policy=only_users)
    assert 0 < answer["PackedPolicySize"] <= 100
    session = by(client, answer)("iam")
    session.list_users()
    with refused("AccessDenied") as refusal:
        session.list_roles()
    assert "because no session policy allows the iam:ListRoles action" in refusal.message
    read_only = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    session = by(client, assume(me, role, PolicyArns=read_only))("iam")
    session.list_roles()
    with refused("AccessDenied"):
        session.create_user(UserName="x")


def test_session_policies_are_checked(me: Client, role: str, account: str) -> None:
    with refused("MalformedPolicyDocument", "Syntax errors in policy."):
        assume(me, role, Policy="{}")
    missing = f"arn:aws:iam::{account}:policy/none"
    with refused("ValidationError", f"ARN {missing} does not exist or is not attachable."):
        assume(me, role, PolicyArns=[{"arn": missing}])
    with refused("ValidationError"):
        assume(me, role, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}] * 11)
    tags = [{"Key": f"k{n}" + "x" * 100, "Value": "v" * 256} for n in range(40)]
    with refused("PackedPolicyTooLarge"):
        assume(me, role, Tags=tags)


def test_session_tags_and_chains(client: Client, me: Client, role: str) -> None:
    client("iam").tag_role(RoleName="worker", Tags=[{"Key": "of", "Value": "role"}])
    client("iam").put_role_policy(
        RoleName="worker",
        PolicyName="p",
        PolicyDocument=policy(
            allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
            allow("iam:ListGroups", Condition={"StringEquals": {"aws:PrincipalTag/of": "role"}}),
            allow("sts:*"),
        ),
    )
    plain = by(client, assume(me, role))
    with refused("AccessDenied"):
        plain("iam").list_users()
    plain("iam").list_groups()
    red = [{"Key": "Team", "Value": "red"}]
    tagged = by(client, assume(me, role, Tags=red, TransitiveTagKeys=["Team"]))
    tagged("iam").list_users()
    for keys in (["Team"], ["team"]):  # whatever the case of the letters
        chained = by(client, assume(by(client, assume(me, role, Tags=red, TransitiveTagKeys=keys)), role))
        chained("iam").list_users()
    chained = by(client, assume(tagged, role))
    chained("iam").list_users()
    with refused("InvalidParameterValue"):
        assume(tagged, role, Tags=red)
    with refused("InvalidParameterValue"):
        assume(me, role, TransitiveTagKeys=["absent"])
    with refused("InvalidParameterValue"):
        assume(me, role, Tags=[{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}])


def test_the_source_identity_stays(client: Client, me: Client, role: str) -> None:
    answer = assume(me, role, SourceIdentity="bob")
    assert answer["SourceIdentity"] == "bob"
    chained = by(client, answer)
    assert assume(chained, role)["SourceIdentity"] == "bob"
    with refused("AccessDenied"):
        assume(chained, role, SourceIdentity="eve")


def test_a_session_of_oneself(client: Client, me: Client, account: str) -> None:
    session = by(client, me("sts").get_session_token())
    assert session("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:user/someone"
    session("ssm").describe_parameters()
    with refused("InvalidClientTokenId", "The security token included in the request is invalid."):
        session("iam").list_users()
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        session("sts").get_session_token()
    with refused("AccessDenied", "Cannot call GetFederationToken with session credentials"):
        session("sts").get_federation_token(Name="x1")


def test_federated_users(client: Client, me: Client, account: str) -> None:
    answer = me("sts").get_federation_token(Name="guest", Policy=policy(allow("ssm:DescribeParameters")))
    assert answer["FederatedUser"] == {
        "FederatedUserId": f"{account}:guest",
        "Arn": f"arn:aws:sts::{account}:federated-user/guest",
    }
    guest = by(client, answer)
    assert guest("sts").get_caller_identity()["Arn"] == answer["FederatedUser"]["Arn"]
    guest("ssm").describe_parameters()
    with refused("AccessDeniedException"):
        guest("ssm").get_parameter(Name="/x")
    with refused("InvalidClientTokenId"):
        guest("iam").list_users()
    bare = by(client, me("sts").get_federation_token(Name="guest"))
    with refused("AccessDeniedException"):
        bare("ssm").describe_parameters()
    of_root = by(
        client, client("sts").get_federation_token(Name="guest", Policy=policy(allow("ssm:DescribeParameters")))
    )
    of_root("ssm").describe_parameters()


def test_a_federated_user_becomes_no_role(client: Client, me: Client, role: str, account: str) -> None:
    guest = by(client, me("sts").get_federation_token(Name="guest", Policy=policy()))
    document = trust({"AWS": f"arn:aws:sts::{account}:federated-user/guest"})
    client("iam").update_assume_role_policy(RoleName="worker", PolicyDocument=document)
    with refused("AccessDenied", "Cannot call AssumeRole with federation credentials"):
        assume(guest, role)


def test_a_bucket_lets_in_a_federated_user_by_name(client: Client, me: Client, account: str) -> None:
    s3, bucket = client("s3"), f"federated-{account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    bare = by(client, me("sts").get_federation_token(Name="guest"))("s3")
    with refused("AccessDenied"):
        bare.get_object(Bucket=bucket, Key="k")
    statement = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    named = {**statement, "Principal": {"AWS": f"arn:aws:sts::{account}:federated-user/guest"}}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(named))
    assert bare.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    other = by(client, me("sts").get_federation_token(Name="another"))("s3")
    with refused("AccessDenied"):
        other.get_object(Bucket=bucket, Key="k")


def test_a_chain_across_accounts(client: Client, me: Client, role: str, account: str) -> None:
    """A source identity and transitive tags go along; the second role's account lets in the first role by its ARN."""
    there = client("iam", key="760000000009")
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    kept = {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:SourceIdentity": "bob", "sts:ExternalId": "deal"}}
    document = trust({"AWS": role}, Action=actions, Condition=kept)
    second = there.create_role(RoleName=f"second-{account}", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    tags = {"Tags": [{"Key": "team", "Value": "red"}], "TransitiveTagKeys": ["team"]}
    first = by(client, assume(me, role, **tags, SourceIdentity="bob"))
    answer = assume(first, second, ExternalId="deal")
    assert (answer["SourceIdentity"], answer["AssumedRoleUser"]["Arn"].split(":")[4]) == ("bob", "760000000009")
    with refused("AccessDenied"):
        assume(first, second)
    with refused("AccessDenied"):
        assume(first, second, ExternalId="another deal")
    with refused("AccessDenied"):  # without the source identity
        assume(by(client, assume(me, role, **tags)), second, ExternalId="deal")
    with refused("AccessDenied"):
        assume(me, second, ExternalId="deal")
    with refused("ValidationError") as refusal:
        assume(first, second, ExternalId="deal", DurationSeconds=3601)
    assert "1 hour session limit" in refusal.message


def test_keys_have_accounts(client: Client, me: Client, account: str) -> None:
    key = me("iam").list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"]
    assert client("sts").get_access_key_info(AccessKeyId=key)["Account"] == account
    with refused("ValidationError"):
        client("sts").get_access_key_info(AccessKeyId="AKIAAAAAAAAAAAAAAAAA")


def test_a_token_may_be_asked_to_be_long(client: Client, me: Client, role: str) -> None:
    long = me("sts").get_session_token(MinimumSessionTokenSize=4096)
    assert len(long["Credentials"]["SessionToken"]) == 4096
    by(client, long)("sts").get_caller_identity()
    assert len(assume(me, role, MinimumSessionTokenSize=0)["Credentials"]["SessionToken"]) < 500


def test_a_message_that_nobody_encoded(client: Client) -> None:
    with refused("InvalidAuthorizationMessageException"):
        client("sts").decode_authorization_message(EncodedMessage="x" * 20)


def test_a_deleted_role_takes_its_sessions_along(client: Client, me: Client, role: str) -> None:
    session = by(client, assume(me, role))
    session("iam").list_users()
    client("iam").delete_role_policy(RoleName="worker", PolicyName="p")
    client("iam").delete_role(RoleName="worker")
    with refused("AccessDenied"):
        session("iam").list_users()
    assert json.loads(policy())  # the same document again: a role of that name is another role


def test_keys_outlive_a_clock_that_went_ahead_and_came_back(fresh_cloud: RunningCloud) -> None:
    sts = fresh_cloud.client("sts")
    keys = sts.get_session_token(DurationSeconds=3600)["Credentials"]
    fresh_cloud.clock_advance(5 * 86400)
    fresh_cloud.client("sts").get_session_token()  # forgets what has expired long ago
    fresh_cloud.control("clock", {"reset": True})
    mine = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"], "token": keys["SessionToken"]}
    assert fresh_cloud.client("sts", **mine).get_caller_identity()["Account"] == "000000000000"
