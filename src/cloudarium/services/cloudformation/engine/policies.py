"""Stack policies: what an update may do to which resource. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError

_LISTS = {"Action", "NotAction", "Resource", "NotResource"}


def parse(text: str) -> dict[str, Any]:
    """A stack policy from its text. Raises ValidationError when it is none."""
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        policy = None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements or not all(_sound(item) for item in statements):
        raise ValidationError("Error validating stack policy: Invalid stack policy")
    return {"Statement": statements}


def _sound(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return False
    known = {"Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"}
    if not set(statement) <= known or statement.get("Principal", "*") != "*":
        return False
    if not all(_are_texts(statement[member]) for member in _LISTS & statement.keys()):
        return False
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict) or not condition.keys() <= {"StringEquals", "StringLike"}:
        return False
    if not all(isinstance(keys, dict) and all(map(_are_texts, keys.values())) for keys in condition.values()):
        return False
    has_action = ("Action" in statement) != ("NotAction" in statement)
    return has_action and ("Resource" in statement) != ("NotResource" in statement)


def _are_texts(value: Any) -> bool:
    return all(isinstance(item, str) for item in value) if isinstance(value, list) else isinstance(value, str)


def check(policy: str | None, action: str, logical: str, kind: str) -> None:
    """Raise unless the stack's policy (None: there is none) lets an update do `action` to a resource."""
    if policy is None:
        return
    allowed = False
    for number, statement in enumerate(parse(policy)["Statement"], 1):
        if not _applies(statement, action, logical, kind):
            continue
        if statement["Effect"] == "Deny":
            raise ValidationError(
                f"Action denied by stack policy: Statement [#{number}] does not allow [{action}] "
                f"for resource [{logical}]"
            )
        allowed = True
    if not allowed:
        raise ValidationError(f"Action denied by stack policy: no statement allows [{action}] for resource [{logical}]")


def _applies(statement: dict[str, Any], action: str, logical: str, kind: str) -> bool:
    resource = f"LogicalResourceId/{logical}"
    if not _among(statement, "Action", action) or not _among(statement, "Resource", resource):
        return False
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            match = any(
                fnmatchcase(kind, value) if operator == "StringLike" else kind == value for value in _list(values)
            )
            if key != "ResourceType" or not match:
                return False
    return True


def _among(statement: dict[str, Any], member: str, value: str) -> bool:
    if member in statement:
        return any(fnmatchcase(value, pattern) for pattern in _list(statement[member]))
    return not any(fnmatchcase(value, pattern) for pattern in _list(statement[f"Not{member}"]))


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
