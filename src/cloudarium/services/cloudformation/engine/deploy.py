"""The phases of a deployment, and the loop that runs a phase's steps as far as they go.

create   apply → done | undo by deleting all that was made
update   apply → cleanup (what was replaced or left the template) → done
               ↘ revert (what was changed in place) → tidy (what was made) → done
delete   remove → done
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cloudarium.gateway.background import Event, Retry
from cloudarium.services.cloudformation import schemas
from cloudarium.services.cloudformation.engine import acts, endings, plan, policies
from cloudarium.services.cloudformation.engine.work import Work
from cloudarium.services.cloudformation.records import stacks, works
from cloudarium.services.cloudformation.records.works import Step
from cloudarium.shared.errors import AwsError

AT_ONCE = 16
_MAKING = ("apply",)


async def deploy(event: Event) -> Retry | None:
    """Take a stack's operation as far as it goes now; what it waits for wakes it again."""
    arn = event.payload["stack"]
    stack, operation = stacks.find(event.store, event.scope, arn), works.find(event.store, arn)
    if stack is None or operation is None:
        return None
    work = Work(event, stack, operation)
    while True:
        at = await _run(work)
        if at is not None:
            return None if at == float("inf") else Retry(at)
        with event.transaction():
            over = _advance(work)
        if over:
            endings.announce(arn)
            return None


# --- the steps of one phase -------------------------------------------------------------------------------------------


async def _run(work: Work) -> float | None:
    """Run the phase's steps until it is over (None), or until nothing can go on before the time that is returned."""
    if work.operation.phase == "apply":
        _refuse_unbuilt(work)
    looked: set[tuple[str, int]] = set()
    tasks: dict[asyncio.Task[None], Step] = {}
    try:
        while True:
            for step in _startable(work, looked, {step.key for step in tasks.values()})[: AT_ONCE - len(tasks)]:
                looked.add(step.key)
                tasks[asyncio.create_task(acts.perform(work, step))] = step
            if not tasks:
                break
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                tasks.pop(task)
                task.result()
    finally:
        for task in tasks:
            task.cancel()
    return _waiting(work)


def _refuse_unbuilt(work: Work) -> None:
    """Fail at once, before anything is made, what the template asks of Cloudarium in vain."""
    for step in list(work.steps.values()):
        resource = work.active.resources[step.logical]
        if step.state != "ready":
            continue
        try:
            schemas.check_built(resource["Type"], resource.get("Properties", {}))
        except AwsError as error:
            acts.fail(work, step, error)
    for row in list(work.rows.values()):
        if row.current and row.logical not in work.active.resources and work.operation.kind == "update":
            try:
                policies.check(work.stack.detail.get("policy"), "Update:Delete", row.logical, row.type)
            except AwsError as error:
                with work.event.transaction():
                    work.save(row, "DELETE_FAILED", error.message)
                    work.operation.detail.setdefault("refused", []).append(row.logical)
                    work.save_operation()


def _startable(work: Work, looked: set[tuple[str, int]], under_way: set[tuple[str, int]]) -> list[Step]:
    """The steps whose turn it is. When one has failed while things are made, nothing new is begun."""
    if work.operation.phase in _MAKING and (failing(work) or _stopped(work)):
        return []
    finished = {step.key for step in work.steps.values() if step.state == "done"}
    return [
        step
        for step in work.steps.values()
        if step.state in ("ready", "running", "waiting")
        and step.key not in looked
        and step.key not in under_way
        and all(need in finished or need not in work.steps for need in step.needs)
    ]


def failing(work: Work) -> bool:
    """Whether a step of the present phase has failed."""
    return any(step.state == "failed" for step in work.steps.values()) or bool(work.operation.detail.get("refused"))


def _stopped(work: Work) -> bool:
    """Whether the operation is cancelled or has run out of its time."""
    deadline = work.operation.detail.get("deadline")
    late = deadline is not None and work.now >= deadline
    return late or bool(works.cancelled(work.store, work.stack.arn))


def _waiting(work: Work) -> float | None:
    """When to look again, infinity for when woken, None when the phase is over."""
    waiting = [step for step in work.steps.values() if step.state == "waiting"]
    if not waiting:
        return None
    if work.operation.phase in _MAKING and (failing(work) or _stopped(work)):
        with work.event.transaction():
            for step in waiting:
                acts.give_up(work, step)
        return None
    times = [step.at for step in waiting if step.at is not None]
    if work.operation.phase in _MAKING and work.operation.detail.get("deadline") is not None:
        times.append(work.operation.detail["deadline"])
    return min(times, default=float("inf"))


# --- from phase to phase ----------------------------------------------------------------------------------------------


def _advance(work: Work) -> bool:
    """What follows the phase that is over; whether the operation is over, too."""
    return _AFTER[work.operation.phase](work)


def _after_apply(work: Work) -> bool:
    instead = works.cancelled(work.store, work.stack.arn)
    if instead == "delete":
        return _to_delete(work)
    if not failing(work) and not _stopped(work):
        problem = endings.settle_outputs(work)
        if problem is None:
            return _after_success(work)
        return _after_failure(work, problem)
    return _after_failure(work, _why(work, instead))


def _why(work: Work, instead: str) -> str:
    if instead == "rollback":
        return "User Initiated"
    failed = [step for step in work.steps.values() if step.state == "failed"]
    parts = []
    for word, actions in (("create", ("create",)), ("update", ("update", "replace"))):
        names = sorted(step.logical for step in failed if step.action in actions)
        if names:
            parts.append(f"The following resource(s) failed to {word}: [{', '.join(names)}]. ")
    if refused := work.operation.detail.get("refused"):
        parts.append(f"The following resource(s) failed to delete: [{', '.join(refused)}]. ")
    return "".join(parts) or "Stack creation time exceeded the specified timeout. "


def _after_success(work: Work) -> bool:
    if work.operation.kind == "create":
        endings.finish(work, "CREATE_COMPLETE")
        return True
    leaving = [row for row in work.rows.values() if not row.current or row.logical not in work.active.resources]
    work.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    work.start_phase("cleanup", plan.delete_steps(work.stack.arn, leaving))
    return False


def _after_cleanup(work: Work) -> bool:
    for row in list(work.rows.values()):
        if not row.current or row.logical not in work.active.resources:
            work.drop(row)  # what could not be deleted is left to itself, as on AWS
    endings.finish(work, "UPDATE_COMPLETE")
    return True


def _after_failure(work: Work, why: str) -> bool:
    kind, detail = work.operation.kind, work.operation.detail
    why = why.rstrip()
    if detail.get("keep") and not works.cancelled(work.store, work.stack.arn):
        endings.stop(work, "CREATE_FAILED" if kind == "create" else "UPDATE_FAILED", f"{why} ")
        return True
    if kind == "create":
        return _undo_create(work, why)
    work.set_status("UPDATE_ROLLBACK_IN_PROGRESS", why if why.endswith("User Initiated") else f"{why} ")
    return _turn(work)


def _turn(work: Work) -> bool:
    """Let the stack be again what it was, then take back what was changed in place."""
    endings.restore(work)
    endings.turn_back(work)
    skipped = work.operation.detail.get("skip", [])
    steps = [step for step in plan.revert_steps(work.stack.arn, work.rows.values()) if step.logical not in skipped]
    work.start_phase("revert", steps)
    return False


def _undo_create(work: Work, why: str) -> bool:
    if work.operation.detail.get("on_failure") == "DELETE":
        work.set_status("DELETE_IN_PROGRESS", f"{why} Delete requested by user.")
        work.operation.kind = "delete"
        work.start_phase("remove", plan.delete_steps(work.stack.arn, work.rows.values()))
        return False
    work.set_status("ROLLBACK_IN_PROGRESS", f"{why} Rollback requested by user.")
    work.start_phase("undo", plan.delete_steps(work.stack.arn, work.rows.values()))
    return False


def _after_undo(work: Work) -> bool:
    endings.finish(work, *_failed_deletes(work, "ROLLBACK_FAILED", "ROLLBACK_COMPLETE"))
    return True


def _after_revert(work: Work) -> bool:
    failed = sorted(step.logical for step in work.steps.values() if step.state == "failed")
    if failed:
        endings.stop(
            work,
            "UPDATE_ROLLBACK_FAILED",
            f"The following resource(s) failed to update: [{', '.join(failed)}]. ",
        )
        return True
    work.set_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    work.start_phase("tidy", plan.delete_steps(work.stack.arn, [r for r in work.rows.values() if not r.current]))
    return False


def _after_tidy(work: Work) -> bool:
    for row in list(work.rows.values()):
        if not row.current:
            work.drop(row)
    endings.finish(work, "UPDATE_ROLLBACK_COMPLETE")
    return True


def _after_remove(work: Work) -> bool:
    status, reason = _failed_deletes(work, "DELETE_FAILED", "DELETE_COMPLETE")
    endings.finish(work, status, reason)
    return True


def _failed_deletes(work: Work, bad: str, good: str) -> tuple[str, str | None]:
    failed = sorted(step.logical for step in work.steps.values() if step.state == "failed")
    if not failed:
        return good, None
    return bad, f"The following resource(s) failed to delete: [{', '.join(failed)}]. "


def _to_delete(work: Work) -> bool:
    """The stack is deleted while it is being created."""
    works.cancel(work.store, work.stack.arn, "")
    work.operation.kind = "delete"
    work.start_phase("remove", plan.delete_steps(work.stack.arn, work.rows.values()))
    return False


_AFTER: dict[str, Callable[[Work], bool]] = {
    "apply": _after_apply,
    "turn": _turn,
    "cleanup": _after_cleanup,
    "undo": _after_undo,
    "revert": _after_revert,
    "tidy": _after_tidy,
    "remove": _after_remove,
}
