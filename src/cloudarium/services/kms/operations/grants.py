"""Grants: a principal may do some operations with a key, until the grant is retired or revoked."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, resources
from cloudarium.services.kms.operations.lookup import check_state, limit, locate, marker, paged, stop_if_dry
from cloudarium.services.kms.records import grants
from cloudarium.services.kms.records.grants import Grant
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import grants as rules
from cloudarium.shared import arn as arns
from cloudarium.shared import ids

Data = dict[str, Any]
_MOST = 50_000
_PAGE, _MOST_SHOWN = 50, 100
_KEPT = (
    "GranteePrincipal",
    "GranteeServicePrincipal",
    "RetiringPrincipal",
    "RetiringServicePrincipal",
    "Operations",
    "Constraints",
    "Name",
)


def _check_principals(call: Call) -> None:
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        name = call.input.get(member) or ""
        is_one = any(kind in name for kind in (":user/", ":role/", ":assumed-role/"))
        if is_one and not call.cloud.directory.exists(name):
            raise errors.InvalidArn(f"Invalid ARN for {member}: {name}")


@operation("CreateGrant", on=resources.own_key, context=resources.granting)
def create_grant(call: Call) -> Data:
    """Let a principal do some operations with a key; the same grant of the same name again is the first one."""
    given = call.input
    key = locate(call, given["KeyId"], by_alias=False)
    for token in given.get("GrantTokens") or ():
        if resources.token_of(token) is None:
            raise errors.InvalidGrantToken("The specified grant token is not valid.")
    check_state(key)
    rules.check(given, key.spec, key.usage)
    _check_principals(call)
    data = {name: given[name] for name in _KEPT if given.get(name)}
    data["Operations"] = list(dict.fromkeys(data["Operations"]))
    stop_if_dry(call)
    grant = _same(call, key, data) or _new(call, key, data)
    return {"GrantToken": resources.grant_token(key.id, grant.id), "GrantId": grant.id}


def _grantee(data: Data) -> str:
    return data.get("GranteePrincipal") or data.get("GranteeServicePrincipal") or ""


def _same(call: Call, key: Key, data: Data) -> Grant | None:
    if "Name" not in data:
        return None
    for found in grants.page(call.store, key, "", _MOST, grantee=_grantee(data)):
        if {name: value for name, value in found.data.items() if name in _KEPT} == data:
            return found
    return None


def _new(call: Call, key: Key, data: Data) -> Grant:
    if grants.count(call.store, key) >= _MOST:
        raise errors.LimitExceeded(f"{key.arn} has {_MOST} grants already.")
    retiring = data.get("RetiringPrincipal") or data.get("RetiringServicePrincipal") or ""
    data = {**data, "CreationDate": call.now, "IssuingAccount": f"arn:aws:iam::{call.principal.account}:root"}
    grant = Grant(key.id, ids.hex(64), _grantee(data), retiring, data)
    grants.put(call.store, key.scope, grant)
    return grant


def _shown(key_arn: str, grant: Grant) -> Data:
    # A service's principal is shown in both members, as AWS does for grants that services hold.
    return {
        **grant.data,
        "KeyId": key_arn,
        "GrantId": grant.id,
        "GranteePrincipal": grant.grantee,
        **({"RetiringPrincipal": grant.retiring} if grant.retiring else {}),
    }


@operation("ListGrants", on=resources.own_key)
def list_grants(call: Call) -> Data:
    """The grants on a key; one of them, or those to one grantee."""
    given = call.input
    key = locate(call, given["KeyId"], by_alias=False)
    most = limit(call, _PAGE, _MOST_SHOWN)
    grantee = given.get("GranteePrincipal") or given.get("GranteeServicePrincipal") or ""
    found = grants.page(call.store, key, marker(call), most + 1, given.get("GrantId") or "", grantee)
    shown = [_shown(key.arn, grant) for grant in found[:most]]
    return paged("Grants", shown, len(found) > most, shown[-1]["GrantId"] if shown else "")


@operation("ListRetirableGrants")
def list_retirable_grants(call: Call) -> Data:
    """The grants that a principal of the account may retire, on whosever keys."""
    given = call.input
    if bool(given.get("RetiringPrincipal")) is bool(given.get("RetiringServicePrincipal")):
        raise errors.Invalid("Specify either RetiringPrincipal or RetiringServicePrincipal.")
    who = given.get("RetiringPrincipal") or given["RetiringServicePrincipal"]
    parsed = arns.parse(who)
    if parsed is not None and parsed.account != call.account:
        raise errors.InvalidArn(f"{who} is not a principal of the account {call.account}.")
    most = limit(call, _PAGE, _MOST_SHOWN)
    found = grants.retirable(call.store, call.region, who, marker(call), most + 1)
    shown = [_shown(arns.make("kms", call.scope._replace(account=account), f"key/{grant.key}"), grant)
             for account, grant in found[:most]]  # fmt: skip
    return paged("Grants", shown, len(found) > most, shown[-1]["GrantId"] if shown else "")


@operation("RevokeGrant", on=resources.own_key)
def revoke_grant(call: Call) -> Data:
    """End a grant, as the one who rules over the key."""
    key = locate(call, call.input["KeyId"], by_alias=False)
    return _end(call, key, call.input["GrantId"])


@operation("RetireGrant", on=resources.retiring, context=resources.of_retired)
def retire_grant(call: Call) -> Data:
    """End a grant, as the one who held it or was to retire it."""
    given = call.input
    if given.get("GrantToken") and (given.get("GrantId") or given.get("KeyId")):
        raise errors.Invalid("Specify either GrantToken, or KeyId and GrantId.")
    if not given.get("GrantToken") and not (given.get("GrantId") and given.get("KeyId")):
        raise errors.Invalid("Specify either GrantToken, or KeyId and GrantId.")
    place = resources.grant_named(call)
    if place is None:
        raise errors.InvalidGrantToken("The specified grant token is not valid.")
    return _end(call, locate(call, given.get("KeyId") or place[0], by_alias=False), place[1])


def _end(call: Call, key: Key, id: str) -> Data:
    if grants.find(call.store, key.scope, key.id, id) is None:
        raise errors.NotFound(f"Grant ID {id} not found")
    stop_if_dry(call)
    grants.remove(call.store, key.scope, key.id, id)
    return {}
