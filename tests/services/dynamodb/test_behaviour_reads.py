"""Query and Scan: order, ranges, pages, filters, projections, indexes and segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.dynamodb.conftest import index, schema

Refused = Callable[..., str]


@pytest.fixture
def orders(dynamodb: Any) -> str:
    """Ten orders of each of three users: numeric sort key, a global index by state, a local one by total."""
    given = schema(user="S", at="N")
    given["AttributeDefinitions"] += [
        {"AttributeName": "state", "AttributeType": "S"}, {"AttributeName": "total", "AttributeType": "N"},
    ]  # fmt: skip
    dynamodb.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST", **given,
        GlobalSecondaryIndexes=[index("by_state", "state", "total", projection="INCLUDE", extra=["note"])],
        LocalSecondaryIndexes=[index("by_total", "user", "total", projection="KEYS_ONLY")],
    )  # fmt: skip
    for user in ("ann", "bob", "cy"):
        for number in range(10):
            item = {
                "user": {"S": user}, "at": {"N": str(number * 10 - 30)}, "total": {"N": str((number * 7) % 10)},
                "note": {"S": f"note {number}"}, "padding": {"S": "x" * 300},
            }  # fmt: skip
            if number % 2:
                item["state"] = {"S": "open"}
            dynamodb.put_item(TableName="orders", Item=item)
    return "orders"


def query(dynamodb: Any, text: str, *, names: dict[str, str] | None = None, **given: Any) -> dict[str, Any]:
    """A query of `orders`; keyword arguments in lower case are values."""
    values = {f":{name}": value for name, value in given.items() if name.islower()}
    more = {name: value for name, value in given.items() if not name.islower()}
    used = {"#user": "user", "#at": "at", "#state": "state", "#total": "total", **(names or {})}
    found = {name: target for name, target in used.items() if any(name in str(each) for each in (text, *more.values()))}
    return dynamodb.query(
        TableName="orders",
        KeyConditionExpression=text,
        ExpressionAttributeNames=found,
        ExpressionAttributeValues=values,
        **more,
    )


def numbers(answer: dict[str, Any], name: str = "at") -> list[int]:
    return [int(item[name]["N"]) for item in answer["Items"]]


ANN = {"u": {"S": "ann"}}


@pytest.mark.parametrize(
    ("condition", "values", "found"),
    [
        ("", {}, [-30, -20, -10, 0, 10, 20, 30, 40, 50, 60]),
        (" AND #at = :a", {"a": 10}, [10]),
        (" AND #at < :a", {"a": 0}, [-30, -20, -10]),
        (" AND #at <= :a", {"a": -20}, [-30, -20]),
        (" AND #at > :a", {"a": 40}, [50, 60]),
        (" AND :a <= #at", {"a": 50}, [50, 60]),
        (" AND #at BETWEEN :a AND :b", {"a": -10, "b": 10}, [-10, 0, 10]),
    ],
)
def test_ranges_of_numbers_in_their_order(
    dynamodb: Any, orders: str, condition: str, values: dict[str, int], found: list[int]
) -> None:
    given = {name: {"N": str(value)} for name, value in values.items()}
    assert numbers(query(dynamodb, "#user = :u" + condition, **ANN, **given)) == found
    assert numbers(query(dynamodb, "#user = :u" + condition, ScanIndexForward=False, **ANN, **given)) == found[::-1]
    paged: list[int] = []
    start: dict[str, Any] = {}
    while True:
        answer = query(dynamodb, "#user = :u" + condition, Limit=3, **ANN, **given, **start)
        paged += numbers(answer)
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert paged == found


def test_begins_with(dynamodb: Any, table: str, refused: Refused) -> None:
    texts = ["", "a", "ab", "abc", "ab\U0010ffff", "ac", "b"]
    for text in texts[1:]:
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "x"}, "sk": {"S": text}})
    given = {"TableName": table, "KeyConditionExpression": "pk = :p AND begins_with(sk, :s)"}
    answer = dynamodb.query(ExpressionAttributeValues={":p": {"S": "x"}, ":s": {"S": "ab"}}, **given)
    assert [item["sk"]["S"] for item in answer["Items"]] == ["ab", "abc", "ab\U0010ffff"]
    assert "Condition parameter type does not match schema type" in refused(
        dynamodb.query, ExpressionAttributeValues={":p": {"S": "x"}, ":s": {"B": b"ab"}}, **given
    )


def test_filters_come_after_the_limit(dynamodb: Any, orders: str, refused: Refused) -> None:
    answer = query(dynamodb, "#user = :u", FilterExpression="#state = :s", Limit=4, s={"S": "open"}, **ANN)
    assert (answer["Count"], answer["ScannedCount"], numbers(answer)) == (2, 4, [-20, 0])
    assert answer["LastEvaluatedKey"] == {"user": {"S": "ann"}, "at": {"N": "0"}}
    counted = query(dynamodb, "#user = :u", FilterExpression="#state = :s", Select="COUNT", s={"S": "open"}, **ANN)
    assert (counted["Count"], counted["ScannedCount"], "Items" in counted) == (5, 10, False)
    exact = query(dynamodb, "#user = :u", Limit=10, **ANN)
    assert "LastEvaluatedKey" in exact  # AWS does not look whether there is more
    assert query(dynamodb, "#user = :u", ExclusiveStartKey=exact["LastEvaluatedKey"], **ANN)["Items"] == []
    assert "can only contain non-primary key attributes: Primary key attribute: at" in refused(
        query, dynamodb=dynamodb, text="#user = :u", FilterExpression="#at > :a", a={"N": "1"}, **ANN
    )


def test_a_global_index_is_sparse_sorted_and_shows_its_projection(dynamodb: Any, orders: str, refused: Refused) -> None:
    opened = {"IndexName": "by_state", "s": {"S": "open"}}
    answer = query(dynamodb, "#state = :s", ReturnConsumedCapacity="INDEXES", **opened)
    assert numbers(answer, "total") == [1] * 3 + [3] * 3 + [5] * 3 + [7] * 3 + [9] * 3
    assert set(answer["Items"][0]) == {"user", "at", "state", "total", "note"}
    assert answer["ConsumedCapacity"]["Table"]["CapacityUnits"] == 0
    assert answer["ConsumedCapacity"]["GlobalSecondaryIndexes"]["by_state"]["CapacityUnits"] == 0.5
    paged = []
    start: dict[str, Any] = {}
    while True:
        page = query(dynamodb, "#state = :s AND #total >= :t", Limit=4, t={"N": "3"}, **opened, **start)
        paged += [(item["total"]["N"], item["user"]["S"]) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        assert set(page["LastEvaluatedKey"]) == {"user", "at", "state", "total"}
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert paged == [(item["total"]["N"], item["user"]["S"]) for item in answer["Items"][3:]]
    for given, words in (
        ({"ConsistentRead": True}, "Consistent reads are not supported on global secondary indexes"),
        ({"Select": "ALL_ATTRIBUTES"}, "because its projection type is not ALL"),
        ({"ProjectionExpression": "note, padding"}, "by_state does not project [padding]"),
    ):
        assert words in refused(query, dynamodb=dynamodb, text="#state = :s", **opened, **given)


def test_a_local_index_fetches_what_it_does_not_hold(dynamodb: Any, orders: str) -> None:
    local = {"IndexName": "by_total", **ANN}
    plain = query(dynamodb, "#user = :u", ReturnConsumedCapacity="INDEXES", **local)
    assert numbers(plain, "total") == list(range(10))
    assert set(plain["Items"][0]) == {"user", "at", "total"}
    assert plain["ConsumedCapacity"]["Table"]["CapacityUnits"] == 0
    whole = query(
        dynamodb, "#user = :u", Select="ALL_ATTRIBUTES", ConsistentRead=True, ReturnConsumedCapacity="INDEXES", **local
    )
    assert whole["Items"][0]["note"]["S"] == "note 0"
    assert whole["ConsumedCapacity"]["Table"]["CapacityUnits"] == 10
    part = query(dynamodb, "#user = :u", ProjectionExpression="note", **local)
    assert part["Items"][0] == {"note": {"S": "note 0"}}


@pytest.mark.parametrize("target", [{}, {"IndexName": "by_state"}])
def test_scans_meet_every_item_once_in_pages_and_segments(dynamodb: Any, orders: str, target: dict[str, str]) -> None:
    whole = dynamodb.scan(TableName=orders, **target)
    expected = sorted((item["user"]["S"], item["at"]["N"]) for item in whole["Items"])
    assert len(expected) == (15 if target else 30)
    for total in (1, 2, 7):
        found = []
        for segment in range(total):
            start: dict[str, Any] = {}
            while True:
                page = dynamodb.scan(TableName=orders, Segment=segment, TotalSegments=total, Limit=4, **target, **start)
                found += [(item["user"]["S"], item["at"]["N"]) for item in page["Items"]]
                if "LastEvaluatedKey" not in page:
                    break
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert sorted(found) == expected


def test_a_page_ends_after_a_megabyte(dynamodb: Any, table: str) -> None:
    for number in range(8):
        item = {"pk": {"S": "x"}, "sk": {"S": str(number)}, "p": {"S": "x" * 300_000}}
        dynamodb.put_item(TableName=table, Item=item)
    condition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "x"}}}
    for first in (dynamodb.query(TableName=table, **condition), dynamodb.scan(TableName=table)):
        assert (first["Count"], first["LastEvaluatedKey"]) == (4, {"pk": {"S": "x"}, "sk": {"S": "3"}})
    filtered = dynamodb.scan(
        TableName=table, FilterExpression="attribute_exists(nothing)", ReturnConsumedCapacity="TOTAL"
    )
    assert (filtered["Count"], filtered["ScannedCount"], "LastEvaluatedKey" in filtered) == (0, 4, True)
    assert filtered["ConsumedCapacity"]["CapacityUnits"] == 146.5  # 4 × 300,0xx bytes in blocks of 4 KB, half each


def test_a_start_key_must_lie_within_the_query(dynamodb: Any, orders: str, refused: Refused) -> None:
    def wrong(text: str, start: dict[str, Any], **given: Any) -> str:
        return refused(query, dynamodb=dynamodb, text=text, ExclusiveStartKey=start, **ANN, **given)

    ann = {"user": {"S": "ann"}, "at": {"N": "0"}}
    assert "The provided starting key is invalid" in wrong("#user = :u", {"user": {"S": "ann"}})
    assert "outside query boundaries" in wrong("#user = :u", {**ann, "user": {"S": "bob"}})
    assert "does not match the range key predicate" in wrong("#user = :u AND #at > :a", ann, a={"N": "10"})
    assert "Query condition missed key schema element: user" in refused(
        query, dynamodb=dynamodb, text="#at = :a", a={"N": "1"}
    )
    assert "Query key condition not supported" in refused(query, dynamodb=dynamodb, text="#user > :u", **ANN)


def test_the_older_parameters(dynamodb: Any, orders: str) -> None:
    equal = {"user": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ann"}]}}
    ranged = {"at": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "0"}, {"N": "20"}]}}
    state = {"state": {"ComparisonOperator": "NOT_NULL"}}
    answer = dynamodb.query(
        TableName=orders, KeyConditions={**equal, **ranged}, QueryFilter=state, AttributesToGet=["at"]
    )
    assert answer["Items"] == [{"at": {"N": "0"}}, {"at": {"N": "20"}}]
    scanned = dynamodb.scan(
        TableName=orders,
        ScanFilter={**state, "note": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"S": "4"}]}},
        ConditionalOperator="OR",
    )
    assert scanned["Count"] == 18
    mixed = dynamodb.query(
        TableName=orders,
        KeyConditions=equal,
        FilterExpression="attribute_exists(#s)",
        ExpressionAttributeNames={"#s": "state"},
    )
    assert mixed["Count"] == 5
