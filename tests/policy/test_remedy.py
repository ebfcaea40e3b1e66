"""The smallest change that would allow: proved by the engine, exact in action and resource, nothing needless in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cloudarium.policy import explanation as layers
from cloudarium.policy.documents import Document
from cloudarium.policy.engine import Policies, Question, decide
from cloudarium.policy.principal import Principal
from cloudarium.policy.remedy import Change, Remedy, remedy
from tests.policy.questions import ACCOUNT, BOB, OTHER, ROLE_ARN, SESSION, document, resource_document, statement

KEY = "arn:aws:s3:::bucket/key"
BOB_ARN = f"arn:aws:iam::{ACCOUNT}:user/bob"
S3 = Principal.service("s3.amazonaws.com")
ALL = document(statement())
GRANT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": KEY}


def question(principal: Principal = BOB, resource: str = KEY, owner: str = ACCOUNT, **more: Any) -> Question:
    return Question(principal, "s3:GetObject", resource, more.pop("context", {}), owner, **more)


def found(asked: Question, **policies: Any) -> Remedy:
    return remedy(asked, Policies(**policies))


# ---- nobody allows --------------------------------------------------------------------------------------------------


def test_what_is_allowed_needs_nothing() -> None:
    assert found(question(), identity=[ALL]) == Remedy((), True)


def test_an_identity_statement_with_exactly_this_action_and_resource() -> None:
    told = found(question())
    (change,) = told.changes
    assert told.allows
    assert (change.do, change.layer, change.to, change.statement) == ("add", layers.IDENTITY, BOB_ARN, GRANT)


def test_a_session_is_allowed_by_its_role() -> None:
    (change,) = found(question(SESSION)).changes
    assert change.to == ROLE_ARN


def test_wildcards_in_a_key_stand_for_themselves() -> None:
    asked = question(resource="arn:aws:s3:::bucket/a*b?${c}")
    told = found(asked)
    (change,) = told.changes
    assert told.allows and change.statement is not None
    assert change.statement["Resource"] == "arn:aws:s3:::bucket/a${*}b${?}${$}{c}"
    added = document(change.statement)
    assert not decide(replace(asked, resource="arn:aws:s3:::bucket/aXb?${c}"), Policies(identity=[added])).allowed


def test_an_old_policy_has_no_variables_to_write_such_a_key_with() -> None:
    old = document(statement(Action="nothing:Here"), version="2008-10-17")
    told = found(question(resource="arn:aws:s3:::bucket/a*"), identity=[ALL], boundary=old)
    assert told.allows and told.changes[0].statement is not None
    assert told.changes[0].statement["Resource"] == "arn:aws:s3:::bucket/a*"


def test_every_layer_that_is_silent_gets_its_statement() -> None:
    nothing = document(statement(Action="nothing:Here"))
    told = found(
        question(SESSION),
        identity=[nothing], boundary=nothing, session=[nothing], service_control=[[ALL], [nothing], [ALL]],
    )  # fmt: skip
    assert told.allows
    assert [(change.layer, change.statement) for change in told.changes] == [
        (layers.SERVICE_CONTROL, GRANT),
        (layers.IDENTITY, GRANT),
        (layers.BOUNDARY, GRANT),
        (layers.SESSION, GRANT),
    ]
    assert told.changes[0].to == "level 2 of the organisation"


def test_a_federated_user_needs_a_policy_of_the_session() -> None:
    user = Principal("federated", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/f", name="f", role_arn=BOB_ARN)
    told = found(question(user), identity=[ALL], session=())
    assert [change.layer for change in told.changes] == [layers.SESSION]
    assert told.allows


@pytest.mark.parametrize(
    ("principal", "owner", "element"),
    [
        (BOB, OTHER, {"AWS": BOB_ARN}),
        (SESSION, OTHER, {"AWS": ROLE_ARN}),
        (Principal.root(ACCOUNT), OTHER, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        (S3, ACCOUNT, {"Service": "s3.amazonaws.com"}),
        (Principal.anonymous(), ACCOUNT, "*"),
    ],
)
def test_the_resources_policy_names_the_caller(principal: Principal, owner: str, element: Any) -> None:
    told = remedy(question(principal, owner=owner), Policies(identity=[ALL]), holder="arn:aws:s3:::bucket")
    (change,) = told.changes
    assert told.allows
    assert (change.layer, change.to) == (layers.RESOURCE, "arn:aws:s3:::bucket")
    assert change.statement == {**GRANT, "Principal": element}


def test_across_accounts_both_sides_get_theirs() -> None:
    told = found(question(owner=OTHER))
    assert [change.layer for change in told.changes] == [layers.IDENTITY, layers.RESOURCE]
    assert told.allows


def test_a_resource_without_policies_of_its_own_lets_nobody_in() -> None:
    told = remedy(question(owner=OTHER), Policies(identity=[ALL]), speaks=False)
    assert (told.changes, told.allows) == ((), False)
    assert "call as a role of that account" in told.left


def test_a_trust_policy_has_no_resource() -> None:
    trust = document(statement(Principal={"AWS": OTHER}, Action="sts:AssumeRole"), kind="trust")
    asked = Question(BOB, "sts:AssumeRole", ROLE_ARN, {}, ACCOUNT, resource_policy_required=True)
    told = remedy(asked, Policies(resource=trust))
    assert told.allows
    assert told.changes[0].layer == layers.TRUST
    assert told.changes[0].statement == {"Effect": "Allow", "Principal": {"AWS": BOB_ARN}, "Action": "sts:AssumeRole"}


def test_a_role_that_is_not_there_has_no_policy_to_add_to() -> None:
    asked = Question(BOB, "sts:AssumeRole", ROLE_ARN, {}, ACCOUNT, resource_policy_required=True)
    told = remedy(asked, Policies(identity=[ALL]))
    assert not told.allows
    assert "may not exist" in told.left


# ---- somebody denies ------------------------------------------------------------------------------------------------


def test_a_deny_gets_an_exception_and_other_ways_are_told() -> None:
    denial = statement(Sid="Never", Effect="Deny", Action="s3:*")
    told = found(question(), identity=[ALL, document(denial)])
    (change,) = told.changes
    assert told.allows
    assert (change.do, change.layer, change.instead_of) == ("except", layers.IDENTITY, denial)
    assert change.statement == {"Sid": "Never", "Effect": "Deny", "Action": "s3:*", "NotResource": KEY}
    caller, gone = change.or_else
    assert caller.statement == {**denial, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": BOB_ARN}}}
    assert (gone.do, gone.statement) == ("remove", None)


def test_exceptions_that_are_there_already_grow() -> None:
    denial = {
        "Effect": "Deny", "Principal": "*", "Action": "*", "NotResource": "arn:aws:s3:::bucket/public",
        "Condition": {"arnnotequals": {"AWS:PrincipalArn": "arn:aws:iam::111122223333:user/ann"}},
    }  # fmt: skip
    (change,) = found(question(), identity=[ALL], resource=resource_document(denial)).changes
    assert change.statement is not None
    assert change.statement["Condition"]["arnnotequals"]["AWS:PrincipalArn"][1:] == [BOB_ARN]
    assert change.or_else[0].statement is not None
    assert change.or_else[0].statement["NotResource"] == ["arn:aws:s3:::bucket/public", KEY]


def test_a_denied_service_is_excepted_by_its_name() -> None:
    policy = resource_document(statement(Principal="*"), statement(Effect="Deny", Principal="*"))
    told = found(question(S3), resource=policy)
    assert told.allows and told.changes[0].statement is not None
    assert told.changes[0].statement["Condition"] == {
        "StringNotEquals": {"aws:PrincipalServiceName": "s3.amazonaws.com"}
    }


def test_a_session_policys_deny_can_only_go() -> None:
    session = document(statement(), statement(Effect="Deny", Action="s3:GetObject"), kind="session")
    told = found(question(SESSION), identity=[ALL], session=[session])
    assert told.allows
    assert [change.do for change in told.changes] == ["remove"]


def test_every_deny_in_the_way_is_told_and_then_what_lacks() -> None:
    denial = statement(Effect="Deny")
    told = found(question(), identity=[document(denial), document(denial, statement(Action="x:Y"))])
    assert [change.do for change in told.changes] == ["except", "except", "add"]
    assert told.allows


# ---- properties -----------------------------------------------------------------------------------------------------

ACTIONS = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:Put*", "*", "sqs:*", "nothing:Here"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/key", "arn:aws:s3:::${aws:username}/*"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {"StringNotEquals": {"aws:username": "bob"}},
        {"Bool": {"aws:SecureTransport": "false"}},
    ]
)
PRINCIPALS = st.sampled_from(
    ["*", {"AWS": BOB_ARN}, {"AWS": ROLE_ARN}, {"AWS": ACCOUNT}, {"AWS": OTHER}, {"Service": "s3.amazonaws.com"}]
)
CALLERS = st.sampled_from([BOB, SESSION, Principal.root(ACCOUNT), S3, Principal.anonymous()])


Raw = dict[str, list[dict[str, Any]]]  # the statements of each policy by its name, which begins with its layer's letter


@st.composite
def raws(draw: Any) -> Raw:
    """Policies of some layers, each with a name of its own."""

    def one(resource: bool) -> dict[str, Any]:
        made = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])), "Action": draw(ACTIONS)}
        made["NotResource" if draw(st.integers(0, 5)) == 0 else "Resource"] = draw(RESOURCES)
        made |= {"Condition": draw(CONDITIONS)}
        return {**made, "Principal": draw(PRINCIPALS)} if resource else made

    names = draw(st.sets(st.sampled_from(["i0", "i1", "b", "s0", "r", "c1-0", "c2-0", "c2-1", "x0", "e"]), max_size=5))
    return {name: [one(name[0] in "rxe") for _ in range(draw(st.integers(1, 3)))] for name in sorted(names)}


def policies_of(raw: Raw) -> Policies:
    """The policies as the engine takes them."""
    kinds = {"r": "resource", "x": "resource", "s": "session", "e": "endpoint"}
    made = {
        name: Document({"Version": "2012-10-17", "Statement": statements}, name, kinds.get(name[0], "identity"))
        for name, statements in raw.items()
    }
    levels = sorted({name.partition("-")[0] for name in made if name[0] == "c"})
    return Policies(
        identity=[made[name] for name in made if name[0] == "i"],
        boundary=made.get("b"),
        session=[made[name] for name in made if name[0] == "s"] or None,
        resource=made.get("r"),
        service_control=[[made[name] for name in made if name.startswith(level)] for level in levels],
        resource_control=[made[name] for name in made if name[0] == "x"],
        endpoint=made.get("e"),
    )


def applied(raw: Raw, change: Change, spoilt: str = "") -> Raw:
    """The policies with a change; `spoilt` names an element of what is added that says something else."""
    after = {name: list(statements) for name, statements in raw.items()}
    if change.do != "add":
        place = after[change.to].index(change.instead_of)
        after[change.to][place : place + 1] = [] if change.statement is None else [change.statement]
        return after
    other = {"Action": "s3:GetObjectAcl", "Resource": "arn:aws:s3:::bucket/else"}
    added = {**(change.statement or {}), **({spoilt: other[spoilt]} if spoilt else {})}
    levels = sorted({name.partition("-")[0] for name in raw if name[0] == "c"})
    name = {
        layers.IDENTITY: "i9",
        layers.BOUNDARY: "b",
        layers.SESSION: "s9",
        layers.RESOURCE: "r",
        layers.ENDPOINT: "e",
        layers.SERVICE_CONTROL: f"{levels[int(change.to.split()[1]) - 1]}-9" if change.to[:5] == "level" else "",
    }[change.layer]
    return {**after, name: [*after.get(name, []), added]}


def all_applied(raw: Raw, changes: Any, spoilt: Change | None = None, element: str = "") -> Policies:
    for change in changes:
        raw = applied(raw, change, element if change is spoilt else "")
    return policies_of(raw)


QUESTIONS = st.builds(
    question,
    CALLERS,
    st.sampled_from([KEY, "arn:aws:s3:::bucket/a*b"]),
    st.sampled_from([ACCOUNT, OTHER]),
    context=st.sampled_from([{"aws:SourceIp": "127.0.0.1"}, {"aws:SourceIp": "10.1.1.1", "aws:SecureTransport": "no"}]),
)


@settings(deadline=None, max_examples=300)
@given(QUESTIONS, raws())
def test_the_remedy_allows_and_nothing_in_it_is_needless(asked: Question, raw: Raw) -> None:
    assume(not decide(asked, policies_of(raw)).allowed)
    told = remedy(asked, policies_of(raw))
    assert told.allows, told.left
    assert decide(asked, all_applied(raw, told.changes)).allowed
    for place, change in enumerate(told.changes):
        others = (*told.changes[:place], *told.changes[place + 1 :])
        assert not decide(asked, all_applied(raw, others)).allowed
        for element in ("Action", "Resource") if change.do == "add" else ():
            assert not decide(asked, all_applied(raw, told.changes, change, element)).allowed


@settings(deadline=None, max_examples=200)
@given(QUESTIONS, raws())
def test_every_way_around_a_deny_is_one(asked: Question, raw: Raw) -> None:
    raw = {**raw, "r": [*raw.get("r", []), statement(Effect="Deny", Principal="*")]}
    ref = decide(asked, policies_of(raw)).deciding[0]
    (first, *_) = remedy(asked, policies_of(raw)).changes
    for way in (first, *first.or_else):
        after = decide(asked, policies_of(applied(raw, way)))
        again = after.deciding and (after.deciding[0].policy, after.deciding[0].text) == (ref.policy, ref.text)
        assert after.allowed or not again or raw[ref.policy].count(orjson.loads(ref.text)) > 1
