"""Short ways to ask the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.policy.documents import Document, compile_document
from cloudarium.policy.engine import Decision, Policies, Question, decide
from cloudarium.policy.principal import Principal

ACCOUNT = "111122223333"
OTHER = "444455556666"
BOB = Principal.user(ACCOUNT, "bob", id="AIDABOB")
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/path/worker"
SESSION = Principal.session(ROLE_ARN, "run", role_id="AROAWORKER")


def statement(**given: Any) -> dict[str, Any]:
    """A statement that allows everything unless told otherwise."""
    made = {"Effect": "Allow", **given}
    if "NotAction" not in made:
        made.setdefault("Action", "*")
    if "NotResource" not in made:
        made.setdefault("Resource", "*")
    return made


def document(*statements: Mapping[str, Any], kind: Any = "identity", version: str | None = "2012-10-17") -> Document:
    """A compiled document."""
    text: dict[str, Any] = {"Statement": list(statements)}
    if version:
        text["Version"] = version
    return compile_document(json.dumps(text), "p", kind)


def resource_document(*statements: Mapping[str, Any]) -> Document:
    """A compiled resource policy."""
    return document(*statements, kind="resource")


def ask(
    principal: Principal = BOB,
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::bucket/key",
    context: Mapping[str, Any] | None = None,
    owner: str = ACCOUNT,
    required: bool = False,
    *,
    identity: Sequence[Document] = (),
    boundary: Document | None = None,
    session: Sequence[Document] | None = None,
    policy: Document | None = None,
    service_control: Sequence[Sequence[Document]] = (),
) -> Decision:
    """The engine's decision."""
    question = Question(principal, action, resource, context or {}, owner, required)
    return decide(question, Policies(identity, boundary, session, policy, service_control))


def allowed(**given: Any) -> bool:
    """Whether one identity statement made of these elements allows the usual question."""
    asked = {name: given.pop(name) for name in ("action", "resource", "context", "principal") if name in given}
    version = given.pop("version", "2012-10-17")
    return ask(identity=[document(statement(**given), version=version)], **asked).allowed
