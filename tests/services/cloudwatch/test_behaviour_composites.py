"""The rules of composite alarms: the whole grammar, against states worked out by hand."""

from __future__ import annotations

import pytest

from cloudarium.services.cloudwatch.rules.composites import RuleError, parse_rule

STATES = {"bad": "ALARM", "worse": "ALARM", "good": "OK", "quiet": "INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(bad)", True), ('ALARM("bad")', True), ("OK(bad)", False), ("INSUFFICIENT_DATA(quiet)", True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:bad)", True), ("TRUE", True), ("FALSE", False),
        ("NOT ALARM(bad)", False), ("NOT NOT ALARM(bad)", True), ("ALARM(bad) AND OK(good)", True),
        ("ALARM(bad) AND NOT OK(good)", False), ("FALSE AND FALSE OR TRUE", True), ("FALSE AND (FALSE OR TRUE)", False),
        ("AT_LEAST(2, ALARM, (bad, worse, good))", True), ("AT_LEAST(3, ALARM, (bad, worse, good))", False),
        ("AT_LEAST(50%, ALARM, (bad, good, quiet))", False), ("AT_LEAST(34%, ALARM, (bad, worse, quiet))", True),
        ("AT_LEAST(2, NOT ALARM, (good, quiet, bad))", True), ("AT_LEAST(1, OK, (bad, quiet))", False),
        ('NOT AT_LEAST(1, OK, ("bad", quiet)) AND ALARM(bad)', True),
    ],
)  # fmt: skip
def test_rules(rule, expected):
    assert parse_rule(rule).holds(STATES) is expected


def test_children_are_named_once_each():
    rule = 'ALARM(a) OR OK("b") AND AT_LEAST(1, ALARM, (c, arn:aws:cloudwatch:us-east-1:000000000000:alarm:a))'
    assert parse_rule(rule).children == ("a", "b", "c")


@pytest.mark.parametrize(
    "rule",
    ["", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) ALARM(b)", "ALARM(a) AND", "AND ALARM(a)", "(ALARM(a)", "alarm(a)",
     "AT_LEAST(0, ALARM, (a))", "AT_LEAST(2, ALARM, (a))", "AT_LEAST(101%, ALARM, (a))", "AT_LEAST(1, ALARM, (a,))",
     "AT_LEAST(1, ALARM, a)", "AT_LEAST(ALARM, (a))", "(" * 100 + "TRUE" + ")" * 100],
)  # fmt: skip
def test_what_is_no_rule(rule):
    with pytest.raises(RuleError):
        parse_rule(rule)
