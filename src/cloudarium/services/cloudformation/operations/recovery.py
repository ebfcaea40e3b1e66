"""CancelUpdateStack, ContinueUpdateRollback, RollbackStack: ways out of a deployment that goes wrong."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudformation import resources
from cloudarium.services.cloudformation.engine import start
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.operations.stacks import check_role, existing, options, wait
from cloudarium.services.cloudformation.records import works


@operation("CancelUpdateStack", on=resources.stack)
def cancel_update_stack(call: Call) -> dict[str, Any]:
    """Stop an update under way and go back."""
    stack = existing(call)
    running = works.find(call.store, stack.arn)
    if stack.status != "UPDATE_IN_PROGRESS" or running is None:
        raise ValidationError(f"CancelUpdateStack cannot be called from current stack status: {stack.status}")
    running.detail["token"] = call.input.get("ClientRequestToken", running.detail.get("token"))
    works.save(call.store, running)
    works.cancel(call.store, stack.arn, "rollback")
    call.later("Deploy", {"stack": stack.arn}, key=stack.arn)
    return {}


@operation("ContinueUpdateRollback", on=resources.stack_and_role, refuses=("ForceRollback",))
async def continue_update_rollback(call: Call) -> dict[str, Any]:
    """Try again to go back from an update, without the resources to skip."""
    stack = existing(call)
    await check_role(call, call.input.get("RoleARN"))
    with call.transaction():
        stack = existing(call)
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(f"Stack:{stack.arn} is in {stack.status} state and can not continue update rollback.")
        start.roll_back(call, stack, {**call.input}, list(call.input.get("ResourcesToSkip") or []))
    await wait(call, stack.arn)
    return {}


@operation("RollbackStack", on=resources.stack_and_role)
async def rollback_stack(call: Call) -> dict[str, Any]:
    """Go back from a creation or update that failed and was kept."""
    given, stack = options(call), existing(call)
    await check_role(call, given.get("RoleARN"))
    with call.transaction():
        stack = existing(call)
        if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
            raise ValidationError(f"Stack:{stack.arn} is in {stack.status} state and can not be rolled back.")
        start.roll_back(call, stack, given, [])
    await wait(call, stack.arn)
    return {"StackId": stack.arn}
