"""The part of a template that counts once conditions are known: what is left out is gone, Fn::If is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template import checks
from cloudarium.services.cloudformation.template.functions import function_of
from cloudarium.services.cloudformation.template.references import dependencies, references


@dataclass(frozen=True, slots=True)
class Active:
    """The resources and outputs that a deployment makes, and for each resource what must exist before it."""

    resources: dict[str, dict[str, Any]]
    outputs: dict[str, dict[str, Any]]
    needs: dict[str, set[str]]


def activate(template: Mapping[str, Any], conditions: Mapping[str, bool]) -> Active:
    """Decide every condition of `template`. Raises when something refers to a resource that was left out."""
    resources = _kept(template.get("Resources", {}), conditions)
    outputs = _kept(template.get("Outputs", {}), conditions)
    declared = template.get("Resources", {})
    for section, members in (("Resources", resources), ("Outputs", outputs)):
        left_out = {
            reference.name
            for member in members.values()
            for reference in references({key: value for key, value in member.items() if key != "DependsOn"})
            if reference.name in declared and reference.name not in resources
        }
        if left_out:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(sorted(left_out))}] "
                f"in the {section} block of the template"
            )
    return Active(resources, outputs, dependencies(resources))


def _kept(section: Mapping[str, Any], conditions: Mapping[str, bool]) -> dict[str, Any]:
    return {
        name: {key: decided(value, conditions) for key, value in member.items()}
        for name, member in section.items()
        if conditions.get(member.get("Condition", ""), True)
    }


def decided(value: Any, conditions: Mapping[str, bool]) -> Any:
    """`value` with every Fn::If replaced by the branch that holds."""
    while function_of(value) == "Fn::If":
        argument = value["Fn::If"]
        if not isinstance(argument, list) or len(argument) != 3 or argument[0] not in conditions:
            raise ValidationError(checks.IF_PROBLEM)
        value = argument[1] if conditions[argument[0]] else argument[2]
    if isinstance(value, dict):
        return {key: decided(member, conditions) for key, member in value.items()}
    if isinstance(value, list):
        return [decided(member, conditions) for member in value]
    return value
