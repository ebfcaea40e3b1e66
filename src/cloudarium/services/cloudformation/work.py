"""The child process behind worker.py: one JSON task a line on stdin, one JSON answer a line on stdout."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import sys
from pathlib import Path
from typing import Any


def transform(task: dict[str, Any]) -> dict[str, Any]:
    """The template with its AWS::Serverless resources written out, or what is wrong with it."""
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = task["region"]
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform as sam_transform

    try:
        made = sam_transform(task["template"], task["parameters"], ManagedPolicies(task["partition"]))
    except InvalidDocumentException as error:
        causes = [cause.message for cause in error.causes]
        return {"problem": " ".join([error.message, *causes])}
    return {"template": made}


class ManagedPolicies:
    """The names and ARNs of AWS's managed policies, from the list that the translator brings along."""

    def __init__(self, partition: str) -> None:
        self.partition = partition

    def load(self) -> dict[str, str]:
        """{policy name: ARN}."""
        import samtranslator

        source = Path(samtranslator.__file__).parent / "internal/data/aws_managed_policies.json"
        return json.loads(source.read_text())[self.partition]


def matches(task: dict[str, Any]) -> dict[str, Any]:
    """Whether the whole value matches the pattern."""
    try:
        return {"matches": re.fullmatch(task["pattern"], task["value"]) is not None}
    except (re.error, RecursionError):
        return {"problem": "not a valid pattern"}


TASKS = {"transform": transform, "matches": matches}


def main(quiet_seconds: float) -> None:
    """Answer tasks until stdin closes or nothing has come for a while."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # the translator prints; stdout belongs to the answers
    while select.select([sys.stdin], [], [], quiet_seconds)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        task = json.loads(line)
        try:
            answer = TASKS[task["task"]](task)
        except Exception as error:  # the cloud must hear of it, whatever it is
            answer = {"problem": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer, default=str).encode() + b"\n")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(float(sys.argv[1]))
