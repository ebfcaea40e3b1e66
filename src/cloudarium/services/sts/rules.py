"""STS's decisions: how long a session lasts, what it carries, what its policies may be. Pure: no store, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.services.sts import errors
from cloudarium.shared import tags

HOUR = 3600
SESSION_TOKEN_SECONDS = 12 * HOUR
MANAGED_SESSION_POLICIES = 10
POLICY_CHARACTERS = 2048
PACKED_BYTES = 2048
SESSION_TAGS = 50
MOST_SESSIONS = 129600
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]+")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\x21-\x7e]+")


def check_role_arn(arn: str) -> None:
    """Raise ValidationError unless this is the ARN of a role."""
    if not _ROLE_ARN.fullmatch(arn):
        raise errors.ValidationError(f"{arn} is invalid")


def role_session_seconds(asked: int | None, longest: int, chained: bool) -> int:
    """How long a role's session lasts: an hour unless asked otherwise, bounded by the role, by an hour when chained."""
    if asked is None:
        return HOUR
    if chained and asked > HOUR:
        raise errors.ValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if asked > longest:
        raise errors.ValidationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return asked


def user_session_seconds(asked: int | None, root: bool) -> int:
    """How long GetSessionToken and GetFederationToken last: twelve hours unless asked otherwise, a root's one hour."""
    seconds = SESSION_TOKEN_SECONDS if asked is None else asked
    return min(seconds, HOUR) if root else seconds


def check_session_policy(document: str) -> None:
    """Raise MalformedPolicyDocument unless this may be passed as a session policy."""
    try:
        check_document(document, "session")
    except MalformedPolicy as problem:
        raise errors.MalformedPolicyDocument(problem.message) from None


def policy_arns(given: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The ARNs of managed session policies, at most ten."""
    arns = [one.get("arn", "") for one in given or ()]
    if len(arns) > MANAGED_SESSION_POLICIES:
        raise errors.ValidationError(
            f"The number of policy ARNs passed in the request exceeds the quota of {MANAGED_SESSION_POLICIES}."
        )
    for arn in arns:
        if not _POLICY_ARN.fullmatch(arn):
            raise errors.ValidationError(f"ARN {arn} is not valid.")
    return arns


def packed_percentage(policy: str, arns: Sequence[str], given: Mapping[str, str]) -> int:
    """How full the packed session is, in percent; raises PackedPolicyTooLarge past a hundred."""
    size = sum(map(len, (policy, *arns))) + sum(len(key) + len(value) for key, value in given.items())
    percentage = -(-size * 100 // (PACKED_BYTES * 2))
    if percentage > 100:
        raise errors.PackedPolicyTooLarge(
            f"Serialized token too large for session: the packed size is {percentage}% of the quota."
        )
    return percentage


def session_tags(given: Sequence[Mapping[str, str]] | None, inherited: Mapping[str, str]) -> dict[str, str]:
    """The tags of a session: those passed, over transitive ones that must not be passed again."""
    passed = tags.from_list(given)
    if len({key.lower() for key in passed}) != len(given or ()):
        raise errors.InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    problem = tags.problem(passed, SESSION_TAGS)
    if problem is not None:
        raise errors.InvalidParameterValue(problem)
    kept = {key.lower() for key in inherited}
    for key in passed:
        if key.lower() in kept:
            raise errors.InvalidParameterValue(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                "from the calling session."
            )
    return {**passed, **inherited}


def over(own: Mapping[str, str], passed: Mapping[str, str]) -> dict[str, str]:
    """A role's tags with a session's over them: keys are the same in any case of their letters."""
    lowered = {key.lower() for key in passed}
    return {**{key: value for key, value in own.items() if key.lower() not in lowered}, **passed}


def transitive_keys(asked: Sequence[str] | None, passed: Mapping[str, str], inherited: Sequence[str]) -> list[str]:
    """The keys whose tags go along when the session assumes another role; each must be a tag of the session."""
    have = {key.lower() for key in passed}
    for key in asked or ():
        if key.lower() not in have:
            raise errors.InvalidParameterValue(
                "The specified transitive tag key must be included in the requested tags."
            )
    return [*(asked or ()), *inherited]
