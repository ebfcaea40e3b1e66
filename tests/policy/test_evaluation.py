"""The evaluation logic of the IAM User Guide, clause by clause; each test names the page it is from.

[logic] Policy evaluation logic · [cross] Cross-account policy evaluation logic · [principal] Principal ·
[grammar] Grammar of the IAM JSON policy language · [variables] Variables and tags · [scp] Organizations, SCP evaluation
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudarium.policy.documents import compile_document
from cloudarium.policy.engine import Reason
from cloudarium.policy.grammar import MalformedPolicy, check_document
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

ALL, NOTHING = document(statement()), document(statement(Action="nothing:Here"))
ROOT, ROOT_ARN = Principal.root(ACCOUNT), f"arn:aws:iam::{ACCOUNT}:root"
GUEST_ARN = f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
GUEST = Principal("federated", ACCOUNT, GUEST_ARN, id=f"{ACCOUNT}:guest", name="guest", role_arn=BOB.arn)


def grant(*names: str, **more: Any) -> Any:
    """A resource policy that allows everything to AWS principals."""
    return resource_document(statement(Principal={"AWS": list(names)}, **more))


# ---- [logic] Resource-based policies and implicit denies in other policy types, same account ------------------------

# Who asks, whom the policy names, and which implicit denies still end in a denial: identity, boundary, session.
SAME_ACCOUNT = [
    (SESSION, ROLE_ARN, "", "boundary session"),
    (SESSION, SESSION.arn, "", ""),
    (BOB, BOB.arn, "", ""),
    (GUEST, GUEST_ARN, "", ""),
    (GUEST, BOB.arn, "", "boundary session"),
    (SESSION, ROOT_ARN, "identity", "boundary session"),
    (BOB, ACCOUNT, "identity", "boundary"),
    (GUEST, ROOT_ARN, "identity", "boundary session"),
    (SESSION, "*", "", ""),
    (BOB, "*", "", ""),
]


@pytest.mark.parametrize(("caller", "named", "needs", "limits"), SAME_ACCOUNT)
def test_who_is_named_decides_what_still_limits(caller: Principal, named: str, needs: str, limits: str) -> None:
    free = {"identity": [ALL], "boundary": ALL, "session": None if caller.kind == "user" else [ALL]}
    none = {"identity": [NOTHING], "boundary": NOTHING, "session": None if caller.kind == "user" else [NOTHING]}
    policy = grant(named)
    assert ask(caller, policy=policy, **free).allowed
    for layer in ("identity", "boundary", "session"):
        if layer == "session" and caller.kind == "user":
            continue
        denies = layer in needs or layer in limits
        decision = ask(caller, policy=policy, **{**free, layer: none[layer]})
        assert decision.allowed is not denies, layer


def test_a_key_policy_or_a_trust_policy_must_allow_itself() -> None:
    """[logic] "IAM role trust policies and KMS key policies are exceptions … they must explicitly allow access"."""
    for caller in (BOB, SESSION, ROOT):
        assert not ask(caller, identity=[ALL], required=True).allowed
        assert ask(caller, identity=[ALL], required=True, policy=grant(ROOT_ARN)).allowed
        assert not ask(caller, identity=[ALL], required=True, policy=grant(OTHER)).allowed


def test_a_wildcard_with_the_roles_arn_as_condition_is_not_limited() -> None:
    """[principal] "… do not limit permissions granted using the aws:PrincipalArn condition key with a wildcard"."""
    policy = grant("*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}})
    assert ask(SESSION, policy=policy, boundary=NOTHING, session=[NOTHING]).allowed
    assert not ask(Principal.session(f"arn:aws:iam::{ACCOUNT}:role/other", "run"), policy=policy).allowed


def test_principals_are_named_whole() -> None:
    """[principal] No wildcard matches part of a name, and names are case-sensitive."""
    for name in (
        f"arn:aws:iam::{ACCOUNT}:user/*",
        f"arn:aws:iam::{ACCOUNT}:user/BOB",
        f"arn:aws:iam::{ACCOUNT}:user/b?b",
    ):
        assert not ask(policy=grant(name)).allowed


def test_a_federated_user_without_session_policies_has_only_what_resources_grant() -> None:
    """[logic] No session policy, and no role session: implicitly denied."""
    assert not ask(GUEST, identity=[ALL], session=()).allowed
    assert ask(GUEST, identity=[ALL], session=(), policy=grant(GUEST_ARN)).allowed


def test_root_is_limited_by_organizations_and_by_explicit_denials_alone() -> None:
    """[logic], [scp]"""
    assert ask(ROOT, boundary=NOTHING).allowed
    assert not ask(ROOT, service_control=[[NOTHING]]).allowed
    deny = resource_document(statement(Principal="*", Effect="Deny"))
    assert not ask(ROOT, policy=deny).allowed


# ---- [cross] ---------------------------------------------------------------------------------------------------------

CALLERS = [(BOB, BOB.arn), (SESSION, ROLE_ARN), (SESSION, SESSION.arn), (ROOT, ROOT_ARN), (SESSION, ACCOUNT)]


@pytest.mark.parametrize(("caller", "named"), CALLERS)
def test_across_accounts_each_side_decides_for_itself(caller: Principal, named: str) -> None:
    there: dict[str, Any] = {"owner": OTHER, "policy": grant(named)}
    assert ask(caller, identity=[ALL], **there).allowed
    assert ask(caller, identity=[], **there).allowed is (caller is ROOT)
    assert ask(caller, identity=[ALL], boundary=NOTHING, **there).allowed is (caller is ROOT)
    assert not ask(caller, identity=[ALL], session=[NOTHING], **there).allowed
    assert not ask(caller, identity=[ALL], service_control=[[ALL], [NOTHING]], **there).allowed
    assert not ask(caller, identity=[ALL], owner=OTHER).allowed
    deny = resource_document(statement(Principal={"AWS": named}), statement(Principal="*", Effect="Deny"))
    assert not ask(caller, identity=[ALL], owner=OTHER, policy=deny).allowed


# ---- [scp] ----------------------------------------------------------------------------------------------------------


def test_a_denial_at_any_level_and_an_allow_at_every_level() -> None:
    deny = document(statement(), statement(Effect="Deny", Action="s3:*"))
    for place in range(3):
        levels = [[ALL], [ALL], [ALL]]
        levels[place] = [deny]
        assert ask(identity=[ALL], service_control=levels).reason is Reason.EXPLICIT_DENY
        levels[place] = [NOTHING]
        assert ask(identity=[ALL], service_control=levels).reason is Reason.NO_SERVICE_CONTROL
        levels[place] = [NOTHING, ALL]
        assert ask(identity=[ALL], service_control=levels).allowed
    assert not ask(service_control=[[ALL]]).allowed  # they grant nothing


def test_they_limit_what_resources_grant() -> None:
    assert not ask(policy=grant(BOB.arn), service_control=[[NOTHING]]).allowed
    service = Principal.service("s3.amazonaws.com", ACCOUNT)
    policy = resource_document(statement(Principal={"Service": "s3.amazonaws.com"}))
    assert ask(service, policy=policy, service_control=[[NOTHING]]).allowed


# ---- role trust -----------------------------------------------------------------------------------------------------

TRUST: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"aws:MultiFactorAuthPresent": "true"}, True),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"aws:MultiFactorAuthPresent": "false"}, False),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}, False),  # long-term keys do not have the key at all
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, {}, True),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, {"aws:MultiFactorAuthAge": "300"}, True),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, {"aws:MultiFactorAuthAge": "3601"}, False),
    ({"StringEquals": {"sts:ExternalId": "Unique"}}, {"sts:ExternalId": "Unique"}, True),
    ({"StringEquals": {"sts:ExternalId": "Unique"}}, {"sts:ExternalId": "unique"}, False),
    ({"StringLike": {"sts:RoleSessionName": "${aws:username}"}}, {"sts:RoleSessionName": "bob"}, True),
    ({"StringLike": {"sts:RoleSessionName": "${aws:username}"}}, {"sts:RoleSessionName": "eve"}, False),
]


@pytest.mark.parametrize(("condition", "context", "trusted"), TRUST)
def test_trust_with_conditions(condition: dict[str, Any], context: dict[str, Any], trusted: bool) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": BOB.arn}, "Action": "sts:AssumeRole", "Condition": condition}
    policy = document(trust, kind="trust")
    decision = ask(BOB, "sts:AssumeRole", ROLE_ARN, context, required=True, policy=policy, identity=[ALL])
    assert decision.allowed is trusted


def test_the_confused_deputy_is_told_by_source() -> None:
    condition = {
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine*"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    policy = resource_document(statement(Principal={"Service": "s3.amazonaws.com"}, Condition=condition))
    service = Principal.service("s3.amazonaws.com")
    mine = {"aws:SourceArn": "arn:aws:s3:::mine-too", "aws:SourceAccount": ACCOUNT}
    assert ask(service, policy=policy, context=mine).allowed
    assert not ask(service, policy=policy, context={**mine, "aws:SourceAccount": OTHER}).allowed
    assert not ask(service, policy=policy, context={"aws:SourceArn": "arn:aws:s3:::mine"}).allowed


# ---- [grammar] -------------------------------------------------------------------------------------------------------


def test_one_statement_needs_no_list() -> None:
    for found in (statement(), [statement()]):
        text = json.dumps({"Version": "2012-10-17", "Statement": found})
        assert ask(identity=[compile_document(text)]).allowed


@pytest.mark.parametrize("kind", ["identity", "inline", "session", "trust", "resource", "service control"])
def test_no_key_twice(kind: Any) -> None:
    """[grammar] "Individual elements must not contain multiple instances of the same key"."""
    principal = '"Principal":"*",' if kind in ("trust", "resource") else ""
    where = "" if kind == "trust" else '"Resource":"*",'
    good = f'{{"Version":"2012-10-17","Statement":{{{principal}{where}"Effect":"Allow","Action":"sts:AssumeRole"}}}}'
    check_document(good, kind)
    for key, value in (("Effect", '"Deny"'), ("Action", '"sts:AssumeRole"')):
        with pytest.raises(MalformedPolicy):
            check_document(good.replace(f'"{key}":', f'"{key}":{value},"{key}":', 1), kind)


def test_sids_may_repeat_in_what_is_asked_and_not_in_what_is_written() -> None:
    twice = [statement(Sid="a", Action="s3:Put*"), statement(Sid="a")]
    text = json.dumps({"Version": "2012-10-17", "Statement": twice})
    assert ask(identity=[compile_document(text)]).deciding[0].position == 1
    with pytest.raises(MalformedPolicy, match="unique"):
        check_document(text)


def test_versions() -> None:
    """[grammar] Without a version a document is of 2008-10-17, whose variables are plain text."""
    named = statement(Resource="arn:aws:s3:::bucket/${aws:username}")
    for version, allows in (("2012-10-17", True), ("2008-10-17", False), (None, False)):
        found = document(named, version=version)
        assert ask(resource="arn:aws:s3:::bucket/bob", identity=[found]).allowed is allows
        assert ask(resource="arn:aws:s3:::bucket/${aws:username}", identity=[found]).allowed is not allows


# ---- variables ------------------------------------------------------------------------------------------------------

VARIABLES = [
    ("${aws:username}", "bob", True),
    ("${AWS:UserName}", "bob", True),
    ("${aws:username, 'eve'}", "bob", True),
    ("${aws:nothing, 'eve'}", "eve", True),
    ("${aws:nothing,'eve'}", "eve", True),
    ("${aws:nothing, ''}", "", True),
    ("${aws:nothing, '*'}", "*", True),
    ("${aws:nothing, '*'}", "x", False),
    ("${aws:nothing}", "${aws:nothing}", False),
    ("${aws:nothing}", "", False),
    ("${k:many}", "a", False),  # many-valued keys have no one value
    ("${k:many, 'd'}", "d", True),
    ("${*}", "*", True),
    ("${*}", "x", False),
    ("${?}${$}", "?$", True),
    ("${$}{aws:username}", "${aws:username}", True),
    ("a${aws:username}b${aws:username}c", "abobbbobc", True),
    ("${aws:username}*", "bobby", True),
    ("${", "${", True),
    ("$aws:username", "$aws:username", True),
]


@pytest.mark.parametrize(("written", "asked", "matches"), VARIABLES)
def test_variables(written: str, asked: str, matches: bool) -> None:
    context = {"k:many": ["a", "b"]}
    found = document(statement(Resource=f"arn:aws:s3:::b/{written}"))
    assert ask(resource=f"arn:aws:s3:::b/{asked}", context=context, identity=[found]).allowed is matches
    condition = document(statement(Condition={"StringLike": {"k:asked": written}}))
    decision = ask(context={**context, "k:asked": asked}, identity=[condition])
    assert decision.allowed is matches


def test_a_variable_without_a_value_matches_nothing_so_its_negation_holds() -> None:
    """[variables] It is "effectively null": equal to nothing, like nothing, and not among the NotResources."""
    for operator in ("StringNotEquals", "StringNotLike", "ArnNotLike"):
        found = document(statement(Condition={operator: {"k:a": "${aws:nothing}"}}))
        assert ask(context={"k:a": "x"}, identity=[found]).allowed
    assert ask(identity=[document(statement(NotResource="arn:aws:s3:::${aws:nothing}"))]).allowed


# ---- hostile sizes: these end, which is the assertion ---------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 2000 + "b", "?*" * 2000, "*?a?" * 1000 + "b", "a?" * 3000, "*" * 6000 + "b", "**a**" * 1200 + "?b"],
)
def test_wildcards_end(pattern: str) -> None:
    text = "a" * 6000
    found = document(
        statement(Resource=f"arn:aws:s3:::{pattern}"), statement(Condition={"StringLike": {"k:a": pattern}})
    )
    decision = ask(resource=f"arn:aws:s3:::{text}", context={"k:a": text}, identity=[found])
    assert decision.allowed is (pattern == "?*" * 2000 or pattern == "a?" * 3000)


def test_many_of_everything_ends() -> None:
    values = [f"value-{number}*" for number in range(150)]
    tests = {"ForAllValues:StringLike": {"k:a": values}, "StringLike": {"k:b": ["${k:c}" * 50] * 200}}
    found = document(*(statement(Action=values, Resource=values, Condition=tests) for _ in range(20)))
    context = {"k:a": values, "k:b": "x" * 1000, "k:c": "y" * 1000}
    assert not ask(action="value-149", resource="value-149x", context=context, identity=[found]).allowed
    deep = '{"Version":"2012-10-17","Statement":' + "[" * 5000 + "]" * 5000 + "}"
    with pytest.raises(MalformedPolicy):
        check_document(deep)
