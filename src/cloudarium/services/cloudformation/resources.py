"""ARNs of stacks and change sets, and what a call needs permission for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.cloudformation.records import stacks
from cloudarium.shared import arn, ids
from cloudarium.shared.scope import Scope


def new_stack_arn(scope: Scope, name: str) -> str:
    """The ARN of a new stack."""
    return arn.make("cloudformation", scope, f"stack/{name}/{ids.uuid()}")


def new_change_set_arn(scope: Scope, name: str) -> str:
    """The ARN of a new change set."""
    return arn.make("cloudformation", scope, f"changeSet/{name}/{ids.uuid()}")


def stack(call: Call) -> str:
    """The stack that the call names: by ARN, by the name of a live one, or any that has the name."""
    return _stack(call, call.input.get("StackName"))


def _stack(call: Call, name: Any) -> str:
    if not isinstance(name, str) or not name:
        return "*"
    if name.startswith("arn:"):
        return name
    known = stacks.arn_of(call.store, call.scope, name)
    return known or arn.make("cloudformation", call.scope, f"stack/{name}/*")


def stack_or_all(call: Call) -> str:
    """The stack that the call names, or all of them when it names none."""
    return stack(call) if call.input.get("StackName") else "*"


def all_stacks(call: Call) -> str:
    """What a listing of stacks is checked against."""
    return arn.make("cloudformation", call.scope, "stack/*/*")


def described(call: Call) -> Sequence[str | Need]:
    """The stack to describe; describing all of them needs the permission to list them as well (API reference)."""
    if call.input.get("StackName"):
        return [stack(call)]
    return ["*", Need("cloudformation:ListStacks", all_stacks(call))]


def of_change_set(call: Call) -> str:
    """The stack of the change set that the call names."""
    from cloudarium.services.cloudformation.records import changes

    named = call.input.get("ChangeSetName")
    if isinstance(named, str) and named.startswith("arn:"):
        found = changes.by_arn(call.store, call.scope, named)
        return found.stack if found else "*"
    return stack(call)


def stack_and_role(call: Call) -> Sequence[str | Need]:
    """The stack, and iam:PassRole for the role that CloudFormation is to act as."""
    needs: list[str | Need] = [stack(call)]
    role = call.input.get("RoleARN")
    if isinstance(role, str):
        needs.append(Need("iam:PassRole", role, {"iam:PassedToService": "cloudformation.amazonaws.com"}))
    return needs


def owner(call: Call, resource: str) -> str | None:
    """AWS's own transforms are there for every account as if they were its own."""
    return call.account if ":aws:transform/" in resource else None


def tags_of(call: Call, resource: str) -> dict[str, str]:
    """The tags that a stack was given."""
    parsed = arn.parse(resource)
    if parsed is None or not parsed.resource.startswith("stack/"):
        return {}
    found = stacks.find(call.store, Scope(parsed.account, parsed.region), resource)
    return dict(found.detail.get("tags") or {}) if found is not None else {}


def conditions(call: Call) -> Mapping[str, Any]:
    """cloudformation:TemplateUrl, RoleArn, ChangeSetName, StackPolicyUrl, ResourceTypes, ImportResourceTypes."""
    given = call.input
    known: dict[str, Any] = {}
    for key, member in (
        ("TemplateUrl", "TemplateURL"),
        ("RoleArn", "RoleARN"),
        ("ChangeSetName", "ChangeSetName"),
        ("StackPolicyUrl", "StackPolicyURL"),
    ):
        if isinstance(given.get(member), str):
            known[f"cloudformation:{key}"] = given[member]
    if isinstance(given.get("ResourceTypes"), list):
        known["cloudformation:ResourceTypes"] = given["ResourceTypes"]
    imported = given.get("ResourcesToImport")
    if isinstance(imported, list):
        known["cloudformation:ImportResourceTypes"] = [
            one["ResourceType"] for one in imported if isinstance(one, dict) and "ResourceType" in one
        ]
    return known
