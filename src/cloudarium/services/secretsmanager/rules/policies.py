"""Resource policies of secrets: what Secrets Manager takes as one, and which let anybody in."""

from __future__ import annotations

from typing import Any

from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.policy.grammar import listed, load, statements
from cloudarium.services.secretsmanager import errors

# Condition keys that say who calls, when the value names somebody.
_FIXING = frozenset(
    ("aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceaccount", "aws:sourceorgid")
    + ("aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "aws:userid")
)
_EQUAL = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase", "ipaddress")


def check(text: str) -> None:
    """Raise MalformedPolicy when this cannot be the policy of a secret."""
    try:
        check_document(text, "resource")
    except MalformedPolicy:
        raise errors.MalformedPolicy("This resource policy contains a syntax error.") from None


def is_public(text: str) -> bool:
    """Whether the policy lets in anybody whom it does not name."""
    return any(_lets_anybody_in(statement) for statement in statements(load(text)))


def _lets_anybody_in(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" in statement:
        return True
    principal = statement["Principal"]
    everybody = principal == "*" or "*" in listed(principal.get("AWS", []))
    return everybody and not _is_fixed(statement.get("Condition") or {})


def _is_fixed(block: dict[str, Any]) -> bool:
    for operator, keys in block.items():
        if operator.lower().split(":")[-1] not in _EQUAL:
            continue
        for key, values in keys.items():
            if key.lower() in _FIXING and all(_names_somebody(str(value)) for value in listed(values)):
                return True
    return False


def _names_somebody(value: str) -> bool:
    account = value.split(":")[4] if value.startswith("arn:") and value.count(":") >= 4 else value
    return not any(sign in account for sign in ("*", "?", "${")) and not value.endswith(("/0", "/1", "/2"))
