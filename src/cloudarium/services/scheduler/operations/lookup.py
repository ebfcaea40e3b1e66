"""What the operations find, and how they page through lists."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.scheduler import errors, records
from cloudarium.services.scheduler.records import Group, Schedule
from cloudarium.services.scheduler.resources import DEFAULT
from cloudarium.shared import paging

_BEGIN = 1668038400.0  # every account has the default group from the day on which Scheduler began


def find_group(call: Call, name: str) -> Group | None:
    """The group of this name; the default one is there without having been made."""
    found = records.find_group(call.store, call.scope, name)
    if found is None and name == DEFAULT:
        times = {"CreationDate": _BEGIN, "LastModificationDate": _BEGIN}
        return Group(call.scope, DEFAULT, {"State": "ACTIVE", **times})
    return found


def group(call: Call, name: str) -> Group:
    """The group of this name. Raises NotFound."""
    found = find_group(call, name)
    if found is None:
        raise errors.NotFound.group(name)
    return found


def schedule(call: Call) -> Schedule:
    """The schedule that a call names. Raises NotFound for it or its group."""
    name = call.input.get("GroupName") or DEFAULT
    group(call, name)
    found = records.find(call.store, call.scope, name, call.input["Name"])
    if found is None:
        raise errors.NotFound.schedule(call.input["Name"])
    return found


def page_key(call: Call) -> Any:
    """What the page token of a call holds, None without one."""
    token = call.input.get("NextToken")
    if token is None:
        return None
    try:
        return paging.decode(token)
    except ValueError:
        raise errors.Invalid("Invalid NextToken provided.") from None
