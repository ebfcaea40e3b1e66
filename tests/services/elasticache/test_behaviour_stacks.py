"""Caches that stacks make, change and delete."""

from __future__ import annotations

import json
from typing import Any

from tests.services.elasticache.conftest import Caches

PASSWORD = "a-password-of-some-length"


def template(timeout: str = "30", access: str = "on ~a:* +get") -> str:
    resources: dict[str, Any] = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
        "Group": {
            "Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "d", "VpcId": {"Ref": "Vpc"}},
        },
        "Subnets": {
            "Type": "AWS::ElastiCache::SubnetGroup",
            "Properties": {"Description": "d", "SubnetIds": [{"Ref": "Subnet"}]},
        },
        "Parameters": {
            "Type": "AWS::ElastiCache::ParameterGroup",
            "Properties": {
                "CacheParameterGroupFamily": "valkey8", "Description": "d", "Properties": {"timeout": timeout},
            },
        },
        "Ann": {
            "Type": "AWS::ElastiCache::User",
            "Properties": {
                "UserId": "ann", "UserName": "ann", "Engine": "valkey", "AccessString": access, "Passwords": [PASSWORD],
            },
        },
        "Team": {
            "Type": "AWS::ElastiCache::UserGroup",
            "Properties": {"UserGroupId": "team", "Engine": "valkey", "UserIds": [{"Ref": "Ann"}]},
        },
        "Cache": {
            "Type": "AWS::ElastiCache::ReplicationGroup",
            "Properties": {
                "ReplicationGroupDescription": "d", "Engine": "valkey", "CacheNodeType": "cache.t4g.micro",
                "NumCacheClusters": "2", "TransitEncryptionEnabled": "true", "UserGroupIds": [{"Ref": "Team"}],
                "CacheSubnetGroupName": {"Ref": "Subnets"}, "CacheParameterGroupName": {"Ref": "Parameters"},
                "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
                "Tags": [{"Key": "k", "Value": "v"}],
            },
        },
        "Single": {
            "Type": "AWS::ElastiCache::CacheCluster",
            "Properties": {"Engine": "redis", "CacheNodeType": "cache.t3.micro", "NumCacheNodes": 1},
        },
        "Serverless": {
            "Type": "AWS::ElastiCache::ServerlessCache",
            "Properties": {"ServerlessCacheName": "sl", "Engine": "valkey"},
        },
        "Kept": {
            "Type": "AWS::ElastiCache::Snapshot",
            "Properties": {"SnapshotName": "kept", "CacheClusterId": {"Ref": "Single"}},
        },
        "KeptToo": {
            "Type": "AWS::ElastiCache::ServerlessCacheSnapshot",
            "Properties": {"ServerlessCacheSnapshotName": "kept-too", "ServerlessCacheName": {"Ref": "Serverless"}},
        },
    }  # fmt: skip
    told = {
        "Address": ["Cache", "PrimaryEndPoint.Address"], "Port": ["Cache", "PrimaryEndPoint.Port"],
        "One": ["Single", "RedisEndpoint.Address"], "Less": ["Serverless", "Endpoint.Address"],
        "Kept": ["Kept", "SnapshotStatus"], "KeptToo": ["KeptToo", "ARN"],
    }  # fmt: skip
    outputs = {name: {"Value": {"Fn::GetAtt": those}} for name, those in told.items()}
    return json.dumps({"Resources": resources, "Outputs": {**outputs, "Id": {"Value": {"Ref": "Cache"}}}})


def test_a_stack_of_caches_is_made_changed_and_deleted(caches: Caches) -> None:
    stacks = caches.cloud.client("cloudformation", key=caches.account)
    stacks.create_stack(StackName="s", TemplateBody=template())
    stacks.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    stack = stacks.describe_stacks(StackName="s")["Stacks"][0]
    told = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    endpoint = {"Address": told["Address"], "Port": int(told["Port"])}
    ann = caches.connect(endpoint, tls=True, username="ann", password=PASSWORD)
    assert ann.get("a:1") is None
    group = caches.described_group(told["Id"])
    assert caches.api.list_tags_for_resource(ResourceName=group["ARN"])["TagList"][0] == {"Key": "k", "Value": "v"}
    assert caches.connect({"Address": told["One"], "Port": 6379}).ping()
    assert caches.connect({"Address": told["Less"], "Port": 6379}, tls=True).ping()
    assert told["Kept"] == "available" and told["KeptToo"].endswith(":serverlesscachesnapshot:kept-too")
    assert caches.api.describe_snapshots(SnapshotName="kept")["Snapshots"][0]["SnapshotStatus"] == "available"
    stacks.update_stack(StackName="s", TemplateBody=template("60", "on ~a:* +get +set"))
    stacks.get_waiter("stack_update_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    caches.cloud.settle()
    assert ann.set("a:1", "x")
    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    assert caches.api.describe_replication_groups()["ReplicationGroups"] == []
    assert [one["UserId"] for one in caches.api.describe_users()["Users"]] == ["default"]
