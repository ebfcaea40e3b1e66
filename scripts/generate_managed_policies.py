"""Generate services/iam/managed_policies.json: the AWS-managed policies, which are the same in every account.

AWS publishes them through IAM itself; moto's wheel ships a copy, which is fetched by pip into a temporary folder and
read as data. Run it to refresh:

    python scripts/generate_managed_policies.py
"""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "cloudarium" / "services" / "iam" / "managed_policies.json"
SOURCE = "moto/iam/aws_managed_policies.py"
# Documents are packed in groups, so that one can be read without unpacking all of them.
GROUP = 32


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


def packed(documents: list[str]) -> str:
    """Some documents, compressed together."""
    return base64.b85encode(zlib.compress(json.dumps(documents).encode(), 9)).decode()


def main() -> None:
    """Write the data file: an index by name, and the documents in groups."""
    found = sorted(published(source()).items())
    documents = [json.dumps(policy["Document"], separators=(",", ":")) for _, policy in found]
    index = {
        name: [policy["Path"], epoch(policy["CreateDate"]), epoch(policy["UpdateDate"]), policy["DefaultVersionId"]]
        for name, policy in found
    }
    groups = [packed(documents[start : start + GROUP]) for start in range(0, len(documents), GROUP)]
    TARGET.write_text(json.dumps({"group": GROUP, "index": index, "groups": groups}, separators=(",", ":")) + "\n")
    print(f"{len(found)} policies, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
