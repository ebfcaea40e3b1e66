"""Keys: made, shown, enabled and disabled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources
from cloudarium.services.kms.operations.lookup import add_material, check_state, limit, locate, marker, paged
from cloudarium.services.kms.operations.tags import tags_of
from cloudarium.services.kms.records import keys
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import policies, specs
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MOST_KEYS = 100_000
_PAGE = 100
_SHOWN = (
    "CreationDate",
    "CurrentKeyMaterialId",
    "DeletionDate",
    "Description",
    "ExpirationModel",
    "KeyManager",
    "KeyState",
    "Origin",
    "ValidTo",
)


def metadata(key: Key) -> Data:
    """A key as answers show it."""
    known = {name: key.data[name] for name in _SHOWN if name in key.data}
    if key.spec != specs.SYMMETRIC:
        known.pop("CurrentKeyMaterialId", None)
    return {
        **known,
        **specs.shown(key.spec, key.usage),
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "Enabled": key.state == "Enabled",
        "MultiRegion": False,
    }


@operation("CreateKey", on=resources.new_key, refuses=("CustomKeyStoreId", "XksKeyId"))
def create_key(call: Call) -> Data | Awaitable[Data]:
    """Make a key with its policy and tags; without a policy it gets the default one."""
    given = call.input
    spec, usage = specs.chosen(given)
    origin = given.get("Origin") or "AWS_KMS"
    if origin not in ("AWS_KMS", "EXTERNAL"):
        raise NotBuilt(f"kms:CreateKey with the origin {origin}")
    if given.get("MultiRegion"):
        raise NotBuilt("kms:CreateKey with MultiRegion")
    if keys.count(call.store, call.scope) >= _MOST_KEYS:
        raise errors.LimitExceeded(f"The account has {_MOST_KEYS} keys already.")
    tags_of(call)
    data = {
        "CreationDate": call.now,
        "Description": given.get("Description") or "",
        "KeyManager": "CUSTOMER",
        "KeySpec": spec,
        "KeyState": "Enabled" if origin == "AWS_KMS" else "PendingImport",
        "KeyUsage": usage,
        "Origin": origin,
    }
    key = Key(*call.scope, ids.uuid(), data, given.get("Policy") or policies.default(call.account))
    check_policy(call, key.policy, key.arn)
    if origin == "EXTERNAL":
        return _add(call, key, None)
    return _add_later(call, key) if specs.is_slow(spec) else _add(call, key, primitives.generate(spec))


async def _add_later(call: Call, key: Key) -> Data:
    secret = await asyncio.to_thread(primitives.generate, key.spec)
    with call.transaction():
        return _add(call, key, secret)


def _add(call: Call, key: Key, secret: bytes | None) -> Data:
    if secret is None:
        keys.put(call.store, key)
    else:
        key = add_material(call, key, secret)
    call.tags.put(key.arn, tags_of(call))
    return {"KeyMetadata": metadata(key)}


def check_policy(call: Call, text: str, arn: str) -> None:
    """Raise unless this may be the policy of a key of the account, and its writer could change it again."""
    policies.check(text)
    if not policies.names_only(text, call.cloud.directory.exists):
        raise errors.MalformedPolicy("Policy contains a statement with one or more invalid principals.")
    if not call.input.get("BypassPolicyLockoutSafetyCheck"):
        policies.check_lockout(text, call.principal, arn, call.account)


@operation("DescribeKey", on=resources.key, context=resources.encrypting)
def describe_key(call: Call) -> Data:
    """What is known of a key."""
    for token in call.input.get("GrantTokens") or ():
        if resources.token_of(token) is None:
            raise errors.InvalidGrantToken("The specified grant token is not valid.")
    return {"KeyMetadata": metadata(locate(call, call.input["KeyId"]))}


@operation("ListKeys", refuses=("ResourceOwners",))
def list_keys(call: Call) -> Data:
    """The keys of the account in the region."""
    most = limit(call, _PAGE, 1000)
    found = keys.page(call.store, call.scope, marker(call), most + 1)
    shown = [{"KeyId": id, "KeyArn": resources.key_arn(call.scope, id)} for id in found[:most]]
    return paged("Keys", shown, len(found) > most, shown[-1]["KeyId"] if shown else "")


@operation("EnableKey", on=resources.own_key)
def enable_key(call: Call) -> Data:
    """Let a disabled key be used again; a rotation that fell due meanwhile happens now."""
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    check_state(key, "Disabled")
    keys.change(call.store, key, KeyState="Enabled")
    due = key.data.get("NextRotationDate")
    if due is not None and due <= call.now:
        call.later("RotateKey", {"Key": key.id}, key=key.id)
    return {}


@operation("DisableKey", on=resources.own_key)
def disable_key(call: Call) -> Data:
    """Let nobody use a key until it is enabled again."""
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    check_state(key, "Disabled")
    keys.change(call.store, key, KeyState="Disabled")
    return {}


@operation("UpdateKeyDescription", on=resources.own_key)
def update_key_description(call: Call) -> Data:
    """Change a key's description."""
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    check_state(key, "Disabled", "PendingImport")
    keys.change(call.store, key, Description=call.input["Description"])
    return {}
