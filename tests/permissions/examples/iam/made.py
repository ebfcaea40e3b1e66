"""Users, groups, roles and instance profiles for IAM's examples, and calls that name one of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.permissions.example import Case, Example, Stage

NAMES = {"user": "UserName", "group": "GroupName", "role": "RoleName", "instance-profile": "InstanceProfileName"}
NOUNS = {"user": "User", "group": "Group", "role": "Role", "instance-profile": "InstanceProfile"}
TAGS = [{"Key": "team", "Value": "red"}]
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

Step = tuple[str, dict[str, Any]]  # a method of the client, and what it gets beside the entity's name


def make(at: Stage, kind: str, name: str = "", **settings: Any) -> str:
    """The ARN of a new entity of the operation's name."""
    if kind == "role":
        settings["AssumeRolePolicyDocument"] = TRUST
    method = getattr(at.root(), "create_" + kind.replace("-", "_"))
    return method(**{NAMES[kind]: name or at.name}, **settings)[NOUNS[kind]]["Arn"]


def named(kind: str, steps: Sequence[Step] = (), **more: Any) -> Example:
    """The example of a call that names a new entity, after `steps`, with `more` as its input."""

    def ready(at: Stage) -> Case:
        arn = make(at, kind)
        for method, settings in steps:
            getattr(at.root(), method)(**{NAMES[kind]: at.name}, **settings)
        newer = "tag" in at.operation.lower() or "Boundary" in at.operation  # those say the ARN
        return Case({NAMES[kind]: at.name, **more}, arn, said={} if newer else said(at, kind))

    return ready


def said(at: Stage, kind: str, name: str = "") -> dict[str, str]:
    """How a denial of the operation names an entity."""
    return {f"iam:{at.operation}": f"{kind.replace('-', ' ')} {name or at.name}"}


def arn_of(at: Stage, kind: str, name: str = "") -> str:
    """The ARN that an entity of the operation's name has or will have."""
    return at.arn(f"{kind}/{name or at.name}", service="iam", region="")
