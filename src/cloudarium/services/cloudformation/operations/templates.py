"""GetTemplate, GetTemplateSummary, ValidateTemplate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudformation import resources as arns
from cloudarium.services.cloudformation.errors import ChangeSetNotFound, ValidationError
from cloudarium.services.cloudformation.operations.change_sets import named
from cloudarium.services.cloudformation.operations.describing import find, present
from cloudarium.services.cloudformation.prepare import capabilities, macros
from cloudarium.services.cloudformation.prepare.sources import template_text
from cloudarium.services.cloudformation.prepare.target import off_loop
from cloudarium.services.cloudformation.template import checks, parameters
from cloudarium.services.cloudformation.template.functions import text
from cloudarium.services.cloudformation.template.reading import read


@operation("GetTemplate", on=arns.of_change_set)
def get_template(call: Call) -> dict[str, Any]:
    """A stack's or change set's template, as it was given or as the transforms left it."""
    stage = call.input.get("TemplateStage", "Original")
    if name := call.input.get("ChangeSetName"):
        if not call.input.get("StackName") and not name.startswith("arn:"):
            raise ValidationError("StackName is a required parameter.")
        target = named(call).detail.get("target")
        if target is None:
            raise ChangeSetNotFound(name)
        original, processed, used = target["template"], target["processed"], bool(target["macros"])
    elif call.input.get("StackName"):
        stack = find(call)
        if stack.status == "REVIEW_IN_PROGRESS":
            raise ValidationError("GetTemplate cannot be called on REVIEW_IN_PROGRESS stacks.")
        original, processed = stack.template, stack.processed
        used = bool(original) and bool(macros.names(read(original)))
    else:
        raise ValidationError("Either StackName or ChangeSetName must be specified")
    body = json.dumps(processed) if stage == "Processed" and used else original
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


async def _checked(call: Call, source: str) -> dict[str, Any]:
    """A template that is well-built; one with macros only as far as can be said without carrying them out."""
    template = await off_loop(read, source)
    used = macros.names(template)
    for name in used:
        if name not in (macros.INCLUDE, macros.EXTENSIONS, macros.SERVERLESS):
            raise ValidationError(f"No transform named {call.account}::{name} found.")
    if used:
        parameters.check_definitions(template.get("Parameters", {}))
        if not isinstance(template.get("Resources"), dict) or not template["Resources"]:
            raise ValidationError("Template format error: At least one Resources member must be defined.")
        return {**template, "Resources": _written_out(template["Resources"])}
    checks.check(template)
    return template


def _written_out(resources: Mapping[str, Any]) -> dict[str, Any]:
    """The resources that a template with macros has by itself: those that its functions are to make are not known."""
    found = {name: resource for name, resource in resources.items() if not name.startswith("Fn::")}
    for name, resource in found.items():
        if not isinstance(resource, dict):
            raise ValidationError("Template format error: Any Resources member must be an object.")
        if not isinstance(resource.get("Type", ""), str):
            raise ValidationError(f"Template format error: [/Resources/{name}/Type] 'string' type expected")
        if not isinstance(resource.get("Properties", {}), dict):
            raise ValidationError(f"Template format error: [/Resources/{name}/Properties] 'object' type expected")
    return found


@operation("ValidateTemplate")
async def validate_template(call: Call) -> dict[str, Any]:
    """Whether a template is well-built, with its parameters and the capabilities it needs."""
    template = await _checked(call, await template_text(call, call.input, None))
    declared = [
        present(
            {
                "ParameterKey": name,
                "DefaultValue": _default(definition),
                "NoEcho": parameters.hidden(definition),
                "Description": definition.get("Description"),
            }
        )
        for name, definition in template.get("Parameters", {}).items()
    ]
    return {"Parameters": declared, **_about(template)}


def _default(definition: Mapping[str, Any]) -> str | None:
    return text(definition["Default"]) if "Default" in definition else None


def _about(template: Mapping[str, Any]) -> dict[str, Any]:
    wanted, kinds = capabilities.needed(template)
    used = macros.names(template)
    reason = f"The following resource(s) require capabilities: [{', '.join(kinds)}]" if wanted else None
    if used:
        wanted = [*wanted, "CAPABILITY_AUTO_EXPAND"]
        reason = reason or f"The following transform(s) require capabilities: [{', '.join(used)}]"
    return present(
        {
            "Description": template.get("Description"),
            "Capabilities": wanted or None,
            "CapabilitiesReason": reason,
            "DeclaredTransforms": used or None,
        }
    )


@operation("GetTemplateSummary", on=arns.stack_or_all, refuses=("StackSetName",))
async def get_template_summary(call: Call) -> dict[str, Any]:
    """What a template declares: of a body, an S3 object or a stack."""
    given = call.input
    if given.get("CallAs", "SELF") != "SELF":
        raise ValidationError("CallAs is for stack sets, which Cloudarium has not built.")
    if given.get("StackName"):
        stack = find(call)
        if stack.status == "REVIEW_IN_PROGRESS":
            raise ValidationError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        source = stack.template
    else:
        source = await template_text(call, given, None)
    template = await _checked(call, source)
    kinds = [text(resource.get("Type")) for resource in template["Resources"].values()]
    unique = list(dict.fromkeys(kinds))
    summary = {
        "Parameters": [_declaration(name, definition) for name, definition in template.get("Parameters", {}).items()],
        "ResourceTypes": unique,
        "Version": template.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(template["Metadata"]) if template.get("Metadata") else None,
        "ResourceIdentifierSummaries": [
            {"ResourceType": kind, "LogicalResourceIds": _of_kind(template, kind)} for kind in unique
        ],
        **_about(template),
    }
    if (given.get("TemplateSummaryConfig") or {}).get("TreatUnrecognizedResourceTypesAsWarnings"):
        summary["Warnings"] = {"UnrecognizedResourceTypes": []}
    return present(summary)


def _of_kind(template: Mapping[str, Any], kind: str) -> list[str]:
    return [name for name, resource in template["Resources"].items() if resource.get("Type") == kind]


def _declaration(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    allowed = definition.get("AllowedValues")
    return present(
        {
            "ParameterKey": name,
            "DefaultValue": _default(definition),
            "ParameterType": definition["Type"],
            "NoEcho": parameters.hidden(definition),
            "Description": definition.get("Description"),
            "ParameterConstraints": {"AllowedValues": [text(value) for value in allowed]} if allowed else {},
        }
    )
