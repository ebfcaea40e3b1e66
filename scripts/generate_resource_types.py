"""Write services/cloudformation/schemas/types.json.gz from the resource schemas that cfn-lint ships (AWS's own, MIT-0).

    python scripts/generate_resource_types.py SITE-PACKAGES/cfnlint/data/schemas

The file holds every resource type name AWS has, and for the services that Cloudarium covers the shape of each type's
properties: names, types, which are demanded, which values are allowed. Run it again when cfn-lint has newer schemas.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

COVERED = [
    "ApiGateway",
    "ApiGatewayV2",
    "ApplicationAutoScaling",
    "CloudFormation",
    "CloudTrail",
    "CloudWatch",
    "Cognito",
    "DynamoDB",
    "EC2",
    "ECR",
    "ElastiCache",
    "Events",
    "IAM",
    "KMS",
    "Kinesis",
    "Lambda",
    "Logs",
    "RDS",
    "Route53",
    "S3",
    "SES",
    "SNS",
    "SQS",
    "SSM",
    "Scheduler",
    "SecretsManager",
    "StepFunctions",
    "XRay",
]
OUTPUT = Path(__file__).parent.parent / "src/cloudarium/services/cloudformation/schemas/types.json.gz"


def slim(schema: Any) -> Any:
    """The parts of a schema that say what a value looks like; prose, patterns and cross-property rules are left out."""
    if not isinstance(schema, dict):
        return {}
    kept: dict[str, Any] = {key: schema[key] for key in ("type", "enum", "required") if key in schema}
    if "$ref" in schema:
        kept["ref"] = schema["$ref"].rsplit("/", 1)[1]
    if isinstance(schema.get("properties"), dict):
        kept["properties"] = {name: slim(value) for name, value in schema["properties"].items()}
    if isinstance(schema.get("patternProperties"), dict):
        kept["values"] = slim(next(iter(schema["patternProperties"].values()), {}))
    if isinstance(schema.get("items"), dict):
        kept["items"] = slim(schema["items"])
    for key in ("oneOf", "anyOf"):
        choices = schema.get(key)
        if "type" not in kept and isinstance(choices, list) and all("type" in c or "$ref" in c for c in choices):
            kept["choices"] = [slim(choice) for choice in choices]
    return kept


def shape(schema: dict[str, Any]) -> dict[str, Any]:
    """One type: its properties, and apart from them the definitions they refer to and the read-only ones."""
    made = slim(schema)
    made["definitions"] = {name: slim(value) for name, value in schema.get("definitions", {}).items()}
    made["read_only"] = [path.removeprefix("/properties/") for path in schema.get("readOnlyProperties", [])]
    made.pop("type", None)
    return made


def main(source: Path) -> None:
    """Collect the types of us-east-1 and write the file."""
    names: dict[str, str] = json.loads((source / "providers/us-east-1.json").read_text())
    types: dict[str, str | None] = {}
    for name, digest in sorted(names.items()):
        covered = name.split("::")[1] in COVERED
        schema = json.loads((source / f"resources/{digest}.json").read_text()) if covered else None
        types[name] = json.dumps(shape(schema), separators=(",", ":")) if schema else None
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_bytes(gzip.compress(json.dumps(types, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{len(types)} types, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
