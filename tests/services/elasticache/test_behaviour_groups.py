"""Replication groups: replicas that copy, shards in cluster mode, and serverless caches."""

from __future__ import annotations

from typing import Any

import pytest
import valkey
from botocore.exceptions import ClientError

from tests.services.elasticache.conftest import Caches
from tests.services.elasticache.test_behaviour_changes import fail_over


def test_replicas_copy_their_primary(caches: Caches) -> None:
    there = caches.group(NumCacheClusters=3, AutomaticFailoverEnabled=True, MultiAZEnabled=True)
    assert (there["Status"], there["ClusterMode"], there["ClusterEnabled"]) == ("available", "disabled", False)
    assert there["MemberClusters"] == ["rg-001", "rg-002", "rg-003"]
    assert (there["AutomaticFailover"], there["MultiAZ"]) == ("enabled", "enabled")
    (shard,) = there["NodeGroups"]
    assert [one["CurrentRole"] for one in shard["NodeGroupMembers"]] == ["primary", "replica", "replica"]
    assert len({one["PreferredAvailabilityZone"] for one in shard["NodeGroupMembers"]}) == 3
    primary = caches.connect(shard["PrimaryEndpoint"])
    primary.set("a", "1")
    assert primary.wait(2, 10_000) == 2
    for place in (shard["ReaderEndpoint"], *(one["ReadEndpoint"] for one in shard["NodeGroupMembers"])):
        assert caches.connect(place).get("a") == "1"
    for place in (shard["ReaderEndpoint"], shard["NodeGroupMembers"][1]["ReadEndpoint"]):
        with pytest.raises(valkey.exceptions.ReadOnlyError):
            caches.connect(place).set("a", "2")
    member = caches.described("rg-002")
    assert (member["ReplicationGroupId"], member["CacheClusterStatus"]) == ("rg", "available")
    found = caches.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert sorted(one["Description"] for one in found) == [f"ElastiCache rg-00{number}" for number in (1, 2, 3)]
    assert all(one["RequesterManaged"] for one in found)


def test_shards_share_the_keys_fail_over_and_become_more_and_fewer(caches: Caches) -> None:
    there = caches.group(NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True)
    assert there["ClusterEnabled"]
    assert [shard["Slots"] for shard in there["NodeGroups"]] == ["0-8191", "8192-16383"]
    assert there["MemberClusters"] == ["rg-0001-001", "rg-0001-002", "rg-0002-001", "rg-0002-002"]
    assert all("CurrentRole" not in one for shard in there["NodeGroups"] for one in shard["NodeGroupMembers"])
    places = {each["CacheNodes"][0]["Endpoint"]["Address"] for each in map(caches.described, there["MemberClusters"])}

    client = caches.connect(there["ConfigurationEndpoint"], kind=valkey.ValkeyCluster)
    assert {node.host for node in client.get_nodes()} == places
    for number in range(50):
        client.set(f"k{number}", number)
    assert client.dbsize(target_nodes="primaries") == 50
    assert {node.partition(":")[0] for node in client.cluster_nodes()} == places
    fail_over(caches, "0002")
    heir = caches.connect(caches.described("rg-0002-002")["CacheNodes"][0]["Endpoint"])
    assert (heir.info("replication")["role"], heir.info("replication")["connected_slaves"]) == ("master", 1)
    reshard(caches, NodeGroupCount=3)
    there = caches.described_group()
    slots = {one["NodeGroupId"]: one["Slots"] for one in there["NodeGroups"]}
    assert slots == {"0001": "0-5460", "0002": "5461-10921", "0003": "10922-16383"}
    assert [client.get(f"k{number}") for number in range(50)] == [str(number) for number in range(50)]
    third = caches.connect(caches.described("rg-0003-001")["CacheNodes"][0]["Endpoint"])
    assert 0 < third.dbsize() < 50
    assert third.info("replication")["connected_slaves"] == 1
    reshard(caches, NodeGroupCount=1, NodeGroupsToRetain=["0003"])
    there = caches.described_group()
    assert [(one["NodeGroupId"], one["Slots"]) for one in there["NodeGroups"]] == [("0003", "0-16383")]
    assert there["MemberClusters"] == ["rg-0003-001", "rg-0003-002"]
    assert third.dbsize() == 50
    again = caches.connect(there["ConfigurationEndpoint"], kind=valkey.ValkeyCluster)
    assert [again.get(f"k{number}") for number in range(50)] == [str(number) for number in range(50)]
    assert len(again.get_nodes()) == 2
    assert len(caches.ec2.describe_network_interfaces()["NetworkInterfaces"]) == 2
    for wrong, code in (
        ({"NodeGroupCount": 0}, "InvalidParameterValue"), ({"NodeGroupCount": 91}, "NodeQuotaForClusterExceeded"),
        ({"NodeGroupCount": 2, "NodeGroupsToRemove": ["0003"]}, "InvalidParameterCombination"),
    ):  # fmt: skip
        with pytest.raises(ClientError) as error:
            reshard(caches, **wrong)
        assert error.value.response["Error"]["Code"] == code


def reshard(caches: Caches, **given: Any) -> None:
    caches.api.modify_replication_group_shard_configuration(ReplicationGroupId="rg", ApplyImmediately=True, **given)
    caches.cloud.settle()
    assert caches.described_group()["Status"] == "available"


def test_a_serverless_cache_speaks_tls_and_cluster_mode(caches: Caches) -> None:
    made = caches.api.create_serverless_cache(
        ServerlessCacheName="sl", Engine="valkey", CacheUsageLimits={"DataStorage": {"Maximum": 2, "Unit": "GB"}}
    )["ServerlessCache"]
    assert made["Status"] == "creating"
    caches.cloud.settle()
    there = caches.api.describe_serverless_caches(ServerlessCacheName="sl")["ServerlessCaches"][0]
    assert (there["Status"], there["MajorEngineVersion"]) == ("available", "8")
    assert (there["Endpoint"]["Port"], there["ReaderEndpoint"]["Port"]) == (6379, 6380)
    assert there["Endpoint"]["Address"] == there["ReaderEndpoint"]["Address"]
    client = caches.connect(there["Endpoint"], tls=True)
    client.set("a", "1")
    assert caches.connect(there["ReaderEndpoint"], tls=True).get("a") == "1"
    assert caches.connect(there["Endpoint"], tls=True, kind=valkey.ValkeyCluster).get("a") == "1"
    assert client.info("memory")["maxmemory"] == 2 * 1024**3
    with pytest.raises(valkey.ResponseError, match="CROSSSLOT"):
        client.mget("a", "b")
    with pytest.raises(valkey.ConnectionError):
        caches.connect(there["Endpoint"]).ping()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"NumNodeGroups": 2}, "InvalidParameterValue"),
        ({"NumCacheClusters": 7}, "InvalidParameterValue"),
        ({"NumCacheClusters": 1, "AutomaticFailoverEnabled": True}, "InvalidParameterCombination"),
        ({"NumCacheClusters": 2, "MultiAZEnabled": True}, "InvalidParameterCombination"),
        ({"NumCacheClusters": 2, "ReplicasPerNodeGroup": 1}, "InvalidParameterCombination"),
        ({"ReplicasPerNodeGroup": 6}, "InvalidParameterValue"),
        ({"NumNodeGroups": 60, "ReplicasPerNodeGroup": 1, "AutomaticFailoverEnabled": True},
         "NodeQuotaForClusterExceeded"),
        ({"ClusterMode": "compatible"}, "InvalidParameterValue"),
        ({"ClusterMode": "enabled", "CacheParameterGroupName": "default.valkey8", "AutomaticFailoverEnabled": True},
         "InvalidParameterCombination"),
        ({"ClusterMode": "disabled", "CacheParameterGroupName": "default.valkey8.cluster.on"},
         "InvalidParameterCombination"),
        ({"NodeGroupConfiguration": [{"Slots": "0-100"}, {"Slots": "101-16000"}], "AutomaticFailoverEnabled": True},
         "InvalidParameterValue"),
        ({"NodeGroupConfiguration": [{"NodeGroupId": "1"}, {"NodeGroupId": "0001"}], "AutomaticFailoverEnabled": True},
         "InvalidParameterValue"),
        ({"UserGroupIds": ["none"]}, "UserGroupNotFound"),
        ({"ReplicationGroupId": "a" * 41}, "InvalidParameterValue"),
        ({"GlobalReplicationGroupId": "g"}, "NotImplemented"),
        ({"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"}, "NotImplemented"),
    ],
)  # fmt: skip
def test_what_no_group_can_be_is_refused_and_leaves_nothing(caches: Caches, given: dict[str, Any], code: str) -> None:
    wanted = {"ReplicationGroupId": "rg", "ReplicationGroupDescription": "d", "Engine": "valkey",
              "CacheNodeType": "cache.t4g.micro", **given}  # fmt: skip
    with pytest.raises(ClientError) as error:
        caches.api.create_replication_group(**wanted)
    assert error.value.response["Error"]["Code"] == code
    assert caches.api.describe_replication_groups()["ReplicationGroups"] == []
    assert caches.api.describe_cache_clusters()["CacheClusters"] == []
    assert caches.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
