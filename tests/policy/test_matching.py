"""Actions, resources, variables: what a statement speaks of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.policy import patterns
from cloudarium.policy.principal import Principal
from tests.policy.questions import SESSION, allowed


@pytest.mark.parametrize(
    ("written", "asked", "matches"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("*", "s3:GetObject", True),
        ("s*", "s3:GetObject", True),
        ("s3:Put*", "s3:GetObject", False),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        (["sqs:*", "s3:GetObject"], "s3:GetObject", True),
    ],
)
def test_action(written: str | list[str], asked: str, matches: bool) -> None:
    assert allowed(Action=written, action=asked) is matches
    assert allowed(NotAction=written, action=asked) is not matches


@pytest.mark.parametrize(
    ("written", "asked", "matches"),
    [
        ("*", "*", True),
        ("arn:aws:s3:::bucket", "*", False),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::BUCKET/*", "arn:aws:s3:::bucket/a", False),
        ("arn:aws:s3:::b?cket/*.jpg", "arn:aws:s3:::bucket/x.jpg", True),
        ("arn:aws:s3:::b?cket/*.jpg", "arn:aws:s3:::bucket/x.png", False),
        ("arn:aws:sqs:*:*:jobs", "arn:aws:sqs:us-east-1:111122223333:jobs", True),
        ("arn:aws:logs:*:*:log-group:/a/*:*", "arn:aws:logs:us-east-1:1:log-group:/a/b:log-stream:x", True),
        ("arn:aws:sns:us-*-1:1:t", "arn:aws:sns:us-east-1:1:t", True),
        ("arn:aws:sns:us-*-1:1:t", "arn:aws:sns:us-east-2:x-1:1:t", False),
        ("arn:aws:sns:*", "arn:aws:sns:us-east-1:1:t", True),
    ],
)
def test_resource(written: str, asked: str, matches: bool) -> None:
    assert allowed(Resource=written, resource=asked) is matches
    assert allowed(NotResource=written, resource=asked) is not matches


def test_variables_in_resources() -> None:
    home = "arn:aws:s3:::home/${aws:username}/*"
    assert allowed(Resource=home, resource="arn:aws:s3:::home/bob/x")
    assert not allowed(Resource=home, resource="arn:aws:s3:::home/eve/x")
    # A role's session has no aws:username: without a value nothing matches.
    assert not allowed(Resource=home, resource="arn:aws:s3:::home/bob/x", principal=SESSION)
    # A default stands in.
    with_default = "arn:aws:s3:::home/${aws:username, 'nobody'}/*"
    assert allowed(Resource=with_default, resource="arn:aws:s3:::home/nobody/x", principal=SESSION)
    assert allowed(Resource=with_default, resource="arn:aws:s3:::home/bob/x")


def test_the_old_language_has_no_variables() -> None:
    home = "arn:aws:s3:::home/${aws:username}/*"
    assert not allowed(Resource=home, resource="arn:aws:s3:::home/bob/x", version="2008-10-17")
    assert allowed(Resource=home, resource="arn:aws:s3:::home/${aws:username}/x", version=None)


def test_special_variables_are_literal() -> None:
    assert allowed(Resource="arn:aws:s3:::b/${*}", resource="arn:aws:s3:::b/*")
    assert not allowed(Resource="arn:aws:s3:::b/${*}", resource="arn:aws:s3:::b/x")
    assert allowed(Resource="arn:aws:s3:::b/${?}${$}*", resource="arn:aws:s3:::b/?$x")


def test_values_of_variables_are_no_wildcards() -> None:
    star = Principal.user("111122223333", "*")
    assert not allowed(
        Resource="arn:aws:s3:::home/${aws:username}/k", resource="arn:aws:s3:::home/bob/k", principal=star
    )
    assert allowed(Resource="arn:aws:s3:::home/${aws:username}/k", resource="arn:aws:s3:::home/*/k", principal=star)


def test_variables_in_conditions() -> None:
    block = {"StringLike": {"s3:prefix": "home/${aws:username}/*"}}
    assert allowed(Condition=block, context={"s3:prefix": "home/bob/x"})
    assert not allowed(Condition=block, context={"s3:prefix": "home/eve/x"})
    tagged = Principal.user("111122223333", "bob", tags={"Team": "red"})
    same = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    assert allowed(Condition=same, context={"aws:ResourceTag/Team": "red"}, principal=tagged)
    assert not allowed(Condition=same, context={"aws:ResourceTag/Team": "blue"}, principal=tagged)


# ---- the glob itself ------------------------------------------------------------------------------------------------

LETTERS = st.text(alphabet="ab:*?.", max_size=12)


@given(LETTERS, st.text(alphabet="ab:.", max_size=12))
def test_glob_means_what_a_regular_expression_would(pattern: str, text: str) -> None:
    wanted = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    assert patterns.glob(pattern)(text) is (re.fullmatch(wanted, text, re.DOTALL) is not None)


@given(st.text(max_size=20))
def test_a_literal_matches_itself_alone(text: str) -> None:
    matches = patterns.glob(patterns.literal(text))
    if "\ue000" not in text and "\ue001" not in text:
        assert matches(text)
        assert not matches(text + "x")


@given(st.text(alphabet="ab:*?", max_size=16), st.text(alphabet="ab:", max_size=16))
def test_no_resource_pattern_breaks(pattern: str, text: str) -> None:
    assert patterns.resource(pattern)(text) in (True, False)
    assert patterns.arn(pattern)(text) in (True, False)


def test_a_hostile_pattern_does_not_hang() -> None:
    # A backtracking matcher would not come back from this one.
    assert not patterns.glob("*a" * 60 + "b")("a" * 20000)
