"""Parameters, conditions and rules."""

from __future__ import annotations

from typing import Any

import pytest

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template import conditions, parameters
from cloudarium.services.cloudformation.template.functions import Context


def bind(definitions: dict[str, Any], previous: dict[str, str] | None = None, **given: Any) -> dict[str, str]:
    parameters.check_definitions(definitions)
    entries = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    return parameters.bind(definitions, entries, previous, [])


def problem(definitions: dict[str, Any], **given: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        bind(definitions, **given)
    return raised.value.message


def test_defaults_and_types() -> None:
    definitions = {
        "A": {"Type": "String", "Default": True},
        "B": {"Type": "CommaDelimitedList"},
        "C": {"Type": "List<Number>"},
    }
    raw = bind(definitions, B="x, y", C="1,2")
    assert raw == {"A": "true", "B": "x, y", "C": "1,2"}
    assert parameters.typed(definitions, raw) == {"A": "true", "B": ["x", "y"], "C": ["1", "2"]}


@pytest.mark.parametrize(
    ("definition", "value", "message"),
    [
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "Parameter 'P' must be one of AllowedValues"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", "Parameter 'P' must match pattern [a-z]+"),
        ({"Type": "String", "MinLength": 3}, "ab", "Parameter 'P' must contain at least 3 characters"),
        ({"Type": "String", "MaxLength": "1"}, "ab", "Parameter 'P' must contain at most 1 characters"),
        ({"Type": "Number", "MinValue": 3}, "2", "Parameter 'P' must be a number not less than 3"),
        ({"Type": "Number", "MaxValue": 3}, "4", "Parameter 'P' must be a number not greater than 3"),
        ({"Type": "Number"}, "x", "Parameter 'P' must be a number"),
        ({"Type": "List<Number>"}, "1,x", "Parameter 'P' must be a number"),
        (
            {"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "say a"},
            "b",
            "Parameter 'P' failed to satisfy constraint: say a",
        ),
    ],
)
def test_constraints(definition: dict[str, Any], value: str, message: str) -> None:
    assert problem({"P": definition}, P=value) == message


def test_missing_and_strange_parameters() -> None:
    assert problem({"A": {"Type": "String"}, "B": {"Type": "String"}}) == "Parameters: [A, B] must have values"
    assert problem({}, X="1") == "Parameters: [X] do not exist in the template"


def test_previous_values() -> None:
    entries = [{"ParameterKey": "A", "UsePreviousValue": True}]
    assert parameters.bind({"A": {"Type": "String"}}, entries, {"A": "old"}, []) == {"A": "old"}
    with pytest.raises(ValidationError):
        parameters.bind({"A": {"Type": "String"}}, entries, None, [])


def test_definitions_are_checked() -> None:
    for section, message in (
        ({"A-B": {"Type": "String"}}, "Template format error: Parameter name A-B is non alphanumeric."),
        ({"A": {}}, "Template format error: Every Parameters object must contain a Type member."),
        ({"A": {"Type": "Text"}}, "Template format error: Unrecognized parameter type: Text"),
        ({"A": "x"}, "Template format error: Any Parameters member must be an object."),
    ):
        with pytest.raises(ValidationError) as raised:
            parameters.check_definitions(section)
        assert raised.value.message == message


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(?:x)",
        "([a-z]+)*x",
        "((a*)b)+",
        "a*a*a*a*b",
        ".*x.*y",
        "a?a?a?a?a?a?a?aaaaaaa",
        "(a|aa)" * 8,
        "a{0,3}" * 9,
    ],
)
def test_patterns_that_could_run_away_are_not_matched_here(pattern: str) -> None:
    costly: list[tuple[str, str, str]] = []
    entries = [{"ParameterKey": "P", "ParameterValue": "a" * 40}]
    parameters.bind({"P": {"Type": "String", "AllowedPattern": pattern}}, entries, None, costly)
    assert costly == [("P", pattern, "a" * 40)]


def test_conditions() -> None:
    section = {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "NotProd": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Fn::Or": [{"Condition": "NotProd"}, {"Condition": "IsProd"}]}]},
    }
    assert conditions.evaluate(section, Context({"Stage": "prod"})) == {"IsProd": True, "NotProd": False, "Both": True}
    assert conditions.evaluate(section, Context({"Stage": "x"})) == {"IsProd": False, "NotProd": True, "Both": False}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"A": {"Condition": "B"}}, "Template format error: Unresolved condition dependency B"),
        ({"A": {"Condition": "B"}, "B": {"Condition": "A"}}, "Template format error: Circular dependency"),
        ({"A": {"Fn::Equals": [["x"], "y"]}}, "Template error: every Fn::Equals object requires a list of 2 string"),
        (
            {"A": {"Fn::And": [{"Fn::Equals": [1, 1]}]}},
            "Template error: every Fn::And object requires a list of at least 2",
        ),
        ({"A": "true"}, "Template format error: Conditions can only be boolean operations"),
    ],
)
def test_wrong_conditions(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        conditions.evaluate(section, Context())
    assert raised.value.message.startswith(message)


def test_rules_assert() -> None:
    version = {"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "V"}]}]}, "AssertDescription": "too old"}
    rules = {"CheckVersion": {"Assertions": [version]}}
    conditions.check_rules(rules, Context({"V": "3"}))
    with pytest.raises(ValidationError, match="too old"):
        conditions.check_rules(rules, Context({"V": "1"}))
    rules["CheckVersion"]["RuleCondition"] = {"Fn::Equals": [{"Ref": "V"}, "9"]}
    conditions.check_rules(rules, Context({"V": "1"}))
