"""Grants: what they allow as statements of a policy, and whether one fits a request.

A grant is a statement that allows its grantee its operations. What a policy's conditions cannot say (constraints on
the encryption context are about the case of keys too; a grant made by virtue of another must not exceed it; a grantee
may retire this one grant) is decided here, and the request carries the ids of the grants that fit it in a condition
key of our own, `kms:GrantId`, which no policy of AWS's uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cloudarium.services.kms import errors
from cloudarium.shared.errors import NotBuilt

Data = Mapping[str, Any]
GRANT_KEY = "kms:GrantId"
_CONSTRAINED = frozenset(
    ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
    + ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "CreateGrant")
)
_ANYONES = frozenset(("RetireGrant", "DescribeKey", "CreateGrant"))
_BY_USAGE = {
    "ENCRYPT_DECRYPT": frozenset(("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo")),
    "SIGN_VERIFY": frozenset(("Sign", "Verify", "GetPublicKey")),
    "GENERATE_VERIFY_MAC": frozenset(("GenerateMac", "VerifyMac")),
    "KEY_AGREEMENT": frozenset(("DeriveSharedSecret", "GetPublicKey")),
}
_DATA_KEYS = frozenset(name for name in _CONSTRAINED if name.startswith("GenerateDataKey"))
_PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:(root|user/.+|role/.+)|sts::\d{12}:(assumed-role|federated-user)/.+)|\d{12}", re.ASCII
)


def check(given: Data, spec: str, usage: str) -> None:
    """Raise unless CreateGrant may make such a grant on a key of this spec and usage."""
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        if given.get(member) and not _PRINCIPAL.fullmatch(given[member]):
            raise errors.InvalidArn(f"Invalid ARN for {member}: {given[member]}")
    if bool(given.get("GranteePrincipal")) is bool(given.get("GranteeServicePrincipal")):
        raise errors.Invalid("Specify either GranteePrincipal or GranteeServicePrincipal.")
    if given.get("RetiringPrincipal") and given.get("RetiringServicePrincipal"):
        raise errors.Invalid("Specify either RetiringPrincipal or RetiringServicePrincipal.")
    if not given["Operations"]:
        raise errors.Invalid(
            "1 validation error detected: Value '[]' at 'operations' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1"
        )
    possible = _ANYONES | _BY_USAGE[usage]
    if usage == "ENCRYPT_DECRYPT":
        possible = possible | (_DATA_KEYS if spec == "SYMMETRIC_DEFAULT" else frozenset(("GetPublicKey",)))
    wrong = [name for name in given["Operations"] if name not in possible]
    if wrong:
        raise errors.Invalid(f"Operation {wrong[0]} is not valid for a key with usage {usage} and spec {spec}.")
    constraints = given.get("Constraints") or {}
    if constraints.get("SourceArn"):
        raise NotBuilt("kms:CreateGrant with Constraints.SourceArn")
    if constraints and spec != "SYMMETRIC_DEFAULT":
        raise errors.Invalid("Grant constraints on the encryption context are not valid for this key.")


def statements(grants: Iterable[tuple[str, Data]], names: frozenset[str]) -> list[dict[str, Any]]:
    """The statements by which grants, (id, data) pairs, allow the caller who goes by `names` what he may."""
    found = []
    for id, data in grants:
        grantee = data.get("GranteePrincipal") or data.get("GranteeServicePrincipal") or ""
        if grantee in names:
            free = [name for name in data["Operations"] if not _is_judged(name, data)]
            judged = [name for name in data["Operations"] if _is_judged(name, data)]
            if free:
                found.append(_statement(grantee, free, f"Grant{id[:16]}"))
            if judged:
                found.append({**_statement(grantee, judged, f"Fitting{id[:16]}"), "Condition": _only(id)})
        retiring = data.get("RetiringPrincipal") or data.get("RetiringServicePrincipal") or ""
        if retiring in names:
            found.append({**_statement(retiring, ["RetireGrant"], f"Retiring{id[:16]}"), "Condition": _only(id)})
    return found


def _is_judged(operation: str, data: Data) -> bool:
    return operation in ("RetireGrant", "CreateGrant") or (bool(data.get("Constraints")) and operation in _CONSTRAINED)


def _statement(principal: str, operations: list[str], sid: str) -> dict[str, Any]:
    kind = "AWS" if principal.startswith("arn:") or principal.isdecimal() else "Service"
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {kind: principal},
        "Action": [f"kms:{name}" for name in operations],
        "Resource": "*",
    }


def _only(id: str) -> dict[str, Any]:
    return {"ForAnyValue:StringEquals": {GRANT_KEY: [id]}}


def fits(id: str, data: Data, operation: str, given: Data, context: Mapping[str, str]) -> bool:
    """Whether a request of `operation` with this encryption context is one that the grant speaks of."""
    if operation == "RetireGrant":
        return given.get("GrantId") == id
    if operation == "CreateGrant" and not _is_narrower(given, data):
        return False
    return within(data.get("Constraints") or {}, context)


def within(constraints: Data, context: Mapping[str, str]) -> bool:
    """Whether an encryption context is one that the constraints allow."""
    equal, part = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    if equal and dict(equal) != dict(context):
        return False
    return all(context.get(key) == value for key, value in (part or {}).items())


def _is_narrower(given: Data, data: Data) -> bool:
    asked = given.get("Operations")
    if not isinstance(asked, list) or not set(map(str, asked)) <= set(data["Operations"]):
        return False
    old, new = data.get("Constraints") or {}, given.get("Constraints") or {}
    if old.get("EncryptionContextEquals"):
        return new.get("EncryptionContextEquals") == old["EncryptionContextEquals"]
    return True  # the context of the call is that of the new constraints: `within` asks for the rest


def context_of(constraints: object) -> dict[str, str]:
    """The encryption context that a new grant's constraints speak of."""
    found: dict[str, str] = {}
    for member in ("EncryptionContextSubset", "EncryptionContextEquals"):
        pairs = constraints.get(member) if isinstance(constraints, Mapping) else None
        if isinstance(pairs, Mapping):
            found.update({str(key): str(value) for key, value in pairs.items()})
    return found
