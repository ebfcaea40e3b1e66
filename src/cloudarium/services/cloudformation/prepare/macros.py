"""The transforms: AWS::Include, AWS::LanguageExtensions and AWS::Serverless; others are refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.prepare.sources import decode, fetch
from cloudarium.services.cloudformation.template import checks, loops
from cloudarium.services.cloudformation.template.functions import Context, resolve, text
from cloudarium.services.cloudformation.template.reading import read
from cloudarium.services.cloudformation.worker import worker
from cloudarium.shared.errors import AccessDenied, NotBuilt

INCLUDE = "AWS::Include"
EXTENSIONS = "AWS::LanguageExtensions"
SERVERLESS = "AWS::Serverless-2016-10-31"
_KNOWN_ELSEWHERE = ("AWS::CodeDeployBlueGreen", "AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16")
_INCLUDES_LIMIT = 50


class MacroFailed(ValidationError):
    """A transform's no, in AWS's form; it fails a stack or change set that already exists."""

    def __init__(self, macro: str, problem: str) -> None:
        super().__init__(f"Transform {macro} failed with: {problem}")


def names(template: Mapping[str, Any]) -> list[str]:
    """The macros a template uses, those inside of it too."""
    found = [
        text(entry.get("Name")) if isinstance(entry, dict) else text(entry) for entry in checks.transforms(template)
    ]
    pending: list[Any] = [value for key, value in template.items() if key != "Transform"]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "Fn::Transform" in value and (name := _name_in(value["Fn::Transform"])) not in found:
                found.append(name)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return found


def _name_in(entry: Any) -> str:
    name = entry.get("Name") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise ValidationError("Template error: every Fn::Transform object requires a Name that is a string.")
    return name


async def expand(
    call: Call, template: dict[str, Any], parameters: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """The template with its macros carried out: included parts first, then the declared transforms in their order."""
    for name in names(template):
        if name not in (INCLUDE, EXTENSIONS, SERVERLESS):
            _refuse(call, name)
        _permit(call, name)
    declared = checks.transforms(template)
    template = await _included(call, template, context, [0])
    for entry in declared:
        if isinstance(entry, dict):
            template = await _include_root(call, template, entry, context)
        elif entry == EXTENSIONS:
            template = loops.expand(template, context)
        elif entry == SERVERLESS:
            template = await _serverless(call, template, parameters)
    if any(entry != EXTENSIONS for entry in declared):
        kept = [entry for entry in declared if entry == EXTENSIONS]
        template = {key: value for key, value in template.items() if key != "Transform"}
        if kept:
            template["Transform"] = kept
    return template


def _refuse(call: Call, name: str) -> None:
    if name in _KNOWN_ELSEWHERE:
        raise NotBuilt(f"the transform {name}")
    raise ValidationError(f"No transform named {call.account}::{name} found.")


def _permit(call: Call, name: str) -> None:
    """Raise unless the caller may use the transform: AWS asks for CreateChangeSet on the transform's own ARN."""
    arn = f"arn:aws:cloudformation:{call.region}:aws:transform/{name.removeprefix('AWS::')}"
    if name != INCLUDE and not call.may("cloudformation:CreateChangeSet", arn):
        who = f"User: {call.principal.arn} is not authorized to perform: cloudformation:CreateChangeSet"
        raise AccessDenied(f"{who} on resource: {arn}")


async def _serverless(call: Call, template: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(template.get("Resources"), dict) or not template["Resources"]:
        raise ValidationError("Template format error: At least one Resources member must be defined.")
    for name, resource in template["Resources"].items():
        if isinstance(resource, dict) and resource.get("Type") == "AWS::Serverless::Application":
            location = (resource.get("Properties") or {}).get("Location")
            if isinstance(location, dict):
                raise NotBuilt(f"the Serverless Application Repository, where [{name}] is from")
    task = {"template": template, "parameters": dict(parameters), "region": call.region, "partition": "aws"}
    try:
        answer = await worker.run("transform", task)
    except TimeoutError:
        raise MacroFailed(SERVERLESS, "the transform took too long.") from None
    if "problem" in answer:
        raise MacroFailed(SERVERLESS, answer["problem"])
    return answer["template"]


# --- AWS::Include -----------------------------------------------------------------------------------------------------


async def _include_root(
    call: Call, template: dict[str, Any], entry: dict[str, Any], context: Context
) -> dict[str, Any]:
    part = await _part(call, entry, context)
    if not isinstance(part, dict):
        raise MacroFailed(INCLUDE, "The included snippet must be an object.")
    merged = dict(template)
    for key, value in part.items():
        known = merged.get(key)
        merged[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


async def _included(call: Call, value: Any, context: Context, count: list[int]) -> Any:
    if isinstance(value, list):
        return [await _included(call, item, context, count) for item in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, member in value.items():
        if key != "Fn::Transform":
            made[key] = await _included(call, member, context, count)
            continue
        count[0] += 1
        if count[0] > _INCLUDES_LIMIT:
            raise MacroFailed(INCLUDE, "too many snippets are included.")
        part = await _part(call, member, context)
        if len(value) == 1:
            return part
        if not isinstance(part, dict):
            raise MacroFailed(INCLUDE, "The included snippet must be an object.")
        made.update(part)
    return made


async def _part(call: Call, entry: Any, context: Context) -> Any:
    given = entry.get("Parameters") if isinstance(entry, dict) else None
    location = resolve(given.get("Location"), context) if isinstance(given, dict) else None
    if not isinstance(location, str):
        raise MacroFailed(INCLUDE, "The location parameter is not a valid S3 uri.")
    try:
        return read(decode(await fetch(call, location)))
    except ValidationError as error:
        raise MacroFailed(INCLUDE, f"{error.message}") from error
