"""IAM's decisions: sizes, passwords, pages, policy documents. Pure: no store, no clock."""

from __future__ import annotations

import hashlib
import hmac
import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from cloudarium.policy.documents import Kind, MalformedPolicy, check_document
from cloudarium.services.iam import errors
from cloudarium.shared import ids, paging, tags

Item = TypeVar("Item")

MANAGED_POLICY_SIZE = 6144
TRUST_POLICY_SIZE = 2048
# All inline policies of one entity together, in characters without white space.
INLINE_SIZES = {"user": 2048, "group": 5120, "role": 10240}
ATTACHED_POLICIES = 10
ACCESS_KEYS = 2
GROUPS_OF_USER = 10
POLICY_VERSIONS = 5
TAGS = 50
LARGEST_PASSWORD = 128
PROVIDER_THUMBPRINTS = 5
PROVIDER_CLIENTS = 100
LINKED_PATH = "/aws-service-role/"
TRACKED_SECONDS = 400 * 86400  # AWS remembers the last use of a role or key for so long
DEFAULT_PASSWORD_POLICY: Mapping[str, Any] = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
}
SYMBOLS = "! @ # $ % ^ & * ( ) _ + - = [ ] { } | '"
# Service-linked roles, service: (the end of its role's name, its managed policy)
LINKED_ROLES: Mapping[str, tuple[str, str]] = {
    "autoscaling.amazonaws.com": ("AutoScaling", "AutoScalingServiceRolePolicy"),
    "cloudtrail.amazonaws.com": ("CloudTrail", "CloudTrailServiceRolePolicy"),
    "dynamodb.application-autoscaling.amazonaws.com": (
        "ApplicationAutoScaling_DynamoDBTable",
        "AWSApplicationAutoscalingDynamoDBTablePolicy",
    ),
    "ecs.amazonaws.com": ("ECS", "AmazonECSServiceRolePolicy"),
    "ecs.application-autoscaling.amazonaws.com": (
        "ApplicationAutoScaling_ECSService",
        "AWSApplicationAutoscalingECSServicePolicy",
    ),
    "elasticache.amazonaws.com": ("ElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticloadbalancing.amazonaws.com": ("ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    "lambda.application-autoscaling.amazonaws.com": (
        "ApplicationAutoScaling_LambdaConcurrency",
        "AWSApplicationAutoscalingLambdaConcurrencyPolicy",
    ),
    "ops.apigateway.amazonaws.com": ("APIGateway", "APIGatewayServiceRolePolicy"),
    "rds.amazonaws.com": ("RDS", "AmazonRDSServiceRolePolicy"),
    "replication.dynamodb.amazonaws.com": ("DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"),
    "ssm.amazonaws.com": ("AmazonSSM", "AmazonSSMServiceRolePolicy"),
}
SUFFIXED = ("autoscaling.amazonaws.com",)
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+")
_TASK = re.compile(r"task/aws-service-role/[\w.-]+/(AWSServiceRoleFor\w+)/[0-9a-f-]{36}")
_ALIAS = re.compile(r"[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]")


# ---- policy documents -----------------------------------------------------------------------------------------------


def size(document: str) -> int:
    """The characters of a policy document that count: AWS does not count white space."""
    return len(document) - sum(document.count(blank) for blank in " \t\r\n")


def check_policy(document: str, kind: Kind) -> None:
    """Raise MalformedPolicyDocument unless this is a policy that may be stored."""
    try:
        check_document(document, kind)
    except MalformedPolicy as problem:
        raise errors.MalformedPolicyDocument(problem.message) from None


def check_managed_policy(document: str) -> None:
    """A document for a managed policy."""
    check_policy(document, "identity")
    if size(document) > MANAGED_POLICY_SIZE:
        raise errors.LimitExceeded.quota("PolicySize", MANAGED_POLICY_SIZE)


def check_inline_policy(kind: str, name: str, document: str, others: Sequence[str]) -> None:
    """A document for an inline policy, beside the entity's `others`."""
    check_policy(document, "inline")
    most = INLINE_SIZES[kind]
    if size(document) + sum(size(other) for other in others) > most:
        raise errors.LimitExceeded(f"Maximum policy size of {most} bytes exceeded for {kind} {name}")


def check_trust_policy(document: str) -> None:
    """A role's trust policy, as far as it can be judged alone."""
    check_policy(document, "trust")
    if size(document) > TRUST_POLICY_SIZE:
        raise errors.LimitExceeded.quota("ACLSizePerRole", TRUST_POLICY_SIZE)


def is_policy_arn(text: str) -> bool:
    """Whether a text has the form of a managed policy's ARN."""
    return _POLICY_ARN.fullmatch(text) is not None


def encoded(document: str) -> str:
    """A document as IAM answers it: percent-encoded by RFC 3986."""
    return quote(document, safe="-_.~")


# ---- pages ----------------------------------------------------------------------------------------------------------


def page(
    given: Mapping[str, Any], items: Sequence[Item], key: Callable[[Item], Any]
) -> tuple[list[Item], dict[str, Any]]:
    """(one page of the items, which are in the order of `key`; IsTruncated and Marker)."""
    start = 0
    marker = given.get("Marker")
    if marker is not None:
        try:
            last = paging.decode(marker)
            start = next((place for place, item in enumerate(items) if key(item) > last), len(items))
        except (ValueError, TypeError):
            raise errors.ValidationError(f"Invalid Marker: {marker}") from None
    most = given.get("MaxItems", 100)
    chosen = list(items[start : start + most])
    if start + most < len(items):
        return chosen, {"IsTruncated": True, "Marker": paging.encode(key(chosen[-1]))}
    return chosen, {"IsTruncated": False}


def numbered_page(given: Mapping[str, Any], total: int) -> tuple[range, dict[str, Any]]:
    """(one page of the numbers below `total`; IsTruncated and Marker)."""
    start, marker = 0, given.get("Marker")
    if marker is not None:
        try:
            last = paging.decode(marker)
        except ValueError:
            last = None
        if type(last) is not int or not 0 <= last < total:
            raise errors.ValidationError(f"Invalid Marker: {marker}")
        start = last + 1
    end = min(start + given.get("MaxItems", 100), total)
    more = {"IsTruncated": True, "Marker": paging.encode(end - 1)} if end < total else {"IsTruncated": False}
    return range(start, end), more


# ---- passwords ------------------------------------------------------------------------------------------------------


def hashed(password: str, salt: bytes | None = None) -> str:
    """A salted scrypt hash of a password; the clear text is kept nowhere."""
    salt = ids.data(16) if salt is None else salt
    return f"{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, n=4096, r=8, p=1).hex()}"


def same_password(password: str, kept: str) -> bool:
    """Whether the hash is of this password."""
    return hmac.compare_digest(hashed(password, bytes.fromhex(kept.partition(":")[0])), kept)


def check_password(password: str, user: str, policy: Mapping[str, Any] | None) -> None:
    """Raise PasswordPolicyViolation unless the password meets the account's policy, or AWS's default one."""
    if policy is None:
        _check_default(password, user)
        return
    least = policy["MinimumPasswordLength"]
    if len(password) < least:
        raise errors.PasswordPolicyViolation(f"Password should have a minimum length of {least}")
    for needed, characters, words in (
        ("RequireUppercaseCharacters", string.ascii_uppercase, "at least one uppercase letter"),
        ("RequireLowercaseCharacters", string.ascii_lowercase, "at least one lowercase letter"),
        ("RequireNumbers", string.digits, "at least one number"),
        ("RequireSymbols", SYMBOLS.replace(" ", ""), f"at least one of the following symbols: {SYMBOLS}"),
    ):
        if policy.get(needed) and not set(password) & set(characters):
            raise errors.PasswordPolicyViolation(f"Password should have {words}")


def _check_default(password: str, user: str) -> None:
    """AWS's default: 8 to 128 characters, three of the four kinds, not the user's name."""
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS.replace(" ", ""))
    if len(password) < 8:
        raise errors.PasswordPolicyViolation("Password should have a minimum length of 8")
    if sum(bool(set(password) & set(kind)) for kind in kinds) < 3:
        raise errors.PasswordPolicyViolation(
            "Password should have at least three of the following: uppercase letters, lowercase letters, numbers, "
            "symbols"
        )
    if password.casefold() == user.casefold():
        raise errors.PasswordPolicyViolation("Password should not be the same as the user name")


def check_not_reused(password: str, previous: Sequence[str], policy: Mapping[str, Any] | None) -> None:
    """Raise PasswordPolicyViolation when the policy forbids one of the last passwords and this is one."""
    remembered = (policy or {}).get("PasswordReusePrevention", 0)
    if any(same_password(password, kept) for kept in previous[:remembered]):
        raise errors.PasswordPolicyViolation("Password should not be reused")


# ---- providers, linked roles ----------------------------------------------------------------------------------------


def provider_url(url: str) -> str:
    """An OpenID Connect provider's URL as its ARN has it: without the scheme, which must be https."""
    scheme, _, rest = url.partition("://")
    if scheme != "https" or not rest.split("/", 1)[0]:
        raise errors.ValidationError("Invalid Open ID Connect Provider URL")
    return rest


def check_provider(clients: Sequence[str], thumbprints: Sequence[str]) -> None:
    """Raise for more clients or thumbprints than a provider may have."""
    if len(thumbprints) > PROVIDER_THUMBPRINTS:
        raise errors.InvalidInput(f"Thumbprint list must contain fewer than {PROVIDER_THUMBPRINTS} entries.")
    if len(clients) > PROVIDER_CLIENTS:
        raise errors.LimitExceeded.quota("ClientIdsPerOpenIdConnectProvider", PROVIDER_CLIENTS)


def is_linked(path: str) -> bool:
    """Whether this is the path of a service-linked role."""
    return path.startswith(LINKED_PATH)


def linked_name(service: str, suffix: str) -> str | None:
    """The name of a service's own role; None for a service whose role is not known here."""
    if service not in LINKED_ROLES:
        return None
    return f"AWSServiceRoleFor{LINKED_ROLES[service][0]}" + (f"_{suffix}" if suffix else "")


def deleted_role(task: str) -> str | None:
    """The role that a deletion task was about; None when this is no such task."""
    found = _TASK.fullmatch(task)
    return found.group(1) if found else None


# ---- names, tags ----------------------------------------------------------------------------------------------------


def check_alias(alias: str) -> None:
    """Raise ValidationError unless this may be an account's alias (3 to 63, lower case, no double hyphen)."""
    if not _ALIAS.fullmatch(alias):
        raise errors.ValidationError(
            "1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"
        )


def new_tags(given: Sequence[Mapping[str, str]] | None, present: Mapping[str, str], caseless: bool) -> dict[str, str]:
    """The given tags, checked beside those that are there; of users and roles the keys differ in more than case."""
    found = tags.from_list(given)

    def same(key: str) -> str:
        return key.lower() if caseless else key

    if len({same(key) for key in found}) != len(given or ()):
        advice = " Please note that Tag keys are case insensitive." if caseless else ""
        raise errors.InvalidInput(f"Duplicate tag keys found.{advice}")
    problem = tags.problem(found, TAGS)
    if problem is not None:
        raise errors.InvalidInput(problem)
    if len({same(key) for key in found} | {same(key) for key in present}) > TAGS:
        raise errors.LimitExceeded("The number of tags has reached the maximum limit.")
    return found
