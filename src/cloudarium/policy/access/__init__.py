"""Which IAM actions an operation needs, and what AWS says of each action.

The table is generated (scripts/generate_access_table.py) from AWS's service authorization reference; what differs from
"the action is named like the operation" is in differences.json, each with its reason. No row means: denied.
"""

from __future__ import annotations

import gzip
import importlib.resources
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson

# Prefixes of the services whose resources resource control policies guard.
# Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html; for the later ones
# https://github.com/aws-samples/resource-control-policy-examples/issues/18
_RESOURCE_CONTROLLED = frozenset(
    ("aoss", "cognito-identity", "cognito-idp", "dynamodb", "ecr", "kms", "logs", "s3", "secretsmanager", "sqs", "sts")
)


def resource_controlled(action: str) -> bool:
    """Whether resource control policies have a say on an action."""
    return action.partition(":")[0].lower() in _RESOURCE_CONTROLLED


class AccessRow(NamedTuple):
    """The IAM actions that an operation may need; none at all means that no permission is required."""

    actions: tuple[str, ...]


class ActionInfo(NamedTuple):
    """An action as AWS's reference describes it; without resources it is only ever asked on "*"."""

    name: str
    level: str
    resources: tuple[str, ...]
    condition_keys: tuple[str, ...]


@cache
def _table() -> dict[str, Any]:
    data = importlib.resources.files(__name__).joinpath("table.json.gz").read_bytes()
    return orjson.loads(gzip.decompress(data))


@lru_cache(maxsize=4096)
def row(service: str, operation: str) -> AccessRow | None:
    """The row of an operation (botocore's service name); None when the table has none: such a call is denied."""
    actions = _table()["operations"].get(service, {}).get(operation)
    return None if actions is None else AccessRow(tuple(actions))


@cache
def _names(prefix: str) -> dict[str, str]:
    return {name.lower(): name for name in _table()["actions"].get(prefix, {})}


@lru_cache(maxsize=4096)
def action(name: str) -> ActionInfo | None:
    """What the reference says of an action, found in any case ("S3:getobject"); None when AWS has no such action."""
    prefix, _, short = name.partition(":")
    prefix = prefix.lower()
    proper = _names(prefix).get(short.lower())
    if proper is None:
        return None
    level, resources, keys = _table()["actions"][prefix][proper]
    return ActionInfo(f"{prefix}:{proper}", level, tuple(resources), tuple(keys))


def actions(prefix: str) -> tuple[str, ...]:
    """All actions of a prefix, by AWS's spelling and in its order."""
    return tuple(f"{prefix}:{name}" for name in _table()["actions"].get(prefix, {}))
