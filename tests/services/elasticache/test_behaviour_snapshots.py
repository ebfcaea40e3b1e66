"""Snapshots: real RDB files that new caches begin with."""

from __future__ import annotations

import json

import pytest
import valkey
from botocore.exceptions import ClientError

from tests.services.elasticache.conftest import SMALL, Caches


def test_a_cluster_is_copied_restored_and_leaves_a_last_copy(caches: Caches) -> None:
    client = caches.connect(caches.cluster()["CacheNodes"][0]["Endpoint"])
    client.set("a", "1", ex=1000)
    client.set("big", "x" * 200_000)
    made = caches.api.create_snapshot(SnapshotName="first", CacheClusterId="one", Tags=[{"Key": "k", "Value": "v"}])
    assert (made["Snapshot"]["SnapshotStatus"], made["Snapshot"]["SnapshotSource"]) == ("creating", "manual")
    caches.cloud.settle()
    found = caches.api.describe_snapshots(SnapshotName="first")["Snapshots"][0]
    assert (found["SnapshotStatus"], found["NodeSnapshots"][0]["CacheSize"]) == ("available", "1 MB")
    client.set("a", "2")
    caches.api.copy_snapshot(SourceSnapshotName="first", TargetSnapshotName="second")
    caches.api.delete_snapshot(SnapshotName="first")
    restored = caches.connect(caches.cluster("two", SnapshotName="second")["CacheNodes"][0]["Endpoint"])
    assert (restored.get("a"), restored.strlen("big")) == ("1", 200_000)
    assert restored.ttl("a") > 900
    caches.api.delete_cache_cluster(CacheClusterId="one", FinalSnapshotIdentifier="last")
    caches.cloud.settle()
    names = [one["SnapshotName"] for one in caches.api.describe_snapshots()["Snapshots"]]
    assert names == ["last", "second"]
    there = caches.group(SnapshotName="last", NumCacheClusters=2)
    assert caches.connect(there["NodeGroups"][0]["PrimaryEndpoint"]).get("a") == "2"
    with pytest.raises(caches.api.exceptions.SnapshotNotFoundFault):
        caches.api.describe_snapshots(SnapshotName="first")
    with pytest.raises(caches.api.exceptions.SnapshotAlreadyExistsFault):
        caches.api.create_snapshot(SnapshotName="second", ReplicationGroupId="rg")
    with pytest.raises(ClientError, match="cannot be restored"):
        caches.cluster("three", SnapshotName="last", Engine="redis")


def test_shards_are_restored_as_they_were_and_again_after_a_restart(lasting: Caches) -> None:
    shape = {"NumNodeGroups": 2, "AutomaticFailoverEnabled": True}
    uneven = [{"NodeGroupId": "2", "Slots": "0-4000"}, {"NodeGroupId": "1", "Slots": "4001-16383"}]
    first = lasting.connect(
        lasting.group(NodeGroupConfiguration=uneven, **shape)["ConfigurationEndpoint"], kind=valkey.ValkeyCluster
    )
    for number in range(30):
        first.set(f"k{number}", number)
    lasting.api.create_snapshot(SnapshotName="all", ReplicationGroupId="rg")
    lasting.cloud.settle()
    lasting.api.delete_replication_group(ReplicationGroupId="rg")
    lasting.cloud.settle()
    there = lasting.group("again", SnapshotName="all", **shape)
    assert [(one["NodeGroupId"], one["Slots"]) for one in there["NodeGroups"]] == [
        ("0001", "0-4000"), ("0002", "4001-16383"),
    ]  # fmt: skip
    for restarted in (False, True):
        if restarted:
            lasting.cloud.restart()
        client = lasting.connect(there["ConfigurationEndpoint"], kind=valkey.ValkeyCluster)
        assert [client.get(f"k{number}") for number in range(30)] == [str(number) for number in range(30)]
    with pytest.raises(ClientError, match="restoring a snapshot of 2 shards to 1"):
        lasting.api.create_cache_cluster(CacheClusterId="one", SnapshotName="all", **SMALL)


def test_serverless_caches_are_copied_and_restored(caches: Caches) -> None:
    caches.api.create_serverless_cache(ServerlessCacheName="sl", Engine="valkey")
    caches.cloud.settle()
    endpoint = caches.api.describe_serverless_caches()["ServerlessCaches"][0]["Endpoint"]
    caches.connect(endpoint, tls=True).set("a", "1")
    caches.api.delete_serverless_cache(ServerlessCacheName="sl", FinalSnapshotName="last")
    caches.cloud.settle()
    found = caches.api.describe_serverless_cache_snapshots()["ServerlessCacheSnapshots"][0]
    assert (found["Status"], found["SnapshotType"]) == ("available", "manual")
    caches.api.create_serverless_cache(ServerlessCacheName="sl", Engine="valkey", SnapshotArnsToRestore=[found["ARN"]])
    caches.cloud.settle()
    endpoint = caches.api.describe_serverless_caches()["ServerlessCaches"][0]["Endpoint"]
    assert caches.connect(endpoint, tls=True).get("a") == "1"


def test_a_snapshot_goes_to_a_bucket_and_comes_back_when_the_bucket_lets_elasticache(caches: Caches) -> None:
    s3 = caches.cloud.client("s3", key=caches.account)
    s3.create_bucket(Bucket=f"copies-{caches.account}")
    s3.create_bucket(Bucket=f"far-{caches.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket = f"copies-{caches.account}"
    caches.connect(caches.cluster()["CacheNodes"][0]["Endpoint"]).set("a", "1")
    caches.api.create_snapshot(SnapshotName="s", CacheClusterId="one")
    caches.cloud.settle()

    def export(to: str = bucket) -> str:
        try:
            return str(
                caches.api.copy_snapshot(SourceSnapshotName="s", TargetSnapshotName="out", TargetBucket=to)["Snapshot"][
                    "SnapshotStatus"
                ]
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidParameterValue"
            return str(error.response["Error"]["Message"])

    def allow(*actions: str) -> None:
        own = {"Service": "us-east-1.elasticache-snapshot.amazonaws.com"}
        resource = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statement = {"Effect": "Allow", "Principal": own, "Action": list(actions), "Resource": resource}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    assert "does not exist" in export("none-such-bucket-at-all")
    assert "outside of the region" in export(f"far-{caches.account}")
    for granted, lacks in (
        ((), "READ permissions"), (("s3:ListBucket",), "READ_ACP"),
        (("s3:ListBucket", "s3:GetBucketAcl"), "WRITE permissions"),
    ):  # fmt: skip
        if granted:
            allow(*granted)
        assert lacks in export()
    allow("s3:ListBucket", "s3:GetBucketAcl", "s3:PutObject")
    assert export() == "exporting"
    assert "already contains an object with key out-0001.rdb" in export()
    assert s3.get_object(Bucket=bucket, Key="out-0001.rdb")["Body"].read(5) in (b"REDIS", b"VALKE")
    seed = {"SnapshotArns": [f"arn:aws:s3:::{bucket}/out-0001.rdb"]}
    with pytest.raises(ClientError, match="Unable to fetch metadata from S3"):
        caches.cluster("two", **seed)
    assert len(caches.ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1
    allow("s3:GetObject")
    assert caches.connect(caches.cluster("two", **seed)["CacheNodes"][0]["Endpoint"]).get("a") == "1"
    s3.put_object(Bucket=bucket, Key="bad.rdb", Body=b"no copy of anything")
    assert caches.cluster("three", SnapshotArns=[f"arn:aws:s3:::{bucket}/bad.rdb"])["CacheClusterStatus"] == (
        "create-failed"
    )
