"""One step carried out: a resource is created, updated, replaced, taken back or deleted.

The intent is recorded before the room is called and the result after it; a step found `running` by a new delivery was
cut off by a crash, and is done again under the same generated name and token.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from cloudarium.services.cloudformation import schemas
from cloudarium.services.cloudformation.engine import dynamic, failures, policies
from cloudarium.services.cloudformation.engine.signalling import StackResource
from cloudarium.services.cloudformation.engine.work import Work, kind_of
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.records import resources
from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.works import Step
from cloudarium.services.cloudformation.template.functions import resolve, text
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.stacks import Again, Resource, ResourceType

log = logging.getLogger("cloudarium")
_READING = ("Get", "List", "Describe", "Head", "Lookup", "Query", "Scan", "Search")


class _Counted:
    """The way to other rooms, counting what may have changed something."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.changes = 0

    async def send(self, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        answer = await self.work.send(service, operation, input)
        if not operation.startswith(_READING):
            self.changes += 1
        return answer


async def perform(work: Work, step: Step) -> None:
    """Carry out one step; when it fails, the resource's row and the step say so and why."""
    action = {"create": _create, "update": _update, "replace": _replace, "revert": _revert, "delete": _delete}
    try:
        await action[step.action](work, step)
    except Exception as error:
        if not isinstance(error, AwsError):
            log.exception("step %s of %s in %s failed", step.action, step.logical, work.stack.arn)
        fail(work, step, error)


# --- creating ---------------------------------------------------------------------------------------------------------


async def _create(work: Work, step: Step) -> None:
    row = work.rows.get(step.key)
    if row is None:
        row = _new_row(work, step.logical, step.generation)
        with work.event.transaction():
            work.fresh.add(step.key)
            work.save_step(step, "running")
            work.save(row, "CREATE_IN_PROGRESS")
    await _make(work, step, row, _crashed(work, step), "CREATE")


def _crashed(work: Work, step: Step) -> bool:
    """Whether an earlier delivery began this step and never came to its end."""
    return step.state == "running" and step.key not in work.fresh


async def _replace(work: Work, step: Step) -> None:
    """Create the next generation; the old one leaves in the clean-up."""
    key = (step.logical, step.generation + 1)
    await _make(work, step, work.rows[key], _crashed(work, step), "UPDATE")


def _new_row(work: Work, logical: str, generation: int) -> ResourceRow:
    """The row of a resource about to be made, its properties worked out."""
    resource = work.active.resources[logical]
    row = ResourceRow(
        work.stack.arn, logical, generation, resource["Type"], born=True, suffix=ids.upper(12), token=ids.uuid()
    )
    row.current = generation == 1 or work.current(logical) is None
    _fill(work, row)
    return row


def _fill(work: Work, row: ResourceRow) -> None:
    """Take over from the target's template what this resource is to be."""
    resource, context = work.active.resources[row.logical], work.context()
    row.properties = resolve(resource.get("Properties", {}), context)
    row.metadata = resolve(resource.get("Metadata", {}), context)
    row.deletion = text(resolve(resource.get("DeletionPolicy", "Delete"), context))
    row.replacement = text(resolve(resource.get("UpdateReplacePolicy", "Delete"), context))
    row.needs = sorted(work.active.needs[row.logical])
    row.tags = _tags(work, row)


def _tags(work: Work, row: ResourceRow) -> dict[str, str]:
    """The stack's tags with the resource's own on top, where the type takes tags."""
    kind = kind_of(row.type)
    if kind is None or not kind.tags:
        return {}
    own = row.properties.get(kind.tags)
    if isinstance(own, dict):
        own = {str(key): text(value) for key, value in own.items()}
    elif isinstance(own, list):
        own = {text(tag["Key"]): text(tag.get("Value", "")) for tag in own if isinstance(tag, dict) and "Key" in tag}
    else:
        own = {}
    return {**work.target.tags, **own}


async def _make(work: Work, step: Step, row: ResourceRow, repeated: bool, word: str) -> None:
    kind, sender = _built(row.type), _Counted(work)
    r = await _resource(work, row, sender, row.properties)
    r.repeated = repeated
    try:
        answer = await kind.create(r)
    except AwsError as error:
        answer = await _once_more(kind, r, sender, error, repeated, row)
    except Exception:
        _keep_made(row, r, sender)
        raise
    with work.event.transaction():
        known = row.physical
        row.physical, row.attributes, row.state, row.arn = r.id, r.attributes, r.state, r.arn
        if r.id and not known:
            work.tell(row, f"{word}_IN_PROGRESS", "Resource creation Initiated")
        if isinstance(answer, Again):
            work.save(row, row.status, row.reason, silent=True)
            work.save_step(step, "waiting", answer.at)
            return
        _mark(work, kind, row)
        if word == "UPDATE":
            _take_over(work, step, row)
        work.save(row, f"{word}_COMPLETE")
        work.save_step(step, "done")


async def _once_more(
    kind: ResourceType, r: Resource, sender: _Counted, error: AwsError, repeated: bool, row: ResourceRow
) -> Again | None:
    """After a crash a generated name that is taken can only be ours: remove the half-made thing and make it anew."""
    named = bool(kind.physical_name and row.properties.get(kind.physical_name))
    if repeated and r.id and not named and failures.handler_code(error) == "AlreadyExists":
        await kind.delete(r)
        return await kind.create(r)
    _keep_made(row, r, sender)
    raise error


def _keep_made(row: ResourceRow, r: Resource, sender: _Counted) -> None:
    """Remember what a failed creation left behind, so that the rollback removes it, and nothing that was not ours."""
    if sender.changes or row.physical:
        row.physical, row.attributes, row.state, row.arn = r.id or row.physical, r.attributes, r.state, r.arn


def _take_over(work: Work, step: Step, row: ResourceRow) -> None:
    old = work.rows[step.key]
    old.current = False
    resources.save(work.store, old)
    row.current = True


def _mark(work: Work, kind: ResourceType, row: ResourceRow) -> None:
    """Put the system tags on what can be tagged. Rooms refuse keys with aws: from users, so they come from here."""
    arn = row.arn or row.attributes.get("Arn")
    if kind.tags and isinstance(arn, str) and arn.startswith("arn:"):
        marks = {"stack-name": work.stack.name, "stack-id": work.stack.arn, "logical-id": row.logical}
        work.store.tags.put(arn, {f"aws:cloudformation:{key}": value for key, value in marks.items()})


# --- updating ---------------------------------------------------------------------------------------------------------


async def _update(work: Work, step: Step) -> None:
    row = work.rows[step.key]
    if step.state in ("running", "waiting"):
        await _change(work, step, row)
        return
    wanted = _new_row(work, step.logical, step.generation + 1)
    if wanted.type != row.type:
        raise ValidationError(f"Update of resource type is not permitted for the resource {step.logical}")
    kind = _built(row.type)
    same = wanted.properties == row.properties and wanted.tags == row.tags
    if same and not kind.automatic and row.status != "UPDATE_FAILED":
        _settle(work, step, row, wanted)
        return
    replacing = kind.replacing(row.properties, wanted.properties)
    policies.check(
        work.stack.detail.get("policy"), "Update:Replace" if replacing else "Update:Modify", row.logical, row.type
    )
    if replacing:
        _begin_replacement(work, step, row, wanted, kind)
        await _replace(work, step)
        return
    with work.event.transaction():
        row.origin = {name: getattr(row, name) for name in _REMEMBERED}
        row.previous = row.previous or row.origin
        for name in _REMEMBERED[:-1]:
            setattr(row, name, getattr(wanted, name))
        row.state, row.token = {}, wanted.token
        work.fresh.add(step.key)
        work.save_step(step, "running")
        work.save(row, "UPDATE_IN_PROGRESS")
    await _change(work, step, row)


_REMEMBERED = ("properties", "tags", "metadata", "needs", "deletion", "replacement", "attributes")


def _settle(work: Work, step: Step, row: ResourceRow, wanted: ResourceRow) -> None:
    """Nothing to do at the resource itself; what the template says beside its properties is taken over."""
    with work.event.transaction():
        row.metadata, row.needs = wanted.metadata, wanted.needs
        row.deletion, row.replacement = wanted.deletion, wanted.replacement
        work.save(row, row.status, row.reason, silent=True)
        work.save_step(step, "done")


def _begin_replacement(work: Work, step: Step, row: ResourceRow, wanted: ResourceRow, kind: ResourceType) -> None:
    name = kind.physical_name
    if name and name in wanted.properties and wanted.properties[name] == row.properties.get(name):
        raise ValidationError(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {row.physical} and update the stack again."
        )
    with work.event.transaction():
        wanted.current = False
        step.action = "replace"
        work.fresh.add(step.key)
        work.save_step(step, "running")
        shown = "Requested update requires the creation of a new physical resource; hence creating one."
        work.save(wanted, "UPDATE_IN_PROGRESS", shown, silent=True)
        row.properties, held = wanted.properties, row.properties
        work.tell(row, "UPDATE_IN_PROGRESS", shown)
        row.properties = held


async def _change(work: Work, step: Step, row: ResourceRow) -> None:
    """Update in place, from what the row remembers to what it says."""
    kind, before = _built(row.type), row.origin or {}
    r = await _resource(work, row, _Counted(work), row.properties)
    r.old_properties = await _shaped(work, row.type, before.get("properties", {}))
    r.old_tags = before.get("tags", {})
    r.repeated = _crashed(work, step)
    answer = await kind.update(r)
    with work.event.transaction():
        if isinstance(answer, Again):
            row.state = r.state
            work.save(row, row.status, row.reason, silent=True)
            work.save_step(step, "waiting", answer.at)
            return
        if r.id != row.physical:
            row = _part_with_old(work, row)
        row.physical, row.attributes, row.state, row.arn = r.id, r.attributes, r.state, r.arn or row.arn
        work.save(row, "UPDATE_COMPLETE")
        work.save_step(step, "done")


def _part_with_old(work: Work, row: ResourceRow) -> ResourceRow:
    """An update that came back with another physical id was a replacement: the old one leaves in the clean-up."""
    new = replace(row, generation=row.generation + 1, born=True, previous=None, origin=None)
    for name in _REMEMBERED:
        setattr(row, name, (row.origin or {})[name])
    row.current, row.previous, row.origin, row.state = False, None, None, {}
    resources.save(work.store, row)
    return new


async def _revert(work: Work, step: Step) -> None:
    """Go back to what the resource was before the update that fails."""
    row = work.rows[step.key]
    assert row.previous is not None
    if step.state == "ready":
        with work.event.transaction():
            if any(getattr(row, name) != row.previous[name] for name in ("properties", "tags")):
                row.origin = {name: getattr(row, name) for name in _REMEMBERED}  # else: a rollback tried once more
            for name in _REMEMBERED:
                setattr(row, name, row.previous[name])
            row.state = {}
            work.fresh.add(step.key)
            work.save_step(step, "running")
            work.save(row, "UPDATE_IN_PROGRESS")
    await _change(work, step, row)


# --- deleting ---------------------------------------------------------------------------------------------------------


async def _delete(work: Work, step: Step) -> None:
    row = work.rows[step.key]
    if _retained(work, row):
        with work.event.transaction():
            work.save(row, "DELETE_SKIPPED")
            work.save_step(step, "done")
        return
    if step.state == "ready":
        with work.event.transaction():
            work.save_step(step, "running")
            work.save(row, "DELETE_IN_PROGRESS", silent=not row.physical)
    answer = None
    if row.physical:
        r = await _resource(work, row, _Counted(work), row.properties, lenient=True)
        answer = await _built(row.type).delete(r)
        row.state = r.state
    with work.event.transaction():
        if isinstance(answer, Again):
            work.save(row, row.status, row.reason, silent=True)
            work.save_step(step, "waiting", answer.at)
            return
        work.save(row, "DELETE_COMPLETE")
        work.save_step(step, "done")


def _retained(work: Work, row: ResourceRow) -> bool:
    """Whether the resource stays when the stack lets go of it."""
    if not row.physical:
        return False
    if row.logical in work.operation.detail.get("retain", ()):
        return True
    if row.born and work.operation.detail.get("retain_except_on_create"):
        return False
    if work.operation.phase == "cleanup" and row.logical in work.active.resources:
        return row.replacement == "Retain"
    return row.deletion == "Retain" or (row.deletion == "RetainExceptOnCreate" and not row.born)


# --- shared -----------------------------------------------------------------------------------------------------------


def _built(name: str) -> ResourceType:
    kind = kind_of(name)
    if kind is None:
        raise ValidationError(f"Cloudarium has not built the resource type {name}.")
    return kind


async def _resource(
    work: Work, row: ResourceRow, sender: _Counted, properties: dict[str, Any], lenient: bool = False
) -> Resource:
    shaped = await _shaped(work, row.type, properties, row if not lenient else None)
    return StackResource(
        work=work,
        type=row.type,
        logical_id=row.logical,
        properties=shaped,
        stack_name=work.stack.name,
        stack_id=work.stack.arn,
        scope=work.stack.scope,
        now=work.now,
        sender=sender.send,
        suffix=row.suffix,
        token=row.token,
        id=row.physical,
        attributes=dict(row.attributes),
        tags=dict(row.tags),
        state=dict(row.state),
        arn=row.arn,
    )


async def _shaped(work: Work, kind: str, properties: dict[str, Any], checked: ResourceRow | None = None) -> Any:
    """Properties as the type's methods see them: dynamic references read, scalars in the schema's types."""
    if checked is not None:
        properties = await dynamic.filled(properties, work.send)
    elif any(dynamic.found_in(properties)):
        try:
            properties = await dynamic.filled(properties, work.send)
        except AwsError:
            log.info("a dynamic reference of %s in %s is gone", kind, work.stack.arn)
    fitted, problems = schemas.fitted(kind, properties)
    if checked is not None:
        schemas.check_built(kind, fitted)
        if problems:
            raise ValidationError(
                f"Properties validation failed for resource {checked.logical} with message:\n" + "\n".join(problems)
            )
    return fitted


def fail(work: Work, step: Step, error: Exception) -> None:
    """Record that a step failed, and why."""
    reason = failures.reason(error, ids.uuid(), ids.uuid())
    key = (step.logical, step.generation + 1) if step.action == "replace" else step.key
    row = work.rows.get(key) or work.rows.get(step.key)
    word = {"create": "CREATE", "delete": "DELETE"}.get(step.action, "UPDATE")
    with work.event.transaction():
        if row is None:
            kind = work.active.resources[step.logical]["Type"]
            row = ResourceRow(work.stack.arn, step.logical, step.generation, kind, born=True)
            row.needs = sorted(work.active.needs.get(step.logical, ()))
            work.tell(row, "CREATE_IN_PROGRESS")
        work.save(row, f"{word}_FAILED", reason)
        work.save_step(step, "failed")


def give_up(work: Work, step: Step) -> None:
    """Record that a resource still under way is not waited for, because the operation stops."""
    key = (step.logical, step.generation + 1) if step.action == "replace" else step.key
    row = work.rows[key]
    word = "CREATE" if step.action == "create" else "UPDATE"
    work.save(row, f"{word}_FAILED", f"Resource {'creation' if word == 'CREATE' else 'update'} cancelled")
    work.save_step(step, "done")
