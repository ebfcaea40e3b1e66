"""How a minimal policy and its near misses are made; the generated tests rest on it."""

from __future__ import annotations

import json

import pytest

from tests.permissions import minimal
from tests.permissions.example import Also, Case
from tests.permissions.minimal import Pair

STREAM = "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:s"
GROUP = "arn:aws:logs:us-east-1:111111111111:log-group:g:*"


def test_the_tables_actions_meet_the_examples_resources() -> None:
    also = [Also("iam:PassRole", "arn:aws:iam::111111111111:role/r", "why")]
    case = Case({}, {"s3:PutObject": "arn:aws:s3:::b/k", "s3:GetObject": ["arn:aws:s3:::c/k"]}, also=also)
    pairs = minimal.pairs(case, ["s3:PutObject", "s3:GetObject"])
    assert pairs == [
        ("s3:PutObject", "arn:aws:s3:::b/k"),
        ("s3:GetObject", "arn:aws:s3:::c/k"),
        ("iam:PassRole", "arn:aws:iam::111111111111:role/r"),
    ]
    granted = json.loads(minimal.policy(pairs[:1]))["Statement"]
    assert granted == [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/k"}]


def test_an_example_cannot_leave_out_an_action_or_name_another() -> None:
    with pytest.raises(KeyError):
        minimal.pairs(Case({}, {"s3:PutObject": "arn:aws:s3:::b/k"}), ["s3:PutObject", "s3:GetObject"])
    with pytest.raises(AssertionError, match="why is"):
        minimal.pairs(Case({}, unneeded={"s3:PutObject": ""}), ["s3:PutObject"])
    with pytest.raises(AssertionError, match="not among"):
        minimal.pairs(Case({}, {"s3:PutObject": "*", "s3:DeleteObject": "*"}), ["s3:PutObject"])
    with pytest.raises(AssertionError, match="AWS has no action"):
        minimal.pairs(Case({}, also=[Also("s3:NoSuch", "*", "why")]), [])


@pytest.mark.parametrize(
    ("pair", "misses"),
    [
        (
            Pair("logs:PutLogEvents", STREAM),
            {
                "arn:aws:logs:eu-south-2:111111111111:log-group:g:log-stream:s",
                "arn:aws:logs:us-east-1:999999999999:log-group:g:log-stream:s",
                "arn:aws:logs:us-east-1:111111111111:log-group:not-g:log-stream:s",
                "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:not-s",
            },
        ),
        (
            Pair("logs:DeleteLogGroup", GROUP),
            {
                "arn:aws:logs:eu-south-2:111111111111:log-group:g:*",
                "arn:aws:logs:us-east-1:999999999999:log-group:g:*",
                "arn:aws:logs:us-east-1:111111111111:log-group:not-g:*",
            },
        ),
        (Pair("logs:PutResourcePolicy", "*"), {"arn:aws:logs:*:*:*"}),
        (
            Pair("ssm:DescribeParameters", "arn:aws:ssm:us-east-1:111111111111:*"),
            {"arn:aws:ssm:eu-south-2:111111111111:*", "arn:aws:ssm:us-east-1:999999999999:*"},
        ),
    ],
)
def test_near_misses(pair: Pair, misses: set[str]) -> None:
    assert set(minimal.misses(pair)) == misses


def test_a_resource_is_of_a_kind_that_the_action_has_or_the_example_says_why_not() -> None:
    minimal.check_kinds([Pair("logs:PutLogEvents", STREAM), Pair("logs:PutResourcePolicy", "*")], "")
    table = Pair("logs:PutLogEvents", "arn:aws:dynamodb:us-east-1:111111111111:table/t")
    with pytest.raises(AssertionError):
        minimal.check_kinds([table], "")
    minimal.check_kinds([table], "a reason")
    with pytest.raises(AssertionError, match="as the reference says"):
        minimal.check_kinds([Pair("logs:PutLogEvents", STREAM)], "a reason that nothing needs")
