"""Resource policies of tables: what DynamoDB takes as one."""

from __future__ import annotations

import hashlib
from typing import Any

from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.policy.grammar import listed, load, statements
from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.shared import arn as arns

MOST_BYTES = 20 * 1024
NO_POLICY = "NO_POLICY"  # the revision to expect when there shall be none yet


def check(text: str, table: str) -> None:
    """Refuse what cannot be the policy of the table with this ARN. Raises ValidationException."""
    if len(text.encode()) > MOST_BYTES:
        raise Invalid(f"Maximum policy size of {MOST_BYTES} bytes exceeded")
    try:
        check_document(text, "resource")
    except MalformedPolicy as problem:
        raise Invalid(f"Invalid policy document: {problem.message}") from None
    for statement in statements(load(text)):
        _check_statement(statement, table)


def _check_statement(statement: dict[str, Any], table: str) -> None:
    for action in listed(statement.get("Action", statement.get("NotAction"))):
        if action != "*" and not action.lower().startswith("dynamodb:"):
            raise Invalid(f'Invalid policy document: The following action names are invalid: "{action}"')
    for resource in listed(statement.get("Resource", statement.get("NotResource"))):
        if resource != "*" and resource != table and not resource.startswith(f"{table}/"):
            relative = resource.split(":", 5)[-1]
            raise Invalid(f'Invalid policy document: The relative-id "{relative}" is invalid for ARN "{resource}"')
    # DynamoDB's public access block is always on.
    # Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-bpa-rbp.html
    if statement["Effect"] == "Allow" and "Condition" not in statement and _is_everybody(statement):
        raise ValidationException(
            "Resource-based policy grants unbounded access in one or more elements."
            " Please revise the policy to ensure least-privilege form of access"
        )


def _is_everybody(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    return "NotPrincipal" in statement or principal == "*" or "*" in listed((principal or {}).get("AWS", []))


def revision(text: str, table: str) -> str:
    """The revision of a policy: the same document on the same table has the same."""
    return str(int(hashlib.sha256(f"{table}:{text}".encode()).hexdigest()[:14], 16))


def table_of(resource: str) -> str:
    """The ARN of the table to which an index, or a resource of a policy, belongs."""
    head, found, rest = resource.partition(":table/")
    return f"{head}{found}{rest.partition('/')[0]}"


def is_stream(resource: str) -> bool:
    """Whether an ARN is that of a stream."""
    parsed = arns.parse(resource)
    return parsed is not None and "/stream/" in parsed.resource
