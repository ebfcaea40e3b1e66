"""Change sets: worked out, looked at, executed."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudformation import resources as arns
from cloudarium.services.cloudformation.diff.changes import Found, between
from cloudarium.services.cloudformation.diff.details import MAY
from cloudarium.services.cloudformation.engine import happenings, start
from cloudarium.services.cloudformation.errors import (
    ChangeSetNotFound,
    ChangeSetStatus,
    StackMissing,
    StackNotFound,
    ValidationError,
)
from cloudarium.services.cloudformation.operations.describing import present, shown_parameters
from cloudarium.services.cloudformation.operations.exports import after, pair_after
from cloudarium.services.cloudformation.operations.stacks import (
    REVIEW,
    check_role,
    check_types,
    checked_name,
    options,
    wait,
)
from cloudarium.services.cloudformation.prepare.target import Target, prepare
from cloudarium.services.cloudformation.records import changes, stacks
from cloudarium.services.cloudformation.records.changes import ChangeSet
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.shared import paging, tags
from cloudarium.shared.errors import AwsError, NotBuilt

PAGE = 100
NOTHING = "The submitted information didn't contain changes. Submit different information to create a change set."
_EXECUTED = "EXECUTE_COMPLETE"
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")


class AlreadyThere(AwsError):
    """The stack or the change set has the name already."""

    code = "AlreadyExistsException"


@operation(
    "CreateChangeSet",
    on=arns.stack_and_role,
    refuses=("RollbackConfiguration", "ResourcesToImport", "DeploymentMode", "DisableValidation"),
)
async def create_change_set(call: Call) -> dict[str, Any]:
    """Work out what a template would change, for a stack that is there or one that is to be."""
    given = options(call)
    if given.get("ImportExistingResources"):
        raise NotBuilt("cloudformation:CreateChangeSet with ImportExistingResources")
    if given.get("IncludeNestedStacks"):
        raise NotBuilt("cloudformation:CreateChangeSet with IncludeNestedStacks")
    kind = given.get("ChangeSetType", "UPDATE")
    if kind == "IMPORT":
        raise NotBuilt("cloudformation:CreateChangeSet with ChangeSetType IMPORT")
    name = _checked(given["ChangeSetName"])
    stack = _stack_for(call, kind, name, given)
    arn = stack.arn if stack else arns.new_stack_arn(call.scope, checked_name(given["StackName"]))
    stack_name = stack.name if stack else given["StackName"]
    if stack and (twin := _repeated(call, stack, name, given)):
        return twin
    before = stack if stack and stack.status != REVIEW else None
    target = await prepare(call, given, before, stack_name, arn, direct=False)
    check_types(given.get("ResourceTypes"), target)
    await check_role(call, given.get("RoleARN"))
    with call.transaction():
        stack = _stack_for(call, kind, name, given)
        if stack is None:
            detail = {"role": given.get("RoleARN"), "tags": target.tags}
            stack = start.new_stack(call, stack_name, arn, REVIEW, None, detail)
            happenings.of_stack(call.store, stack, REVIEW, "User Initiated", call.now, given.get("ClientToken"))
        change_set = _worked_out(call, stack, target, given, kind)
        _free_name(call, stack, name)
        changes.add(call.store, change_set)
    return {"Id": change_set.arn, "StackId": stack.arn}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > 128:
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    return name


def _stack_for(call: Call, kind: str, name: str, given: dict[str, Any]) -> Stack | None:
    """The stack that the change set is for; None when CREATE is to make it."""
    stack = stacks.find(call.store, call.scope, given["StackName"])
    if stack is not None and stack.deleted is not None:
        stack = None
    if kind == "CREATE":
        if stack is None and given["StackName"].startswith("arn:"):
            raise StackMissing(given["StackName"])
        if stack is not None and stack.status != REVIEW:
            raise ValidationError(
                f"Stack [{stack.name}] already exists and cannot be created again with the changeSet [{name}]."
            )
        return stack
    if stack is None:
        raise StackMissing(given["StackName"])
    start.check_updatable(stack, keep=True)
    return stack


def _repeated(call: Call, stack: Stack, name: str, given: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of before, when the same request comes again with its token. Raises when only the name is the same."""
    known = changes.by_name(call.store, stack.arn, name)
    if known is None:
        return None
    if given.get("ClientToken") and known.detail.get("token") == given["ClientToken"]:
        return {"Id": known.arn, "StackId": stack.arn}
    if known.execution == _EXECUTED:
        return None
    raise AlreadyThere(f"ChangeSet [{name}] already exists in stack [{stack.name}]")


def _free_name(call: Call, stack: Stack, name: str) -> None:
    # Executing deletes a stack's change sets; the one executed is kept to be looked at, but its name is free. The AWS
    # CLI names them by the second, and two deployments may well happen within one.
    known = changes.by_name(call.store, stack.arn, name)
    if known is not None and known.execution == _EXECUTED:
        changes.remove(call.store, known.arn)


def _worked_out(call: Call, stack: Stack, target: Target, given: dict[str, Any], kind: str) -> ChangeSet:
    reason, found = target.problem or None, Found()
    if reason is None:
        try:
            found = between(call.store, stack, target)
        except ValidationError as error:
            reason = error.message
    if reason is None and not found.any and stack.status not in (REVIEW, *start.KEPT):
        reason = NOTHING
    detail = {
        "target": target.to_json(),
        "changes": found.changes,
        "kind": kind,
        "description": given.get("Description"),
        "role": given.get("RoleARN"),
        "token": given.get("ClientToken"),
        "on_failure": given.get("OnStackFailure"),
        "disable_rollback": given.get("DisableRollback"),
    }
    status, execution = ("FAILED", "UNAVAILABLE") if reason else ("CREATE_COMPLETE", "AVAILABLE")
    arn = arns.new_change_set_arn(call.scope, given["ChangeSetName"])
    return ChangeSet(*call.scope, arn, given["ChangeSetName"], stack.arn, call.now, status, reason, execution, detail)


def named(call: Call) -> ChangeSet:
    """The change set that the call names, by ARN or by name and stack. Raises what AWS raises."""
    name, stack_name = call.input["ChangeSetName"], call.input.get("StackName")
    if name.startswith("arn:"):
        found = changes.by_arn(call.store, call.scope, name)
    else:
        if not stack_name:
            raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
        stack = stacks.find(call.store, call.scope, stack_name)
        if stack is None:
            raise StackMissing(stack_name)
        found = changes.by_name(call.store, stack.arn, name)
    if found is None:
        raise ChangeSetNotFound(name)
    return found


@operation("DescribeChangeSet", on=arns.of_change_set)
def describe_change_set(call: Call) -> dict[str, Any]:
    """A change set with its changes, in pages; property values only when asked for."""
    change_set = named(call)
    first = after(call) or 0
    if not isinstance(first, int) or first < 0:
        raise ValidationError("Invalid NextToken")
    show = _with_values if call.input.get("IncludePropertyValues") else _without_values
    found = [change for change in map(show, change_set.detail["changes"]) if change is not None]
    answer = _described(call, change_set)
    answer["Changes"] = found[first : first + PAGE]
    if first + PAGE < len(found):
        answer["NextToken"] = paging.encode(first + PAGE)
    return answer


def _described(call: Call, change_set: ChangeSet) -> dict[str, Any]:
    detail, target = change_set.detail, change_set.detail["target"]
    stack = stacks.find(call.store, call.scope, change_set.stack)
    section = target["processed"].get("Parameters", {})
    return present(
        {
            "ChangeSetName": change_set.name,
            "ChangeSetId": change_set.arn,
            "StackId": change_set.stack,
            "StackName": stack.name if stack else "",
            "Description": detail.get("description"),
            "Parameters": shown_parameters(section, target["raw"], target["ssm"]) or None,
            "CreationTime": change_set.created,
            "ExecutionStatus": change_set.execution,
            "Status": change_set.status,
            "StatusReason": change_set.reason,
            "NotificationARNs": [],
            "RollbackConfiguration": {},
            "Capabilities": target["capabilities"],
            "Tags": tags.to_list(target["tags"]) or None,
            "IncludeNestedStacks": False,
            "OnStackFailure": detail.get("on_failure"),
        }
    )


def _with_values(change: dict[str, Any]) -> dict[str, Any] | None:
    """The change with all that is known of values: what only may change is no change then, and AWS leaves it out."""
    resource = dict(change["ResourceChange"])
    resource["Details"] = [detail for detail in resource["Details"] if not detail.get(MAY)]
    if resource["Action"] == "Modify" and change["ResourceChange"]["Details"] and not resource["Details"]:
        return None
    return {**change, "ResourceChange": resource}


def _without_values(change: dict[str, Any]) -> dict[str, Any] | None:
    resource = {
        key: value for key, value in change["ResourceChange"].items() if key not in ("BeforeContext", "AfterContext")
    }
    resource["Details"] = [
        {
            **{key: value for key, value in detail.items() if key != MAY},
            "Target": {key: detail["Target"][key] for key in _SHORT if key in detail["Target"]},
        }
        for detail in resource.get("Details", [])
    ]
    return {**change, "ResourceChange": resource}


_SHORT = ("Attribute", "Name", "RequiresRecreation")


@operation("ListChangeSets", on=arns.stack)
def list_change_sets(call: Call) -> dict[str, Any]:
    """The change sets of a stack, the oldest first."""
    stack = stacks.find(call.store, call.scope, call.input["StackName"])
    if stack is None:
        raise StackNotFound(call.input["StackName"])
    found = changes.of(call.store, stack.arn, pair_after(call), PAGE + 1)
    answer: dict[str, Any] = {
        "Summaries": [
            present(
                {
                    "StackId": stack.arn,
                    "StackName": stack.name,
                    "ChangeSetId": one.arn,
                    "ChangeSetName": one.name,
                    "ExecutionStatus": one.execution,
                    "Status": one.status,
                    "StatusReason": one.reason,
                    "CreationTime": one.created,
                    "Description": one.detail.get("description"),
                    "IncludeNestedStacks": False,
                }
            )
            for one in found[:PAGE]
        ]
    }
    if len(found) > PAGE:
        answer["NextToken"] = paging.encode([found[PAGE - 1].created, found[PAGE - 1].arn])
    return answer


@operation("ExecuteChangeSet", on=arns.of_change_set)
async def execute_change_set(call: Call) -> dict[str, Any]:
    """Begin to do what a change set says; the stack's other change sets are deleted, for they no longer fit."""
    change_set = named(call)
    await check_role(call, change_set.detail.get("role"))
    with call.transaction():
        change_set = named(call)
        if change_set.status != "CREATE_COMPLETE" or change_set.execution != "AVAILABLE":
            raise ChangeSetStatus(change_set.arn, "executed", change_set.status)
        changes.set_execution(call.store, change_set.arn, "EXECUTE_IN_PROGRESS")
        _execute(call, change_set)
        changes.remove_others(call.store, change_set.stack, change_set.arn)
    await wait(call, change_set.stack)
    return {}


def _execute(call: Call, change_set: ChangeSet) -> None:
    stack = stacks.find(call.store, call.scope, change_set.stack)
    if stack is None or stack.deleted is not None:
        raise StackMissing(change_set.stack)
    detail = change_set.detail
    target = Target(**detail["target"])
    keep = call.input.get("DisableRollback", detail.get("disable_rollback"))
    if keep and detail.get("on_failure") not in (None, "DO_NOTHING"):
        raise ValidationError("You can specify either DisableRollback or OnStackFailure, but not both.")
    given = {
        "ClientRequestToken": call.input.get("ClientRequestToken"),
        "DisableRollback": keep,
        "RetainExceptOnCreate": call.input.get("RetainExceptOnCreate", False),
        "RoleARN": detail.get("role"),
        "OnFailure": detail.get("on_failure") if not keep else None,
        "change_set": change_set.arn,
    }
    if stack.status != REVIEW:
        start.check_updatable(stack, keep=bool(keep))
        start.update(call, stack, target, given)
        return
    made = {
        **stack.detail,
        **start.made_of(target),
        "role": detail.get("role"),
        "change_set": change_set.arn,
        "disable_rollback": bool(keep),
    }
    stacks.set_template(call.store, stack.arn, target.template, target.processed)
    stacks.set_detail(call.store, stack.arn, made)
    stacks.set_updated(call.store, stack.arn, call.now)
    start.create(call, stack._replace(detail=made), target, given)


@operation("DeleteChangeSet", on=arns.of_change_set)
def delete_change_set(call: Call) -> dict[str, Any]:
    """Delete a change set that is not under way; that there is none is success for an ARN."""
    try:
        change_set = named(call)
    except ChangeSetNotFound:
        return {}
    changes.remove(call.store, change_set.arn)
    return {}
