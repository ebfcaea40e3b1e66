"""Cache clusters as applications use them: real servers with AWS's limits, across restarts, until they are deleted."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest
import valkey
from botocore.exceptions import ClientError

from tests.services.elasticache.conftest import TOKEN, Caches


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    found = error.value.response["Error"]
    return found["Code"], found["Message"]


def test_a_cluster_is_made_used_and_deleted(caches: Caches) -> None:
    answer = caches.api.create_cache_cluster(
        CacheClusterId="One", Engine="valkey", CacheNodeType="cache.t4g.micro", NumCacheNodes=1
    )["CacheCluster"]
    assert (answer["CacheClusterId"], answer["CacheClusterStatus"]) == ("one", "creating")
    assert "CacheNodes" not in answer
    caches.cloud.settle()
    there = caches.described()
    assert there["CacheClusterStatus"] == "available"
    node = there["CacheNodes"][0]
    assert node["Endpoint"]["Port"] == 6379
    assert there["CacheParameterGroup"]["CacheParameterGroupName"] == "default.valkey8"
    assert there["CacheSubnetGroupName"] == "default"
    client = caches.connect(node["Endpoint"])
    assert client.set("a", "1", ex=100)
    assert client.get("a") == "1"
    assert client.ttl("a") > 90
    assert client.info("memory")["maxmemory"] == 536870912 * 3 // 4
    assert caches.api.delete_cache_cluster(CacheClusterId="one")["CacheCluster"]["CacheClusterStatus"] == "deleting"
    caches.cloud.settle()
    with pytest.raises(ClientError) as error:
        caches.described()
    assert refused(error) == ("CacheClusterNotFound", "CacheCluster not found: one")
    with pytest.raises(valkey.ConnectionError):
        caches.connect(node["Endpoint"]).ping()
    messages = [one["Message"] for one in caches.api.describe_events(SourceType="cache-cluster")["Events"]]
    assert messages == ["Cache cluster created", "Cache cluster deleted"]


def test_two_caches_have_the_same_port_at_addresses_of_their_own(caches: Caches) -> None:
    one, two = caches.cluster("one"), caches.cluster("two", Port=7000)
    places = [each["CacheNodes"][0]["Endpoint"] for each in (one, two)]
    assert [place["Port"] for place in places] == [6379, 7000]
    assert places[0]["Address"] != places[1]["Address"]
    caches.connect(places[0]).set("a", "1")
    assert caches.connect(places[1]).get("a") is None


def test_commands_that_elasticache_keeps_to_itself_are_refused(caches: Caches) -> None:
    client = caches.connect(caches.cluster()["CacheNodes"][0]["Endpoint"])
    for command in (("CONFIG", "GET", "*"), ("SAVE",), ("SHUTDOWN",), ("REPLICAOF", "NO", "ONE"),
                    ("ACL", "SETUSER", "me"), ("ACL", "DELUSER", "cloudarium")):  # fmt: skip
        with pytest.raises(valkey.exceptions.NoPermissionError):
            client.execute_command(*command)


def test_data_and_endpoints_survive_a_restart(lasting: Caches) -> None:
    endpoint = lasting.cluster()["CacheNodes"][0]["Endpoint"]
    client = lasting.connect(endpoint)
    client.set("a", "1")
    server = client.info("server")["process_id"]
    lasting.cloud.restart()
    assert lasting.described()["CacheNodes"][0]["Endpoint"] == endpoint
    assert lasting.cloud.control("health")["runtime"]["elasticache"].startswith("1 caches, 0 servers running")
    again = lasting.connect(endpoint)
    assert again.get("a") == "1"
    assert again.info("server")["process_id"] != server
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_a_server_that_is_killed_starts_again_by_itself(caches: Caches) -> None:
    endpoint = caches.cluster()["CacheNodes"][0]["Endpoint"]
    client = caches.connect(endpoint)
    client.set("a", "1")
    client.execute_command("WAITAOF", 1, 0, 2000)
    while client.info("server")["uptime_in_seconds"] < 2:  # one that ends at once waits for its next client
        client.blpop("nothing", 0.1)
    handle = os.pidfd_open(client.info("server")["process_id"])
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    assert select.select([handle], [], [], 10)[0]
    os.close(handle)
    assert caches.connect(endpoint).get("a") == "1"
    for _ in range(300):
        messages = [one["Message"] for one in caches.api.describe_events(SourceType="cache-cluster")["Events"]]
        if "Finished recovery for cache nodes 0001" in messages:
            return
    pytest.fail("nobody was told of the recovery")


def test_a_reset_ends_every_server(lasting: Caches) -> None:
    client = lasting.connect(lasting.cluster()["CacheNodes"][0]["Endpoint"])
    server = client.info("server")["process_id"]
    lasting.cloud.control("reset", {})
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
    endpoint = lasting.cluster()["CacheNodes"][0]["Endpoint"]
    assert lasting.connect(endpoint).dbsize() == 0
    assert lasting.cloud.data is not None
    assert len(list((Path(lasting.cloud.data) / "elasticache").iterdir())) == 1


def test_tls_and_an_auth_token(caches: Caches) -> None:
    there = caches.group(TransitEncryptionEnabled=True, AuthToken=TOKEN)
    assert there["AuthTokenEnabled"]
    endpoint = there["NodeGroups"][0]["PrimaryEndpoint"]
    assert caches.connect(endpoint, tls=True, password=TOKEN, ssl_check_hostname=True).set("a", "1")
    with pytest.raises(valkey.AuthenticationError):
        caches.connect(endpoint, tls=True, password="wrong").ping()
    with pytest.raises(valkey.AuthenticationError):
        caches.connect(endpoint, tls=True).ping()
    with pytest.raises(valkey.ConnectionError):
        caches.connect(endpoint, password=TOKEN).ping()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"CacheClusterId": "1x"}, "InvalidParameterValue"),
        ({"CacheClusterId": "a--b"}, "InvalidParameterValue"),
        ({"CacheClusterId": "a" * 51}, "InvalidParameterValue"),
        ({"Engine": "mysql"}, "InvalidParameterValue"),
        ({"Engine": "memcached"}, "NotImplemented"),
        ({"EngineVersion": "2.0"}, "InvalidParameterValue"),
        ({"CacheNodeType": "cache.none"}, "InvalidParameterValue"),
        ({"CacheNodeType": ""}, "InvalidParameterValue"),
        ({"NumCacheNodes": 2}, "InvalidParameterValue"),
        ({"Port": 80}, "InvalidParameterValue"),
        ({"AuthToken": TOKEN}, "InvalidParameterCombination"),
        ({"AuthToken": "short", "TransitEncryptionEnabled": True}, "InvalidParameterValue"),
        ({"CacheParameterGroupName": "none"}, "CacheParameterGroupNotFound"),
        ({"CacheParameterGroupName": "default.redis7"}, "InvalidParameterCombination"),
        ({"CacheSubnetGroupName": "none"}, "CacheSubnetGroupNotFoundFault"),
        ({"SecurityGroupIds": ["sg-00000000"]}, "InvalidParameterValue"),
        ({"SnapshotRetentionLimit": 36}, "InvalidParameterValue"),
        ({"SnapshotWindow": "25:00-26:00"}, "InvalidParameterValue"),
        ({"PreferredMaintenanceWindow": "sun:05:00-sun:05:30"}, "InvalidParameterValue"),
        ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, "InvalidParameterValue"),
        ({"PreferredAvailabilityZone": "mars-1a"}, "InvalidParameterValue"),
    ],
)
def test_what_no_cluster_can_be_is_refused_and_leaves_nothing(
    caches: Caches, given: dict[str, object], code: str
) -> None:
    wanted = {"CacheClusterId": "one", "Engine": "valkey", "CacheNodeType": "cache.t4g.micro", **given}
    with pytest.raises(ClientError) as error:
        caches.api.create_cache_cluster(**wanted)
    assert refused(error)[0] == code
    assert caches.api.describe_cache_clusters()["CacheClusters"] == []
    assert caches.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_a_name_is_taken_and_a_cluster_in_the_making_stays(caches: Caches) -> None:
    caches.cluster()
    with pytest.raises(ClientError) as error:
        caches.api.create_cache_cluster(CacheClusterId="ONE", Engine="redis", CacheNodeType="cache.t3.micro")
    assert refused(error) == ("CacheClusterAlreadyExists", "Cache cluster one already exists.")
    caches.api.delete_cache_cluster(CacheClusterId="one")
    with pytest.raises(ClientError) as error:
        caches.api.delete_cache_cluster(CacheClusterId="one")
    assert refused(error)[0] in ("InvalidCacheClusterState", "CacheClusterNotFound")


def test_clusters_come_in_pages(caches: Caches) -> None:
    for name in ("one", "two"):
        caches.api.create_cache_cluster(CacheClusterId=name, Engine="redis", CacheNodeType="cache.t3.micro")
    pages = caches.api.get_paginator("describe_cache_clusters").paginate(PaginationConfig={"PageSize": 20})
    assert [one["CacheClusterId"] for page in pages for one in page["CacheClusters"]] == ["one", "two"]
    for most in (1, 101):
        with pytest.raises(ClientError) as error:
            caches.api.describe_cache_clusters(MaxRecords=most)
        assert refused(error)[0] == "InvalidParameterValue"
    with pytest.raises(ClientError) as error:
        caches.api.describe_cache_clusters(Marker="x")
    assert refused(error)[0] == "InvalidParameterValue"
