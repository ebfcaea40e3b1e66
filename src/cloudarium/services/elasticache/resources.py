"""What each call touches, by ARN, and ElastiCache's condition keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.elasticache import lookup
from cloudarium.services.elasticache.records import (
    CLUSTER,
    GROUP,
    PARAMETERS,
    SERVERLESS,
    SERVERLESS_SNAPSHOT,
    SNAPSHOT,
    SUBNETS,
    USER,
    USER_GROUP,
)

Needs = list[str | Need]
MEMBERS = {
    CLUSTER: "CacheClusterId",
    GROUP: "ReplicationGroupId",
    SERVERLESS: "ServerlessCacheName",
    USER: "UserId",
    USER_GROUP: "UserGroupId",
    PARAMETERS: "CacheParameterGroupName",
    SUBNETS: "CacheSubnetGroupName",
    SNAPSHOT: "SnapshotName",
    SERVERLESS_SNAPSHOT: "ServerlessCacheSnapshotName",
}


def touching(*kinds: str, **others: str) -> Callable[[Call], Needs]:
    """What a call touches that names things of these kinds; `others` are members of other names, with their kinds.

    The first is always touched, by `*` when the call does not name one. To tag what is made needs the permission to
    tag.
    """

    def on(call: Call) -> Needs:
        first = kinds[0] if kinds else next(iter(others.values()))
        member = MEMBERS[first] if kinds else next(iter(others))
        needs: Needs = [_arn(call, first, call.input.get(member) or "*")]
        named = [(MEMBERS[kind], kind) for kind in kinds[1:]] + list(others.items())[0 if kinds else 1 :]
        for member, kind in named:
            given = call.input.get(member)
            for id in given if isinstance(given, list) else [given]:
                if isinstance(id, str) and id and _arn(call, kind, id) not in needs:
                    needs.append(_arn(call, kind, id))
        if call.input.get("Tags"):
            needs.append(Need("elasticache:AddTagsToResource", str(needs[0])))
        return needs

    return on


def new_cache(call: Call) -> Needs:
    """A serverless cache to be made, its users, and what it begins with."""
    needs = touching(SERVERLESS, USER_GROUP)(call)
    given = call.input.get("SnapshotArnsToRestore")
    return needs + [arn for arn in (given if isinstance(given, list) else []) if isinstance(arn, str)]


def tagged(call: Call) -> str:
    """The thing that a tagging call names."""
    return str(call.input.get("ResourceName", ""))


def _arn(call: Call, kind: str, id: object) -> str:
    return lookup.arn_of(call.scope, kind, id.lower() if isinstance(id, str) else "*")


# ---- Condition keys --------------------------------------------------------------------------------------------------

_GIVEN = {
    "elasticache:CacheNodeType": "CacheNodeType",
    "elasticache:CacheParameterGroupName": "CacheParameterGroupName",
    "elasticache:EngineType": "Engine",
    "elasticache:EngineVersion": "EngineVersion",
    "elasticache:KmsKeyId": "KmsKeyId",
    "elasticache:AtRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "elasticache:TransitEncryptionEnabled": "TransitEncryptionEnabled",
    "elasticache:AutomaticFailoverEnabled": "AutomaticFailoverEnabled",
    "elasticache:MultiAZEnabled": "MultiAZEnabled",
    "elasticache:NumNodeGroups": "NumNodeGroups",
    "elasticache:ReplicasPerNodeGroup": "ReplicasPerNodeGroup",
    "elasticache:SnapshotRetentionLimit": "SnapshotRetentionLimit",
}


def conditions(call: Call) -> dict[str, Any]:
    """What is asked of a cache or a user. Without a value that is the default."""
    given = call.input
    found = {key: _text(given[member]) for key, member in _GIVEN.items() if given.get(member) is not None}
    if "AuthToken" in given:
        found["elasticache:AuthTokenEnabled"] = "true"
    if given.get("ClusterMode") is not None or given.get("NumNodeGroups") is not None:
        clustered = given.get("ClusterMode") == "enabled" or _text(given.get("NumNodeGroups")) not in ("None", "1")
        found["elasticache:ClusterModeEnabled"] = _text(clustered)
    mode = given.get("AuthenticationMode")
    if isinstance(mode, dict) and isinstance(mode.get("Type"), str):
        found["elasticache:UserAuthenticationMode"] = mode["Type"]
    limits = given.get("CacheUsageLimits")
    if isinstance(limits, dict):
        found.update(_limits(limits))
    return found


def _limits(limits: dict[str, Any]) -> dict[str, str]:
    found = {}
    for member, name in (("DataStorage", "DataStorage"), ("ECPUPerSecond", "ECPUPerSecond")):
        those = limits.get(member)
        if isinstance(those, dict):
            for bound in ("Minimum", "Maximum"):
                if those.get(bound) is not None:
                    found[f"elasticache:{bound}{name}"] = _text(those[bound])
            if isinstance(those.get("Unit"), str):
                found["elasticache:DataStorageUnit"] = those["Unit"]
    return found


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
