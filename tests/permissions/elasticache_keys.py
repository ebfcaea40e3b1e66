"""ElastiCache's condition keys: by which call each is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

NOWHERE = {"CacheSubnetGroupName": "nowhere"}  # so that the call ends before a server is started


def group(**given: Any) -> Callable[[Team], Ask]:
    """Making a replication group."""
    more = {"ReplicationGroupDescription": "d", "CacheNodeType": "cache.t4g.micro", **NOWHERE, **given}
    return lambda team: ("create_replication_group", {"ReplicationGroupId": team.new(), **more})


def serverless(**limits: Any) -> Callable[[Team], Ask]:
    """Making a serverless cache."""
    more = {"Engine": "valkey", "SubnetIds": ["subnet-00000000"], "CacheUsageLimits": limits}
    return lambda team: ("create_serverless_cache", {"ServerlessCacheName": team.new(), **more})


def reset(team: Team) -> Ask:
    return "reset_cache_parameter_group", {"CacheParameterGroupName": "mine", "ResetAllParameters": True}


def user(team: Team) -> Ask:
    mode = {"Type": "no-password-required"}
    given = {"UserName": team.new(), "Engine": "valkey", "AccessString": "on ~* +get", "AuthenticationMode": mode}
    return "create_user", {"UserId": team.new(), **given}


STORAGE, POWER = {"Minimum": 1, "Maximum": 2, "Unit": "GB"}, {"Minimum": 1000, "Maximum": 2000}
PROBES = [
    Probe("elasticache:AtRestEncryptionEnabled", group(AtRestEncryptionEnabled=True), "true", "false", "Bool"),
    Probe("elasticache:AuthTokenEnabled", group(AuthToken="0123456789abcdef"), "true", "false", "Bool"),
    Probe("elasticache:AutomaticFailoverEnabled", group(AutomaticFailoverEnabled=True), "true", "false", "Bool"),
    Probe("elasticache:CacheNodeType", group(), "cache.t4g.micro"),
    Probe("elasticache:CacheParameterGroupName", reset, "mine"),
    Probe("elasticache:CacheParameterGroupName", group(CacheParameterGroupName="default.redis7"), "default.redis7"),
    Probe("elasticache:ClusterModeEnabled", group(ClusterMode="enabled"), "true", "false", "Bool"),
    Probe("elasticache:ClusterModeEnabled", group(NumNodeGroups=2), "true", "false", "Bool"),
    Probe("elasticache:EngineType", group(Engine="redis"), "redis"),
    Probe("elasticache:EngineVersion", group(EngineVersion="7.1"), "7.1"),
    Probe("elasticache:KmsKeyId", group(KmsKeyId="key"), "key"),
    Probe("elasticache:MultiAZEnabled", group(MultiAZEnabled=True), "true", "false", "Bool"),
    Probe("elasticache:NumNodeGroups", group(NumNodeGroups=2), "2", "3", "NumericEquals"),
    Probe("elasticache:ReplicasPerNodeGroup", group(ReplicasPerNodeGroup=1), "1", "2", "NumericEquals"),
    Probe("elasticache:SnapshotRetentionLimit", group(SnapshotRetentionLimit=3), "3", "4", "NumericEquals"),
    Probe("elasticache:TransitEncryptionEnabled", group(TransitEncryptionEnabled=True), "true", "false", "Bool"),
    Probe("elasticache:MinimumDataStorage", serverless(DataStorage=STORAGE), "1", "2", "NumericEquals"),
    Probe("elasticache:MaximumDataStorage", serverless(DataStorage=STORAGE), "2", "1", "NumericEquals"),
    Probe("elasticache:DataStorageUnit", serverless(DataStorage=STORAGE), "GB"),
    Probe("elasticache:MinimumECPUPerSecond", serverless(ECPUPerSecond=POWER), "1000", "1", "NumericEquals"),
    Probe("elasticache:MaximumECPUPerSecond", serverless(ECPUPerSecond=POWER), "2000", "1", "NumericEquals"),
    Probe("elasticache:UserAuthenticationMode", user, "no-password-required"),
]
