"""DescribeStacks, ListStacks, the events and the resources of a stack."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudformation import resources as arns
from cloudarium.services.cloudformation.errors import StackMissing, StackNotFound, ValidationError
from cloudarium.services.cloudformation.operations.exports import after, pair_after, text_after
from cloudarium.services.cloudformation.records import events, resources, stacks
from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.services.cloudformation.template import parameters
from cloudarium.shared import paging, tags

PAGE = 100
NOT_CHECKED = {"StackDriftStatus": "NOT_CHECKED"}
RESOURCE_NOT_CHECKED = {"StackResourceDriftStatus": "NOT_CHECKED"}


def find(call: Call) -> Stack:
    """The stack that the call names, deleted or not when by ARN. Raises StackNotFound."""
    stack = stacks.find(call.store, call.scope, call.input["StackName"])
    if stack is None:
        raise StackNotFound(call.input["StackName"])
    return stack


def present(value: dict[str, Any]) -> dict[str, Any]:
    """`value` without the members that are None."""
    return {key: member for key, member in value.items() if member is not None}


def shown_parameters(section: dict[str, Any], raw: dict[str, str], ssm: dict[str, str]) -> list[dict[str, str]]:
    """The parameters as AWS shows them: NoEcho masked, values from SSM beside their names."""
    made = []
    for name, value in raw.items():
        hidden = parameters.hidden(section.get(name, {}))
        entry = {"ParameterKey": name, "ParameterValue": parameters.MASK if hidden else value}
        if name in ssm:
            entry["ResolvedValue"] = parameters.MASK if hidden else ssm[name]
        made.append(entry)
    return made


# --- stacks -----------------------------------------------------------------------------------------------------------


@operation("DescribeStacks", on=arns.described)
def describe_stacks(call: Call) -> dict[str, Any]:
    """One stack by name or ARN, or all live ones."""
    if call.input.get("StackName"):
        return {"Stacks": [_described(find(call))]}
    found = stacks.page(call.store, call.scope, True, pair_after(call), PAGE + 1)
    answer: dict[str, Any] = {"Stacks": [_described(stack) for stack in found[:PAGE]]}
    if len(found) > PAGE:
        answer["NextToken"] = paging.encode([found[PAGE - 1].created, found[PAGE - 1].arn])
    return answer


def _described(stack: Stack) -> dict[str, Any]:
    detail = stack.detail
    section = stack.processed.get("Parameters", {})
    shown = shown_parameters(section, detail.get("raw", {}), detail.get("ssm", {}))
    return present(
        {
            "StackId": stack.arn,
            "StackName": stack.name,
            "ChangeSetId": detail.get("change_set") if stack.deleted is None else None,
            "Description": detail.get("description"),
            "Parameters": shown or None,
            "CreationTime": stack.created,
            "DeletionTime": stack.deleted,
            "LastUpdatedTime": stack.updated,
            "RollbackConfiguration": {},
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason if stack.reason != "User Initiated" else None,
            "DisableRollback": detail.get("disable_rollback", False),
            "NotificationARNs": [],
            "TimeoutInMinutes": detail.get("timeout"),
            "Capabilities": detail.get("capabilities") or None,
            "Outputs": detail.get("outputs") or None,
            "RoleARN": detail.get("role"),
            "Tags": tags.to_list(detail.get("tags", {})),
            "EnableTerminationProtection": bool(detail.get("protected")) if stack.deleted is None else None,
            "ParentId": stack.parent,
            "RootId": detail.get("root"),
            "DriftInformation": NOT_CHECKED,
            "RetainExceptOnCreate": detail.get("retain_except_on_create"),
        }
    )


@operation("ListStacks", on=arns.all_stacks)
def list_stacks(call: Call) -> dict[str, Any]:
    """All stacks, deleted ones too, the newest first; only those in the statuses asked for."""
    wanted = call.input.get("StackStatusFilter")
    answer: list[dict[str, Any]] = []
    key = pair_after(call)
    while True:
        found = stacks.page(call.store, call.scope, False, key, PAGE)
        for stack in found:
            if wanted and stack.status not in wanted:
                continue
            if len(answer) == PAGE:
                return {"StackSummaries": answer, "NextToken": paging.encode(key)}
            answer.append(_summary(stack))
            key = (stack.created, stack.arn)
        if len(found) < PAGE:
            return {"StackSummaries": answer}
        key = (found[-1].created, found[-1].arn)


def _summary(stack: Stack) -> dict[str, Any]:
    return present(
        {
            "StackId": stack.arn,
            "StackName": stack.name,
            "TemplateDescription": stack.detail.get("description"),
            "CreationTime": stack.created,
            "LastUpdatedTime": stack.updated,
            "DeletionTime": stack.deleted,
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason if stack.reason != "User Initiated" else None,
            "ParentId": stack.parent,
            "RootId": stack.detail.get("root"),
            "DriftInformation": NOT_CHECKED,
        }
    )


# --- events -----------------------------------------------------------------------------------------------------------


@operation("DescribeStackEvents", on=arns.stack)
def describe_stack_events(call: Call) -> dict[str, Any]:
    """What happened to a stack, the newest first."""
    stack = stacks.find(call.store, call.scope, call.input["StackName"])
    if stack is None:
        raise StackMissing(call.input["StackName"])
    before = after(call)
    if before is not None and not isinstance(before, int):
        raise ValidationError("Invalid NextToken")
    found = events.page(call.store, stack.arn, before, PAGE + 1)
    answer: dict[str, Any] = {"StackEvents": [event for _, event in found[:PAGE]]}
    if len(found) > PAGE:
        answer["NextToken"] = paging.encode(found[PAGE - 1][0])
    return answer


# --- resources --------------------------------------------------------------------------------------------------------


@operation("DescribeStackResource", on=arns.stack)
def describe_stack_resource(call: Call) -> dict[str, Any]:
    """One resource of a stack, with its metadata."""
    name, logical = call.input["StackName"], call.input["LogicalResourceId"]
    stack = stacks.find(call.store, call.scope, name)
    if stack is None:
        raise ValidationError(f"Stack '{name}' does not exist")
    row = next((row for row in resources.current(call.store, stack.arn) if row.logical == logical), None)
    if row is None:
        raise ValidationError(f"Resource {logical} does not exist for stack {stack.name}")
    shown = {"StackName": stack.name, "StackId": stack.arn, **_resource(row), "LastUpdatedTimestamp": row.changed}
    shown["Metadata"] = json.dumps(row.metadata, separators=(",", ":"))
    return {"StackResourceDetail": present(shown)}


def _resource(row: ResourceRow) -> dict[str, Any]:
    return {
        "LogicalResourceId": row.logical,
        "PhysicalResourceId": row.physical or None,
        "ResourceType": row.type,
        "ResourceStatus": row.status,
        "ResourceStatusReason": row.reason,
        "DriftInformation": RESOURCE_NOT_CHECKED,
    }


@operation("DescribeStackResources", on=arns.stack_or_all)
def describe_stack_resources(call: Call) -> dict[str, Any]:
    """The resources of a stack, which may be named by one of its physical resources."""
    name, physical = call.input.get("StackName"), call.input.get("PhysicalResourceId")
    if name and physical:
        raise ValidationError("Only one of StackName and PhysicalResourceId may be specified")
    if not name and not physical:
        raise ValidationError("Either StackName or PhysicalResourceId must be specified")
    arn = name or resources.having(call.store, *call.scope, str(physical))
    stack = stacks.find(call.store, call.scope, arn) if arn else None
    if stack is None:
        raise StackNotFound(name) if name else ValidationError(f"Stack for {physical} does not exist")
    wanted = call.input.get("LogicalResourceId")
    shown = [
        present({"StackName": stack.name, "StackId": stack.arn, **_resource(row), "Timestamp": row.changed})
        for row in resources.current(call.store, stack.arn)
        if wanted in (None, row.logical)
    ]
    return {"StackResources": shown[:PAGE]}


@operation("ListStackResources", on=arns.stack)
def list_stack_resources(call: Call) -> dict[str, Any]:
    """The resources of a stack, in pages."""
    stack, last = find(call), text_after(call)
    rows = [row for row in resources.current(call.store, stack.arn) if row.logical > last]
    shown = [present({**_resource(row), "LastUpdatedTimestamp": row.changed}) for row in rows[:PAGE]]
    answer: dict[str, Any] = {"StackResourceSummaries": shown}
    if len(rows) > PAGE:
        answer["NextToken"] = paging.encode(rows[PAGE - 1].logical)
    return answer
