"""Caches that change while they are used: tokens, parameters, replicas, primaries."""

from __future__ import annotations

import pytest
import valkey
from botocore.exceptions import ClientError

from tests.services.elasticache.conftest import TOKEN, Caches

OTHER = "another-token-of-some-length"


def test_both_tokens_are_valid_while_they_rotate(caches: Caches) -> None:
    endpoint = caches.group(TransitEncryptionEnabled=True)["NodeGroups"][0]["PrimaryEndpoint"]

    def change(token: str, strategy: str) -> None:
        caches.api.modify_replication_group(
            ReplicationGroupId="rg", AuthToken=token, AuthTokenUpdateStrategy=strategy, ApplyImmediately=True
        )
        caches.cloud.settle()

    def valid(*tokens: str | None) -> list[bool]:
        found = []
        for token in tokens:
            try:
                found.append(bool(caches.connect(endpoint, tls=True, password=token).ping()))
            except valkey.AuthenticationError:
                found.append(False)
        return found

    assert valid(None) == [True]
    change(TOKEN, "ROTATE")
    assert valid(None, TOKEN) == [True, True]
    change(TOKEN, "SET")
    assert valid(None, TOKEN, OTHER) == [False, True, False]
    change(OTHER, "ROTATE")
    assert valid(None, TOKEN, OTHER) == [False, True, True]
    change(OTHER, "SET")
    assert valid(None, TOKEN, OTHER) == [False, False, True]
    with pytest.raises(ClientError, match="SET is allowed only"):
        change(TOKEN, "SET")
    caches.api.create_user(UserId="all", UserName="default", Engine="valkey", AccessString="on ~* +@all",
                           Passwords=[TOKEN])  # fmt: skip
    caches.api.create_user_group(UserGroupId="team", Engine="valkey", UserIds=["all"])
    caches.api.modify_replication_group(
        ReplicationGroupId="rg", AuthTokenUpdateStrategy="DELETE", UserGroupIdsToAdd=["team"], ApplyImmediately=True
    )
    caches.cloud.settle()
    assert valid(None, TOKEN, OTHER) == [False, True, False]
    there = caches.described_group()
    assert (there["AuthTokenEnabled"], there["UserGroupIds"], there["Status"]) == (False, ["team"], "available")


def has_database(caches: Caches, number: int) -> bool:
    try:
        return bool(caches.connect(caches.described()["CacheNodes"][0]["Endpoint"], db=number).ping())
    except valkey.ResponseError:
        return False


def test_parameters_are_the_servers_own(caches: Caches) -> None:
    caches.api.create_cache_parameter_group(
        CacheParameterGroupName="mine", CacheParameterGroupFamily="valkey8", Description="d"
    )

    def change(**values: str) -> None:
        given = [{"ParameterName": name.replace("_", "-"), "ParameterValue": value} for name, value in values.items()]
        caches.api.modify_cache_parameter_group(CacheParameterGroupName="mine", ParameterNameValues=given)
        caches.cloud.settle()

    change(maxmemory_policy="allkeys-lru", databases="3")
    client = caches.connect(caches.cluster(CacheParameterGroupName="mine")["CacheNodes"][0]["Endpoint"])
    assert client.info("memory")["maxmemory_policy"] == "allkeys-lru"
    assert has_database(caches, 2)
    assert not has_database(caches, 3)
    change(maxmemory_policy="noeviction", reserved_memory_percent="50")
    assert client.info("memory")["maxmemory_policy"] == "noeviction"
    assert client.info("memory")["maxmemory"] == 536870912 // 2
    change(databases="20")
    assert caches.described()["CacheParameterGroup"]["ParameterApplyStatus"] == "pending-reboot"
    assert not has_database(caches, 10)
    client.set("a", "1")
    caches.api.reboot_cache_cluster(CacheClusterId="one", CacheNodeIdsToReboot=["0001"])
    caches.cloud.settle()
    assert caches.described()["CacheParameterGroup"]["ParameterApplyStatus"] == "in-sync"
    again = caches.connect(caches.described()["CacheNodes"][0]["Endpoint"])
    assert again.get("a") == "1"
    assert has_database(caches, 10)
    caches.api.reset_cache_parameter_group(CacheParameterGroupName="mine", ResetAllParameters=True)
    caches.cloud.settle()
    assert again.info("memory")["maxmemory_policy"] == "volatile-lru"
    for name, value in (("maxmemory-policy", "best"), ("timeout", "5"), ("maxclients", "10"), ("none", "1")):
        with pytest.raises(caches.api.exceptions.InvalidParameterValueException):
            change(**{name.replace("-", "_"): value})
    with pytest.raises(caches.api.exceptions.InvalidCacheParameterGroupStateFault):
        caches.api.delete_cache_parameter_group(CacheParameterGroupName="mine")


@pytest.mark.parametrize("family", ["redis4.0", "redis5.0", "redis6.x", "redis7", "valkey7", "valkey8"])
def test_the_server_takes_every_familys_parameters(caches: Caches, family: str) -> None:
    versions = caches.api.describe_cache_engine_versions(CacheParameterGroupFamily=family)["CacheEngineVersions"]
    engine, version = versions[0]["Engine"], versions[0]["EngineVersion"]
    made = caches.cluster(Engine=engine, EngineVersion=version)
    assert made["CacheClusterStatus"] == "available"
    assert made["CacheParameterGroup"]["CacheParameterGroupName"] == f"default.{family}"


def test_a_bigger_node_has_more_memory_and_keeps_the_data(caches: Caches) -> None:
    client = caches.connect(caches.cluster()["CacheNodes"][0]["Endpoint"])
    client.set("a", "1")
    allowed = caches.api.list_allowed_node_type_modifications(CacheClusterId="one")
    assert "cache.t4g.small" in allowed["ScaleUpModifications"]
    caches.api.modify_cache_cluster(CacheClusterId="one", CacheNodeType="cache.t4g.small", ApplyImmediately=True)
    caches.cloud.settle()
    assert (client.info("memory")["maxmemory"], client.get("a")) == (1471026299 * 3 // 4, "1")
    with pytest.raises(ClientError, match="without ApplyImmediately"):
        caches.api.modify_cache_cluster(CacheClusterId="one", CacheNodeType="cache.t4g.micro")
    with pytest.raises(ClientError, match="Cannot downgrade"):
        caches.api.modify_cache_cluster(CacheClusterId="one", EngineVersion="7.2", ApplyImmediately=True)


def test_a_replica_takes_over_and_nothing_is_lost(caches: Caches) -> None:
    there = caches.group(AutomaticFailoverEnabled=True, NumCacheClusters=2)
    door = there["NodeGroups"][0]["PrimaryEndpoint"]
    client = caches.connect(door)
    for number in range(200):
        client.set(f"k{number}", number)
    before = [one["CacheClusterId"] for one in there["NodeGroups"][0]["NodeGroupMembers"]]
    assert fail_over(caches, "0001") == "modifying"
    again = caches.connect(door)
    assert [again.get(f"k{number}") for number in range(200)] == [str(number) for number in range(200)]
    again.set("after", "1")
    heir = caches.connect(caches.described(before[1])["CacheNodes"][0]["Endpoint"])
    assert (heir.info("replication")["role"], heir.info("replication")["connected_slaves"]) == ("master", 1)
    members = caches.described_group()["NodeGroups"][0]["NodeGroupMembers"]
    assert [one["CurrentRole"] for one in members] == ["replica", "primary"]
    messages = [one["Message"] for one in caches.api.describe_events(SourceType="replication-group")["Events"]]
    assert messages[-1] == f"Failover from primary node {before[0]} to replica node {before[1]} completed"


def fail_over(caches: Caches, shard: str) -> str:
    """Have a shard's replica take over; the group's status as that began."""
    status = caches.api.test_failover(ReplicationGroupId="rg", NodeGroupId=shard)["ReplicationGroup"]["Status"]
    caches.cloud.settle()
    assert caches.described_group()["Status"] == "available"
    return str(status)


def test_replicas_come_and_go(caches: Caches) -> None:
    there = caches.group()
    caches.connect(there["NodeGroups"][0]["PrimaryEndpoint"]).set("a", "1")
    with pytest.raises(caches.api.exceptions.TestFailoverNotAvailableFault):
        caches.api.test_failover(ReplicationGroupId="rg", NodeGroupId="0001")
    caches.api.increase_replica_count(ReplicationGroupId="rg", NewReplicaCount=2, ApplyImmediately=True)
    caches.cloud.settle()
    there = caches.described_group()
    assert there["MemberClusters"] == ["rg-001", "rg-002", "rg-003"]
    replica = there["NodeGroups"][0]["NodeGroupMembers"][2]["ReadEndpoint"]
    primary = caches.connect(there["NodeGroups"][0]["PrimaryEndpoint"])
    primary.set("b", "2")
    assert primary.wait(2, 10_000) == 2
    assert caches.connect(replica).mget("a", "b") == ["1", "2"]
    caches.api.decrease_replica_count(ReplicationGroupId="rg", ReplicasToRemove=["rg-002"], ApplyImmediately=True)
    caches.cloud.settle()
    assert caches.described_group()["MemberClusters"] == ["rg-001", "rg-003"]
    assert caches.connect(replica).get("a") == "1"
    assert len(caches.ec2.describe_network_interfaces()["NetworkInterfaces"]) == 2
    with pytest.raises(caches.api.exceptions.CacheClusterNotFoundFault):
        caches.described("rg-002")
    for count in (1, 0):
        with pytest.raises(caches.api.exceptions.NoOperationFault):
            caches.api.increase_replica_count(ReplicationGroupId="rg", NewReplicaCount=count, ApplyImmediately=True)
