"""How an operation begins: the stack's row, the operation and the first event, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cloudformation.engine import happenings, plan
from cloudarium.services.cloudformation.engine.work import principal_to
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.prepare.target import Target
from cloudarium.services.cloudformation.records import exports, resources, stacks, works
from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.services.cloudformation.records.works import Operation

DEEPEST = 20
GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
KEPT = ("CREATE_FAILED", "UPDATE_FAILED")


def made_of(target: Target) -> dict[str, Any]:
    """The part of a stack's detail that comes from the target."""
    detail: dict[str, Any] = {
        "description": target.processed.get("Description"),
        "raw": target.raw,
        "ssm": target.ssm,
        "tags": target.tags,
        "capabilities": target.capabilities,
        "conditions": target.conditions,
    }
    return detail


def new_stack(
    call: Call,
    name: str,
    arn: str,
    status: str,
    target: Target | None,
    detail: dict[str, Any],
    created: float | None = None,
) -> Stack:
    """The row of a stack that begins to be; `target` None is a stack that waits for its change set."""
    parent = call.context.get("aws:SourceArn") if call.request is None else None
    nested = isinstance(parent, str) and ":cloudformation:" in parent
    stack = Stack(
        *call.scope,
        arn,
        name,
        status,
        None,
        call.now if created is None else created,
        None,
        None,
        parent if nested else None,
        {"outputs": [], **detail, **(made_of(target) if target else {})},
        target.template if target else "",
        target.processed if target else {},
    )
    if nested and (holder := stacks.find(call.store, call.scope, str(parent))) is not None:
        stack.detail["root"] = holder.detail.get("root") or holder.arn
        stack.detail["depth"] = holder.detail.get("depth", 0) + 1
        if stack.detail["depth"] > DEEPEST:
            raise ValidationError(f"Stacks can be nested at most {DEEPEST} deep here: does {name} contain itself?")
    stacks.add(call.store, stack)
    return stack


def create(call: Call, stack: Stack, target: Target, options: Mapping[str, Any]) -> None:
    """Begin to create a stack whose row is there."""
    detail = _operation(call, target, options)
    if options.get("TimeoutInMinutes"):
        detail["deadline"] = call.now + 60 * options["TimeoutInMinutes"]
    detail["keep"] = bool(options.get("DisableRollback")) or options.get("OnFailure") == "DO_NOTHING"
    detail["on_failure"] = options.get("OnFailure")
    _tell(call, stack, "CREATE_IN_PROGRESS", detail)
    if target.problem:
        _fail_at_once(call, stack, target.problem, detail)
        return
    steps = plan.apply_steps(stack.arn, target.active().needs, resources.of(call.store, stack.arn))
    _begin(call, Operation(stack.arn, "create", "apply", detail=detail), steps)


def _fail_at_once(call: Call, stack: Stack, problem: str, detail: dict[str, Any]) -> None:
    """A transform that fails takes the stack with it."""
    failed = "CREATE_FAILED" if detail["keep"] else "ROLLBACK_COMPLETE"
    if not detail["keep"]:
        _tell(call, stack, "ROLLBACK_IN_PROGRESS", detail, f"{problem.rstrip('.')}. Rollback requested by user.")
    _tell(call, stack, failed, detail, problem if detail["keep"] else None)


def update(call: Call, stack: Stack, target: Target, options: Mapping[str, Any]) -> None:
    """Begin to bring a stack to a new target."""
    detail = _operation(call, target, options)
    detail["keep"] = bool(options.get("DisableRollback"))
    unfinished = stack.detail.get("unfinished") or {}
    detail["before"] = unfinished.get("before") or {
        "template": stack.template,
        "processed": stack.processed,
        "detail": {name: value for name, value in stack.detail.items() if name != "unfinished"},
    }
    role = detail["role"] or stack.detail.get("role")
    detail["role"] = role
    changed = {**stack.detail, **made_of(target), "role": role, "disable_rollback": detail["keep"]}
    changed["change_set"] = options.get("change_set", stack.detail.get("change_set"))
    stacks.set_template(call.store, stack.arn, target.template, target.processed)
    stacks.set_detail(call.store, stack.arn, changed)
    stacks.set_updated(call.store, stack.arn, call.now)
    _tell(call, stack, "UPDATE_IN_PROGRESS", detail)
    _give_up_failed(call, stack.arn)
    steps = plan.apply_steps(stack.arn, target.active().needs, alive(call, stack.arn))
    _begin(call, Operation(stack.arn, "update", "apply", detail=detail), steps)


def _give_up_failed(call: Call, arn: str) -> None:
    """What failed to be created and was kept is made anew by the update; what it left leaves in the clean-up."""
    for row in resources.of(call.store, arn):
        if row.status == "CREATE_FAILED" and row.physical:
            row.current = False
            resources.save(call.store, row)
        elif row.status == "CREATE_FAILED":
            resources.remove(call.store, row)


def delete(call: Call, stack: Stack, options: Mapping[str, Any]) -> None:
    """Begin to delete a stack."""
    detail: dict[str, Any] = {
        "principal": principal_to(call.principal),
        "role": options.get("RoleARN") or stack.detail.get("role"),
        "token": options.get("ClientRequestToken"),
        "retain": options.get("RetainResources") or [],
    }
    if options.get("RoleARN"):
        stacks.set_detail(call.store, stack.arn, {**stack.detail, "role": options["RoleARN"]})
    _tell(call, stack, "DELETE_IN_PROGRESS", detail)
    for export in exports.of(call.store, stack.arn):
        if users := exports.importers(call.store, call.scope, export.name):
            why = f"Delete canceled. Cannot delete export {export.name} as it is in use by {' and '.join(users)}."
            _tell(call, stack, "DELETE_FAILED", detail, why)
            return
    leaving = [row for row in resources.of(call.store, stack.arn) if row.status not in GONE]
    _begin(call, Operation(stack.arn, "delete", "remove", detail=detail), plan.delete_steps(stack.arn, leaving))


def tell_deleting(call: Call, stack: Stack, options: Mapping[str, Any]) -> None:
    """A stack that is being created is to be deleted instead; the deployment itself turns round."""
    _tell(call, stack, "DELETE_IN_PROGRESS", {"token": options.get("ClientRequestToken")})
    call.later("Deploy", {"stack": stack.arn}, key=stack.arn)


def undeletable(call: Call, stack: Stack) -> list[str]:
    """The logical ids of the resources whose deletion has failed: a forced deletion leaves them."""
    return [row.logical for row in resources.of(call.store, stack.arn) if row.status == "DELETE_FAILED"]


def roll_back(call: Call, stack: Stack, options: Mapping[str, Any], skip: list[str]) -> None:
    """Begin to go back from a failed creation, a failed update, or a rollback that failed."""
    unfinished = stack.detail.get("unfinished") or {}
    detail: dict[str, Any] = {
        "principal": principal_to(call.principal),
        "role": options.get("RoleARN") or stack.detail.get("role"),
        "token": options.get("ClientRequestToken"),
        "before": unfinished.get("before", {}),
        "skip": skip,
        "retain_except_on_create": options.get("RetainExceptOnCreate", False),
    }
    if stack.status in ("CREATE_FAILED", "ROLLBACK_FAILED"):
        _tell(call, stack, "ROLLBACK_IN_PROGRESS", detail)
        leaving = [row for row in resources.of(call.store, stack.arn) if row.status not in GONE]
        _begin(call, Operation(stack.arn, "create", "undo", detail=detail), plan.delete_steps(stack.arn, leaving))
        return
    _tell(call, stack, "UPDATE_ROLLBACK_IN_PROGRESS", detail)
    _begin(call, Operation(stack.arn, "update", "turn", detail=detail), [])


def alive(call: Call, arn: str) -> list[ResourceRow]:
    """The stack's resources that exist."""
    return [row for row in resources.of(call.store, arn) if row.status not in GONE]


def _operation(call: Call, target: Target, options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "principal": principal_to(call.principal),
        "role": options.get("RoleARN"),
        "token": options.get("ClientRequestToken"),
        "target": target.to_json(),
        "change_set": options.get("change_set"),
        "retain_except_on_create": options.get("RetainExceptOnCreate", False),
    }


def _begin(call: Call, operation: Operation, steps: list[Any]) -> None:
    works.finish(call.store, operation.stack)
    works.save(call.store, operation)
    works.replace_steps(call.store, operation.stack, steps)
    call.later("Deploy", {"stack": operation.stack}, key=operation.stack)


def _tell(call: Call, stack: Stack, status: str, detail: dict[str, Any], reason: str | None = "User Initiated") -> None:
    stacks.set_status(call.store, stack.arn, status, reason)
    happenings.of_stack(call.store, stack, status, reason, call.now, detail.get("token"))


def check_updatable(stack: Stack, keep: bool) -> None:
    """Raise unless the stack is in a status from which it can be updated."""
    if stack.status in _UPDATABLE or (stack.status in KEPT and keep):
        return
    raise ValidationError(f"Stack:{stack.arn} is in {stack.status} state and can not be updated.")
