"""The AWS-managed policies, the same in every account: data, made by scripts/generate_managed_policies.py."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import zlib
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import orjson

from cloudarium.services.iam.records.policies import Policy

PREFIX = "arn:aws:iam::aws:policy/"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@cache
def _data() -> dict[str, Any]:
    return orjson.loads(importlib.resources.files(__package__).joinpath("managed_policies.json").read_bytes())


@cache
def _everything() -> dict[str, tuple[int, Policy]]:
    """(place in the data, policy) by ARN, in the order of names."""
    found = {}
    for place, (name, (path, created, updated, version)) in enumerate(_data()["index"].items()):
        arn, number = f"arn:aws:iam::aws:policy{path}{name}", int(version[1:])
        found[arn] = place, Policy(arn, "aws", name, path, _id(name), None, created, updated, number, number)
    return found


def everything() -> Iterable[Policy]:
    """All of them, in the order of names."""
    return (policy for _, policy in _everything().values())


def find(arn: str) -> Policy | None:
    """The AWS-managed policy with this ARN, None when there is none."""
    found = _everything().get(arn) if arn.startswith(PREFIX) else None
    return found[1] if found is not None else None


@lru_cache(maxsize=256)
def document(arn: str) -> str:
    """The text of an AWS-managed policy that `find` has found."""
    group, place = divmod(_everything()[arn][0], _data()["group"])
    return orjson.loads(zlib.decompress(base64.b85decode(_data()["groups"][group])))[place]


def _id(name: str) -> str:
    """A policy id that is the same in every run, as AWS's is the same in every account."""
    digest = hashlib.sha256(name.encode()).digest()
    return "ANPA" + "".join(_UPPER[byte % 32] for byte in digest[:17])
