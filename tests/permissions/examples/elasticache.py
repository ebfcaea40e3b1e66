"""Calls of ElastiCache that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGGED = "To tag on creation needs AddTagsToResource (Service Authorization Reference: aws:RequestTag on both)."
SMALL = {"Engine": "valkey", "CacheNodeType": "cache.t4g.micro"}
PASSWORD = "0123456789abcdef"


def tagging(arn: str) -> list[Also]:
    return [Also("elasticache:AddTagsToResource", arn, TAGGED)]


def user(at: Stage, name: str = "") -> str:
    """The id of a new user."""
    id = name or at.name
    at.root().create_user(UserId=id, UserName=id, Engine="valkey", AccessString="on ~* +@all", Passwords=[PASSWORD])
    return id


def user_group(at: Stage) -> str:
    """The id of a new user group with one user."""
    at.root().create_user_group(UserGroupId=at.name, Engine="valkey", UserIds=[user(at)])
    return at.name


def parameter_group(at: Stage) -> str:
    """The name of a new parameter group."""
    at.root().create_cache_parameter_group(
        CacheParameterGroupName=at.name, CacheParameterGroupFamily="valkey8", Description="x"
    )
    return at.name


def subnets(at: Stage) -> list[str]:
    found = at.root("ec2").describe_subnets()["Subnets"]
    return [one["SubnetId"] for one in found][:2]


def subnet_group(at: Stage) -> str:
    """The name of a new subnet group."""
    at.root().create_cache_subnet_group(
        CacheSubnetGroupName=at.name, CacheSubnetGroupDescription="x", SubnetIds=subnets(at)
    )
    return at.name


def cluster(at: Stage) -> str:
    """The id of a new cluster, which is available."""
    at.root().create_cache_cluster(CacheClusterId=at.name, **SMALL)
    at.cloud.settle()
    return at.name


def shared_cluster(at: Stage) -> str:
    """A cluster that stays as it is."""
    at.root().create_cache_cluster(CacheClusterId="shared", **SMALL)
    at.cloud.settle()
    return "shared"


def group(at: Stage, **more: Any) -> str:
    """The id of a new replication group, which is available."""
    at.root().create_replication_group(ReplicationGroupId=at.name, ReplicationGroupDescription="x", **SMALL, **more)
    at.cloud.settle()
    return at.name


def serverless(at: Stage) -> str:
    """The name of a new serverless cache, which is available."""
    at.root().create_serverless_cache(ServerlessCacheName=at.name, Engine="valkey")
    at.cloud.settle()
    return at.name


# ---- Users -----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateUser")
def create_user(at: Stage) -> Case:
    arn = at.arn(f"user:{at.name}")
    given = {
        "UserId": at.name, "UserName": at.name, "Engine": "valkey", "AccessString": "on ~* +@all",
        "NoPasswordRequired": True, "Tags": [{"Key": "team", "Value": "red"}],
    }  # fmt: skip
    return Case(given, arn, also=tagging(arn))


@EXAMPLES("DeleteUser", "DescribeUsers")
def by_user(at: Stage) -> Case:
    return Case({"UserId": user(at)}, at.arn(f"user:{at.name}"))


@EXAMPLES("ModifyUser")
def modify_user(at: Stage) -> Case:
    return Case({"UserId": user(at), "AccessString": "on ~a:* +get"}, at.arn(f"user:{at.name}"))


@EXAMPLES("CreateUserGroup")
def create_user_group(at: Stage) -> Case:
    member, arn = user(at), at.arn(f"usergroup:{at.name}")
    given = {"UserGroupId": at.name, "Engine": "valkey", "UserIds": [member], "Tags": [{"Key": "a", "Value": "b"}]}
    return Case(given, [arn, at.arn(f"user:{member}")], also=tagging(arn))


@EXAMPLES("DeleteUserGroup", "DescribeUserGroups")
def by_user_group(at: Stage) -> Case:
    return Case({"UserGroupId": user_group(at)}, at.arn(f"usergroup:{at.name}"))


@EXAMPLES("ModifyUserGroup")
def modify_user_group(at: Stage) -> Case:
    id, more = user_group(at), user(at, "another")
    on = [at.arn(f"usergroup:{id}"), at.arn(f"user:{more}"), at.arn(f"user:{id}")]
    return Case({"UserGroupId": id, "UserIdsToAdd": [more], "UserIdsToRemove": [id]}, on)


# ---- Parameter groups and subnet groups ------------------------------------------------------------------------------


@EXAMPLES("CreateCacheParameterGroup")
def create_cache_parameter_group(at: Stage) -> Case:
    arn = at.arn(f"parametergroup:{at.name}")
    given = {
        "CacheParameterGroupName": at.name, "CacheParameterGroupFamily": "valkey8", "Description": "x",
        "Tags": [{"Key": "a", "Value": "b"}],
    }  # fmt: skip
    return Case(given, arn, also=tagging(arn))


@EXAMPLES("DeleteCacheParameterGroup", "DescribeCacheParameterGroups", "DescribeCacheParameters")
def by_parameter_group(at: Stage) -> Case:
    return Case({"CacheParameterGroupName": parameter_group(at)}, at.arn(f"parametergroup:{at.name}"))


@EXAMPLES("ModifyCacheParameterGroup", "ResetCacheParameterGroup")
def change_parameters(at: Stage) -> Case:
    changed = [{"ParameterName": "timeout", "ParameterValue": "30"}]
    given = {"CacheParameterGroupName": parameter_group(at), "ParameterNameValues": changed}
    return Case(given, at.arn(f"parametergroup:{at.name}"))


@EXAMPLES("DescribeEngineDefaultParameters")
def describe_engine_default_parameters(at: Stage) -> Case:
    return Case({"CacheParameterGroupFamily": "redis7"})


@EXAMPLES("DescribeCacheEngineVersions", "DescribeEvents")
def without_a_resource(at: Stage) -> Case:
    return Case()


@EXAMPLES("CreateCacheSubnetGroup")
def create_cache_subnet_group(at: Stage) -> Case:
    arn = at.arn(f"subnetgroup:{at.name}")
    given = {
        "CacheSubnetGroupName": at.name, "CacheSubnetGroupDescription": "x", "SubnetIds": subnets(at),
        "Tags": [{"Key": "a", "Value": "b"}],
    }  # fmt: skip
    return Case(given, arn, also=tagging(arn))


@EXAMPLES("DeleteCacheSubnetGroup", "DescribeCacheSubnetGroups")
def by_subnet_group(at: Stage) -> Case:
    return Case({"CacheSubnetGroupName": subnet_group(at)}, at.arn(f"subnetgroup:{at.name}"))


@EXAMPLES("ModifyCacheSubnetGroup")
def modify_cache_subnet_group(at: Stage) -> Case:
    given = {"CacheSubnetGroupName": subnet_group(at), "CacheSubnetGroupDescription": "y"}
    return Case(given, at.arn(f"subnetgroup:{at.name}"))


# ---- Tags ------------------------------------------------------------------------------------------------------------


def tagged(at: Stage) -> tuple[str, str]:
    """(name, ARN) of a tagged parameter group."""
    name, arn = parameter_group(at), at.arn(f"parametergroup:{at.name}")
    at.root().add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
    return name, arn


@EXAMPLES("AddTagsToResource")
def add_tags_to_resource(at: Stage) -> Case:
    _, arn = tagged(at)
    return Case({"ResourceName": arn, "Tags": [{"Key": "team", "Value": "red"}]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    _, arn = tagged(at)
    return Case({"ResourceName": arn}, arn)


@EXAMPLES("RemoveTagsFromResource")
def remove_tags_from_resource(at: Stage) -> Case:
    _, arn = tagged(at)
    return Case({"ResourceName": arn, "TagKeys": ["a"]}, arn)


# ---- Caches ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateCacheCluster")
def create_cache_cluster(at: Stage) -> Case:
    arn = at.arn(f"cluster:{at.name}")
    given = {
        "CacheClusterId": at.name, **SMALL, "Tags": [{"Key": "a", "Value": "b"}],
        "CacheParameterGroupName": "default.valkey8", "CacheSubnetGroupName": "default",
    }  # fmt: skip
    on = [arn, at.arn("parametergroup:default.valkey8"), at.arn("subnetgroup:default")]
    return Case(given, on, also=tagging(arn))


@EXAMPLES("DescribeCacheClusters", "ListAllowedNodeTypeModifications")
def look_at_a_cluster(at: Stage) -> Case:
    return Case({"CacheClusterId": at.once(shared_cluster)}, at.arn("cluster:shared"))


@EXAMPLES("DeleteCacheCluster")
def delete_cache_cluster(at: Stage) -> Case:
    return Case({"CacheClusterId": cluster(at)}, at.arn(f"cluster:{at.name}"))


@EXAMPLES("RebootCacheCluster")
def reboot_cache_cluster(at: Stage) -> Case:
    return Case({"CacheClusterId": cluster(at), "CacheNodeIdsToReboot": ["0001"]}, at.arn(f"cluster:{at.name}"))


@EXAMPLES("CreateReplicationGroup")
def create_replication_group(at: Stage) -> Case:
    arn = at.arn(f"replicationgroup:{at.name}")
    given = {
        "ReplicationGroupId": at.name, "ReplicationGroupDescription": "x", **SMALL,
        "Tags": [{"Key": "a", "Value": "b"}], "CacheParameterGroupName": "default.valkey8",
        "CacheSubnetGroupName": "default", "UserGroupIds": [user_group(at)], "TransitEncryptionEnabled": True,
    }  # fmt: skip
    on = [
        arn, at.arn("parametergroup:default.valkey8"), at.arn("subnetgroup:default"), at.arn(f"usergroup:{at.name}")
    ]  # fmt: skip
    return Case(given, on, also=tagging(arn))


@EXAMPLES("DescribeReplicationGroups", "DeleteReplicationGroup")
def by_replication_group(at: Stage) -> Case:
    return Case({"ReplicationGroupId": group(at)}, at.arn(f"replicationgroup:{at.name}"))


@EXAMPLES("CreateServerlessCache")
def create_serverless_cache(at: Stage) -> Case:
    arn = at.arn(f"serverlesscache:{at.name}")
    given = {
        "ServerlessCacheName": at.name, "Engine": "valkey", "UserGroupId": user_group(at),
        "Tags": [{"Key": "a", "Value": "b"}],
    }  # fmt: skip
    return Case(given, [arn, at.arn(f"usergroup:{at.name}")], also=tagging(arn))


@EXAMPLES("DescribeServerlessCaches", "DeleteServerlessCache")
def by_serverless_cache(at: Stage) -> Case:
    return Case({"ServerlessCacheName": serverless(at)}, at.arn(f"serverlesscache:{at.name}"))


@EXAMPLES("ModifyServerlessCache")
def modify_serverless_cache(at: Stage) -> Case:
    name, users = serverless(at), user_group(at)
    on = [at.arn(f"serverlesscache:{name}"), at.arn(f"usergroup:{users}")]
    return Case({"ServerlessCacheName": name, "Description": "y", "UserGroupId": users}, on)


# ---- Changes ---------------------------------------------------------------------------------------------------------


@EXAMPLES("ModifyCacheCluster")
def modify_cache_cluster(at: Stage) -> Case:
    given = {"CacheClusterId": cluster(at), "CacheParameterGroupName": "default.valkey8"}
    return Case(given, [at.arn(f"cluster:{at.name}"), at.arn("parametergroup:default.valkey8")])


@EXAMPLES("ModifyReplicationGroup")
def modify_replication_group(at: Stage) -> Case:
    users = user_group(at)
    given = {
        "ReplicationGroupId": group(at, TransitEncryptionEnabled=True), "UserGroupIdsToAdd": [users],
        "CacheParameterGroupName": "default.valkey8",
    }  # fmt: skip
    on = [
        at.arn(f"replicationgroup:{at.name}"), at.arn("parametergroup:default.valkey8"), at.arn(f"usergroup:{users}")
    ]  # fmt: skip
    return Case(given, on)


@EXAMPLES("IncreaseReplicaCount")
def increase_replica_count(at: Stage) -> Case:
    given = {"ReplicationGroupId": group(at), "NewReplicaCount": 1, "ApplyImmediately": True}
    return Case(given, at.arn(f"replicationgroup:{at.name}"))


@EXAMPLES("DecreaseReplicaCount")
def decrease_replica_count(at: Stage) -> Case:
    given = {"ReplicationGroupId": group(at, NumCacheClusters=2), "NewReplicaCount": 0, "ApplyImmediately": True}
    return Case(given, at.arn(f"replicationgroup:{at.name}"))


@EXAMPLES("TestFailover")
def test_failover(at: Stage) -> Case:
    given = {
        "ReplicationGroupId": group(at, NumCacheClusters=2, AutomaticFailoverEnabled=True), "NodeGroupId": "0001"
    }  # fmt: skip
    return Case(given, at.arn(f"replicationgroup:{at.name}"))


# ---- Snapshots -------------------------------------------------------------------------------------------------------


def snapshot(at: Stage) -> str:
    """The name of a new snapshot, which is available."""
    at.root().create_snapshot(SnapshotName=at.name, CacheClusterId=at.once(shared_cluster))
    at.cloud.settle()
    return at.name


def shared_serverless(at: Stage) -> str:
    """A serverless cache that stays as it is."""
    at.root().create_serverless_cache(ServerlessCacheName="shared", Engine="valkey")
    at.cloud.settle()
    return "shared"


def serverless_snapshot(at: Stage) -> str:
    """The name of a new snapshot of a serverless cache, which is available."""
    cache = at.once(shared_serverless)
    at.root().create_serverless_cache_snapshot(ServerlessCacheSnapshotName=at.name, ServerlessCacheName=cache)
    at.cloud.settle()
    return at.name


@EXAMPLES("CreateSnapshot")
def create_snapshot(at: Stage) -> Case:
    arn, cache = at.arn(f"snapshot:{at.name}"), at.once(shared_cluster)
    given = {"SnapshotName": at.name, "CacheClusterId": cache, "Tags": [{"Key": "a", "Value": "b"}]}
    return Case(given, [arn, at.arn(f"cluster:{cache}")], also=tagging(arn))


@EXAMPLES("DeleteSnapshot", "DescribeSnapshots")
def by_snapshot(at: Stage) -> Case:
    return Case({"SnapshotName": snapshot(at)}, at.arn(f"snapshot:{at.name}"))


@EXAMPLES("CopySnapshot")
def copy_snapshot(at: Stage) -> Case:
    given = {"SourceSnapshotName": snapshot(at), "TargetSnapshotName": "copied"}
    return Case(given, [at.arn(f"snapshot:{at.name}"), at.arn("snapshot:copied")])


@EXAMPLES("CreateServerlessCacheSnapshot")
def create_serverless_cache_snapshot(at: Stage) -> Case:
    arn, cache = at.arn(f"serverlesscachesnapshot:{at.name}"), at.once(shared_serverless)
    given = {
        "ServerlessCacheSnapshotName": at.name, "ServerlessCacheName": cache, "Tags": [{"Key": "a", "Value": "b"}]
    }  # fmt: skip
    return Case(given, [arn, at.arn(f"serverlesscache:{cache}")], also=tagging(arn))


@EXAMPLES("DeleteServerlessCacheSnapshot", "DescribeServerlessCacheSnapshots")
def by_serverless_snapshot(at: Stage) -> Case:
    given = {"ServerlessCacheSnapshotName": serverless_snapshot(at)}
    return Case(given, at.arn(f"serverlesscachesnapshot:{at.name}"))


@EXAMPLES("ModifyReplicationGroupShardConfiguration")
def modify_replication_group_shard_configuration(at: Stage) -> Case:
    at.root().create_replication_group(
        ReplicationGroupId="reshard", ReplicationGroupDescription="x", NumNodeGroups=2, AutomaticFailoverEnabled=True,
        **SMALL,
    )  # fmt: skip
    at.cloud.settle()
    given = {
        "ReplicationGroupId": "reshard", "NodeGroupCount": 1, "NodeGroupsToRemove": ["0002"], "ApplyImmediately": True,
    }  # fmt: skip
    return Case(given, [at.arn("replicationgroup:reshard")])


@EXAMPLES("ExportServerlessCacheSnapshot")
def export_serverless_cache_snapshot(at: Stage) -> Case:
    bucket = f"exports-{at.name}"
    s3 = at.root("s3")
    s3.create_bucket(Bucket=bucket)
    allow = {
        "Effect": "Allow", "Principal": {"Service": "us-east-1.elasticache-snapshot.amazonaws.com"}, "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    given = {"ServerlessCacheSnapshotName": serverless_snapshot(at), "S3BucketName": bucket}
    return Case(given, [at.arn(f"serverlesscachesnapshot:{at.name}")])


@EXAMPLES("CopyServerlessCacheSnapshot")
def copy_serverless_cache_snapshot(at: Stage) -> Case:
    given = {
        "SourceServerlessCacheSnapshotName": serverless_snapshot(at), "TargetServerlessCacheSnapshotName": "copied"
    }  # fmt: skip
    on = [at.arn(f"serverlesscachesnapshot:{at.name}"), at.arn("serverlesscachesnapshot:copied")]
    return Case(given, on)
