"""Iterators and records: every kind of change, where iterators start, how much an answer holds, what is forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.dynamodb.conftest import schema
from tests.services.dynamodbstreams.conftest import Reader, make

Refused = Callable[..., str]
DAY = 86_400


def test_a_record_tells_what_changed(reader: Reader) -> None:
    reader.put("a", x={"N": "1"})
    reader.put("a", x={"N": "1"})  # the same again is no change
    value = {":x": {"L": [{"B": b"\x00\xff"}, {"BS": [b"1"]}]}}
    change = {"UpdateExpression": "SET x = :x", "ExpressionAttributeValues": value}
    reader.tables.update_item(TableName="things", Key={"pk": {"S": "a"}}, **change)
    reader.tables.update_item(TableName="things", Key={"pk": {"S": "a"}}, **change)
    reader.tables.delete_item(TableName="things", Key={"pk": {"S": "a"}})
    reader.tables.delete_item(TableName="things", Key={"pk": {"S": "a"}})
    inserted, modified, removed = reader.records()
    change = inserted.pop("dynamodb")
    assert len(inserted.pop("eventID")) == 32
    assert inserted == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
    }
    assert abs(change.pop("ApproximateCreationDateTime").timestamp() - time.time()) < 60
    number = change.pop("SequenceNumber")
    assert number.isdecimal() and 21 <= len(number) <= 40
    key, first = {"pk": {"S": "a"}}, {"pk": {"S": "a"}, "x": {"N": "1"}}
    assert change == {"Keys": key, "NewImage": first, "SizeBytes": 9, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    second = {"pk": {"S": "a"}, "x": value[":x"]}
    assert (modified["dynamodb"]["OldImage"], modified["dynamodb"]["NewImage"]) == (first, second)
    assert removed["dynamodb"]["OldImage"] == second and "NewImage" not in removed["dynamodb"]
    numbers = [int(each["dynamodb"]["SequenceNumber"]) for each in (modified, removed)]
    assert int(number) < numbers[0] < numbers[1]


@pytest.mark.parametrize(
    ("view", "images"), [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"})]
)
def test_a_view_shows_its_images(client: Callable[..., Any], view: str, images: set[str]) -> None:
    reader = make(client, view)
    reader.put("a")
    reader.put("a", x={"S": "1"})
    inserted, modified = reader.records()
    assert {"NewImage", "OldImage"} & modified["dynamodb"].keys() == images
    assert {"NewImage", "OldImage"} & inserted["dynamodb"].keys() == images - {"OldImage"}
    assert modified["dynamodb"]["StreamViewType"] == view


def test_batches_and_transactions_tell_each_change_once(reader: Reader, refused: Refused) -> None:
    puts = [{"PutRequest": {"Item": {"pk": {"S": name}}}} for name in "ab"]
    reader.tables.batch_write_item(RequestItems={"things": puts})
    put = {"Put": {"TableName": "things", "Item": {"pk": {"S": "c"}}}}
    delete = {"Delete": {"TableName": "things", "Key": {"pk": {"S": "a"}}}}
    reader.tables.transact_write_items(TransactItems=[put, delete])
    check = {"TableName": "things", "Key": {"pk": {"S": "z"}}, "ConditionExpression": "attribute_exists(pk)"}
    failing = [{"Put": {"TableName": "things", "Item": {"pk": {"S": "d"}}}}, {"ConditionCheck": check}]
    assert "TransactionCanceled" in refused(reader.tables.transact_write_items, TransactItems=failing)
    told = [(each["eventName"], each["dynamodb"]["Keys"]["pk"]["S"]) for each in reader.records()]
    assert told == [("INSERT", "a"), ("INSERT", "b"), ("INSERT", "c"), ("REMOVE", "a")]


def test_iterators_start_where_their_type_says(reader: Reader, refused: Refused) -> None:
    latest = reader.iterator("LATEST")
    for name in "abc":
        reader.put(name)
    numbers = [each["dynamodb"]["SequenceNumber"] for each in reader.records()]

    def names(records: list[dict[str, Any]]) -> str:
        return "".join(each["dynamodb"]["Keys"]["pk"]["S"] for each in records)

    start = reader.shard["SequenceNumberRange"]["StartingSequenceNumber"]
    assert names(reader.streams.get_records(ShardIterator=latest)["Records"]) == "abc"
    assert names(reader.records("LATEST")) == ""
    assert names(reader.records("AT_SEQUENCE_NUMBER", SequenceNumber=numbers[1])) == "bc"
    assert names(reader.records("AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[1])) == "c"
    assert names(reader.records("AT_SEQUENCE_NUMBER", SequenceNumber=start)) == "abc"
    assert names(reader.records("AT_TIMESTAMP", Timestamp=time.time() - 3600)) == "abc"
    assert names(reader.records("AT_TIMESTAMP", Timestamp=time.time() + 3600)) == ""
    for kind, more in (
        ("AT_SEQUENCE_NUMBER", {}),
        ("AFTER_SEQUENCE_NUMBER", {}),
        ("AT_TIMESTAMP", {}),
        ("LATEST", {"SequenceNumber": numbers[0]}),
        ("TRIM_HORIZON", {"SequenceNumber": numbers[0]}),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": "1" * 21 + "x"}),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": "0" * 21}),
        ("bulle", {}),
    ):
        assert refused(reader.iterator, kind=kind, **more).startswith("ValidationException"), (kind, more)


def test_what_is_not_there_is_said(reader: Reader, refused: Refused) -> None:
    streams, shard = reader.streams, reader.shard["ShardId"]
    latest = {"ShardIteratorType": "LATEST"}
    assert refused(streams.get_shard_iterator, StreamArn=reader.arn, ShardId=shard + "x", **latest) == (
        "ResourceNotFoundException: Requested resource not found: Shard does not exist"
    )
    for arn, code in (
        (reader.arn + "1", "ResourceNotFoundException"),
        (reader.arn.replace("things", "nothings"), "ResourceNotFoundException"),
        ("x" * 40, "ValidationException"),
        (reader.arn.replace("us-east-1", "eu-west-1"), "ValidationException"),
    ):
        assert refused(streams.describe_stream, StreamArn=arn).startswith(code), arn
        assert refused(streams.get_shard_iterator, StreamArn=arn, ShardId=shard, **latest).startswith(code), arn
    good = reader.iterator()
    for text in ("x" * 40, good[:-4], f"{reader.arn}|1|bm90aGluZw", f"{reader.arn}|1|W10", good.replace("|1|", "|2|")):
        assert refused(streams.get_records, ShardIterator=text).startswith("ValidationException"), text
    assert "less than or equal to 1000" in refused(streams.get_records, ShardIterator=good, Limit=1001)


def test_an_answer_holds_so_many_records_and_bytes(reader: Reader) -> None:
    for name in "abcde":
        reader.put(name, x={"S": "x" * 300_000})
    answer = reader.streams.get_records(ShardIterator=reader.iterator(), Limit=2)
    assert len(answer["Records"]) == 2
    answer = reader.streams.get_records(ShardIterator=answer["NextShardIterator"])
    assert len(answer["Records"]) == 3
    empty = reader.streams.get_records(ShardIterator=answer["NextShardIterator"])
    assert empty["Records"] == [] and empty["NextShardIterator"]
    assert len(reader.records()) == 3  # a megabyte


def test_iterators_last_a_quarter_of_an_hour(fresh_cloud: Any, refused: Refused) -> None:
    reader = make(fresh_cloud.client, "KEYS_ONLY")
    iterator = reader.iterator()
    fresh_cloud.clock_advance(14 * 60)
    following = reader.streams.get_records(ShardIterator=iterator)["NextShardIterator"]
    fresh_cloud.clock_advance(2 * 60)
    assert refused(reader.streams.get_records, ShardIterator=iterator).startswith("ExpiredIteratorException")
    reader.put("a")
    fresh_cloud.restart()
    assert len(reader.streams.get_records(ShardIterator=following)["Records"]) == 1


def test_records_are_kept_for_a_day(fresh_cloud: Any, refused: Refused) -> None:
    reader = make(fresh_cloud.client, "KEYS_ONLY")
    reader.put("a")
    (old,) = reader.records()
    fresh_cloud.clock_advance(DAY - 300)
    reader.put("b")
    iterator = reader.iterator()
    (a, b) = reader.records()
    at_a = reader.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=a["dynamodb"]["SequenceNumber"])
    fresh_cloud.clock_advance(400)
    assert [each["eventID"] for each in reader.streams.get_records(ShardIterator=iterator)["Records"]] == [b["eventID"]]
    trimmed = "TrimmedDataAccessException"
    assert refused(reader.streams.get_records, ShardIterator=at_a).startswith(trimmed)
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        number = old["dynamodb"]["SequenceNumber"]
        assert refused(reader.iterator, kind=kind, SequenceNumber=number).startswith(trimmed)
    assert len(reader.records("AT_SEQUENCE_NUMBER", SequenceNumber=b["dynamodb"]["SequenceNumber"])) == 1
    fresh_cloud.clock_advance(DAY)
    assert reader.records() == []


def test_what_expires_is_removed_in_the_name_of_the_service(fresh_cloud: Any) -> None:
    reader = make(fresh_cloud.client, "OLD_IMAGE")
    expiry = {"Enabled": True, "AttributeName": "until"}
    reader.tables.update_time_to_live(TableName="things", TimeToLiveSpecification=expiry)
    item = {"pk": {"S": "a"}, "until": {"N": str(int(time.time() + 600))}}
    reader.tables.put_item(TableName="things", Item=item)
    fresh_cloud.clock_advance(700)
    inserted, removed = reader.records()
    assert "userIdentity" not in inserted
    assert removed["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert (removed["eventName"], removed["dynamodb"]["OldImage"]) == ("REMOVE", item)


def test_a_stream_that_ended_is_readable_for_a_day(fresh_cloud: Any, refused: Refused) -> None:
    reader = make(fresh_cloud.client, "KEYS_ONLY")
    reader.put("a")
    fresh_cloud.clock_advance(3600)
    reader.switch(on=False)
    described = reader.streams.describe_stream(StreamArn=reader.arn)["StreamDescription"]
    (a,) = reader.records()
    assert described["StreamStatus"] == "DISABLED"
    assert reader.shard["SequenceNumberRange"]["EndingSequenceNumber"] == a["dynamodb"]["SequenceNumber"]
    assert "NextShardIterator" not in reader.streams.get_records(ShardIterator=reader.iterator())
    again = reader._replace(arn=reader.switch(on=True)["LatestStreamArn"])
    reader.put("b")
    assert again.arn != reader.arn
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in again.records()] == ["b"]
    listed = reader.streams.list_streams(TableName="things")["Streams"]
    assert [each["StreamArn"] for each in listed] == [reader.arn, again.arn]
    reader.tables.delete_table(TableName="things")
    fresh_cloud.clock_advance(DAY - 3500)
    assert len(reader.records()) == 0 and len(again.records()) == 1
    fresh_cloud.clock_advance(3600)
    assert refused(reader.streams.describe_stream, StreamArn=again.arn).startswith("ResourceNotFoundException")
    assert reader.streams.list_streams()["Streams"] == []


def test_a_stream_has_a_label_of_its_own_though_the_clock_stands_still(fresh_cloud: Any) -> None:
    fresh_cloud.control("clock", {"freeze": True})
    reader = make(fresh_cloud.client, "KEYS_ONLY")
    reader.switch(on=False)
    again = reader.switch(on=True)["LatestStreamArn"]
    reader.tables.delete_table(TableName="things")
    assert len({reader.arn, again, make(fresh_cloud.client, "KEYS_ONLY").arn}) == 3


def test_streams_and_shards_are_listed_in_pages(reader: Reader, refused: Refused) -> None:
    for name in ("other", "zoo", "still"):
        stream = {"StreamEnabled": name != "still", **({"StreamViewType": "KEYS_ONLY"} if name != "still" else {})}
        reader.tables.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", StreamSpecification=stream, **schema(pk="S")
        )
    found: list[tuple[str, bool]] = []
    start: dict[str, str] = {}
    while True:
        page = reader.streams.list_streams(Limit=2, **start)
        found += [(each["TableName"], each["StreamArn"].endswith(each["StreamLabel"])) for each in page["Streams"]]
        if "LastEvaluatedStreamArn" not in page:
            break
        start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    assert found == [("other", True), ("things", True), ("zoo", True)]
    assert reader.streams.list_streams(TableName="still")["Streams"] == []
    assert reader.streams.list_streams(TableName="none")["Streams"] == []
    for wrong in ({"Limit": 0}, {"Limit": 101}, {"ExclusiveStartStreamArn": "x" * 50}):
        assert refused(reader.streams.list_streams, **wrong).startswith("ValidationException")
    shard = reader.shard["ShardId"]

    def shards(**given: Any) -> list[Any]:
        described = reader.streams.describe_stream(StreamArn=reader.arn, **given)["StreamDescription"]
        assert described["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
        return list(described["Shards"])

    assert shards(ExclusiveStartShardId=shard) == []
    assert shards(ExclusiveStartShardId="z" * 50) == []
    assert shards(ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard}) == []
    assert len(shards(Limit=1)) == 1
    assert refused(shards, ShardFilter={"Type": "CHILD_SHARDS"}).startswith("ValidationException")
