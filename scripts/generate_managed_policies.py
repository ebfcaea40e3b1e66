"""Generate services/iam/managed_policies.json.gz: the AWS-managed policies that a developer's account commonly uses.

AWS publishes them through IAM itself; moto's wheel ships a copy, which is fetched by pip into a temporary folder and
read as data. Run it to refresh:

    python scripts/generate_managed_policies.py
"""

from __future__ import annotations

import ast
import fnmatch
import gzip
import json
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "cloudarium" / "services" / "iam" / "managed_policies.json.gz"
SOURCE = "moto/iam/aws_managed_policies.py"
WANTED = """
AdministratorAccess* PowerUserAccess ReadOnlyAccess ViewOnlyAccess SecurityAudit SystemAdministrator
DatabaseAdministrator NetworkAdministrator SupportUser Billing AWSAccountManagement*
IAM* AWSLambda* LambdaFull* AmazonS3* AmazonDynamoDB* DynamoDB* CloudWatch* AmazonSQS* AmazonSNS* SecretsManager*
AWSSecretsManager* AWSXRay* AWSXray* AmazonSSM* AmazonAPIGateway* APIGateway* AWSCloudFormation* AmazonCognito*
AmazonSES* AmazonElastiCache* ElastiCache* AmazonRDS* RDS* AmazonEC2* AmazonVPC* AmazonEventBridge* CloudWatchEvents*
AWSKeyManagement* AWSStepFunctions* AWSCodeDeployRoleForLambda* AWSApplicationAutoscaling* AWSSupport*
AWSServiceRoleFor* AmazonKinesis* AWSCloudTrail* AWSConfig* AWSResource* ResourceGroups* AWSDirectConnect*
AutoScaling* ElasticLoadBalancing* AmazonECS* AmazonECSTaskExecutionRolePolicy AmazonRoute53* AWSCertificateManager*
""".split()  # noqa: SIM905 - a list this long reads better so


def source() -> str:
    """The text of moto's module, from a wheel downloaded into a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "moto"]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("moto-*.whl")
        return zipfile.ZipFile(wheel).read(SOURCE).decode()


def published(text: str) -> dict[str, Any]:
    """The policies in the module, by name; the module holds them as one JSON string."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return json.loads(node.value.value)
    raise SystemExit(f"{SOURCE} has no JSON string")


def epoch(text: str) -> int:
    """A date of the source as epoch seconds."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def entry(policy: dict[str, Any]) -> dict[str, Any]:
    """What the room needs of one policy."""
    return {
        "path": policy["Path"],
        "created": epoch(policy["CreateDate"]),
        "updated": epoch(policy["UpdateDate"]),
        "version": policy["DefaultVersionId"],
        "document": json.dumps(policy["Document"], separators=(",", ":")),
    }


def main() -> None:
    """Write the data file."""
    found = published(source())
    chosen = {
        name: entry(policy)
        for name, policy in sorted(found.items())
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in WANTED)
    }
    TARGET.write_bytes(gzip.compress(json.dumps(chosen, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{len(chosen)} of {len(found)} policies, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
