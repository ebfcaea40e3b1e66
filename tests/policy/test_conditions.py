"""Every condition operator, with absent keys, several values, qualifiers and IfExists, as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.questions import allowed

CASES: list[tuple[str, str | list[str], Any, bool]] = [
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", "a", None, False),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", "a", None, True),
    ("StringEqualsIgnoreCase", "aB", "Ab", True),
    ("StringNotEqualsIgnoreCase", "aB", "Ab", False),
    ("StringLike", "a*c?", "abbcd", True),
    ("StringLike", "a*", "A", False),
    ("StringLike", ["x", "*"], "", True),
    ("StringNotLike", "a*", "b", True),
    ("StringNotLike", "a*", None, True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericNotEquals", "10", "11", True),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "9", False),
    ("NumericGreaterThanEquals", "10", "1e2", True),
    ("NumericEquals", "10", "ten", False),
    ("NumericEquals", "1", None, False),
    ("DateLessThan", "2020-01-01T00:00:00Z", "2019-12-31T23:59:59Z", True),
    ("DateGreaterThan", "2020-01-01", "2019-12-31T23:59:59Z", False),
    ("DateGreaterThan", "2020-01-01T00:00:00+02:00", "2019-12-31T22:00:01Z", True),
    ("DateEquals", "0", "1970-01-01T00:00:00Z", True),
    ("DateNotEquals", "1577836800", "2020-01-01T00:00:00Z", False),
    ("DateGreaterThanEquals", "1577836800", "2020-01-01T00:00:00Z", True),
    ("DateLessThanEquals", "1577836800", "2020-01-01T00:00:01Z", False),
    ("Bool", "true", "TRUE", True),
    ("Bool", "true", True, True),
    ("Bool", "false", None, False),
    ("BinaryEquals", "aGk=", "aGk=", True),
    ("BinaryEquals", "aGk=", "aGo=", False),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
    ("IpAddress", "10.1.2.3", "10.1.2.3", True),
    ("IpAddress", "10.0.0.0/8", "11.1.2.3", False),
    ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
    ("IpAddress", "10.0.0.0/8", "nonsense", False),
    ("NotIpAddress", "10.0.0.0/8", "11.1.2.3", True),
    ("NotIpAddress", "10.0.0.0/8", None, True),
    ("ArnEquals", "arn:aws:sns:*:123456789012:a*", "arn:aws:sns:us-east-1:123456789012:abc", True),
    ("ArnLike", "arn:aws:sns:*:b", "arn:aws:sns:us-east-1:123456789012:b", True),
    ("ArnLike", "arn:aws:sns:*:123456789012:b", "arn:aws:sns:us-east-1:999999999999:123456789012:b", False),
    ("ArnNotEquals", "arn:aws:sns:us-east-1:1:a", "arn:aws:sns:us-east-1:1:b", True),
    ("ArnNotLike", "arn:aws:sns:*:1:a", "arn:aws:sns:us-east-1:1:a", False),
    ("Null", "true", None, True),
    ("Null", "true", "x", False),
    ("Null", "false", "x", True),
    ("Null", "false", None, False),
    ("StringEqualsIfExists", "a", None, True),
    ("StringEqualsIfExists", "a", "b", False),
    ("NumericLessThanIfExists", "5", None, True),
    ("BoolIfExists", "false", None, True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "a"], False),
    ("ForAnyValue:StringEquals", ["a", "b"], ["x", "a"], True),
    ("ForAnyValue:StringEquals", ["a"], ["x"], False),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "x"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
    ("ForAnyValue:StringLike", ["team-*"], ["other", "team-a"], True),
    ("ForAnyValue:StringLikeIfExists", ["team-*"], None, True),
    ("stringequals", "a", "a", True),
    # To the set operators an empty string is an empty set.
    ("ForAllValues:StringEquals", ["a"], "", True),
    ("ForAllValues:StringEquals", ["a"], [], True),
    ("ForAnyValue:StringEquals", ["a", ""], "", False),
    ("ForAnyValue:StringNotEquals", ["a"], "", False),
    ("ForAllValues:StringEquals", ["a"], ["", "b"], False),
    ("StringEquals", "", "", True),
    # Absent keys under each qualifier with IfExists.
    ("ForAllValues:StringEqualsIfExists", ["a"], None, True),
    ("ForAllValues:StringNotEquals", ["a"], None, True),
    ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ("StringNotEqualsIfExists", "a", None, True),
    ("StringNotEqualsIfExists", "a", "a", False),
    ("ForAllValues:Null", "true", None, True),
    ("Null", ["true", "false"], "x", True),
    ("Null", "TRUE", None, True),
    # Values that are no numbers, dates, addresses or binaries match nothing, and negations of them everything.
    ("NumericEquals", "ten", "ten", False),
    ("NumericNotEquals", "ten", "ten", True),
    ("NumericEquals", "0x10", "16", False),
    ("NumericEquals", "+5", "5", True),
    ("NumericLessThan", "-1", "-1.5", True),
    ("NumericEquals", "NaN", "NaN", False),
    ("NumericLessThan", "Infinity", "1", False),
    ("NumericEquals", "1e999999999", "1", False),
    ("NumericEquals", "٣", "3", False),
    ("DateEquals", "2020-01-01", "2020-01", True),
    ("DateLessThan", "2020-13-01T00:00:00Z", "2019-01-01", False),
    ("DateEquals", "2020-01-01T00:00:00.500Z", "2020-01-01T00:00:00.5Z", True),
    ("DateEquals", "2020-01-01T01:00+01:00", "2020-01-01T00:00Z", True),
    ("DateEquals", "2020-01-*", "2020-01-01", False),
    ("Bool", "true", "1", False),
    ("Bool", "yes", "yes", True),
    ("BinaryEquals", "not base64!", "not base64!", False),
    ("BinaryEquals", "aGk", "aGk", False),
    ("IpAddress", "0.0.0.0/0", "203.0.113.9", True),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", "::/0", "203.0.113.9", False),
    ("IpAddress", "203.0.113.9/24", "203.0.113.200", True),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678:0:0:0:1", True),
    ("IpAddress", "203.0.113.0/33", "203.0.113.0", False),
    ("IpAddress", "203.0.113.*", "203.0.113.1", False),
    ("NotIpAddress", "203.0.113.0/33", "203.0.113.0", True),
    # Each of the six parts of an ARN is compared on its own; the last keeps its colons.
    ("ArnLike", "arn:aws:*:*:*:*", "arn:aws:sns:us-east-1:1:t", True),
    ("ArnEquals", "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:us-east-1:1:log-group:/a:log-stream:b", True),
    ("ArnLike", "arn:aws:s??:us-east-1:1:t", "arn:aws:sns:us-east-1:1:t", True),
    ("ArnLike", "arn:aws:sns:us-east-1:1:T", "arn:aws:sns:us-east-1:1:t", False),
    ("ArnLike", "*", "arn:aws:sns:us-east-1:1:t", True),
    ("ArnNotEquals", "arn:aws:sns:us-east-1:1:a", None, True),
    # Case: of values it counts, unless the operator says otherwise.
    ("StringLike", "A*", "ab", False),
    ("StringEqualsIgnoreCase", "straße", "STRASSE", True),
    ("StringEqualsIgnoreCase", "a*", "AB", False),
]


@pytest.mark.parametrize(("operator", "expected", "value", "holds"), CASES)
def test_operator(operator: str, expected: Any, value: Any, holds: bool) -> None:
    context = {} if value is None else {"Some:Key": value}
    assert allowed(Condition={operator: {"some:key": expected}}, context=context) is holds


VARIABLES = [
    ("StringEquals", "bob", True),
    ("StringNotEquals", "bob", False),
    ("StringLike", "bob", True),
    ("StringEqualsIgnoreCase", "BOB", True),
    ("ArnLike", "bob", True),
    ("Bool", "bob", True),
    ("NumericEquals", "1", False),
    ("DateEquals", "1", False),
    ("IpAddress", "1.1.1.1", False),
    ("BinaryEquals", "aGk=", False),
]


@pytest.mark.parametrize(("operator", "value", "holds"), VARIABLES)
def test_which_operators_take_variables(operator: str, value: str, holds: bool) -> None:
    wanted = {"aws:username": "${aws:username}"}
    if operator.startswith(("Numeric", "Date", "Ip", "Binary")):
        wanted = {"some:key": "${other:key}"}
    context = {"some:key": value, "other:key": value}
    if operator == "StringEqualsIgnoreCase":
        wanted, context = {"some:key": "${aws:username}"}, {"some:key": value}
    assert allowed(Condition={operator: wanted}, context=context) is holds


def test_all_operators_and_keys_must_hold() -> None:
    block = {"StringEquals": {"a:b": "1", "c:d": "2"}, "NumericLessThan": {"e:f": "3"}}
    assert allowed(Condition=block, context={"a:b": "1", "c:d": "2", "e:f": "2"})
    assert not allowed(Condition=block, context={"a:b": "1", "c:d": "x", "e:f": "2"})
    assert not allowed(Condition=block, context={"a:b": "1", "c:d": "2", "e:f": "4"})


def test_values_may_be_booleans_and_numbers() -> None:
    assert allowed(Condition={"Bool": {"aws:SecureTransport": True}}, context={"aws:SecureTransport": "true"})
    assert allowed(Condition={"NumericEquals": {"s3:max-keys": 10}}, context={"s3:max-keys": "10"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:username", "bob"),
        ("aws:userid", "AIDABOB"),
        ("aws:PrincipalArn", "arn:aws:iam::111122223333:user/bob"),
        ("aws:PrincipalAccount", "111122223333"),
        ("aws:PrincipalType", "User"),
        ("aws:PrincipalIsAWSService", "false"),
    ],
)
def test_keys_of_the_principal(key: str, value: str) -> None:
    assert allowed(Condition={"StringEquals": {key: value}})
