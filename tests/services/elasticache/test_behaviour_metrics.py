"""What CloudWatch is told of caches: what their engines count, minute by minute of the cloud's clock."""

from __future__ import annotations

import datetime

import pytest
import valkey

from tests.services.elasticache.conftest import Caches


class Metrics:
    """The metrics of one account's caches."""

    def __init__(self, caches: Caches) -> None:
        self.api = caches.cloud.client("cloudwatch", key=caches.account)
        self.caches = caches

    def values(self, name: str, statistic: str = "Sum", **dimensions: str) -> list[float]:
        """A metric's minutes, oldest first."""
        now = datetime.datetime.fromisoformat(self.caches.cloud.control("clock")["now"])
        found = self.api.get_metric_statistics(
            Namespace="AWS/ElastiCache", MetricName=name, StartTime=now - datetime.timedelta(hours=2), Period=60,
            EndTime=now + datetime.timedelta(minutes=2), Statistics=[statistic],
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return [one[statistic] for one in sorted(found, key=lambda one: one["Timestamp"])]


@pytest.fixture
def metrics(lasting: Caches) -> Metrics:
    lasting.cloud.control("clock", {"freeze": True})  # no minute ends while a test is in it
    return Metrics(lasting)


def test_a_node_is_measured_and_an_alarm_sees_its_misses(lasting: Caches, metrics: Metrics) -> None:
    there = lasting.group(NumCacheClusters=2, AutomaticFailoverEnabled=True)
    metrics.api.put_metric_alarm(
        AlarmName="misses", Namespace="AWS/ElastiCache", MetricName="CacheMisses", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanOrEqualToThreshold",
        Dimensions=[{"Name": "CacheClusterId", "Value": "rg-001"}],
    )  # fmt: skip
    client = lasting.connect(there["NodeGroups"][0]["PrimaryEndpoint"])
    client.set("a", "x" * 1000, ex=1000)
    client.hset("h", "f", "v")
    for key in ("a", "a", "a", *"bcdef"):
        client.get(key)
    client.wait(1, 10_000)
    with pytest.raises(valkey.AuthenticationError):
        lasting.connect(there["NodeGroups"][0]["PrimaryEndpoint"], username="no", password="no").ping()
    lasting.cloud.clock_advance(60)
    node = {"CacheClusterId": "rg-001", "CacheNodeId": "0001"}
    told = {name: sum(metrics.values(name, **node)) for name in (
        "CacheHits", "CacheMisses", "SetTypeCmds", "GetTypeCmds", "StringBasedCmds", "HashBasedCmds", "Evictions",
        "CurrItems", "CurrVolatileItems", "AuthenticationFailures", "IsMaster",
    )}  # fmt: skip
    assert told == {
        "CacheHits": 3, "CacheMisses": 5, "SetTypeCmds": 2, "GetTypeCmds": 8, "StringBasedCmds": 9,
        "HashBasedCmds": 1, "Evictions": 0, "CurrItems": 2, "CurrVolatileItems": 1, "AuthenticationFailures": 1,
        "IsMaster": 1,
    }  # fmt: skip
    assert metrics.values("CacheHitRate", "Average", CacheClusterId="rg-001") == [37.5]
    assert metrics.values("NetworkBytesIn", **node)[0] > 1000
    for name in ("EngineCPUUtilization", "CPUUtilization", "DatabaseMemoryUsagePercentage"):
        assert 0 < metrics.values(name, "Maximum", **node)[0] < 100
    assert metrics.values("ReplicationLag", "Maximum", CacheClusterId="rg-002") == [pytest.approx(0, abs=2)]
    assert metrics.values("IsMaster", CacheClusterId="rg-002") == [0]
    lasting.cloud.clock_advance(60)
    (alarm,) = metrics.api.describe_alarms(AlarmNames=["misses"])["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReasonData"].count("5.0") > 0) == ("ALARM", True)


def test_a_serverless_cache_is_measured_and_an_unused_one_costs_no_time(lasting: Caches, metrics: Metrics) -> None:
    lasting.api.create_serverless_cache(ServerlessCacheName="sl", Engine="valkey")
    lasting.cloud.settle()
    endpoint = lasting.api.describe_serverless_caches()["ServerlessCaches"][0]["Endpoint"]
    client = lasting.connect(endpoint, tls=True, single_connection_client=True)
    client.set("a", "x" * 50_000)
    client.get("a")
    lasting.cloud.clock_advance(60)
    assert metrics.values("ElastiCacheProcessingUnits", clusterId="sl")[0] > 97
    assert metrics.values("CacheHits", clusterId="sl") == [1]
    assert metrics.values("TotalCmdsCount", clusterId="sl") == [2]
    assert metrics.values("CurrConnections", "Maximum", clusterId="sl") == [1]
    assert metrics.values("BytesUsedForCache", "Maximum", clusterId="sl")[0] > 50_000
    lasting.cloud.clock_advance(30 * 86400)
    client.get("a")
    lasting.cloud.clock_advance(60)
    assert sum(metrics.values("CacheHits", clusterId="sl")) == 1
