"""Deletion of secrets, with days to think better of it."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.services.secretsmanager.operations.rotation import plan, stop
from cloudarium.services.secretsmanager.records import secrets
from cloudarium.services.secretsmanager.rules import names
from cloudarium.shared import arn as arns

Data = dict[str, Any]
_WINDOW = range(7, 31)
_DAY = 86_400.0


@operation("DeleteSecret", on=resources.secret)
def delete_secret(call: Call) -> Data:
    """Have a secret go after its recovery window, or at once when that is forced."""
    days, force = call.input.get("RecoveryWindowInDays"), bool(call.input.get("ForceDeleteWithoutRecovery"))
    if force and days is not None:
        raise errors.InvalidParameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and days not in _WINDOW:
        raise errors.InvalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    found = resources.find(call.store, call.scope, call.input["SecretId"])
    if force and found is None:
        return _never_was(call)
    found = lookup.unowned(call, lookup.any_secret(call) if force else lookup.live_secret(call))
    stop(call, found)
    if force:
        secrets.remove(call.store, found)
        call.tags.drop(found.arn)
        lookup.not_later(call, found, "DeleteSecret")
        return lookup.named(found, DeletionDate=call.now)
    due = call.now + (days or _WINDOW[-1]) * _DAY
    secrets.put(call.store, found._replace(deleted=due))
    lookup.later(call, found, "DeleteSecret", due)
    return lookup.named(found, DeletionDate=due)


def _never_was(call: Call) -> Data:
    """AWS deletes by force what is not there as well: the secret may have gone by an earlier call."""
    given = call.input["SecretId"]
    place = names.place(given, call.scope)
    if place is None:
        raise errors.NotFound
    names.check(place.name)
    ending = f"-{place.suffix}" if place.suffix else ""
    arn = arns.make("secretsmanager", place.scope, f"secret:{place.name}{ending}")
    return {"ARN": arn, "Name": place.name, "DeletionDate": call.now}


@operation("RestoreSecret", on=resources.secret)
def restore_secret(call: Call) -> Data:
    """Keep a secret that was to go; it is rotated again as before."""
    found = lookup.unowned(call, lookup.any_secret(call))
    if found.deleted is not None:
        found = found._replace(deleted=None)
        secrets.put(call.store, found)
        lookup.not_later(call, found, "DeleteSecret")
        plan(call, found)
    return lookup.named(found)
