"""Template parameters: their definitions, the values a request gives, AWS's checks of them, and their typed form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.functions import text

MASK = "****"
_AWS_TYPES = {
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
}
_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>\Z")
_LIST = re.compile(r"List<(.+)>\Z")
_MEMBERS = {
    "Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description",
    "MaxLength", "MinLength", "MaxValue", "MinValue", "NoEcho",
}  # fmt: skip


def check_definitions(parameters: Any) -> None:
    """Refuse a Parameters section that is not as CloudFormation wants it."""
    if not isinstance(parameters, dict):
        raise ValidationError("Template format error: Parameters must be an object.")
    if len(parameters) > 200:
        raise ValidationError(
            f"Template format error: Number of parameters, {len(parameters)}, is greater than maximum allowed, 200"
        )
    for name, definition in parameters.items():
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise ValidationError(f"Template format error: Parameter name {name} is non alphanumeric.")
        if not isinstance(definition, dict):
            raise ValidationError("Template format error: Any Parameters member must be an object.")
        _check_definition(name, definition)


def _check_definition(name: str, definition: dict[str, Any]) -> None:
    if "Type" not in definition:
        raise ValidationError("Template format error: Every Parameters object must contain a Type member.")
    if not is_type(definition["Type"]):
        raise ValidationError(f"Template format error: Unrecognized parameter type: {definition['Type']}")
    for key in definition:
        if key not in _MEMBERS:
            raise ValidationError(f"Template format error: Invalid template parameter property '{key}'")
    allowed = definition.get("AllowedValues", [])
    if not isinstance(allowed, list):
        raise ValidationError(f"Template format error: Parameter {name} AllowedValues must be a list.")
    for key in ("Default", "AllowedPattern", "ConstraintDescription", "Description"):
        if isinstance(definition.get(key), dict | list):
            raise ValidationError(
                f"Template format error: Every {key} member must be a string."
                if key != "Default" else "Template format error: All parameter defaults must be of type string."
            )  # fmt: skip
    for key in ("MinLength", "MaxLength", "MinValue", "MaxValue"):
        if key in definition and _number(definition[key]) is None:
            raise ValidationError(f"Template format error: Parameter {name} {key} must be a number.")


def is_type(name: Any) -> bool:
    """Whether CloudFormation has a parameter type of this name."""
    if not isinstance(name, str):
        return False
    if match := _SSM_VALUE.match(name):
        name = match.group(1)
        return name in ("String", "CommaDelimitedList", "List<String>") or is_aws_type(name)
    plain = ("String", "Number", "CommaDelimitedList", "List<Number>", "List<String>", "AWS::SSM::Parameter::Name")
    return name in plain or is_aws_type(name)


def is_aws_type(name: str) -> bool:
    """Whether it is one of the types whose values are names of AWS resources, or a list of such."""
    match = _LIST.match(name)
    return (match.group(1) if match else name) in _AWS_TYPES


def ssm_type(definition: Mapping[str, Any]) -> str | None:
    """The inner type when the parameter's value is the name of an SSM parameter to be read, else None."""
    match = _SSM_VALUE.match(definition["Type"])
    return match.group(1) if match else None


def bind(
    definitions: Mapping[str, Any],
    given: Iterable[Mapping[str, Any]],
    previous: Mapping[str, str] | None,
    costly: list[tuple[str, str, str]],
) -> dict[str, str]:
    """The raw value of every parameter: what is given, what was (`UsePreviousValue`), or the default; all checked.

    (name, pattern, value) of patterns that could run away are left in `costly` for the caller to try with a time limit.
    """
    named = {entry.get("ParameterKey", ""): entry for entry in given}
    if strange := [name for name in named if name not in definitions]:
        raise ValidationError(f"Parameters: [{', '.join(strange)}] do not exist in the template")
    values: dict[str, str] = {}
    missing: list[str] = []
    for name, definition in definitions.items():
        value = _given(name, named[name], previous) if name in named else definition.get("Default")
        if value is None:
            missing.append(name)
        else:
            values[name] = text(value)
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in values.items():
        check(name, definitions[name], value, costly)
    return values


def _given(name: str, entry: Mapping[str, Any], previous: Mapping[str, str] | None) -> Any:
    if not entry.get("UsePreviousValue"):
        return entry.get("ParameterValue")
    if "ParameterValue" in entry:
        raise ValidationError(
            f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true and a parameter value"
        )
    if previous is None or name not in previous:
        raise ValidationError(
            f"Invalid input for parameter key {name}. "
            "Cannot specify usePreviousValue as true for a parameter key not in the previous template"
        )
    return previous[name]


def check(name: str, definition: Mapping[str, Any], value: str, costly: list[tuple[str, str, str]]) -> None:
    """Refuse a value against the definition's type and constraints, in AWS's words."""
    kind = definition["Type"]
    if len(value.encode()) > 4096:
        raise ValidationError(f"Parameter '{name}' must be at most 4096 bytes long")
    items = split(value) if is_list(kind) else [value]
    for item in items:
        if "Number" in kind and _number(item) is None:
            raise ValidationError(f"Parameter '{name}' must be a number")
        pattern = text(definition["AllowedPattern"]) if "AllowedPattern" in definition else None
        if pattern is not None and looks_costly(pattern):
            costly.append((name, pattern, item))
        elif pattern is not None and not _matches(pattern, item):
            raise ValidationError(pattern_problem(name, definition))
        if problem := _problem(name, definition, item):
            raise ValidationError(_described(name, definition, problem))


def pattern_problem(name: str, definition: Mapping[str, Any]) -> str:
    """What to say of a value that does not match the parameter's pattern."""
    return _described(name, definition, f"Parameter '{name}' must match pattern {text(definition['AllowedPattern'])}")


def _described(name: str, definition: Mapping[str, Any], problem: str) -> str:
    if description := definition.get("ConstraintDescription"):
        return f"Parameter '{name}' failed to satisfy constraint: {text(description)}"
    return problem


def looks_costly(pattern: str) -> bool:
    """Whether matching could take long: repetitions or choices inside of a repetition, or many side by side."""
    nested = re.search(r"[*+}|?][^()]*\)+[*+{?]|\([^()]*\([^()]*[*+|]", pattern) is not None or "(?" in pattern
    return nested or len(_ENDLESS.findall(pattern)) > 1 or len(_CHOICE.findall(pattern)) > _FEW


_ENDLESS = re.compile(r"[*+]|,\s*\}|\d{3,}\s*\}")  # repeats without end, or often: two of them take quadratic time
_CHOICE = re.compile(r"[*+?{|]")
_FEW = 6


def _problem(name: str, definition: Mapping[str, Any], value: str) -> str | None:
    allowed = definition.get("AllowedValues")
    if allowed is not None and value not in [text(choice) for choice in allowed]:
        return f"Parameter '{name}' must be one of AllowedValues"
    if "MinLength" in definition and len(value) < _size(definition["MinLength"]):
        return f"Parameter '{name}' must contain at least {text(definition['MinLength'])} characters"
    if "MaxLength" in definition and len(value) > _size(definition["MaxLength"]):
        return f"Parameter '{name}' must contain at most {text(definition['MaxLength'])} characters"
    number = _number(value)
    if number is not None and "MinValue" in definition and number < _size(definition["MinValue"]):
        return f"Parameter '{name}' must be a number not less than {text(definition['MinValue'])}"
    if number is not None and "MaxValue" in definition and number > _size(definition["MaxValue"]):
        return f"Parameter '{name}' must be a number not greater than {text(definition['MaxValue'])}"
    return None


def _matches(pattern: str, value: str) -> bool:
    """Java's `matches`: the whole value."""
    try:
        return re.fullmatch(pattern, value) is not None
    except (re.error, RecursionError):
        raise ValidationError(f"Template format error: AllowedPattern {pattern} is not a valid pattern") from None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value) if re.fullmatch(r"\s*[+-]?[\d.]+([eE][+-]?\d+)?\s*", str(value)) else None
    except ValueError:
        return None


def _size(value: Any) -> float:
    return _number(value) or 0.0


def is_list(kind: str) -> bool:
    """Whether values of this parameter type are lists."""
    match = _SSM_VALUE.match(kind)
    inner = match.group(1) if match else kind
    return inner == "CommaDelimitedList" or inner.startswith("List<")


def split(value: str) -> list[str]:
    """The members of a comma-delimited value, without the blanks around them."""
    return [item.strip() for item in value.split(",")] if value else []


def typed(definitions: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """What `Ref` gives for each parameter: a text, or a list for the list types."""
    return {
        name: split(value) if is_list(definitions[name]["Type"]) else value
        for name, value in values.items()
        if name in definitions
    }


def hidden(definition: Mapping[str, Any]) -> bool:
    """Whether the parameter's value must not be shown (NoEcho)."""
    return text(definition.get("NoEcho", False)).lower() == "true"
