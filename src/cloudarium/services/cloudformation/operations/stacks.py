"""CreateStack, UpdateStack, DeleteStack, and a stack's policy and protection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudformation import resources
from cloudarium.services.cloudformation.diff import changes
from cloudarium.services.cloudformation.engine import endings, policies, start
from cloudarium.services.cloudformation.engine.work import assume
from cloudarium.services.cloudformation.errors import StackExists, StackMissing, ValidationError
from cloudarium.services.cloudformation.prepare.sources import decode, fetch
from cloudarium.services.cloudformation.prepare.target import Target, prepare
from cloudarium.services.cloudformation.records import changes as change_sets
from cloudarium.services.cloudformation.records import stacks, works
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.shared.errors import NotBuilt

REVIEW = "REVIEW_IN_PROGRESS"
PATIENCE = 2.0  # seconds of real time that a client waits for a deployment before it has to poll
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
UNBUILT = ("RollbackConfiguration", "StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL", "DisableValidation")


def checked_name(name: str) -> str:
    """A name for a new stack. Raises ValidationError as AWS words it."""
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    if len(name) > 128:
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must have length less than or equal to 128"
        )
    return name


def options(call: Call) -> dict[str, Any]:
    """The input, with the forms in which AWS takes a deployment's mode made one. Refuses what is not built."""
    given = dict(call.input)
    if given.get("NotificationARNs"):
        raise NotBuilt(f"cloudformation:{call.operation_name} with NotificationARNs")
    deployment = given.get("DeploymentConfig") or {}
    if deployment.get("Mode", "STANDARD") != "STANDARD":
        raise NotBuilt(f"cloudformation:{call.operation_name} with DeploymentConfig Mode {deployment['Mode']}")
    if "DisableRollback" in deployment:
        given["DisableRollback"] = deployment["DisableRollback"]
    if given.get("DisableRollback") is not None and given.get("OnFailure") is not None:
        raise ValidationError("You can specify either DisableRollback or OnFailure, but not both.")
    return given


async def check_role(call: Call, role: str | None) -> None:
    """Raise unless CloudFormation can act as the role."""
    if role:
        await assume(call, role)


def check_types(allowed: list[str] | None, target: Target) -> None:
    """Raise when the template has a resource type that the request's ResourceTypes do not admit."""
    for resource in target.processed.get("Resources", {}).values() if allowed else ():
        kind = resource.get("Type", "")
        if not any(kind == one or (one.endswith("*") and kind.startswith(one[:-1])) for one in allowed or ()):
            raise ValidationError(
                f"Resource type {kind} is not allowed by parameter ResourceTypes [{', '.join(allowed or ())}]"
            )


async def policy_text(call: Call, given: Mapping[str, Any]) -> str | None:
    """The stack policy in the request, checked; None when it has none."""
    body, url = given.get("StackPolicyBody"), given.get("StackPolicyURL")
    if body is not None and url is not None:
        raise ValidationError("You cannot specify both StackPolicyBody and StackPolicyURL.")
    if url is not None:
        body = decode(await fetch(call, url, 16_384))
    if body is not None:
        policies.parse(body)
    return body


@operation("CreateStack", on=resources.stack_and_role, refuses=UNBUILT)
async def create_stack(call: Call) -> dict[str, Any]:
    """Begin to create a stack; the name must be free."""
    given, name = options(call), checked_name(call.input["StackName"])
    existing = stacks.find(call.store, call.scope, name)
    if existing is not None and existing.status != REVIEW:
        if given.get("ClientRequestToken") and existing.detail.get("token") == given["ClientRequestToken"]:
            return {"StackId": existing.arn}
        raise StackExists(name)
    arn = existing.arn if existing else resources.new_stack_arn(call.scope, name)
    target = await prepare(call, given, None, name, arn, direct=True)
    check_types(given.get("ResourceTypes"), target)
    await check_role(call, given.get("RoleARN"))
    policy = await policy_text(call, given)
    with call.transaction():
        existing = stacks.find(call.store, call.scope, name)
        if existing is not None and (existing.status != REVIEW or existing.arn != arn):
            raise StackExists(name)
        detail = {
            "role": given.get("RoleARN"),
            "policy": policy,
            "token": given.get("ClientRequestToken"),
            "timeout": given.get("TimeoutInMinutes"),
            "protected": given.get("EnableTerminationProtection", False),
            "disable_rollback": bool(given.get("DisableRollback")) or given.get("OnFailure") == "DO_NOTHING",
            "retain_except_on_create": given.get("RetainExceptOnCreate"),
        }
        if existing is not None:  # a stack that is only being reviewed is created as it is, without its change sets
            stacks.forget(call.store, arn)
            change_sets.make_obsolete(call.store, arn)
        created = existing.created if existing is not None else call.now
        stack = start.new_stack(call, name, arn, "CREATE_IN_PROGRESS", target, detail, created)
        start.create(call, stack, target, given)
    await wait(call, arn)
    return {"StackId": arn}


@operation("UpdateStack", on=resources.stack_and_role, refuses=UNBUILT)
async def update_stack(call: Call) -> dict[str, Any]:
    """Begin to bring a stack to another template, other parameters or other tags."""
    given = options(call)
    stack = existing(call)
    running = works.find(call.store, stack.arn)
    if running and given.get("ClientRequestToken") and running.detail.get("token") == given["ClientRequestToken"]:
        return {"StackId": stack.arn}
    start.check_updatable(stack, bool(given.get("DisableRollback")))
    target = await prepare(call, given, stack, stack.name, stack.arn, direct=True)
    check_types(given.get("ResourceTypes"), target)
    await check_role(call, given.get("RoleARN"))
    policy = await policy_text(call, given)
    with call.transaction():
        stack = existing(call)
        start.check_updatable(stack, bool(given.get("DisableRollback")))
        if target.problem:
            raise ValidationError(target.problem)
        found = changes.between(call.store, stack, target)
        if not found.any and policy is None and stack.status not in start.KEPT:
            raise ValidationError("No updates are to be performed.")
        if policy is not None:
            stack = stack._replace(detail={**stack.detail, "policy": policy})
        start.update(call, stack, target, given)
    await wait(call, stack.arn)
    return {"StackId": stack.arn}


@operation("DeleteStack", on=resources.stack_and_role)
async def delete_stack(call: Call) -> dict[str, Any]:
    """Begin to delete a stack; that there is none is success."""
    given = options(call)
    stack = stacks.find(call.store, call.scope, given["StackName"])
    if stack is None or stack.deleted is not None or stack.status == "DELETE_IN_PROGRESS":
        return {}
    await check_role(call, given.get("RoleARN"))
    with call.transaction():
        found = stacks.find(call.store, call.scope, stack.arn)
        if found is None or found.deleted is not None or found.status == "DELETE_IN_PROGRESS":
            return {}
        _delete(call, found, given)
    await wait(call, stack.arn)
    return {}


def _delete(call: Call, stack: Stack, given: dict[str, Any]) -> None:
    if stack.detail.get("protected"):
        raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    forced = given.get("DeletionMode") == "FORCE_DELETE_STACK"
    if (given.get("RetainResources") or forced) and stack.status != "DELETE_FAILED":
        what = "use DeletionMode FORCE_DELETE_STACK" if forced else "specify which resources to retain"
        raise ValidationError(
            f"Invalid operation on stack [{stack.arn}]. You can only {what} when the stack is in DELETE_FAILED state"
        )
    if stack.status == "CREATE_IN_PROGRESS" and works.find(call.store, stack.arn):
        works.cancel(call.store, stack.arn, "delete")
        start.tell_deleting(call, stack, given)
        return
    if stack.status.endswith("_IN_PROGRESS") and stack.status != REVIEW:
        raise ValidationError(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
    if forced:
        given = {**given, "RetainResources": start.undeletable(call, stack)}
    start.delete(call, stack, given)


def existing(call: Call) -> Stack:
    """The live stack that the call names. Raises StackMissing."""
    stack = stacks.find(call.store, call.scope, call.input["StackName"])
    if stack is None or stack.deleted is not None:
        raise StackMissing(call.input["StackName"])
    return stack


async def wait(call: Call, arn: str) -> None:
    """Give a client's deployment a moment, so that small stacks are done when it looks for the first time."""
    if call.request is not None and works.find(call.store, arn) is not None:
        await endings.wait_for(arn, PATIENCE)


# --- policy and protection --------------------------------------------------------------------------------------------


@operation("SetStackPolicy", on=resources.stack)
async def set_stack_policy(call: Call) -> dict[str, Any]:
    """Set what later updates of the stack may do."""
    stack = existing(call)
    policy = await policy_text(call, call.input)
    if policy is None:
        raise ValidationError("Either StackPolicyBody or StackPolicyURL must be specified.")
    with call.transaction():
        stacks.set_detail(call.store, stack.arn, {**existing(call).detail, "policy": policy})
    return {}


@operation("GetStackPolicy", on=resources.stack)
def get_stack_policy(call: Call) -> dict[str, Any]:
    """The stack's policy as it was set."""
    policy = existing(call).detail.get("policy")
    return {"StackPolicyBody": policy} if policy else {}


@operation("UpdateTerminationProtection", on=resources.stack)
def update_termination_protection(call: Call) -> dict[str, Any]:
    """Protect a stack from being deleted, or no longer."""
    stack = existing(call)
    if stack.parent:
        raise ValidationError("Termination protection can not be changed on nested stacks")
    protected = call.input["EnableTerminationProtection"]
    stacks.set_detail(call.store, stack.arn, {**stack.detail, "protected": protected})
    return {"StackId": stack.arn}
