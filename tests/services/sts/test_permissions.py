"""Who may become whom: trust policies, both sides across accounts, external ids, and those who never may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]
OTHER = "777777777777"
ASSUME = {"Version": "2012-10-17", "Statement": [allow("sts:*")]}


def new_role(iam: Any, document: str) -> str:
    """A role with this trust policy."""
    return iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)["Role"]["Arn"]


def assume(caller: Client, role: str, **more: Any) -> dict[str, Any]:
    """Assume a role."""
    return caller("sts").assume_role(RoleArn=role, RoleSessionName="run", **more)


def test_identity_needs_no_permission(iam_user: Any) -> None:
    nobody = iam_user({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    nobody("sts").get_caller_identity()
    nobody("sts").get_session_token()
    with refused("AccessDenied"):
        nobody("sts").get_federation_token(Name="x1")


def test_a_trusted_account_still_needs_its_identity_policy(client: Client, iam_user: Any, account: str) -> None:
    role = new_role(client("iam"), trust({"AWS": account}))
    with refused("AccessDenied") as refusal:
        assume(iam_user(), role)
    assert refusal.message == (
        f"User: arn:aws:iam::{account}:user/someone is not authorized to perform: sts:AssumeRole on resource: {role} "
        "because no identity-based policy allows the sts:AssumeRole action"
    )
    assume(iam_user(ASSUME, name="allowed"), role)


def test_who_is_named_needs_nothing_else(client: Client, iam_user: Any, account: str) -> None:
    me = iam_user()
    role = new_role(client("iam"), trust({"AWS": f"arn:aws:iam::{account}:user/someone"}))
    assume(me, role)


def test_who_is_not_trusted_is_refused(client: Client, iam_user: Any) -> None:
    role = new_role(client("iam"), trust())
    with refused("AccessDenied") as refusal:
        assume(iam_user(ASSUME), role)
    assert refusal.message.endswith("because no role trust policy allows the sts:AssumeRole action")


def test_root_assumes_no_role(client: Client, account: str) -> None:
    role = new_role(client("iam"), trust({"AWS": account}))
    with refused("AccessDenied", "Roles may not be assumed by root accounts."):
        assume(client, role)


def test_a_role_that_does_not_exist(iam_user: Any, account: str) -> None:
    with refused("AccessDenied"):
        assume(iam_user(ASSUME), f"arn:aws:iam::{account}:role/none")
    with refused("AccessDenied"):
        assume(iam_user(ASSUME, name="two"), "arn:aws:iam::123:nothing-like-a-role")


def test_external_ids(client: Client, iam_user: Any, account: str) -> None:
    document = trust({"AWS": account}, Condition={"StringEquals": {"sts:ExternalId": "secret"}})
    role = new_role(client("iam"), document)
    me = iam_user(ASSUME)
    for given in ({}, {"ExternalId": "wrong"}):
        with refused("AccessDenied"):
            assume(me, role, **given)
    assume(me, role, ExternalId="secret")


def test_across_accounts_both_sides_must_allow(client: Client, iam_user: Any, account: str) -> None:
    there = client("iam", key=f"{account[:-1]}{(int(account[-1]) + 1) % 10}")
    role = new_role(there, trust({"AWS": account}))
    with refused("AccessDenied"):
        assume(iam_user(), role)
    me = iam_user(ASSUME, name="allowed")
    found = assume(me, role)["Credentials"]
    session = client("sts", key=found["AccessKeyId"], secret=found["SecretAccessKey"], token=found["SessionToken"])
    assert session.get_caller_identity()["Account"] == role.split(":")[4]
    there.update_assume_role_policy(RoleName="worker", PolicyDocument=trust({"AWS": OTHER}))
    with refused("AccessDenied"):
        assume(me, role)


def test_tags_and_source_identities_need_their_own_permission(client: Client, iam_user: Any, account: str) -> None:
    role = new_role(client("iam"), trust({"AWS": account}))
    me = iam_user(ASSUME)
    for given in ({"Tags": [{"Key": "a", "Value": "b"}]}, {"SourceIdentity": "bob"}):
        with refused("AccessDenied"):
            assume(me, role, **given)
    document = trust({"AWS": account}, Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    client("iam").update_assume_role_policy(RoleName="worker", PolicyDocument=document)
    assume(me, role, Tags=[{"Key": "a", "Value": "b"}], SourceIdentity="bob")


def test_tags_that_go_along_a_chain_need_the_permission_again(client: Client, iam_user: Any, account: str) -> None:
    iam = client("iam")
    both = trust({"AWS": account}, Action=["sts:AssumeRole", "sts:TagSession"])
    first = iam.create_role(RoleName="first", AssumeRolePolicyDocument=both)["Role"]["Arn"]
    iam.put_role_policy(RoleName="first", PolicyName="p", PolicyDocument=policy(allow("sts:*")))
    second = new_role(iam, trust({"AWS": account}))
    tags = [{"Key": "a", "Value": "b"}]
    found = assume(iam_user(ASSUME), first, Tags=tags, TransitiveTagKeys=["a"])["Credentials"]

    def session(service: str) -> Any:
        key, secret = found["AccessKeyId"], found["SecretAccessKey"]
        return client(service, key=key, secret=secret, token=found["SessionToken"])

    with refused("AccessDenied") as refusal:
        assume(session, second)
    assert f"is not authorized to perform: sts:TagSession on resource: {second}" in refusal.message
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=both)
    assume(session, second)


@pytest.mark.parametrize("layer", ["trust", "identity"])
def test_an_explicit_deny(client: Client, iam_user: Any, account: str, layer: str) -> None:
    deny = {"Effect": "Deny", "Action": "sts:AssumeRole"}
    me = iam_user(
        {"Version": "2012-10-17", "Statement": [allow("*"), *([deny | {"Resource": "*"}] * (layer != "trust"))]}
    )
    statements = [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}]
    if layer == "trust":
        statements.append(deny | {"Principal": {"AWS": f"arn:aws:iam::{account}:user/someone"}})
    role = new_role(client("iam"), policy(*statements))
    with refused("AccessDenied") as refusal:
        assume(me, role)
    words = {"trust": "the role trust policy", "identity": "an identity-based policy"}[layer]
    assert refusal.message.endswith(f"with an explicit deny in {words}")
