"""Items that expire, streams of changes, and what survives a crash."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.services.dynamodb.conftest import index, schema

Refused = Callable[..., str]
DAY = 86_400


@pytest.fixture
def sessions(fresh_cloud: Any) -> Any:
    """A client of a cloud of its own with a table `sessions` whose items expire by `until`, with a stream."""
    client = fresh_cloud.client("dynamodb")
    client.create_table(
        TableName="sessions",
        BillingMode="PAY_PER_REQUEST",
        **schema(pk="S"),
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    expiry(client, True)
    return client


def expiry(client: Any, enabled: bool, attribute: str = "until") -> None:
    client.update_time_to_live(
        TableName="sessions", TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
    )


def put(client: Any, name: str, seconds: float | None) -> None:
    until = {} if seconds is None else {"until": {"N": str(int(time.time() + seconds))}}
    client.put_item(TableName="sessions", Item={"pk": {"S": name}, **until})


def names(client: Any) -> set[str]:
    return {item["pk"]["S"] for item in client.scan(TableName="sessions")["Items"]}


def records(cloud: Any) -> list[tuple[str, str, Any]]:
    """What the stream holds: event, key and who did it. (Read from the store: no API reads streams yet.)"""
    with sqlite3.connect(f"file:{cloud.data}/cloud.sqlite?mode=ro", uri=True) as store:
        rows = store.execute("SELECT record FROM dynamodb_stream_records ORDER BY sequence").fetchall()
    found = [orjson.loads(record) for (record,) in rows]
    return [(each["eventName"], each["dynamodb"]["Keys"]["pk"]["S"], each.get("userIdentity")) for each in found]


def test_items_go_when_their_time_has_come(sessions: Any, fresh_cloud: Any) -> None:
    for name, seconds in (
        ("soon", 3600),
        ("later", 2 * DAY),
        ("never", None),
        ("ancient", -6 * 365 * DAY),
        ("moved", 60),
    ):
        put(sessions, name, seconds)
    sessions.put_item(TableName="sessions", Item={"pk": {"S": "text"}, "until": {"S": "5"}})
    put(sessions, "moved", 3 * DAY)
    everything = {"soon", "later", "never", "ancient", "moved", "text"}
    assert names(sessions) == everything
    fresh_cloud.clock_advance(3500)
    assert names(sessions) == everything
    fresh_cloud.clock_advance(200)
    assert names(sessions) == everything - {"soon"}
    fresh_cloud.restart()
    fresh_cloud.clock_advance(2 * DAY)
    assert names(sessions) == everything - {"soon", "later"}
    service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert [each for each in records(fresh_cloud) if each[0] == "REMOVE"] == [("REMOVE", "later", service)]
    assert sessions.describe_table(TableName="sessions")["Table"]["ItemCount"] == 4


def test_an_earlier_item_expires_first_though_it_came_last(sessions: Any, fresh_cloud: Any) -> None:
    put(sessions, "second", 1000)
    put(sessions, "first", 100)
    fresh_cloud.clock_advance(500)
    assert names(sessions) == {"second"}
    fresh_cloud.clock_advance(600)
    assert names(sessions) == set()


def test_expiry_is_switched_with_a_pause(sessions: Any, fresh_cloud: Any, refused: Refused) -> None:
    described = sessions.describe_time_to_live(TableName="sessions")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    already = "ValidationException: TimeToLive is already enabled"
    assert refused(lambda: expiry(sessions, True)) == already
    assert "current AttributeName is until" in refused(lambda: expiry(sessions, True, "other"))
    assert "modified multiple times within a fixed interval" in refused(lambda: expiry(sessions, False))
    put(sessions, "kept", 3600)
    fresh_cloud.clock_advance(1801)
    expiry(sessions, False)
    fresh_cloud.clock_advance(DAY)
    assert names(sessions) == {"kept"}
    expiry(sessions, True)  # what is due already goes at once
    fresh_cloud.settle()
    assert names(sessions) == set()


def test_expiry_finds_what_was_there_before(fresh_cloud: Any) -> None:
    client = fresh_cloud.client("dynamodb")
    client.create_table(TableName="sessions", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    until = {"N": str(int(time.time()) + 600)}
    for start in range(0, 700, 25):
        batch = [{"PutRequest": {"Item": {"pk": {"S": str(at)}, "until": until}}} for at in range(start, start + 25)]
        client.batch_write_item(RequestItems={"sessions": batch})
    put(client, "stays", None)
    expiry(client, True)
    fresh_cloud.clock_advance(700)
    assert names(client) == {"stays"}


def test_the_stream_tells_every_change_once_and_for_a_day(sessions: Any, fresh_cloud: Any) -> None:
    put(sessions, "a", None)
    put(sessions, "a", None)  # the same again is no change
    change = {"UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"B": b"\x00"}}}
    sessions.update_item(TableName="sessions", Key={"pk": {"S": "a"}}, **change)
    sessions.delete_item(TableName="sessions", Key={"pk": {"S": "a"}})
    sessions.delete_item(TableName="sessions", Key={"pk": {"S": "a"}})
    with pytest.raises(sessions.exceptions.TransactionCanceledException):
        failing = {"TableName": "sessions", "Key": {"pk": {"S": "z"}}, "ConditionExpression": "attribute_exists(pk)"}
        sessions.transact_write_items(
            TransactItems=[{"Put": {"TableName": "sessions", "Item": {"pk": {"S": "b"}}}}, {"ConditionCheck": failing}]
        )
    expected = [("INSERT", "a", None), ("MODIFY", "a", None), ("REMOVE", "a", None)]
    assert records(fresh_cloud) == expected
    fresh_cloud.clock_advance(23 * 3600)
    put(sessions, "b", None)
    assert records(fresh_cloud) == [*expected, ("INSERT", "b", None)]
    fresh_cloud.clock_advance(2 * 3600)
    assert records(fresh_cloud) == [("INSERT", "b", None)]


def test_what_was_acknowledged_survives_a_kill(fresh_cloud: Any) -> None:
    client = fresh_cloud.client("dynamodb")
    given = schema(pk="S", g="S")
    client.create_table(
        TableName="kept",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=given["AttributeDefinitions"],
        KeySchema=given["KeySchema"][:1],
        GlobalSecondaryIndexes=[index("by_g", "g")],
    )
    for number in range(50):
        client.put_item(TableName="kept", Item={"pk": {"S": str(number)}, "g": {"S": str(number % 2)}})
    fresh_cloud.restart()
    found = client.query(
        TableName="kept",
        IndexName="by_g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "1"}},
    )
    assert (found["Count"], client.scan(TableName="kept")["Count"]) == (25, 50)


def test_a_large_table_is_emptied_in_the_background(fresh_cloud: Any) -> None:
    client = fresh_cloud.client("dynamodb")
    client.create_table(TableName="large", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    for start in range(0, 1200, 25):
        batch = [{"PutRequest": {"Item": {"pk": {"S": str(at)}}}} for at in range(start, start + 25)]
        client.batch_write_item(RequestItems={"large": batch})
    client.delete_table(TableName="large")
    client.create_table(TableName="large", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    assert client.scan(TableName="large")["Count"] == 0
    fresh_cloud.settle()
    with sqlite3.connect(f"file:{fresh_cloud.data}/cloud.sqlite?mode=ro", uri=True) as store:
        assert store.execute("SELECT count(*) FROM dynamodb_items").fetchone() == (0,)
