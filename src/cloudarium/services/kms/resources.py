"""ARNs of keys and aliases, what a call touches, whose policy decides, and the condition keys.

A key is named by its id, its ARN, an alias or an alias's ARN. What a policy speaks of is the key's ARN, however the
request named it; `kms:RequestAlias` tells which alias it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.policy.principal import Principal
from cloudarium.services.kms import managed
from cloudarium.services.kms.records import TOPIC, aliases, grants, keys
from cloudarium.services.kms.records.keys import Key
from cloudarium.services.kms.rules import ciphertexts, policies
from cloudarium.services.kms.rules import grants as grant_rules
from cloudarium.services.kms.rules.specs import SYMMETRIC
from cloudarium.shared import arn, paging
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICY_TOPIC = TOPIC

_KEY = "key/"
_ALIAS = "alias/"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")


class Named(NamedTuple):
    """What a KeyId stands for: the key's ARN, or that of an alias which is not there; and the alias that was used."""

    arn: str
    alias: str = ""


def is_id(text: str) -> bool:
    """Whether this could be a key's id."""
    return _ID.fullmatch(text) is not None


def key_arn(scope: Scope, id: str) -> str:
    """The ARN of a key."""
    return arn.make("kms", scope, _KEY + id)


def named(call: Call, text: object) -> Named:
    """What a KeyId stands for, wherever it may be; nothing is refused."""
    given = text if isinstance(text, str) else ""
    scope, rest = call.scope, given
    parsed = arn.parse(given)
    if parsed is not None:
        scope, rest = Scope(parsed.account, parsed.region), parsed.resource
        if not rest.startswith(_ALIAS):
            return Named(given)
    if not rest.startswith(_ALIAS):
        return Named(key_arn(scope, rest))
    found = aliases.find(call.store, scope, rest)
    if found is not None:
        return Named(key_arn(scope, found.key), rest)
    service = rest.removeprefix(managed.PREFIX)
    if rest.startswith(managed.PREFIX) and service in managed.SERVICES:
        return Named(key_arn(scope, managed.key_id(scope, service)), rest)
    return Named(aliases.alias_arn(scope, rest), rest)


def scope_and_id(text: str) -> tuple[Scope, str] | None:
    """Where the key of this ARN is, and its id; None for the ARN of something else."""
    parsed = arn.parse(text)
    if parsed is None or parsed.service != "kms" or not parsed.resource.startswith(_KEY):
        return None
    return Scope(parsed.account, parsed.region), parsed.resource.removeprefix(_KEY)


def find(store: Store, text: str) -> Key | None:
    """The key of this ARN, in whatever account and region."""
    place = scope_and_id(text)
    return keys.find(store, *place) if place is not None else None


# ---- What a call touches ---------------------------------------------------------------------------------------------


def key(call: Call) -> str:
    """The key that a call names."""
    return named(call, call.input.get("KeyId")).arn


def own_key(call: Call) -> str:
    """The key that a call names by id or ARN, for the calls that take no alias."""
    given = call.input.get("KeyId")
    return key_arn(call.scope, str(given)) if str(given).startswith(_ALIAS) else key(call)


def new_key(call: Call) -> list[str | Need]:
    """A new key has no ARN yet; to tag it on the way needs the permission to tag keys."""
    tagged = [Need("kms:TagResource", key_arn(call.scope, "*"))] if call.input.get("Tags") else []
    return ["*", *tagged]


def of_ciphertext(call: Call, blob: object, named_by: object, algorithm: object) -> str:
    """The key that a ciphertext says it is of; the one that is named, where it says nothing. "*": nobody knows."""
    parsed = ciphertexts.parse(blob) if algorithm in (None, SYMMETRIC) else None
    if parsed is None:
        return named(call, named_by).arn if named_by else "*"
    found = keys.find_anywhere(call.store, call.region, parsed.key)
    return found.arn if found is not None else key_arn(call.scope, parsed.key)


def decrypting(call: Call) -> str:
    """The key of the ciphertext that a call decrypts."""
    given = call.input
    return of_ciphertext(call, given.get("CiphertextBlob"), given.get("KeyId"), given.get("EncryptionAlgorithm"))


def source(call: Call) -> str:
    """The key of the ciphertext that ReEncrypt decrypts."""
    given = call.input
    algorithm = given.get("SourceEncryptionAlgorithm")
    return of_ciphertext(call, given.get("CiphertextBlob"), given.get("SourceKeyId"), algorithm)


def reencrypting(call: Call) -> list[Need]:
    """Both keys, each with the condition keys of its side."""
    given = call.input
    decrypts = source(call)
    target = named(call, given.get("DestinationKeyId"))
    needs = []
    for side, action, on, alias in (
        ("Source", "ReEncryptFrom", decrypts, named(call, given.get("SourceKeyId")).alias),
        ("Destination", "ReEncryptTo", target.arn, target.alias),
    ):
        context = _context(given.get(f"{side}EncryptionContext"))
        found: dict[str, Any] = {
            **_encryption_keys(context),
            **_granted(call, on, action, context),
            "kms:EncryptionAlgorithm": given.get(f"{side}EncryptionAlgorithm") or SYMMETRIC,
            "kms:ReEncryptOnSameKey": decrypts == target.arn,
        }
        if alias:
            found["kms:RequestAlias"] = alias
        needs.append(Need(f"kms:{action}", on, found))
    return needs


def alias(call: Call) -> list[str]:
    """The alias that a call names with the keys that it stands for and is to stand for.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    name = call.input.get("AliasName")
    own = aliases.alias_arn(call.scope, name if isinstance(name, str) else "")
    before = aliases.find(call.store, call.scope, name) if isinstance(name, str) else None
    touched = [own]
    if before is not None and call.operation_name != "CreateAlias":
        touched.append(key_arn(call.scope, before.key))
    if call.input.get("TargetKeyId"):
        touched.append(named(call, call.input["TargetKeyId"]).arn)
    return list(dict.fromkeys(touched))


def grant_named(call: Call) -> tuple[str, str] | None:
    """(the key's ARN, the grant's id) that RetireGrant means, by token or by key and id; None for a bad token."""
    token = call.input.get("GrantToken")
    if not token:
        return key(call), str(call.input.get("GrantId") or "")
    place = token_of(token)
    if place is None:
        return None
    found = keys.find_anywhere(call.store, call.region, place[0])
    return (found.arn if found is not None else key_arn(call.scope, place[0])), place[1]


def retiring(call: Call) -> str:
    """The key whose grant a call retires."""
    found = grant_named(call)
    return found[0] if found is not None else "*"


def grant_token(key_id: str, id: str) -> str:
    """The token of a grant."""
    return paging.encode(["grant", key_id, id])


def token_of(token: object) -> tuple[str, str] | None:
    """(key id, grant id) of a grant token, None when it is none."""
    try:
        found = paging.decode(token) if isinstance(token, str) else None
    except ValueError:
        return None
    if not isinstance(found, list) or len(found) != 3 or found[0] != "grant":
        return None
    return (found[1], found[2]) if all(isinstance(part, str) for part in found) else None


# ---- Whose word counts -----------------------------------------------------------------------------------------------


def policy_required(call: Call, action: str, resource: str) -> bool:
    """Only a key's policy, or a grant on it, lets anyone use it, the account's root and IAM policies included.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
    A key that is not there has none: whoever may by IAM learns that it is not there.
    """
    return resource_policy(call, resource) is not None


def resource_policy(call: Call, resource: str) -> str | None:
    """The key's policy, with the grants on it that speak of the caller as further statements."""
    place = scope_and_id(resource)
    if place is None:
        return None
    found = keys.find(call.store, *place)
    if found is None:
        service = managed.service_of(*place)
        return managed.policy(place[0], service) if service is not None else None
    principal, known = call.principal, call.store.known(TOPIC)
    remembered = ("policy", resource, principal.arn, principal.role_arn)
    if remembered not in known:
        known[remembered] = _with_grants(call, found)
    return known[remembered]


def _with_grants(call: Call, found: Key) -> str:
    names = names_of(call.principal)
    more = grant_rules.statements([(each.id, each.data) for each in grants.concerning(call.store, found, names)], names)
    if call.principal.kind == "root" and call.principal.account == found.account:
        more.append(_RETIRES | {"Principal": {"AWS": call.principal.arn}})
    return policies.with_statements(found.policy, more) if more else found.policy


# "The account in which the grant was created" may always retire it (RetireGrant in the API reference).
_RETIRES: dict[str, object] = {"Effect": "Allow", "Action": "kms:RetireGrant", "Resource": "*"}


def names_of(principal: Principal) -> frozenset[str]:
    """By which names grants may mean a principal."""
    if principal.kind == "service":
        return frozenset((principal.name,))
    account = principal.account
    return frozenset(filter(None, (principal.arn, principal.role_arn, account, f"arn:aws:iam::{account}:root")))


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the key policies and grants that name the principal `old` name it `new`."""
    for each in keys.policies_on(store, old.split(":")[4]):
        policy = principals.renamed(each.policy, old, new)
        if policy != each.policy:
            keys.put(store, each._replace(policy=policy))
    for scope, grant in grants.naming(store, old):
        data = {name: new if value == old else value for name, value in grant.data.items()}
        named_so = [new if who == old else who for who in (grant.grantee, grant.retiring)]
        grants.put(store, scope, grant._replace(grantee=named_so[0], retiring=named_so[1], data=data))


# ---- Condition keys --------------------------------------------------------------------------------------------------


def request_tags(call: Call) -> dict[str, str]:
    """The tags in a request, whose members are TagKey and TagValue."""
    given = call.input.get("Tags")
    listed = [tag for tag in given if isinstance(tag, dict)] if isinstance(given, list) else []
    return {str(tag.get("TagKey")): str(tag.get("TagValue") or "") for tag in listed}


# Members of an input that are condition keys as they are.
_AS_GIVEN = {
    "DataKeyPairSpec": "KeyPairSpec",
    **{
        name: name
        for name in ("ExpirationModel", "GrantOperations", "GranteePrincipal", "KeyAgreementAlgorithm", "MacAlgorithm")
        + ("RetiringPrincipal", "RotationPeriodInDays", "SigningAlgorithm", "WrappingAlgorithm", "WrappingKeySpec")
    },
    "GrantOperations": "Operations",
}


def conditions(call: Call) -> dict[str, Any]:
    """KMS's condition keys that tell of the request; only those that AWS lists for the action count."""
    given = call.input
    found: dict[str, Any] = {"kms:CallerAccount": call.principal.account}
    for name, member in _AS_GIVEN.items():
        if given.get(member) is not None:
            value = given[member]
            found[f"kms:{name}"] = list(map(str, value)) if isinstance(value, list) else str(value)
    if call.operation_name == "CreateKey":
        found |= _of_new_key(given)
    alias = named(call, given.get("KeyId")).alias
    if alias:
        found["kms:RequestAlias"] = alias
    found["kms:BypassPolicyLockoutSafetyCheck"] = given.get("BypassPolicyLockoutSafetyCheck") is True
    found["kms:EncryptionAlgorithm"] = str(given.get("EncryptionAlgorithm") or SYMMETRIC)
    found["kms:GrantIsForAWSResource"] = call.principal.kind == "service" or "kms:ViaService" in call.context
    found["kms:MessageType"] = str(given.get("MessageType") or "RAW")
    found["kms:ScheduleKeyDeletionPendingWindowInDays"] = str(given.get("PendingWindowInDays") or 30)
    if isinstance(given.get("ValidTo"), (int, float)):
        found["kms:ValidTo"] = str(int(given["ValidTo"]))
    kinds = [kind for kind in ("EncryptionContextEquals", "EncryptionContextSubset") if _constraints(given).get(kind)]
    if kinds:
        found["kms:GrantConstraintType"] = kinds[0]
    return found


def _of_new_key(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kms:KeySpec": str(given.get("KeySpec") or given.get("CustomerMasterKeySpec") or SYMMETRIC),
        "kms:KeyUsage": str(given.get("KeyUsage") or "ENCRYPT_DECRYPT"),
        "kms:KeyOrigin": str(given.get("Origin") or "AWS_KMS"),
        "kms:MultiRegion": given.get("MultiRegion") is True,
    }


def resource_conditions(call: Call, resource: str) -> dict[str, Any]:
    """The condition keys that tell of a key."""
    found = find(call.store, resource)
    if found is None:
        return {}
    known = aliases.of_key(call.store, found.scope, found.id)
    return {
        "kms:KeySpec": found.spec,
        "kms:KeyUsage": found.usage,
        "kms:KeyOrigin": found.data["Origin"],
        "kms:MultiRegion": False,
        **({"kms:ResourceAliases": [alias.name for alias in known]} if known else {}),
    }


def _constraints(given: Mapping[str, Any]) -> Mapping[str, Any]:
    found = given.get("Constraints")
    return found if isinstance(found, Mapping) else {}


def _context(pairs: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in pairs.items()} if isinstance(pairs, Mapping) else {}


def _encryption_keys(context: Mapping[str, str]) -> dict[str, Any]:
    if not context:
        return {}
    return {
        "kms:EncryptionContextKeys": list(context),
        **{f"kms:EncryptionContext:{key}": value for key, value in context.items()},
    }


def _granted(call: Call, resource: str, operation: str, context: Mapping[str, str]) -> dict[str, Any]:
    found = find(call.store, resource)
    if found is None:
        return {}
    given = call.input
    if operation == "RetireGrant" and given.get("GrantToken"):
        place = grant_named(call)
        given = {**given, "GrantId": place[1] if place is not None else ""}
    fitting = [
        each.id
        for each in grants.concerning(call.store, found, names_of(call.principal))
        if grant_rules.fits(each.id, each.data, operation, given, context)
    ]
    return {grant_rules.GRANT_KEY: fitting} if fitting else {}


def encrypting(call: Call) -> dict[str, Any]:
    """The encryption context as condition keys, and the grants that fit the call."""
    context = _context(call.input.get("EncryptionContext"))
    on = decrypting(call) if call.operation_name == "Decrypt" else key(call)
    return {**_encryption_keys(context), **_granted(call, on, call.operation_name, context)}


def granting(call: Call) -> dict[str, Any]:
    """The encryption context of a new grant's constraints, and the grants by virtue of which it could be made."""
    context = grant_rules.context_of(call.input.get("Constraints"))
    return {**_encryption_keys(context), **_granted(call, own_key(call), "CreateGrant", context)}


def of_retired(call: Call) -> dict[str, Any]:
    """The grant that is retired: its constraints, and whether the caller is one who may by it."""
    place = grant_named(call)
    if place is None:
        return {}
    found = find(call.store, place[0])
    grant = grants.find(call.store, found.scope, found.id, place[1]) if found is not None else None
    if grant is None:
        return {}
    constraints = grant.data.get("Constraints") or {}
    kinds = [kind for kind in ("EncryptionContextEquals", "EncryptionContextSubset") if constraints.get(kind)]
    return {
        **_encryption_keys(grant_rules.context_of(constraints)),
        **({"kms:GrantConstraintType": kinds[0]} if kinds else {}),
        **_granted(call, place[0], "RetireGrant", {}),
    }
