"""What operations share: the key that a call names, whether it may be used now, pages."""

from __future__ import annotations

from typing import Any, TypeVar

from cloudarium.gateway.call import Call
from cloudarium.services.kms import errors, managed, primitives, resources, vault
from cloudarium.services.kms.records import aliases, keys
from cloudarium.services.kms.records.keys import Key, Material
from cloudarium.services.kms.rules import specs
from cloudarium.shared import arn as arns
from cloudarium.shared import paging

Data = dict[str, Any]
Item = TypeVar("Item")
DAY = 86_400.0
_YEAR = 365


# ---- Finding ---------------------------------------------------------------------------------------------------------


def locate(call: Call, text: str, *, by_alias: bool = True, foreign: bool = True) -> Key:
    """The key that a KeyId names. Raises NotFound in AWS's words; `foreign` False: only one of the own account."""
    parsed = arns.parse(text)
    if text.startswith("arn:") and (parsed is None or parsed.service != "kms"):
        raise errors.InvalidArn(f"Invalid arn {text}")
    if parsed is not None and parsed.region != call.region:
        raise errors.NotFound(f"Invalid arn {parsed.region}")
    rest = parsed.resource if parsed is not None else text
    if rest.startswith("alias/") and not by_alias:
        raise errors.NotFound.no_id(text)
    found = by_arn(call, resources.named(call, text).arn)
    if not foreign and found.account != call.account:
        raise errors.NotFound.key(found.arn)
    return found


def by_arn(call: Call, arn: str) -> Key:
    """The key of this ARN; an AWS managed key is made now if it was not there. Raises NotFound."""
    place = resources.scope_and_id(arn)
    if place is None:
        raise errors.NotFound.alias(arn)
    if not resources.is_id(place[1]):
        raise errors.NotFound.no_id(place[1])
    found = keys.find(call.store, *place)
    if found is not None:
        return found
    service = managed.service_of(*place)
    if service is None:
        raise errors.NotFound.key(arn)
    return _make_managed(call, Key(*place[0], place[1], {}, managed.policy(place[0], service)), service)


def _make_managed(call: Call, key: Key, service: str) -> Key:
    data = {
        "CreationDate": call.now,
        "Description": managed.description(service),
        "KeyManager": "AWS",
        "KeySpec": specs.SYMMETRIC,
        "KeyState": "Enabled",
        "KeyUsage": specs.ENCRYPT,
        "Origin": "AWS_KMS",
    }
    made = add_material(call, key._replace(data=data), primitives.generate(specs.SYMMETRIC))
    schedule_rotation(call, made, _YEAR)
    aliases.put(call.store, key.scope, aliases.Alias(managed.PREFIX + service, key.id, call.now, call.now))
    return made


def schedule_rotation(call: Call, key: Key, days: int) -> None:
    """Have the key rotate every so many days from now on."""
    due = call.now + days * DAY
    keys.change(call.store, key, RotationPeriodInDays=days, NextRotationDate=due)
    call.later("RotateKey", {"Key": key.id}, due=due, key=key.id)


# ---- Material --------------------------------------------------------------------------------------------------------


def add_material(call: Call, key: Key, secret: bytes, **data: Any) -> Key:
    """The key with this as the newest version of its material."""
    number = key.data.get("Newest", 0) + 1
    id = vault.material_id(call, key, secret)
    sealed = vault.seal(call, key, number, secret)
    keys.put_material(call.store, key, Material(number, id, sealed, call.now, data))
    return keys.change(call.store, key, Newest=number, CurrentKeyMaterialId=id)


def current(call: Call, key: Key) -> Material:
    """The newest version of a key's material."""
    found = keys.material(call.store, key, key.data.get("Newest", 0))
    if found is None or found.sealed is None:
        raise errors.InvalidState(f"{key.arn} is pending import.")
    return found


def private(call: Call, key: Key) -> Any:
    """The private key of an asymmetric key."""
    return vault.opened(call, key, current(call, key), primitives.private_key)


# ---- May it be used --------------------------------------------------------------------------------------------------


def check_state(key: Key, *allowed: str) -> None:
    """Raise in AWS's words unless the key is enabled, or in one of the other states."""
    state = key.state
    if state == "Enabled" or state in allowed:
        return
    if state == "Disabled":
        raise errors.Disabled(key.arn)
    raise errors.InvalidState(f"{key.arn} is {_WORDS[state]}.")


_WORDS = {"PendingDeletion": "pending deletion", "PendingImport": "pending import"}


def usable(call: Call, key: Key, usage: str, operation: str = "") -> Key:
    """The key, ready to be used for this; what comes with the request (grant tokens) is checked as well."""
    for token in call.input.get("GrantTokens") or ():
        if resources.token_of(token) is None:
            raise errors.InvalidGrantToken("The specified grant token is not valid.")
    check_state(key)
    if key.usage != usage:
        raise errors.InvalidKeyUsage.for_operation(key.arn, key.usage, operation or call.operation_name)
    return key


def stop_if_dry(call: Call) -> None:
    """Raise DryRun where the call only asks whether it would succeed."""
    if call.input.get("DryRun"):
        raise errors.DryRun


# ---- Pages -----------------------------------------------------------------------------------------------------------


def limit(call: Call, default: int, most: int) -> int:
    """How many items the call wants."""
    wanted = call.input.get("Limit") or default
    if wanted > most:
        raise errors.Invalid(
            f"1 validation error detected: Value '{wanted}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {most}"
        )
    return wanted


def marker(call: Call) -> str:
    """The key behind which the page begins, "" for the first page. Raises InvalidMarker."""
    token = call.input.get("Marker")
    if token is None:
        return ""
    try:
        found = paging.decode(token)
    except ValueError as error:
        raise errors.InvalidMarker("The marker is not valid.") from error
    if not isinstance(found, str):
        raise errors.InvalidMarker("The marker is not valid.")
    return found


def paged(member: str, shown: list[Data], more: bool, last: str) -> Data:
    """A page as AWS answers it; `last` is the key of its last item."""
    return {member: shown, "Truncated": more, **({"NextMarker": paging.encode(last)} if more else {})}
