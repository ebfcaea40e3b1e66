"""Keys go after a waiting time, during which nobody can use them and their deletion can be taken back."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, resources
from cloudarium.services.kms.operations.lookup import DAY, check_state, locate
from cloudarium.services.kms.records import keys

Data = dict[str, Any]
_SHORTEST, _LONGEST = 7, 30


@operation("ScheduleKeyDeletion", on=resources.own_key)
def schedule_key_deletion(call: Call) -> Data:
    """Delete a key after 7 to 30 days."""
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    days = call.input.get("PendingWindowInDays", _LONGEST)
    if not _SHORTEST <= days <= _LONGEST:
        bound = f"greater than or equal to {_SHORTEST}" if days < _SHORTEST else f"less than or equal to {_LONGEST}"
        raise errors.Invalid(
            f"1 validation error detected: Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )
    check_state(key, "Disabled", "PendingImport")
    due = call.now + days * DAY
    keys.change(call.store, key, KeyState="PendingDeletion", DeletionDate=due)
    call.later("DeleteKey", {"Key": key.id}, due=due, key=key.id)
    return {"KeyId": key.arn, "DeletionDate": due, "KeyState": "PendingDeletion", "PendingWindowInDays": days}


@operation("CancelKeyDeletion", on=resources.own_key)
def cancel_key_deletion(call: Call) -> Data:
    """Take a key's deletion back; it is disabled then."""
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    if key.state != "PendingDeletion":
        raise errors.InvalidState(f"{key.arn} is not pending deletion.")
    imported = key.data["Origin"] == "EXTERNAL" and "CurrentKeyMaterialId" not in key.data
    keys.change(call.store, key, KeyState="PendingImport" if imported else "Disabled", DeletionDate=None)
    call.not_later("DeleteKey", key.id)
    return {"KeyId": key.arn}
