"""Checks of a policy document as AWS makes them when one is written, in AWS's order and with AWS's texts.

The order was read off AWS's answers to documents with two faults: syntax, version, what AWS calls legacy parsing,
statement ids, presence of actions and resources, the resources, the actions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import orjson

from cloudarium.policy import access, conditions

Kind = Literal[
    "identity", "inline", "resource", "trust", "session", "service control", "resource control", "endpoint"
]  # fmt: skip

SYNTAX = "Syntax errors in policy."
NOT_JSON = "This policy contains invalid Json"  # what AWS says of a role's trust policy
LEGACY = "The policy failed legacy parsing"
VERSIONS = ("2008-10-17", "2012-10-17")
MAX_DEPTH = 32
PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*")
)

_TOP = frozenset(("Version", "Id", "Statement"))
_STATEMENT = frozenset(
    (
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    )
)
_PRINCIPAL_TYPES = frozenset(("AWS", "Service", "Federated", "CanonicalUser"))
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_TRUST_ACTIONS = frozenset(
    (
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    )
)
_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[A-Za-z0-9_.\-*?]+")
_ACCOUNT = re.compile(r"[0-9*?]*|aws|cloudfront")
_ACCOUNT_WORD = re.compile(r"[A-Za-z0-9*?_-]*")
_PRINCIPAL_ARN = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:(root|user/.+|role/.+|oidc-provider/.+|saml-provider/.+)"
    r"|iam::cloudfront:user/.+"
    r"|sts::\d{12}:(assumed-role/[^/]+/.+|federated-user/.+|self))",
    re.ASCII,
)
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com|amazonaws\.com\.cn|aws\.internal|amazon\.com)")
_PRINCIPAL_ID = re.compile(r"\d{12}|A(IDA|ROA|GPA|NPA)[A-Z0-9]{12,124}(:.+)?", re.ASCII)


class MalformedPolicy(ValueError):
    """A document that AWS would refuse; `message` is AWS's text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# ---- syntax ---------------------------------------------------------------------------------------------------------


def load(text: str, not_json: str = SYNTAX) -> dict[str, Any]:
    """The document as JSON, its shape checked; raises MalformedPolicy for anything that is not a policy."""
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError, UnicodeError):
        raise MalformedPolicy(not_json) from None
    _require(isinstance(document, dict) and set(document) <= _TOP)
    _require("Version" not in document or document["Version"] in VERSIONS)
    _require(isinstance(document.get("Id", ""), str))
    listed = statements(document)
    _require(bool(listed))
    for statement in listed:
        _statement_syntax(statement)
    return document


def statements(document: dict[str, Any]) -> list[Any]:
    """A document's statements; one alone may stand without a list."""
    found = document.get("Statement")
    if isinstance(found, list):
        return found
    return [] if found is None else [found]


def listed(value: object) -> list[Any]:
    """A value that may be one or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


def _require(holds: bool, message: str = SYNTAX) -> None:
    if not holds:
        raise MalformedPolicy(message)


def _statement_syntax(statement: object) -> None:
    _require(isinstance(statement, dict) and set(statement) <= _STATEMENT)
    assert isinstance(statement, dict)
    effect = statement.get("Effect")
    _require(isinstance(effect, str) and effect.lower() in ("allow", "deny"))
    _require(isinstance(statement.get("Sid", ""), str))
    for element in ("Action", "Resource", "Principal"):
        _require(not (element in statement and f"Not{element}" in statement))
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        _require(all(isinstance(one, str) for one in listed(statement.get(element, ""))))
    for element in ("Principal", "NotPrincipal"):
        if element in statement:
            _principal_syntax(statement[element])
    _condition_syntax(statement.get("Condition", {}))


def _principal_syntax(principal: object) -> None:
    if isinstance(principal, str):
        _require(principal == "*", "Invalid principal in policy")
        return
    _require(isinstance(principal, dict) and set(principal) <= _PRINCIPAL_TYPES)
    assert isinstance(principal, dict)
    for value in principal.values():
        _require(all(isinstance(one, str) for one in listed(value)))


def _condition_syntax(block: object) -> None:
    _require(isinstance(block, dict))
    assert isinstance(block, dict)
    for operator, keys in block.items():
        _require(isinstance(keys, dict))
        _require(not keys or conditions.operator_name(operator) is not None)
        for value in keys.values():
            _require(all(isinstance(one, (str, bool, int, float)) for one in listed(value)))


# ---- what is checked when a policy is written -----------------------------------------------------------------------


def check_document(text: str, kind: Kind = "identity") -> None:
    """Check a document that is about to be stored; raises MalformedPolicy with AWS's text.

    An inline policy may leave the version away, or be of the first one: SAM's policy templates name none.
    """
    document = load(text, NOT_JSON if kind == "trust" else SYNTAX)
    _check_unique_keys(text)
    found = statements(document)
    if kind in ("identity", "session", "service control", "resource control"):
        _require(document.get("Version") == VERSIONS[1], f"Policy document must be version {VERSIONS[1]} or greater.")
    for statement in found:
        _legacy(statement)
    _unique_ids(found)
    if kind in ("identity", "inline", "session", "service control"):
        _check_identity(found)
    elif kind == "trust":
        _check_trust(found)
    elif kind == "resource control":
        _check_resource_control(found)
    else:
        _check_resource(found)


def _check_unique_keys(text: str) -> None:
    """AWS: "Individual elements must not contain multiple instances of the same key."

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    def unique(pairs: list[tuple[str, Any]]) -> None:
        _require(len({key for key, _ in pairs}) == len(pairs))

    json.loads(text, object_pairs_hook=unique)


def _legacy(statement: dict[str, Any]) -> None:
    _require(statement["Effect"] in ("Allow", "Deny"), LEGACY)
    for operator, keys in statement.get("Condition", {}).items():
        name = conditions.operator_name(operator)
        if name is not None and conditions.is_date(name.base):
            values = (one for value in keys.values() for one in conditions.texts(value))
            _require(all(_legacy_date(value) for value in values), LEGACY)
    for resource in _elements(statement, "Resource"):
        _require(_legacy_resource(resource), LEGACY)


def _legacy_date(value: str) -> bool:
    return "${" in value or conditions.date(value) is not None and abs(conditions.date(value) or 0) < 2**63


def _legacy_resource(resource: str) -> bool:
    """AWS's oldest parser: a known partition needs a service and an account without variables.

    Any word may stand for the account (AWS's own examples say `account-id`), but not as the last part.
    """
    parts = resource.split(":", 5)
    if len(parts) < 3 or parts[1] not in PARTITIONS:
        return not (len(parts) >= 3 and parts[0] == "arn" and parts[2] == "")
    if parts[2] == "":
        return False
    return len(parts) < 5 or (_ACCOUNT if len(parts) == 5 else _ACCOUNT_WORD).fullmatch(parts[4]) is not None


def _unique_ids(found: list[dict[str, Any]]) -> None:
    ids = [statement["Sid"] for statement in found if statement.get("Sid")]
    _require(len(ids) == len(set(ids)), "Statement IDs (SID) in a single policy must be unique.")


def _elements(statement: dict[str, Any], element: str) -> Iterator[str]:
    for name in (element, f"Not{element}"):
        if name in statement:
            yield from listed(statement[name])


def _alphanumeric_ids(found: list[dict[str, Any]]) -> None:
    for statement in found:
        _require(
            _SID.fullmatch(statement.get("Sid", "")) is not None,
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*",
        )


def _check_identity(found: list[dict[str, Any]]) -> None:
    _alphanumeric_ids(found)
    for statement in found:
        _require(
            "Principal" not in statement and "NotPrincipal" not in statement,
            "Policy document should not specify a principal.",
        )
    for statement in found:
        _require(any(True for _ in _elements(statement, "Action")), "Policy statement must contain actions.")
    for statement in found:
        _require(any(True for _ in _elements(statement, "Resource")), "Policy statement must contain resources.")
    _check_resources(found)
    _check_actions(found)


def _check_resource(found: list[dict[str, Any]]) -> None:
    for statement in found:
        _require("Principal" in statement or "NotPrincipal" in statement, "Missing required field Principal")
        _check_principals(statement)
        _require(any(True for _ in _elements(statement, "Action")), "Missing required field Action")
        _require(any(True for _ in _elements(statement, "Resource")), "Missing required field Resource")
    _check_resources(found)
    _check_actions(found)


def _check_trust(found: list[dict[str, Any]]) -> None:
    _alphanumeric_ids(found)
    for statement in found:
        for element in ("Resource", "NotResource"):
            _require(element not in statement, f"Has prohibited field {element}")
        _require("Principal" in statement or "NotPrincipal" in statement, "Missing required field Principal")
        _check_principals(statement)
        _require(any(True for _ in _elements(statement, "Action")), "Missing required field Action")
    _check_actions(found)
    for statement in found:
        for action in listed(statement.get("Action", [])):
            _require(_trust_action(action), "AssumeRole policy may only specify STS AssumeRole actions.")


def _check_resource_control(found: list[dict[str, Any]]) -> None:
    """Only denials, of everyone, of what single services do: the rest is for AWS's own RCPFullAWSAccess.

    Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    """
    _alphanumeric_ids(found)
    for statement in found:
        _require(statement["Effect"] == "Deny" and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]}))
        _require("Action" in statement and "*" not in listed(statement["Action"]))
        _require(any(True for _ in _elements(statement, "Resource")))
    _check_resources(found)
    _check_actions(found)
    for statement in found:
        _require(all(access.resource_controlled(action) for action in listed(statement["Action"])))


def _trust_action(action: str) -> bool:
    lowered = action.lower()
    return lowered in _TRUST_ACTIONS or (lowered.startswith("sts:") and "*" in lowered)


def _check_principals(statement: dict[str, Any]) -> None:
    principal = statement["Principal"] if "Principal" in statement else statement["NotPrincipal"]
    if principal == "*":
        return
    _require(bool(principal), "Missing required field Principal cannot be empty!")
    for kind, values in principal.items():
        for value in listed(values):
            _require(_principal_format(kind, value), f'Invalid principal in policy: "{kind}":"{value}"')


def _principal_format(kind: str, value: str) -> bool:
    if value == "*":
        return kind != "CanonicalUser"
    if "*" in value or "?" in value:
        return False  # a principal is named whole or not at all
    if kind == "AWS":
        return _PRINCIPAL_ARN.fullmatch(value) is not None or _PRINCIPAL_ID.fullmatch(value) is not None
    if kind == "Service":
        return _SERVICE.fullmatch(value) is not None
    return bool(value)


# ---- resources and actions ------------------------------------------------------------------------------------------


def _check_resources(found: list[dict[str, Any]]) -> None:
    for statement in found:
        for resource in _elements(statement, "Resource"):
            _check_one_resource(resource)


def _check_one_resource(resource: str) -> None:
    if resource == "*":
        return
    _require(":" in resource, f'Resource {resource} must be in ARN format or "*".')
    parts = resource.split(":", 5)
    parts += ["*"] * (6 - len(parts))
    _, partition, vendor, region, account, rest = parts
    whole = ":".join(["arn", *parts[1:]])
    _require(partition in PARTITIONS, f'Partition "{partition}" is not valid for resource "{whole}".')
    _require(
        vendor != "" and "*" not in vendor and "?" not in vendor,
        "Resource vendor must be fully qualified and cannot contain regexes.",
    )
    if vendor == "iam":
        _check_iam_resource(resource, region, rest)
    elif vendor == "s3" and region not in ("", "*"):
        _require(account != "", f"Resource {resource} can not contain region information.")


def _check_iam_resource(resource: str, region: str, rest: str) -> None:
    _require(region in ("", "*"), f"IAM resource {resource} cannot contain region information.")
    first = rest.split("/", 1)[0]
    wild = "*" in first or "?" in first or "$" in first
    _require(
        # AWS's own policies also name the root and role templates, which the sentence leaves out.
        wild or rest == "root" or rest.startswith((*_IAM_PATHS, "role-template/")),
        f'IAM resource path must either be "*", root, or start with {", ".join(_IAM_PATHS)}.',
    )


def _check_actions(found: list[dict[str, Any]]) -> None:
    for statement in found:
        for action in _elements(statement, "Action"):
            _check_action(action)


def _check_action(action: str) -> None:
    if action == "*":
        return
    vendor, colon, rest = action.partition(":")
    _require(colon != "", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    _require(":" not in rest, "Actions/Condition can contain only one colon.")
    _require(_VENDOR.fullmatch(vendor) is not None, f"Vendor {vendor} is not valid")
