"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cloudarium.shared.scope import Scope


class Arn(NamedTuple):
    """The six parts of an ARN; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse(text: object) -> Arn | None:
    """The parts of `text`, or None when it is not an ARN."""
    return _parse(text) if isinstance(text, str) and text.startswith("arn:") else None


@lru_cache(maxsize=8192)
def _parse(text: str) -> Arn | None:
    parts = text.split(":", 5)
    if len(parts) != 6 or not parts[5]:
        return None
    return Arn(*parts[1:])


def make(service: str, scope: Scope, resource: str) -> str:
    """The ARN of `resource`; a global service passes a scope whose region (and account) is empty."""
    return f"arn:aws:{service}:{scope.region}:{scope.account}:{resource}"
