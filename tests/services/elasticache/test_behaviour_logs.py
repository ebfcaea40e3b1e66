"""Slow logs and engine logs of caches in CloudWatch Logs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.elasticache.conftest import SMALL, Caches


def delivery(type: str, format: str, group: str = "caches", **more: Any) -> dict[str, Any]:
    details = {"CloudWatchLogsDetails": {"LogGroup": group}}
    own = {"LogType": type, "LogFormat": format, "DestinationDetails": details, "DestinationType": "cloudwatch-logs"}
    return {**own, **more}


def test_what_engines_log_comes_to_log_groups(lasting: Caches) -> None:
    logs = lasting.cloud.client("logs", key=lasting.account)
    logs.create_log_group(logGroupName="caches")
    lasting.api.create_cache_parameter_group(
        CacheParameterGroupName="all", CacheParameterGroupFamily="valkey8", Description="d"
    )
    slowest = [{"ParameterName": "slowlog-log-slower-than", "ParameterValue": "0"}]
    lasting.api.modify_cache_parameter_group(CacheParameterGroupName="all", ParameterNameValues=slowest)
    both = [delivery("slow-log", "json"), delivery("engine-log", "text")]
    there = lasting.cluster(CacheParameterGroupName="all", LogDeliveryConfigurations=both)
    assert [(one["LogType"], one["Status"]) for one in there["LogDeliveryConfigurations"]] == [
        ("slow-log", "active"), ("engine-log", "active"),
    ]  # fmt: skip

    def messages(type: str) -> list[str]:
        stream = f"elasticache/valkey/one/0001/{type}"
        return [one["message"] for one in logs.get_log_events(logGroupName="caches", logStreamName=stream)["events"]]

    client = lasting.connect(there["CacheNodes"][0]["Endpoint"], client_name="app")
    client.set("secret", "value")
    lasting.cloud.clock_advance(60)
    told = [one for one in map(json.loads, messages("slow-log")) if one["Command"].startswith("SET")]
    assert [(one["CacheClusterId"], one["Command"], one["ClientName"]) for one in told] == [
        ("one", "SET ... (2 more arguments)", "app")
    ]
    assert any(one.startswith("one/0001:M ") and "Ready to accept connections" in one for one in messages("engine-log"))
    lasting.api.modify_cache_cluster(
        CacheClusterId="one", ApplyImmediately=True,
        LogDeliveryConfigurations=[delivery("slow-log", "text"), {"LogType": "engine-log", "Enabled": False}],
    )  # fmt: skip
    lasting.cloud.settle()
    before = len(messages("slow-log"))
    client.get("secret")
    lasting.cloud.clock_advance(60)
    (line,) = [one for one in messages("slow-log")[before:] if "GET ... (1 more arguments)" in one]
    assert line.startswith("one,0001,")
    lasting.api.modify_cache_cluster(
        CacheClusterId="one", ApplyImmediately=True, LogDeliveryConfigurations=[delivery("slow-log", "text", "none")]
    )
    lasting.cloud.settle()
    (failed,) = lasting.described()["LogDeliveryConfigurations"]
    assert (failed["Status"], "log group does not exist" in failed["Message"]) == ("error", True)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([delivery("access-log", "json")], "InvalidParameterValue"),
        ([delivery("slow-log", "xml")], "InvalidParameterValue"),
        ([delivery("slow-log", "json", "")], "InvalidParameterValue"),
        ([delivery("slow-log", "json"), delivery("slow-log", "text")], "InvalidParameterCombination"),
        ([delivery("slow-log", "json", DestinationType="kinesis-firehose")], "NotImplemented"),
    ],
)
def test_what_is_no_delivery_is_refused(caches: Caches, wrong: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(ClientError) as error:
        caches.api.create_cache_cluster(CacheClusterId="one", LogDeliveryConfigurations=wrong, **SMALL)
    assert error.value.response["Error"]["Code"] == code
