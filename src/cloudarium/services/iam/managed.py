"""The AWS-managed policies, the same in every account: data, made by scripts/generate_managed_policies.py."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
from functools import cache
from typing import NamedTuple

import orjson

from cloudarium.services.iam.records.policies import Policy

PREFIX = "arn:aws:iam::aws:policy/"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Published(NamedTuple):
    """An AWS-managed policy and its text."""

    policy: Policy
    document: str


@cache
def everything() -> dict[str, Published]:
    """All of them by ARN, in the order of their names."""
    data = importlib.resources.files(__package__).joinpath("managed_policies.json.gz").read_bytes()
    found = {}
    for name, entry in orjson.loads(gzip.decompress(data)).items():
        arn = f"arn:aws:iam::aws:policy{entry['path']}{name}"
        version = int(entry["version"][1:])
        policy = Policy(
            arn, "aws", name, entry["path"], _id(name), None, entry["created"], entry["updated"], version, version
        )
        found[arn] = Published(policy, entry["document"])
    return found


def find(arn: str) -> Published | None:
    """The AWS-managed policy with this ARN, None when there is none (or none of the common ones)."""
    return everything().get(arn) if arn.startswith(PREFIX) else None


def _id(name: str) -> str:
    """A policy id that is the same in every run, as AWS's is the same in every account."""
    digest = hashlib.sha256(name.encode()).digest()
    return "ANPA" + "".join(_UPPER[byte % 32] for byte in digest[:17])
