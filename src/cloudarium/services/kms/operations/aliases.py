"""Aliases: names that stand for keys and can be moved to others."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, managed, resources
from cloudarium.services.kms.operations.lookup import check_state, limit, locate, marker, paged
from cloudarium.services.kms.records import aliases
from cloudarium.services.kms.records.aliases import Alias, alias_arn
from cloudarium.services.kms.records.keys import Key

Data = dict[str, Any]
_PAGE, _MOST_SHOWN, _MOST = 50, 100, 50


def _name(call: Call) -> str:
    """The alias that the call names. Raises for one that is none, or AWS's own."""
    name = call.input["AliasName"]
    if not name.startswith("alias/"):
        raise errors.Invalid(
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name == "alias/":
        raise errors.Invalid("Invalid identifier")
    if ":" in name:
        raise errors.Invalid(f"{name} contains invalid characters for an alias")
    if name.startswith(managed.PREFIX) or name == "alias/aws":
        raise errors.ReservedAlias
    return name


def _target(call: Call) -> Key:
    text = call.input["TargetKeyId"]
    if text.startswith("alias/") or ":alias/" in text:
        raise errors.Invalid("Aliases must refer to keys. Not aliases")
    key = locate(call, text, foreign=False)
    check_state(key, "Disabled", "PendingImport")
    return key


def _existing(call: Call) -> Alias:
    name = _name(call)
    found = aliases.find(call.store, call.scope, name)
    if found is None:
        raise errors.NotFound.alias(alias_arn(call.scope, name))
    return found


@operation("CreateAlias", on=resources.alias)
def create_alias(call: Call) -> Data:
    """Give a key a name."""
    name = _name(call)
    key = _target(call)
    if aliases.find(call.store, call.scope, name) is not None:
        raise errors.AlreadyExists(alias_arn(call.scope, name))
    if len(aliases.of_key(call.store, call.scope, key.id)) >= _MOST:
        raise errors.LimitExceeded(f"{key.arn} has {_MOST} aliases already.")
    aliases.put(call.store, call.scope, Alias(name, key.id, call.now, call.now))
    return {}


@operation("UpdateAlias", on=resources.alias)
def update_alias(call: Call) -> Data:
    """Let an alias stand for another key of the same kind."""
    alias = _existing(call)
    key = _target(call)
    before = locate(call, alias.key)
    if (before.usage, before.spec == "SYMMETRIC_DEFAULT") != (key.usage, key.spec == "SYMMETRIC_DEFAULT"):
        raise errors.Invalid(
            "The alias can be moved only between keys of the same type (symmetric, asymmetric, HMAC) and key usage."
        )
    aliases.put(call.store, call.scope, alias._replace(key=key.id, changed=call.now))
    return {}


@operation("DeleteAlias", on=resources.alias)
def delete_alias(call: Call) -> Data:
    """Take a name away; the key stays."""
    aliases.remove(call.store, call.scope, _existing(call).name)
    return {}


@operation("ListAliases")
def list_aliases(call: Call) -> Data:
    """The aliases of the account in the region, or of one key."""
    text = call.input.get("KeyId")
    key = locate(call, text, by_alias=False, foreign=False).id if text is not None else None
    most = limit(call, _PAGE, _MOST_SHOWN)
    found = aliases.page(call.store, call.scope, marker(call), most + 1, key)
    shown: list[Data] = [
        {
            "AliasName": each.name,
            "AliasArn": alias_arn(call.scope, each.name),
            "TargetKeyId": each.key,
            "CreationDate": each.made,
            "LastUpdatedDate": each.changed,
        }
        for each in found[:most]
    ]
    return paged("Aliases", shown, len(found) > most, shown[-1]["AliasName"] if shown else "")
