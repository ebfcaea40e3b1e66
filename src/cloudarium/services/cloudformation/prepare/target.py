"""A target: everything a stack is to be, worked out before anything is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.prepare import capabilities, existing, macros
from cloudarium.services.cloudformation.prepare.sources import VIA, template_text
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.services.cloudformation.template import checks, parameters
from cloudarium.services.cloudformation.template.active import Active, activate
from cloudarium.services.cloudformation.template.conditions import check_rules, evaluate
from cloudarium.services.cloudformation.template.functions import Context, Unknown, resolve, text
from cloudarium.services.cloudformation.template.reading import read
from cloudarium.services.cloudformation.worker import worker
from cloudarium.shared import tags as tag_forms
from cloudarium.shared.errors import AccessDenied

_LARGE = 32 * 1024


@dataclass(slots=True)
class Target:
    """What a stack is to be. `raw` are the parameters as given, `values` what Ref gives for them.

    `problem` is a transform's failure, which AWS reports on the stack, not to the caller.
    """

    template: str
    processed: dict[str, Any]
    raw: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    ssm: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, bool] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """For a row."""
        return asdict(self)

    def active(self) -> Active:
        """The resources and outputs that count."""
        return activate(self.processed, self.conditions)


def pseudo(account: str, region: str, name: str, arn: str) -> dict[str, Any]:
    """The pseudo parameters of a stack."""
    return {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": name,
        "AWS::StackId": arn,
        "AWS::NotificationARNs": [],
    }


async def prepare(
    call: Call, input: Mapping[str, Any], stack: Stack | None, name: str, arn: str, direct: bool
) -> Target:
    """Work out what `input` (of CreateStack, UpdateStack or CreateChangeSet) asks for.

    `direct` is a deployment without a change set, where macros must be acknowledged. Raises what is wrong with the
    request; a transform that fails is kept in the target.
    """
    source = await template_text(call, input, stack.template if stack else None)
    template = await off_loop(read, source)
    acknowledged = input.get("Capabilities") or []
    used = macros.names(template)
    if direct:
        capabilities.check_macros(used, acknowledged)
    section = template.get("Parameters", {})
    parameters.check_definitions(section)
    raw = await bind(call, section, input.get("Parameters") or [], stack)
    looked_up = await _from_ssm(call, section, raw)
    await existing.check(call, section, raw, looked_up)
    target = Target(source, template, raw, parameters.typed(section, {**raw, **looked_up}), looked_up)
    target.capabilities, target.macros = list(acknowledged), used
    target.tags = _tags(input, stack)
    context = _context(call, target, name, arn)
    if used:
        try:
            target.processed = await macros.expand(call, template, target.values, context)
        except macros.MacroFailed as error:
            target.problem = error.message
            return target
        _add_defaults(target)
    checks.check(target.processed)
    capabilities.check(target.processed, acknowledged)
    _decide(target, _context(call, target, name, arn))
    return target


async def off_loop(read_it: Callable[[str], dict[str, Any]], source: str) -> dict[str, Any]:
    """Read a template; a large one in a thread, for it takes many milliseconds."""
    if len(source) < _LARGE:
        return read_it(source)
    return await asyncio.to_thread(read_it, source)


def _add_defaults(target: Target) -> None:
    """A transform may bring parameters of its own, with defaults."""
    section = target.processed.get("Parameters", {})
    parameters.check_definitions(section)
    for name, definition in section.items():
        if name not in target.raw and "Default" in definition:
            target.raw[name] = text(definition["Default"])
    target.values = parameters.typed(section, {**target.raw, **target.ssm})


def _context(call: Call, target: Target, name: str, arn: str) -> Context:
    section = target.processed.get("Parameters", {})
    kinds = {key: definition["Type"] for key, definition in section.items() if isinstance(definition, dict)}
    known = {**pseudo(call.account, call.region, name, arn), "parameter types": kinds}
    return Context(target.values, known, target.processed.get("Mappings") or {})


def _decide(target: Target, context: Context) -> None:
    check_rules(target.processed.get("Rules", {}), context)
    target.conditions = evaluate(target.processed.get("Conditions", {}), context)
    _try_functions(target.active(), replace(context, conditions=target.conditions))


def _try_functions(active: Active, context: Context) -> None:
    """Raise what is wrong with functions whatever the resources turn out to be, such as a key that no mapping has."""
    later = Unknown(frozenset({("ResourceReference", "")}))
    context.reference = context.imported = lambda _: later
    context.attribute = lambda _logical, _name: later
    for name, resource in active.resources.items():
        if not isinstance(resolve(resource.get("Properties", {}), context), dict):
            raise ValidationError(f"Template format error: [/Resources/{name}/Properties] 'object' type expected")
    for output in active.outputs.values():
        resolve([output["Value"], output.get("Export")], context)


async def bind(
    call: Call, section: Mapping[str, Any], given: list[Mapping[str, Any]], stack: Stack | None
) -> dict[str, str]:
    """The raw parameter values, checked; patterns that could run away are tried in the worker."""
    costly: list[tuple[str, str, str]] = []
    raw = parameters.bind(section, given, stack.detail.get("raw") if stack else None, costly)
    for name, pattern, value in costly:
        try:
            answer = await worker.run("matches", {"pattern": pattern, "value": value}, 2.0)
        except TimeoutError:
            answer = {"matches": False}
        if "problem" in answer:
            raise ValidationError(f"Template format error: AllowedPattern {pattern} is not a valid pattern")
        if not answer["matches"]:
            raise ValidationError(parameters.pattern_problem(name, section[name]))
    return raw


async def _from_ssm(call: Call, section: Mapping[str, Any], raw: Mapping[str, str]) -> dict[str, str]:
    """The values of parameters that are names of SSM parameters, read as the caller."""
    wanted = {name: value for name, value in raw.items() if parameters.ssm_type(section[name])}
    found: dict[str, str] = {}
    names = sorted(set(wanted.values()))
    for start in range(0, len(names), 10):
        try:
            answer = await call.send("ssm", "GetParameters", {"Names": names[start : start + 10]}, context=VIA)
        except AccessDenied as denied:
            problem = "AccessDenied. User doesn't have permission to call ssm:GetParameters"
            raise ValidationError(problem) from denied
        for entry in answer.get("Parameters", []):
            found[entry["Name"] + entry.get("Selector", "")] = entry["Value"]
            found.setdefault(entry.get("ARN", ""), entry["Value"])
    if missing := [name for name in names if name not in found]:
        raise ValidationError(
            f"Unable to fetch parameters [{','.join(missing)}] from parameter store for this account."
        )
    return {name: found[value] for name, value in wanted.items()}


def _tags(input: Mapping[str, Any], stack: Stack | None) -> dict[str, str]:
    """The stack's tags; an update that names none keeps them."""
    if input.get("Tags") is None:
        return dict(stack.detail.get("tags", {})) if stack else {}
    tags = tag_forms.from_list(input["Tags"])
    if problem := tag_forms.problem(tags):
        raise ValidationError(problem)
    return tags
