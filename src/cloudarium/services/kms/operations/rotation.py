"""Rotation: new material for a key, from then on; what the old ones encrypted stays readable."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources
from cloudarium.services.kms.operations.lookup import (
    add_material,
    check_state,
    limit,
    locate,
    marker,
    paged,
    schedule_rotation,
)
from cloudarium.services.kms.records import keys
from cloudarium.services.kms.records.keys import Key, Material
from cloudarium.services.kms.rules import specs

Data = dict[str, Any]
_YEAR, _PAGE = 365, 100
_MOST_ON_DEMAND = 25


_FOR_IMPORTED = ("GetKeyRotationStatus", "RotateKeyOnDemand", "ListKeyRotations")


def _key(call: Call, foreign: bool = False) -> Key:
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=foreign)
    if call.operation_name == "RotateKeyOnDemand":
        check_state(key, "PendingImport")  # before all else, as AWS does
    if key.spec != specs.SYMMETRIC:
        raise errors.Unsupported(f"{key.arn} key spec is {key.spec} which is not valid for {call.operation_name}.")
    if key.data["Origin"] != "AWS_KMS" and call.operation_name not in _FOR_IMPORTED:
        raise errors.Unsupported(f"{key.arn} origin is {key.data['Origin']} which is not valid for this operation.")
    return key


@operation("EnableKeyRotation", on=resources.own_key)
def enable_key_rotation(call: Call) -> Data:
    """Have a key rotate every 90 to 2560 days, counted from now."""
    key = _key(call)
    check_state(key)
    schedule_rotation(call, key, call.input.get("RotationPeriodInDays") or _YEAR)
    return {}


@operation("DisableKeyRotation", on=resources.own_key)
def disable_key_rotation(call: Call) -> Data:
    """Let a key keep its material."""
    key = _key(call)
    check_state(key)
    keys.change(call.store, key, RotationPeriodInDays=None, NextRotationDate=None)
    call.not_later("RotateKey", key.id)
    return {}


@operation("GetKeyRotationStatus", on=resources.own_key)
def get_key_rotation_status(call: Call) -> Data:
    """Whether and when a key rotates; one that waits for its deletion does not."""
    key = _key(call, foreign=True)
    check_state(key, "Disabled", "PendingDeletion")
    period = key.data.get("RotationPeriodInDays")
    if period is None or key.state == "PendingDeletion":
        return {"KeyId": key.arn, "KeyRotationEnabled": False}
    return {
        "KeyId": key.arn,
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": period,
        "NextRotationDate": key.data["NextRotationDate"],
    }


@operation("RotateKeyOnDemand", on=resources.own_key)
def rotate_key_on_demand(call: Call) -> Data:
    """Give a key new material now; a schedule stays as it was."""
    key = _key(call)
    made = keys.materials(call.store, key)
    if sum(each.data.get("RotationType") == "ON_DEMAND" for each in made) >= _MOST_ON_DEMAND:
        raise errors.LimitExceeded(
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be"
            f" performed for this key: {key.arn}"
        )
    if key.data["Origin"] == "EXTERNAL":
        _take_up(call, key, made)
    else:
        add_material(call, key, primitives.generate(specs.SYMMETRIC), RotationType="ON_DEMAND")
    return {"KeyId": key.arn}


def _take_up(call: Call, key: Key, made: list[Material]) -> None:
    """Have a key use the imported material that waits for it."""
    if not made or made[-1].number <= key.data["Newest"]:
        raise errors.InvalidState(f"No available key material pending rotation for the key: {key.arn}.")
    check_state(key)
    next = made[-1]
    keys.put_material(call.store, key, next._replace(made=call.now, data={"RotationType": "ON_DEMAND"}))
    keys.change(call.store, key, Newest=next.number, CurrentKeyMaterialId=next.id)


@operation("ListKeyRotations", on=resources.own_key)
def list_key_rotations(call: Call) -> Data:
    """The rotations that a key has had; with ALL_KEY_MATERIAL its first material too."""
    key = _key(call)
    if key.data["KeyManager"] == "AWS":
        raise errors.Unsupported(f"{key.arn} is an AWS managed key.")
    everything = call.input.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    most, begin = limit(call, _PAGE, 1000), marker(call) or "0"
    if not (begin.isascii() and begin.isdecimal() and len(begin) < 10):
        raise errors.InvalidMarker("The marker is not valid.")
    found = [
        each
        for each in keys.materials(call.store, key)
        if each.number > int(begin) and (everything or "RotationType" in each.data)
    ]
    shown = [
        {
            "KeyId": key.id,
            "KeyMaterialId": each.id,
            "KeyMaterialState": _state(each, key.data["Newest"]),
            **({"RotationDate": each.made, **each.data} if "RotationType" in each.data else {}),
        }
        for each in found[:most]
    ]
    return paged("Rotations", shown, len(found) > most, str(found[most - 1].number) if len(found) > most else "")


def _state(material: Material, newest: int) -> str:
    if material.number == newest:
        return "CURRENT"
    return "NON_CURRENT" if material.number < newest else "PENDING_ROTATION"
