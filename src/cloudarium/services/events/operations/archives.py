"""Archives: the events of a bus, kept for some days or for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, matching, resources, sealing
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import archived, managed, named, rules
from cloudarium.services.events.records.named import Named
from cloudarium.shared import ids

Data = dict[str, Any]
_SAID = ("Description", "EventPattern", sealing.MEMBER)
_CHANGED = ("EventPattern", "RetentionDays", "Description", "KmsKeyIdentifier")
_FORCED = "Managed rule for the archive was forcefully deleted."


def find(call: Call, name: str) -> Named:
    """The archive of this name. Raises NotFound."""
    found = named.find(call.store, call.scope, "archive", name)
    if found is None:
        raise errors.NotFound.archive(name)
    return found


def _settings(call: Call) -> Data:
    if call.input.get("EventPattern"):
        lookup.pattern(call.input["EventPattern"])
    return {name: call.input[name] for name in (*_SAID, "RetentionDays") if call.input.get(name) is not None}


@operation("CreateArchive", on=resources.new_archive)
def create_archive(call: Call) -> Data | Awaitable[Data]:
    """Have the events of a bus that match a pattern (without one: all) be kept from now on."""
    made = _new(call)
    return _under_key(call, made.data["EventSourceArn"], _make) if made.data.get(sealing.MEMBER) else _make(call)


async def _under_key(call: Call, bus: str, then: Callable[[Call], Data]) -> Data:
    await sealing.check_for_archive(call, bus, call.input[sealing.MEMBER])
    with call.transaction():
        return then(call)


def _new(call: Call) -> Named:
    """The archive that a call wants. Raises AWS's errors for one that cannot be."""
    settings = _settings(call)
    if ":event-bus/" not in call.input["EventSourceArn"]:
        raise errors.Invalid.parameter("EventSourceArn", "Must contain an event bus ARN.")
    source = lookup.bus(call, call.input["EventSourceArn"])
    if source.scope.account != call.account:
        raise errors.NotFound.bus(source.name)
    name = call.input["ArchiveName"]
    if named.find(call.store, call.scope, "archive", name) is not None:
        raise errors.Exists(f"Archive {name} already exists.")
    if rules.find(call.store, source.scope, source.name, managed.PREFIX + name) is not None:
        raise errors.Exists(f"Rule {managed.PREFIX}{name} already exists.")
    arn = resources.bus_arn(source.scope, source.name)
    made = {"EventSourceArn": arn, "CreationTime": call.now, "incarnation": ids.uuid()}
    data = {"RetentionDays": 0, **settings, **made}
    return Named(call.scope, "archive", name, data)


def _make(call: Call) -> Data:
    archive = _new(call)
    named.put(call.store, archive)
    return _answer(archive)


def _state(archive: Named) -> Data:
    return {"State": "DISABLED", "StateReason": _FORCED} if archive.data.get("removed") else {"State": "ENABLED"}


def _answer(archive: Named) -> Data:
    return {
        "ArchiveArn": resources.thing_arn(archive),
        **_state(archive),
        "CreationTime": archive.data["CreationTime"],
    }


@operation("UpdateArchive", on=resources.archive)
def update_archive(call: Call) -> Data | Awaitable[Data]:
    """Change what an archive keeps from now on, and for how long it keeps what it has; its rule is there again.

    What it has stays under the key under which it came.
    """
    found, _ = _changed(call)
    return _under_key(call, found.data["EventSourceArn"], _change) if call.input.get(sealing.MEMBER) else _change(call)


def _changed(call: Call) -> tuple[Named, Named]:
    """An archive before and after a call. Raises AWS's errors for a change that cannot be."""
    settings = _settings(call)
    found = find(call, call.input["ArchiveName"])
    if all(name not in call.input for name in _CHANGED):
        raise errors.Invalid("At least one of EventPattern, RetentionDays or Description must be provided.")
    if resources.find_bus(call.store, *resources.bus_of(found.data["EventSourceArn"], call.scope)) is None:
        raise errors.NotFound(f"Archive {found.name} managed rule does not exist.")
    kept = {name: value for name, value in found.data.items() if name != "removed"}
    return found, found._replace(data={**kept, **settings})


def _change(call: Call) -> Data:
    found, changed = _changed(call)
    named.put(call.store, changed)
    if changed.data["RetentionDays"] != found.data["RetentionDays"]:
        archived.keep_for(call.store, changed, matching.lifetime(found), matching.lifetime(changed))
        matching.plan_expiry(call, changed)
    return _answer(changed)


def _shown(call: Call, archive: Named) -> Data:
    count, size = archived.size(call.store, archive)
    return {
        "ArchiveName": archive.name,
        "EventSourceArn": archive.data["EventSourceArn"],
        **_state(archive),
        "RetentionDays": archive.data["RetentionDays"],
        "SizeBytes": size,
        "EventCount": count,
        "CreationTime": archive.data["CreationTime"],
    }


@operation("DescribeArchive", on=resources.archive)
def describe_archive(call: Call) -> Data:
    """All of an archive, with how much it holds."""
    found = find(call, call.input["ArchiveName"])
    said = {name: found.data[name] for name in _SAID if found.data.get(name)}
    return {"ArchiveArn": resources.thing_arn(found), **_shown(call, found), **said}


@operation("ListArchives")
def list_archives(call: Call) -> Data:
    """The archives of the account, by name; one of prefix, bus and state may choose among them."""
    given = call.input
    if sum(bool(given.get(name)) for name in ("NamePrefix", "EventSourceArn", "State")) > 1:
        raise errors.Invalid(
            "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."
        )
    found = named.every(call.store, call.scope, "archive", given.get("NamePrefix") or "")
    if given.get("EventSourceArn"):
        source = lookup.bus(call, given["EventSourceArn"])
        arn = resources.bus_arn(source.scope, source.name)
        found = [each for each in found if each.data["EventSourceArn"] == arn]
    if given.get("State") is not None:
        found = [each for each in found if _state(each)["State"] == given["State"]]
    return lookup.page(call, "Archives", found, lambda each: each.name, lambda each: _shown(call, each))


@operation("DeleteArchive", on=resources.archive)
def delete_archive(call: Call) -> Data:
    """Delete an archive with all that it holds."""
    found = find(call, call.input["ArchiveName"])
    named.remove(call.store, found)
    call.not_later("Expire", found.name)
    call.later("DropArchived", {"Name": found.name, "Before": archived.last(call.store)})
    return {}
