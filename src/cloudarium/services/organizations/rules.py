"""The decisions of Organizations: limits, policy documents, pages. Pure: no store, no clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.policy.grammar import Kind
from cloudarium.services.organizations import errors
from cloudarium.shared import paging, tags
from cloudarium.shared.errors import NotBuilt

Item = TypeVar("Item")

DAY = 86400.0
ACCOUNTS = 10  # AWS raises it on request; closed accounts count
UNITS = 2000
DEPTH = 5  # of units below the root
POLICIES = 1000  # of one type
WAIT = 7 * DAY  # before a created account may leave
INVITATION = 15 * DAY
TAGS = 50
_PAGE = 20
_FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class PolicyType(NamedTuple):
    """A kind of policy: how many a target has at most, how long one is at most, AWS's own, and what documents are."""

    attached: int
    characters: int
    default: str
    description: str
    content: str
    documents: Kind


def _full(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# AWS doubled both limits of service control policies in May 2026, from 5 and 5,120:
# https://aws.amazon.com/about-aws/whats-new/2026/05/aws-organizations-increased-scp-quotas/
TYPES = {
    "SERVICE_CONTROL_POLICY": PolicyType(
        10, 10240, "FullAWSAccess", "Allows access to every operation", _full(_FULL), "service control"
    ),
    "RESOURCE_CONTROL_POLICY": PolicyType(
        5,
        5120,
        "RCPFullAWSAccess",
        "Allows access to every resource",
        _full({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}),
        "resource control",
    ),
}
MANAGED = {f"p-{one.default}": name for name, one in TYPES.items()}


def policy_type(name: str) -> PolicyType:
    """What is known of a type of policies; those that decide no permissions are not built."""
    if name not in TYPES:
        raise NotBuilt(f"organizations policies of type {name}")
    return TYPES[name]


def check_policy(kind: str, content: str) -> None:
    """Raise unless the document is one of the type, and not too long."""
    known = policy_type(kind)
    if len(content) > known.characters:
        raise errors.Violation("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size.")
    try:
        check_document(content, known.documents)
    except MalformedPolicy:
        raise errors.MalformedPolicy from None


def check_attachable(kind: str, present: Sequence[str]) -> None:
    """Raise when a target has as many policies of the type as it may."""
    if len(present) >= policy_type(kind).attached:
        raise errors.Violation(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have attached the maximum number of policies to the specified target.",
        )


def check_detachable(policy: str, present: Sequence[str]) -> None:
    """Raise when a target would be left without a policy, or without what AWS keeps attached."""
    if policy == "p-RCPFullAWSAccess":
        raise errors.InvalidInput("NON_DETACHABLE_POLICY", "You can't detach this AWS Managed Policy.")
    if len(present) < 2:
        raise errors.Violation(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy attached to the specified target. You must have at least one attached "
            "at all times.",
        )


def check_tags(given: Sequence[Mapping[str, str]] | None, present: Mapping[str, str]) -> dict[str, str]:
    """The tags in an input, beside those that are there."""
    found = tags.from_list(given)
    if len(found) != len(given or ()):
        raise errors.InvalidInput("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to an entity.")
    if any(key.lower().startswith("aws:") for key in found):
        raise errors.InvalidInput("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag.")
    if len({**present, **found}) > TAGS:
        raise errors.Violation(
            "MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource."
        )
    return found


def check_role(name: str) -> None:
    """Raise when a new account's role has a name that belongs to services."""
    if name.lower().startswith("awsservicerolefor"):
        raise errors.InvalidInput("INVALID_ROLE_NAME", "You specified a role name that isn't valid.")


def page(
    given: Mapping[str, Any], items: Sequence[Item], key: Callable[[Item], Any]
) -> tuple[list[Item], dict[str, str]]:
    """(one page of items, which are in the order of `key`; NextToken when more follow)."""
    start, token = 0, given.get("NextToken")
    if token is not None:
        try:
            last = paging.decode(token)
            start = next((place for place, item in enumerate(items) if key(item) > last), len(items))
        except (ValueError, TypeError):
            raise errors.InvalidInput("INVALID_NEXT_TOKEN", "Invalid next token.") from None
    end = start + given.get("MaxResults", _PAGE)
    chosen = list(items[start:end])
    return chosen, {"NextToken": paging.encode(key(chosen[-1]))} if end < len(items) and chosen else {}
