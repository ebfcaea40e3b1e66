"""Policies of topics: the one that each begins with, the check of a new one, single permissions."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.policy.grammar import listed, load, statements
from cloudarium.services.sns import errors

_ACTIONS = (
    "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
    "ListSubscriptionsByTopic", "Publish",
)  # fmt: skip
_MORE = ("Receive", "ListTagsForResource", "TagResource", "UntagResource", "GetDataProtectionPolicy",
         "PutDataProtectionPolicy", "ConfirmSubscription")  # fmt: skip
_IN_SCOPE = {name.lower() for name in (*_ACTIONS, *_MORE)}
_LARGEST = 30 * 1024


def default(arn: str, owner: str) -> str:
    """The policy of a topic whose owner set none."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{name}" for name in _ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    return orjson.dumps(document).decode()


def check(text: str) -> None:
    """Raise InvalidParameter when this cannot be the policy of a topic."""
    if len(text.encode("utf-8", "surrogatepass")) > _LARGEST:
        raise errors.InvalidParameter("Policy too large")
    try:
        check_document(text, "resource")
    except MalformedPolicy:
        raise errors.InvalidParameter("Policy Error: null") from None
    for statement in statements(load(text)):
        for action in listed(statement.get("Action", [])):
            prefix, _, name = str(action).partition(":")
            if prefix.lower() not in ("sns", "*") or not (name.lower() in _IN_SCOPE or "*" in str(action)):
                raise errors.InvalidParameter("Policy statement action out of service scope!")


def with_permission(text: str, arn: str, label: str, accounts: list[str], actions: list[str]) -> str:
    """The policy with one more statement. Raises InvalidParameter."""
    document = _document(text)
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise errors.InvalidParameter("Statement already exists")
    if any(name.lower() not in _IN_SCOPE for name in actions):
        raise errors.InvalidParameter("Policy statement action out of service scope!")
    if not accounts or any(not (each.isascii() and each.isdecimal() and len(each) == 12) for each in accounts):
        raise errors.InvalidParameter("AWSAccountId")
    roots = [f"arn:aws:iam::{account}:root" for account in accounts]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all(roots)},
        "Action": _one_or_all([f"SNS:{name}" for name in actions]),
        "Resource": arn,
    }
    document["Statement"].append(statement)
    return orjson.dumps(document).decode()


def without_permission(text: str, label: str) -> str:
    """The policy without the statement of a label; one that is not there is no error."""
    document = _document(text)
    document["Statement"] = [each for each in document["Statement"] if each.get("Sid") != label]
    return orjson.dumps(document).decode()


def _document(text: str) -> dict[str, Any]:
    document = load(text)
    return {**document, "Statement": list(statements(document))}


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
