"""How an operation ends: outputs and exports, the final status, the way back, and who is told."""

from __future__ import annotations

import asyncio
from typing import Any

from cloudarium.services.cloudformation.engine.work import Work
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.records import changes, exports, resources, stacks, works
from cloudarium.services.cloudformation.template.functions import NO_VALUE, function_of, resolve, text
from cloudarium.shared.errors import AwsError

_listeners: dict[str, asyncio.Event] = {}


# --- who waits for the end --------------------------------------------------------------------------------------------


async def wait_for(arn: str, seconds: float) -> None:
    """Wait for the end of the operation on a stack, but no longer than `seconds` of real time.

    A small stack is done in milliseconds; a client that is answered after them need not sleep through its first
    polling interval, which is 5 to 30 seconds. AWS promises nothing about how long these calls take.
    """
    over = _listeners.setdefault(arn, asyncio.Event())
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        pass
    finally:
        _listeners.pop(arn, None)


def announce(arn: str) -> None:
    """Tell who waits that the operation is over."""
    if arn in _listeners:
        _listeners[arn].set()


# --- outputs and exports ----------------------------------------------------------------------------------------------


def settle_outputs(work: Work) -> str | None:
    """Work out the outputs and exports and record them; what is wrong with them, None when all is well."""
    try:
        outputs = _outputs(work)
        exported = {entry["ExportName"]: entry["OutputValue"] for entry in outputs if "ExportName" in entry}
        if len(exported) < sum("ExportName" in entry for entry in outputs):
            raise ValidationError("Template error: an export name is used by several outputs")
        _check_exports(work, exported)
        _note_imports(work)
    except AwsError as error:
        return f"{error.message} " if not error.message.endswith(".") else error.message
    exports.replace(work.store, work.stack.scope, work.stack.arn, exported)
    exports.replace_imports(work.store, work.stack.scope, work.stack.arn, work.imported)
    work.set_detail(outputs=outputs)
    return None


def _outputs(work: Work) -> list[dict[str, str]]:
    context = work.context()
    made = []
    for name, output in work.active.outputs.items():
        value = resolve(output["Value"], context)
        if isinstance(value, dict | list) or value is NO_VALUE:
            raise _malformed(name, "Value field")
        entry = {"OutputKey": name, "OutputValue": text(value)}
        if "Description" in output:
            entry["Description"] = output["Description"]
        if "Export" in output:
            name_of = resolve(output["Export"]["Name"], context)
            if isinstance(name_of, dict | list) or not text(name_of):
                raise ValidationError(
                    f"Template format error: Output {name} is malformed. The Export Name must be a string."
                )
            entry["ExportName"] = text(name_of)
        made.append(entry)
    return made


def _malformed(name: str, what: str) -> ValidationError:
    return ValidationError(f"Template format error: Output {name} is malformed. The {what} must be a string.")


def _check_exports(work: Work, exported: dict[str, str]) -> None:
    scope = work.stack.scope
    for name in exported:
        other = exports.find(work.store, scope, name)
        if other is not None and other.stack != work.stack.arn:
            owner = stacks.find(work.store, scope, other.stack)
            raise ValidationError(
                f"Export with name {name} is already exported by stack {owner.name if owner else other.stack}."
            )
    for export in exports.of(work.store, work.stack.arn):
        if exported.get(export.name) == export.value:
            continue
        if users := exports.importers(work.store, scope, export.name):
            word = "updated" if export.name in exported else "deleted"
            raise ValidationError(f"Export {export.name} cannot be {word} as it is in use by {', '.join(users)}")


def _note_imports(work: Work) -> None:
    """Collect every name that the template imports, also what an earlier delivery resolved."""
    context = work.context()
    pending: list[Any] = [
        member.get(part)
        for section in (work.active.resources, work.active.outputs)
        for member in section.values()
        for part in ("Properties", "Value")
    ]
    while pending:
        value = pending.pop()
        if function_of(value) == "Fn::ImportValue":
            resolve(value, context)
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


# --- the end ----------------------------------------------------------------------------------------------------------


def finish(work: Work, status: str, reason: str | None = None) -> None:
    """End the operation with a final status."""
    for row in work.rows.values():
        if row.born or row.previous is not None:
            row.born, row.previous, row.origin = False, None, None
            resources.save(work.store, row)
    if status == "DELETE_COMPLETE":
        stacks.set_deleted(work.store, work.stack.arn, work.now)
        exports.replace(work.store, work.stack.scope, work.stack.arn, {})
        exports.replace_imports(work.store, work.stack.scope, work.stack.arn, set())
    stop(work, status, reason)


def stop(work: Work, status: str, reason: str | None = None) -> None:
    """End the operation but keep what resources remember, for a later rollback, when it ends in the middle."""
    if status in ("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "CREATE_FAILED"):
        work.set_detail(unfinished={"before": work.operation.detail.get("before", {})})
    elif "unfinished" in work.stack.detail:
        work.set_detail(unfinished=None)
    work.set_status(status, reason)
    if change_set := work.operation.detail.get("change_set"):
        well = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        changes.set_execution(work.store, change_set, "EXECUTE_COMPLETE" if well else "EXECUTE_FAILED")
    works.finish(work.store, work.stack.arn)
    _wake_parent(work)


def _wake_parent(work: Work) -> None:
    parent = work.stack.parent
    if parent is not None and works.find(work.store, parent) is not None:
        work.event.later("Deploy", {"stack": parent}, key=parent)


# --- the way back -----------------------------------------------------------------------------------------------------


def restore(work: Work) -> None:
    """Give the stack back the template, parameters, tags and outputs it had before the update."""
    before = work.operation.detail.get("before", {})
    if "template" in before:
        stacks.set_template(work.store, work.stack.arn, before["template"], before["processed"])
        work.stack = work.stack._replace(template=before["template"], processed=before["processed"])
        stacks.set_detail(work.store, work.stack.arn, before["detail"])
        work.stack = work.stack._replace(detail=before["detail"])


def turn_back(work: Work) -> None:
    """What the update made is no longer the stack's; what it replaced is again."""
    for row in work.rows.values():
        wanted = not row.born and row.generation == _last_before(work, row.logical)
        if row.current != wanted:
            row.current = wanted
            resources.save(work.store, row)
        if row.current and row.previous is None and row.status in ("UPDATE_FAILED", "DELETE_FAILED"):
            work.save(row, "UPDATE_COMPLETE")  # it was refused before anything was done to it


def _last_before(work: Work, logical: str) -> int:
    """The generation of the resource that the update found."""
    return max((row.generation for row in work.rows.values() if row.logical == logical and not row.born), default=0)
