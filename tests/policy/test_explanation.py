"""Why: every policy that was considered, which parts of each statement match, and which statement decided."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from cloudarium.policy import explanation as layers
from cloudarium.policy.engine import Policies, Question, decide
from cloudarium.policy.explanation import Explanation, LayerView, explain
from cloudarium.policy.principal import Principal
from tests.policy.questions import ACCOUNT, BOB, OTHER, SESSION, document, resource_document, statement
from tests.policy.test_remedy import QUESTIONS, Raw, policies_of, raws

KEY = "arn:aws:s3:::bucket/key"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/staff"
ALL = document(statement())


def told(
    principal: Principal = BOB, resource: str = KEY, owner: str = ACCOUNT, bearers: Any = (), **more: Any
) -> Explanation:
    context, read, more["resource"] = more.pop("context", {}), more.pop("read", True), more.pop("policy", None)
    asked = Question(principal, "s3:GetObject", resource, context, owner)
    return explain(asked, Policies(**more), bearers, read=read)


def layer(explanation: Explanation, name: str) -> LayerView:
    return next(one for one in explanation.layers if one.name == name)


def test_a_denial_in_a_sentence() -> None:
    assert (
        told().sentence == f"denied: user bob may not s3:GetObject on {KEY} because no identity-based policy allows it"
    )


def test_the_statement_that_allows_is_named_with_its_bearer() -> None:
    policy = document(statement(Action="x:Y"), statement(Sid="Reads"))
    found = told(identity=[policy], bearers=[GROUP])
    assert found.sentence == (
        f'allowed: user bob may s3:GetObject on {KEY} because statement "Reads" of the identity-based policy p,'
        f" attached to {GROUP}, allows it"
    )
    ((where, by, one),) = found.decided_by
    assert (where.name, by.attached_to, one.position) == (layers.IDENTITY, GROUP, 1)


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        (SESSION, "role worker (session run)"),
        (Principal.root(ACCOUNT), f"the root of account {ACCOUNT}"),
        (Principal.service("s3.amazonaws.com"), "service s3.amazonaws.com"),
        (Principal.anonymous(), "an unsigned request"),
        (Principal("federated", ACCOUNT, "arn", name="f"), "federated user f"),
    ],
)
def test_callers_in_words(principal: Principal, words: str) -> None:
    assert f": {words} may" in told(principal).sentence


def test_root_is_not_limited() -> None:
    found = told(Principal.root(ACCOUNT))
    assert found.sentence.endswith("root is not limited by IAM policies")
    assert layer(found, layers.IDENTITY).spared == "root needs none"


def test_an_endpoint_that_lets_nothing_through_stops_root_too() -> None:
    endpoint = document(statement(Principal="*", Action="sqs:*"), kind="endpoint")
    found = told(Principal.root(ACCOUNT), endpoint=endpoint)
    assert found.sentence.endswith("because the policy of the VPC endpoint does not allow it")
    assert found.decision.message.endswith("because no VPC endpoint policy allows the s3:GetObject action")
    denied = told(endpoint=document(statement(Principal="*", Effect="Deny"), kind="endpoint"), identity=[ALL])
    assert denied.sentence.endswith("because statement 1 of the policy of VPC endpoint p denies it")
    assert denied.decision.message.endswith("with an explicit deny in a VPC endpoint policy")


def test_every_layer_in_awss_order() -> None:
    found = told(
        SESSION,
        identity=[ALL], boundary=ALL, session=[ALL], policy=resource_document(statement(Principal="*", Action="x:Y")),
        service_control=[[ALL], [ALL]], resource_control=[resource_document(statement(Principal="*", Effect="Deny",
        Action="x:Y"))], endpoint=document(statement(Principal="*"), kind="endpoint"),
    )  # fmt: skip
    assert [(one.name, one.level, one.outcome) for one in found.layers] == [
        (layers.RESOURCE_CONTROL, 0, "silent"),
        (layers.ENDPOINT, 0, "allows"),
        (layers.SERVICE_CONTROL, 1, "allows"),
        (layers.SERVICE_CONTROL, 2, "allows"),
        (layers.RESOURCE, 0, "silent"),
        (layers.IDENTITY, 0, "allows"),
        (layers.BOUNDARY, 0, "allows"),
        (layers.SESSION, 0, "allows"),
    ]


def test_which_part_of_a_statement_does_not_match() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}}
    policy = document(
        statement(Action="s3:PutObject"),
        statement(Resource="arn:aws:s3:::other/*"),
        statement(Condition=condition),
        statement(Action="s3:PutObject", NotResource="*"),
    )
    context = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "true"}
    action, resource, conditioned, both = (
        layer(told(identity=[policy], context=context), layers.IDENTITY).policies[0].statements
    )
    assert action.missed == ("Action s3:PutObject is not about this action",)
    assert resource.missed == ("Resource arn:aws:s3:::other/* is not about this resource",)
    assert conditioned.missed == ("aws:SourceIp was 127.0.0.1; IpAddress 10.0.0.0/8 wanted",)
    assert action.nearly and resource.nearly and conditioned.nearly
    assert len(both.missed) == 2 and not both.nearly


def test_a_key_that_the_request_lacks() -> None:
    policy = document(statement(Condition={"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}}))
    (one,) = layer(told(identity=[policy]), layers.IDENTITY).policies[0].statements
    assert one.missed == ("aws:PrincipalTag/team was not in the request; StringEquals a, b wanted",)


def test_principals_that_are_someone_else() -> None:
    policy = resource_document(statement(Principal={"AWS": OTHER}))
    (one,) = layer(told(policy=policy), layers.RESOURCE).policies[0].statements
    assert one.principal is False
    assert one.missed == ('Principal {"AWS":"444455556666"} is not this caller',)


def test_an_explicit_deny_names_its_statement() -> None:
    policy = document(statement(), statement(Effect="Deny", Action="s3:*"))
    found = told(identity=[policy], bearers=[GROUP])
    assert found.sentence == (
        f"denied: user bob may not s3:GetObject on {KEY} because statement 2 of the identity-based policy p, attached"
        f" to {GROUP}, denies it"
    )
    assert layer(found, layers.IDENTITY).outcome == "denies"


def test_what_a_grant_by_name_spares() -> None:
    policy = resource_document(statement(Principal={"AWS": BOB.arn}))
    found = told(policy=policy, boundary=document(statement(Action="x:Y")))
    assert found.decision.allowed
    assert layer(found, layers.BOUNDARY).spared == "the resource-based policy names the caller"
    assert told(policy=policy, owner=OTHER).layers[1].spared == ""


def test_a_service_has_no_policies_of_its_own() -> None:
    found = told(Principal.service("s3.amazonaws.com"), policy=resource_document(statement(Principal="*")))
    assert found.decision.allowed
    assert layer(found, layers.IDENTITY).spared == "a service has none of its own"


def test_conditions_that_nobody_read() -> None:
    policy = document(
        statement(),
        statement(Condition={"Bool": {"aws:SecureTransport": "true"}}),
        statement(Resource="arn:aws:s3:::bucket/${aws:PrincipalTag/home}"),
    )
    _, conditioned, variable = layer(told(identity=[policy], read=False), layers.IDENTITY).policies[0].statements
    assert conditioned.applies is None
    assert conditioned.conditions[0].holds is None
    assert variable.resource is None


@settings(deadline=None)
@given(QUESTIONS, raws())
def test_the_explanation_agrees_with_the_decision(asked: Question, raw: Raw) -> None:
    policies = policies_of(raw)
    found = explain(asked, policies)
    assert found.decision == decide(asked, policies)
    assert found.sentence.startswith("allowed: " if found.decision.allowed else "denied: ")
    assert [one for *_, one in found.decided_by if not one.applies] == []
    assert len(found.decided_by) == len(found.decision.deciding)
    denied = {one.name for one in found.layers if one.outcome == "denies"}
    if found.decision.allowed:
        assert denied <= {layers.IDENTITY, layers.BOUNDARY, layers.SESSION, layers.SERVICE_CONTROL}
        assert not denied or asked.principal.kind == "service"
    for one in found.layers:
        if found.decision.allowed and not one.spared and one.name in (layers.BOUNDARY, layers.SESSION):
            assert one.outcome in ("allows", "none")
