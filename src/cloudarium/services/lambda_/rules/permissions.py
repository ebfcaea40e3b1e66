"""The statements of resource policies, in the shape in which AWS writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from cloudarium.policy import principals
from cloudarium.services.lambda_ import errors

POLICY_BYTES = 20480
_INVALID_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."
_SERVICE = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|amazon\.com)")
_ACCOUNT = re.compile(r"\d{12}")
_ENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)/.+)")


def statement(given: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """The statement that AddPermission makes."""
    made: dict[str, Any] = {
        "Sid": given["StatementId"],
        "Effect": "Allow",
        "Principal": principal(given["Principal"]),
        "Action": given["Action"],
        "Resource": resource,
    }
    conditions = _conditions(given)
    if conditions:
        made["Condition"] = conditions
    return made


def layer_statement(given: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """The statement that AddLayerVersionPermission makes."""
    made: dict[str, Any] = {
        "Sid": given["StatementId"],
        "Effect": "Allow",
        "Principal": principal(given["Principal"]),
        "Action": given["Action"],
        "Resource": resource,
    }
    if given.get("OrganizationId"):
        if given["Principal"] != "*":
            raise errors.InvalidParameter("OrganizationId can only be used with principal *.")
        made["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": given["OrganizationId"]}}
    return made


def principal(text: str) -> Any:
    """A statement's Principal; raises for what is neither a service, an account nor an identity."""
    if text == "*":
        return "*"
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    if _ENTITY.fullmatch(text):
        return {"AWS": text}
    raise errors.InvalidParameter(_INVALID_PRINCIPAL)


def check_exists(statement: Mapping[str, Any], exists: Callable[[str], bool]) -> None:
    """Refuse a statement that names a user or role that is not there, as AWS does."""
    named = principals.named(orjson.dumps({"Version": "2012-10-17", "Statement": statement}).decode())
    if not all(map(exists, named)):
        raise errors.InvalidParameter(_INVALID_PRINCIPAL)


def _conditions(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for member, operator, key in (
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ):
        if member in given:
            value = given[member]
            found.setdefault(operator, {})[key] = str(value).lower() if isinstance(value, bool) else value
    return found


def add(statements: list[dict[str, Any]], new: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements with one more; its id must be new."""
    if any(one["Sid"] == new["Sid"] for one in statements):
        raise errors.Conflict(
            f"The statement id ({new['Sid']}) provided already exists. Please provide a new statement id,"
            " or remove the existing statement."
        )
    return [*statements, new]


def remove(statements: list[dict[str, Any]], sid: str) -> list[dict[str, Any]]:
    """The statements without one; it must be there."""
    left = [one for one in statements if one["Sid"] != sid]
    if len(left) == len(statements):
        raise errors.NotFound(f"Statement {sid} is not found in resource policy.")
    return left
