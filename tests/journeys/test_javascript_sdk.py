"""The AWS SDK for JavaScript v3, unmodified: documents in DynamoDB, objects and presigned URLs in S3, Lambda, STS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.clients.tools import Shell
from tests.journeys.conftest import RUNTIME, package

PROGRAM = Path(__file__).parent / "javascript" / "journey.cjs"


def test_a_javascript_program_makes_the_same_way(
    shell: Shell, account: str, lambda_role: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "function.zip").write_bytes(
        package(app="def handler(event, context):\n    return {'hello': event['name']}\n")
    )
    said = json.loads(shell.node(PROGRAM, f"js-{account}", lambda_role(), RUNTIME, str(tmp_path / "function.zip")))
    assert said["identity"] == {"account": account, "arn": f"arn:aws:iam::{account}:root"}
    assert said["item"] == {"id": "n1", "tags": ["a", "b"], "price": 12.5, "nested": {"deep": [1, None, True]}}
    assert said["conditional"] == "ConditionalCheckFailedException"
    assert said["queried"] == ["n1", "n2"]
    assert said["object"] == {"body": "hello from node", "type": "text/plain", "meta": {"made-by": "node"}}
    assert said["missing"] == {"name": "NoSuchKey", "status": 404}
    assert said["presigned"] == {"status": 200, "body": "hello from node"}
    assert said["tampered"] == 403
    assert said["put"] == {"status": 200, "body": "sent by URL"}
    assert said["invoked"] == {"hello": "Ada"}
