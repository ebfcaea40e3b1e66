"""Bucket policies: what S3 checks beyond the policy grammar, and when a policy is public.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any

import orjson

from cloudarium.policy import patterns
from cloudarium.policy.access import actions
from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.services.s3 import errors

MAX_POLICY = 20 * 1024
_NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
# Condition keys that fix who calls, when their value has no wildcard and no variable.
_FIXING = frozenset(
    "aws:sourceip aws:sourcearn aws:sourcevpc aws:sourcevpce aws:sourceowner aws:sourceaccount aws:userid"
    " aws:principalorgid aws:principalorgpaths aws:principalarn aws:principalaccount aws:principaltype"
    " aws:principalserviceName aws:sourceorgid aws:sourceorgpaths s3:dataaccesspointarn"
    " s3:x-amz-server-side-encryption-aws-kms-key-id".lower().split()
)
_EQUAL = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase", "ipaddress")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check(text: str, bucket: str) -> None:
    """Raise MalformedPolicy when `text` cannot be the policy of `bucket`."""
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError, UnicodeError):
        raise errors.MalformedPolicy(_NOT_JSON) from None
    if not isinstance(document, dict):
        raise errors.MalformedPolicy(_NOT_JSON)
    if len(text.encode()) > MAX_POLICY:
        raise errors.MalformedPolicy("Policy exceeds the maximum allowed document size.")
    if "Statement" not in document:
        raise errors.MalformedPolicy("Missing required field Statement")
    for statement in _listed(document["Statement"]):
        _check_fields(statement)
    try:
        check_document(text, kind="resource")
    except MalformedPolicy as error:
        raise errors.MalformedPolicy(error.message) from None
    for statement in _listed(document["Statement"]):
        _check_statement(statement, bucket)


def _check_fields(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise errors.MalformedPolicy(_NOT_JSON)
    for names in (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
        if not any(name in statement for name in names):
            raise errors.MalformedPolicy(f"Missing required field {names[0]}")


def _check_statement(statement: dict[str, Any], bucket: str) -> None:
    if "Principal" in statement and statement["Principal"] in ({}, {"AWS": []}):
        raise errors.MalformedPolicy("Invalid principal in policy")
    for action in _listed(statement.get("Action", statement.get("NotAction"))):
        if not _is_action(action):
            raise errors.MalformedPolicy("Policy has invalid action")
    arn = f"arn:aws:s3:::{bucket}"
    for resource in _listed(statement.get("Resource", statement.get("NotResource"))):
        if not _within(resource, arn):
            raise errors.MalformedPolicy("Policy has invalid resource")


@lru_cache(maxsize=1024)
def _is_action(action: str) -> bool:
    if action == "*":
        return True
    if not action.lower().startswith("s3:"):
        return False
    matches = patterns.glob(action.lower())
    return any(matches(known.lower()) for known in actions("s3"))


def _within(resource: str, arn: str) -> bool:
    """Whether a statement's resource can only mean this bucket and its objects."""
    if resource == arn or resource.startswith(arn + "/"):
        return True
    head, slash, _ = resource.partition("/")
    return ("*" in head or "?" in head) and bool(patterns.glob(head + slash)(arn + slash) or patterns.glob(head)(arn))


# ---- Public? --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def is_public(text: str) -> bool:
    """Whether the policy lets in anybody whom it does not name."""
    document = orjson.loads(text)
    return any(_lets_anybody_in(statement) for statement in _listed(document["Statement"]))


def _lets_anybody_in(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" in statement:
        return True
    principal = statement["Principal"]
    named = [principal] if isinstance(principal, str) else [one for part in principal.values() for one in _listed(part)]
    return "*" in named and not _is_fixed(statement.get("Condition", {}))


def _is_fixed(block: dict[str, Any]) -> bool:
    for operator, keys in block.items():
        if operator.lower().split(":")[-1] not in _EQUAL:
            continue
        for key, values in keys.items():
            if key.lower() in _FIXING and all(_is_fixed_value(key.lower(), str(value)) for value in _listed(values)):
                return True
    return False


def _is_fixed_value(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
        # Wider than /8 (IPv4) or /32 (IPv6) counts as everybody.
        return network.prefixlen >= (8 if network.version == 4 else 32)
    if "${" in value:
        return False
    if key.endswith("arn"):
        account = value.split(":")[4] if value.count(":") >= 4 else "*"
        return "*" not in account and "?" not in account or "*" not in value
    return "*" not in value and "?" not in value
