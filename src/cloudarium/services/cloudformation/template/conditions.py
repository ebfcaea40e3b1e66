"""The Conditions section and the Rules section: boolean functions over parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.functions import Context, function_of, resolve, text
from cloudarium.shared.errors import NotBuilt


def evaluate(section: Mapping[str, Any], context: Context) -> dict[str, bool]:
    """Each condition's truth. Conditions may name each other; a circle is refused."""
    evaluation = _Evaluation(section, context)
    return {name: evaluation.named(name) for name in section}


class _Evaluation:
    """One evaluation of conditions by name, each worked out once."""

    def __init__(self, section: Mapping[str, Any], context: Context) -> None:
        self.section = section
        self.context = context
        self.known: dict[str, bool] = {}
        self.open: list[str] = []

    def named(self, name: Any) -> bool:
        if not isinstance(name, str):
            raise ValidationError("Template error: every Condition member must be a string.")
        if name in self.known:
            return self.known[name]
        if name not in self.section:
            raise ValidationError(
                f"Template format error: Unresolved condition dependency {name} in the Conditions block of the template"
            )
        if name in self.open:
            raise ValidationError(
                f"Template format error: Circular dependency between conditions: [{', '.join(self.open)}]"
            )
        self.open.append(name)
        self.known[name] = self.truth(self.section[name])
        self.open.pop()
        return self.known[name]

    def truth(self, value: Any) -> bool:
        name = function_of(value)
        if name == "Condition":
            return self.named(value[name])
        if name in _BOOLEAN:
            return _BOOLEAN[name](value[name], self)
        raise ValidationError(
            "Template format error: Conditions can only be boolean operations on parameters and other conditions"
        )

    def plain(self, value: Any) -> Any:
        """A value to compare: a text, a list, or what a rule function gives."""
        name = function_of(value)
        if name in _RULE_VALUES:
            return _RULE_VALUES[name](value[name], self)
        if name in _BOOLEAN or name == "Condition":
            return self.truth(value)
        return resolve(value, self.context)


def _equals(argument: Any, evaluation: _Evaluation) -> bool:
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
    left, right = evaluation.plain(argument[0]), evaluation.plain(argument[1])
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        raise ValidationError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
    return text(left) == text(right)


def _several(name: str) -> Callable[[Any, _Evaluation], list[bool]]:
    def members(argument: Any, evaluation: _Evaluation) -> list[bool]:
        if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
            raise ValidationError(
                f"Template error: every {name} object requires a list of at least 2 and at most 10 boolean parameters."
            )
        return [evaluation.truth(member) for member in argument]

    return members


def _not(argument: Any, evaluation: _Evaluation) -> bool:
    if not isinstance(argument, list) or len(argument) != 1:
        raise ValidationError("Template error: every Fn::Not object requires one boolean parameter.")
    return not evaluation.truth(argument[0])


def _pair(name: str, argument: Any, evaluation: _Evaluation) -> tuple[list[str], list[str]]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError(f"Template error: every {name} object requires a list of 2 parameters.")
    left, right = (evaluation.plain(member) for member in argument)
    return _texts(left), _texts(right)


def _texts(value: Any) -> list[str]:
    return [text(item) for item in value] if isinstance(value, list) else [text(value)]


def _contains(argument: Any, evaluation: _Evaluation) -> bool:
    choices, value = _pair("Fn::Contains", argument, evaluation)
    return all(item in choices for item in value)


def _each_member_equals(argument: Any, evaluation: _Evaluation) -> bool:
    members, value = _pair("Fn::EachMemberEquals", argument, evaluation)
    return all([member] == value for member in members)


def _each_member_in(argument: Any, evaluation: _Evaluation) -> bool:
    members, choices = _pair("Fn::EachMemberIn", argument, evaluation)
    return all(member in choices for member in members)


_and_members, _or_members = _several("Fn::And"), _several("Fn::Or")
_BOOLEAN: dict[str | None, Callable[[Any, _Evaluation], bool]] = {
    "Fn::Equals": _equals,
    "Fn::And": lambda argument, evaluation: all(_and_members(argument, evaluation)),
    "Fn::Or": lambda argument, evaluation: any(_or_members(argument, evaluation)),
    "Fn::Not": _not,
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
}


# --- rules ------------------------------------------------------------------------------------------------------------


def _ref_all(argument: Any, evaluation: _Evaluation) -> Any:
    """The values of all parameters of one AWS-specific type."""
    kinds = evaluation.context.pseudo.get("parameter types", {})
    return [evaluation.context.parameters[name] for name, kind in kinds.items() if kind == argument]


def _value_of(argument: Any, evaluation: _Evaluation) -> Any:
    raise NotBuilt("the rule functions Fn::ValueOf and Fn::ValueOfAll")


_RULE_VALUES: dict[str | None, Callable[[Any, _Evaluation], Any]] = {
    "Fn::RefAll": _ref_all,
    "Fn::ValueOf": _value_of,
    "Fn::ValueOfAll": _value_of,
}


def check_rules(section: Any, context: Context) -> None:
    """Refuse the parameters when an assertion of a rule that applies does not hold."""
    if not isinstance(section, dict):
        raise ValidationError("Template format error: Rules must be an object.")
    evaluation = _Evaluation({}, context)
    for name, rule in section.items():
        if not isinstance(rule, dict) or not isinstance(rule.get("Assertions"), list):
            raise ValidationError(f"Template format error: Rule {name} must contain an Assertions list.")
        if "RuleCondition" in rule and not evaluation.truth(rule["RuleCondition"]):
            continue
        for assertion in rule["Assertions"]:
            if not isinstance(assertion, dict) or "Assert" not in assertion:
                raise ValidationError(f"Template format error: Every assertion of rule {name} must contain Assert.")
            if not evaluation.truth(assertion["Assert"]):
                description = assertion.get("AssertDescription", "Assertion failed")
                raise ValidationError(f"Template validation error: Rule {name} failed: {text(description)}")
