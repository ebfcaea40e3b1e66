"""The document of a data protection policy.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html
AWS documents what a document must have, and not the words with which it refuses one that has it not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.logs.errors import InvalidParameter
from cloudarium.services.logs.protection.identifiers import IDENTIFIERS, MANAGED
from cloudarium.shared.errors import NotBuilt

_LONGEST = 30_720
_VERSION = "2021-06-01"
_MEMBERS = {"Name", "Description", "Version", "Statement", "Configuration"}
_STATEMENT = {"Sid", "DataIdentifier", "Operation"}
_ARN = "arn:aws:dataprotection::aws:data-identifier/"
_DESTINATIONS = {"CloudWatchLogs": "LogGroup", "Firehose": "DeliveryStream", "S3": "Bucket"}


class Policy(NamedTuple):
    """A policy: its name, what it looks for and masks, and the log group that its findings go to."""

    name: str
    identifiers: tuple[str, ...]
    findings: str | None


def policy_of(text: str) -> Policy:
    """A document, read. Raises InvalidParameter, and NotBuilt for what AWS has and is not built."""
    if len(text) > _LONGEST:
        raise InvalidParameter(f"The policy document must have at most {_LONGEST} characters.")
    document = _object(_loaded(text), "policy document", _MEMBERS)
    if document.get("Version", _VERSION) != _VERSION:
        raise InvalidParameter(f"The version of a data protection policy is {_VERSION}.")
    for member in ("Name", "Description"):
        if not isinstance(document.get(member, ""), str):
            raise InvalidParameter(f"{member} of a data protection policy is a string.")
    if document.get("Configuration"):
        raise NotBuilt("logs:PutDataProtectionPolicy Configuration (custom data identifiers)")
    statements = document.get("Statement")
    if not isinstance(statements, list) or len(statements) != 2:
        raise InvalidParameter("A data protection policy needs two statements, one with Audit and one with Deidentify.")
    found = dict(_statement(each) for each in statements)
    if found.keys() != {"Audit", "Deidentify"}:
        raise InvalidParameter("A data protection policy needs two statements, one with Audit and one with Deidentify.")
    (audited, destination), (masked, _) = found["Audit"], found["Deidentify"]
    if set(audited) != set(masked):
        raise InvalidParameter("The DataIdentifier arrays of the Audit and the Deidentify statement must match.")
    return Policy(document.get("Name", ""), tuple(audited), destination)


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        raise InvalidParameter("The policy document is not valid JSON.") from None


def _object(value: Any, what: str, members: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidParameter(f"The {what} is not a JSON object.")
    unknown = value.keys() - members
    if unknown:
        raise InvalidParameter(f"Unknown member {min(unknown)} in the {what}.")
    return value


def _statement(value: Any) -> tuple[str, tuple[list[str], str | None]]:
    """The kind of a statement, its identifiers, and where its findings go."""
    statement = _object(value, "statement", _STATEMENT)
    operation = _object(statement.get("Operation"), "Operation", {"Audit", "Deidentify"})
    if len(operation) != 1:
        raise InvalidParameter("The Operation of a statement is either Audit or Deidentify.")
    given = statement.get("DataIdentifier")
    if not isinstance(given, list) or not given:
        raise InvalidParameter("DataIdentifier is a list of at least one data identifier.")
    identifiers = list(dict.fromkeys(map(_identifier, given)))
    if "Audit" in operation:
        return "Audit", (identifiers, _destination(operation["Audit"]))
    if operation["Deidentify"] != {"MaskConfig": {}}:
        raise InvalidParameter('Deidentify must be {"MaskConfig": {}}.')
    return "Deidentify", (identifiers, None)


def _identifier(given: Any) -> str:
    name = given.removeprefix(_ARN) if isinstance(given, str) else ""
    if name not in MANAGED or name == given:
        raise InvalidParameter(f"Unknown data identifier: {given}"[:500])
    if name not in IDENTIFIERS:
        raise NotBuilt(f"logs:PutDataProtectionPolicy data identifier {name}")
    return name


def _destination(audit: Any) -> str | None:
    findings = _object(audit, "Audit operation", {"FindingsDestination"}).get("FindingsDestination")
    if findings is None:
        raise InvalidParameter("Audit needs a FindingsDestination, which may be empty.")
    destinations = _object(findings, "FindingsDestination", set(_DESTINATIONS))
    names = {}
    for kind, place in destinations.items():
        member = _DESTINATIONS[kind]
        name = _object(place, kind, {member}).get(member)
        if not isinstance(name, str) or not name:
            raise InvalidParameter(f"{kind} needs {member}.")
        names[kind] = name
    for kind in ("Firehose", "S3"):
        if kind in names:
            raise NotBuilt(f"logs:PutDataProtectionPolicy FindingsDestination {kind}")
    return names.get("CloudWatchLogs")
