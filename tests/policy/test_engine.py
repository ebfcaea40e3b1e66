"""Who may, by which policies: the evaluation logic of the IAM User Guide as a table of cases."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.policy.engine import Reason, session_documents
from cloudarium.policy.principal import Principal
from tests.policy.questions import (
    ACCOUNT,
    BOB,
    OTHER,
    ROLE_ARN,
    SESSION,
    ask,
    document,
    resource_document,
    statement,
)

ALL = document(statement())
NOTHING = document(statement(Action="nothing:Here"))
DENY = document(statement(), statement(Sid="Never", Effect="Deny", Action="s3:*"))
ROOT = Principal.root(ACCOUNT)
S3 = Principal.service("s3.amazonaws.com")
ANYONE = Principal.anonymous()
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"


def grant(principal: Any, **more: Any) -> Any:
    """A resource policy that allows everything to a principal."""
    return resource_document(statement(Principal=principal, **more))


def test_the_default_is_denied() -> None:
    decision = ask()
    assert not decision.allowed
    assert decision.reason is Reason.NO_IDENTITY
    assert decision.message == (
        "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: s3:GetObject on resource: "
        '"arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:GetObject action'
    )


def test_an_allow_names_its_statement() -> None:
    decision = ask(identity=[NOTHING, document(statement(Sid="Reads", Action="s3:Get*"))])
    assert decision.allowed
    assert decision.message == ""
    assert [(ref.policy, ref.sid, ref.position) for ref in decision.deciding] == [("p", "Reads", 0)]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("identity", "an identity-based policy"),
        ("boundary", "a permissions boundary"),
        ("session", "a session policy"),
        ("policy", "a resource-based policy"),
        ("service_control", "a service control policy"),
    ],
)
def test_an_explicit_deny_wins_in_every_layer(layer: str, words: str) -> None:
    denying = resource_document(statement(Principal="*"), statement(Principal="*", Effect="Deny", Sid="Never"))
    layers: dict[str, Any] = {"identity": [ALL], "boundary": ALL, "session": [ALL], "policy": grant("*")}
    layers[layer] = {"policy": denying, "boundary": DENY, "service_control": [[DENY]]}.get(layer, [DENY])
    decision = ask(**layers)
    assert not decision.allowed
    assert decision.reason is Reason.EXPLICIT_DENY
    assert decision.deciding[0].sid == "Never"
    assert decision.message.endswith(f"with an explicit deny in {words}")


def test_boundary_and_session_policies_only_narrow() -> None:
    assert ask(identity=[ALL], boundary=ALL, session=[ALL]).allowed
    assert ask(identity=[ALL], boundary=NOTHING).reason is Reason.NO_BOUNDARY
    assert ask(identity=[ALL], session=[NOTHING]).reason is Reason.NO_SESSION
    assert ask(boundary=ALL, session=[ALL]).reason is Reason.NO_IDENTITY
    assert "because no permissions boundary allows the" in ask(identity=[ALL], boundary=NOTHING).message
    assert "because no session policy allows the" in ask(identity=[ALL], session=[NOTHING]).message


def test_every_level_of_the_organisation_must_allow() -> None:
    assert ask(identity=[ALL], service_control=[[NOTHING, ALL], [ALL]]).allowed
    decision = ask(identity=[ALL], service_control=[[ALL], [NOTHING]])
    assert decision.reason is Reason.NO_SERVICE_CONTROL
    assert "because no service control policy allows the" in decision.message
    assert ask(ROOT, service_control=[[NOTHING]]).reason is Reason.NO_SERVICE_CONTROL


# ---- resource policies within the account ---------------------------------------------------------------------------


def test_a_user_named_by_arn_needs_nothing_else() -> None:
    named = grant({"AWS": BOB.arn})
    assert ask(policy=named).allowed
    assert ask(policy=named, boundary=NOTHING).allowed
    assert ask(policy=grant("*"), boundary=NOTHING).allowed
    assert ask(policy=grant({"AWS": f"arn:aws:iam::{ACCOUNT}:user/eve"})).reason is Reason.NO_IDENTITY


def test_the_account_as_principal_only_delegates() -> None:
    for principal in (ACCOUNT, ROOT_ARN):
        assert not ask(policy=grant({"AWS": principal})).allowed
        assert ask(policy=grant({"AWS": principal}), identity=[ALL]).allowed


def test_a_role_named_by_arn_is_still_bounded() -> None:
    named = grant({"AWS": ROLE_ARN})
    assert ask(SESSION, policy=named).allowed
    assert ask(SESSION, policy=named, boundary=NOTHING).reason is Reason.NO_BOUNDARY
    assert ask(SESSION, policy=named, session=[NOTHING]).reason is Reason.NO_SESSION


def test_a_session_named_by_arn_is_not_bounded() -> None:
    named = grant({"AWS": SESSION.arn})
    assert SESSION.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/run"
    assert ask(SESSION, policy=named, boundary=NOTHING, session=[NOTHING]).allowed
    other = Principal.session(ROLE_ARN, "other")
    assert not ask(other, policy=named).allowed


def test_unique_ids_are_principals_too() -> None:
    assert ask(policy=grant({"AWS": "AIDABOB"})).allowed
    assert ask(SESSION, policy=grant({"AWS": "AROAWORKER"})).allowed


def test_a_policy_may_be_required() -> None:
    assert ask(identity=[ALL], required=True).reason is Reason.NO_RESOURCE
    assert ask(identity=[ALL], required=True, policy=grant({"AWS": ROOT_ARN})).allowed
    assert not ask(required=True, policy=grant({"AWS": ROOT_ARN})).allowed
    assert ask(ROOT, required=True).reason is Reason.NO_RESOURCE


# ---- across accounts ------------------------------------------------------------------------------------------------


def test_across_accounts_both_sides_must_allow() -> None:
    for principal in (BOB.arn, ROOT_ARN, ACCOUNT, "*"):
        named = grant({"AWS": principal})
        assert ask(owner=OTHER, policy=named).reason is Reason.NO_IDENTITY
        assert ask(owner=OTHER, policy=named, identity=[ALL]).allowed
        assert ask(owner=OTHER, policy=named, identity=[ALL], boundary=NOTHING).reason is Reason.NO_BOUNDARY
    decision = ask(owner=OTHER, identity=[ALL])
    assert decision.reason is Reason.NO_RESOURCE
    assert decision.message == "Access Denied"  # S3 explains itself to its own account alone
    abroad = ask(owner=OTHER, identity=[ALL], action="sqs:SendMessage", resource="arn:aws:sqs:us-east-1:1:q")
    assert abroad.message.endswith("because no resource-based policy allows the sqs:SendMessage action")
    assert len(ask(owner=OTHER, policy=grant("*"), identity=[ALL]).deciding) == 2


# ---- root, services, the anonymous ----------------------------------------------------------------------------------


def test_root_needs_no_policy_of_its_own() -> None:
    assert ask(ROOT).reason is Reason.ROOT
    assert ask(ROOT, owner=OTHER).reason is Reason.NO_RESOURCE
    assert ask(ROOT, owner=OTHER, policy=grant({"AWS": ACCOUNT})).allowed
    denying = resource_document(statement(Principal="*", Effect="Deny"))
    assert ask(ROOT, policy=denying).reason is Reason.EXPLICIT_DENY


def test_services_live_by_the_resource_policy_alone() -> None:
    assert not ask(S3, identity=[ALL]).allowed
    assert ask(S3, policy=grant({"Service": "s3.amazonaws.com"})).allowed
    assert not ask(S3, policy=grant({"Service": "sns.amazonaws.com"})).allowed
    assert not ask(S3, policy=grant({"AWS": "*"})).allowed
    guarded = grant({"Service": "s3.amazonaws.com"}, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine"}})
    assert ask(S3, policy=guarded, context={"aws:SourceArn": "arn:aws:s3:::mine"}).allowed
    assert not ask(S3, policy=guarded, context={"aws:SourceArn": "arn:aws:s3:::other"}).allowed
    assert not ask(S3, policy=guarded).allowed


def test_the_anonymous_live_by_the_wildcard_alone() -> None:
    assert not ask(ANYONE).allowed
    assert ask(ANYONE, policy=grant("*")).allowed
    assert ask(ANYONE, policy=grant({"AWS": "*"})).allowed
    assert not ask(ANYONE, policy=grant({"AWS": ACCOUNT})).allowed


def test_federated_users_have_what_both_user_and_session_policy_allow() -> None:
    bare = Principal("federated", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/x", name="x", role_arn=BOB.arn)
    assert session_documents(bare) == ()
    assert ask(bare, identity=[ALL], session=()).reason is Reason.NO_SESSION
    assert ask(bare, identity=[ALL], session=[ALL]).allowed
    assert session_documents(BOB) is None


# ---- NotPrincipal ---------------------------------------------------------------------------------------------------


def test_not_principal_spares_who_is_named_with_all_faces() -> None:
    def but(*spared: str) -> Any:
        return resource_document(statement(NotPrincipal={"AWS": list(spared)}, Effect="Deny"))

    assert ask(identity=[ALL], policy=but(BOB.arn, ROOT_ARN)).allowed
    assert not ask(identity=[ALL], policy=but(BOB.arn)).allowed
    assert not ask(identity=[ALL], policy=but(f"arn:aws:iam::{ACCOUNT}:user/eve", ROOT_ARN)).allowed
    assert ask(SESSION, identity=[ALL], policy=but(SESSION.arn, ROLE_ARN, ROOT_ARN)).allowed
    assert not ask(SESSION, identity=[ALL], policy=but(ROLE_ARN, ROOT_ARN)).allowed
    assert not ask(S3, policy=but(ROOT_ARN)).allowed


def test_not_principal_spares_nobody_with_a_boundary() -> None:
    """IAM User Guide, NotPrincipal: whoever has a permissions boundary is denied, whomever the element names."""
    but = resource_document(statement(NotPrincipal={"AWS": [BOB.arn, ROOT_ARN]}, Effect="Deny"))
    assert ask(identity=[ALL], policy=but).allowed
    assert ask(identity=[ALL], policy=but, boundary=ALL).reason is Reason.EXPLICIT_DENY


def test_allow_to_all_but() -> None:
    but_bob = resource_document(statement(NotPrincipal={"AWS": BOB.arn}))
    assert not ask(policy=but_bob).allowed
    assert ask(Principal.user(ACCOUNT, "eve"), policy=but_bob).allowed


# ---- trust policies -------------------------------------------------------------------------------------------------


def trust(principal: Any, **more: Any) -> Any:
    """A role's trust policy."""
    given = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return document(given, kind="trust")


def assume(principal: Principal, **layers: Any) -> Any:
    """Ask to assume the role."""
    return ask(principal, "sts:AssumeRole", ROLE_ARN, required=True, **layers)


def test_trust() -> None:
    assert assume(BOB, policy=trust({"AWS": BOB.arn})).allowed
    assert not assume(BOB, policy=trust({"AWS": ROOT_ARN})).allowed
    assert assume(BOB, policy=trust({"AWS": ROOT_ARN}), identity=[ALL]).allowed
    refused = assume(BOB, policy=trust({"Service": "lambda.amazonaws.com"}), identity=[ALL])
    assert refused.reason is Reason.NO_TRUST
    assert refused.message == (
        f"User: {BOB.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE_ARN} "
        "because no role trust policy allows the sts:AssumeRole action"
    )
    assert assume(Principal.service("lambda.amazonaws.com"), policy=trust({"Service": "lambda.amazonaws.com"})).allowed
    external = trust({"AWS": BOB.arn}, Condition={"StringEquals": {"sts:ExternalId": "x"}})
    assert assume(BOB, policy=external, context={"sts:ExternalId": "x"}).allowed
    assert not assume(BOB, policy=external).allowed


# ---- words ----------------------------------------------------------------------------------------------------------


def test_the_resource_is_left_out_when_there_is_none() -> None:
    assert ask(action="ec2:DescribeInstances", resource="*").message == (
        "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: ec2:DescribeInstances because no "
        "identity-based policy allows the ec2:DescribeInstances action"
    )
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/t"
    assert f"dynamodb:GetItem on resource: {table} because" in ask(action="dynamodb:GetItem", resource=table).message


def test_a_role_of_another_account_is_never_passed() -> None:
    decision = ask(owner=OTHER, identity=[ALL], action="iam:PassRole", resource=f"arn:aws:iam::{OTHER}:role/r")
    assert (decision.allowed, decision.message) == (False, "Cross-account pass role is not allowed.")


def test_some_services_write_the_star() -> None:
    for action in ("lambda:ListFunctions", "dynamodb:DescribeLimits"):
        assert f"{action} on resource: * because" in ask(action=action, resource="*").message
    buckets = ask(action="s3:ListAllMyBuckets", resource="arn:aws:s3:::*").message
    assert "s3:ListAllMyBuckets because no identity-based policy allows" in buckets


# ---- properties -----------------------------------------------------------------------------------------------------

ACTIONS = st.sampled_from(["s3:GetObject", "s3:Put*", "*", "sqs:*", "nothing:Here"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::other", "arn:aws:s3:::bucket/${aws:username}"])
STATEMENTS = st.builds(
    lambda effect, action, resource: statement(Effect=effect, Action=action, Resource=resource),
    st.sampled_from(["Allow", "Deny"]),
    ACTIONS,
    RESOURCES,
)
DOCUMENTS = st.lists(STATEMENTS, min_size=1, max_size=4).map(lambda found: document(*found))


@given(st.lists(DOCUMENTS, max_size=3), DOCUMENTS)
def test_a_boundary_never_widens(identity: list[Any], boundary: Any) -> None:
    if ask(identity=identity, boundary=boundary).allowed:
        assert ask(identity=identity).allowed


@given(st.lists(DOCUMENTS, max_size=3))
def test_an_added_deny_always_denies(identity: list[Any]) -> None:
    assert not ask(identity=[*identity, document(statement(Effect="Deny"))]).allowed


@given(st.lists(DOCUMENTS, max_size=4))
def test_the_order_of_policies_does_not_matter(identity: list[Any]) -> None:
    assert ask(identity=identity).allowed is ask(identity=identity[::-1]).allowed


@given(st.lists(DOCUMENTS, max_size=3), st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]))
def test_every_decision_is_explained(identity: list[Any], action: str) -> None:
    decision = ask(action=action, identity=identity)
    assert bool(decision.message) is not decision.allowed
    assert decision.deciding or decision.reason is Reason.NO_IDENTITY


KEY = "arn:aws:kms:us-east-1:999988887777:key/k"


@pytest.mark.parametrize("policy", [None, grant({"AWS": "111122223333"}, Effect="Deny")])
def test_a_key_of_another_account_says_nothing_of_itself(policy: Any) -> None:
    asked = {"action": "kms:Decrypt", "resource": KEY, "required": True}
    decision = ask(**asked, owner="999988887777", identity=[ALL], policy=policy)
    assert decision.message.endswith(
        "kms:Decrypt on resource: arn:aws:kms:us-east-1:999988887777:key/k because the resource does not exist in this"
        " Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    )
    own = ask(**asked, identity=[ALL])
    assert own.message.endswith("because no resource-based policy allows the kms:Decrypt action")


def test_a_policy_that_must_allow_may_leave_it_to_the_account() -> None:
    def allowed(principal: Any, element: Any, **more: Any) -> bool:
        asked = {"action": "kms:Decrypt", "resource": KEY, "required": True, "principal": principal}
        return ask(**asked, policy=element and grant(element), **more).allowed

    root, bob = {"AWS": ROOT_ARN}, {"AWS": "arn:aws:iam::111122223333:user/bob"}
    assert allowed(BOB, root, identity=[ALL])
    assert not allowed(BOB, root)
    assert allowed(BOB, bob)
    assert not allowed(BOB, None, identity=[ALL])
    assert allowed(ROOT, root)
    assert not allowed(ROOT, bob)
    assert not allowed(ROOT, None)
