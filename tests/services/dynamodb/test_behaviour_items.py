"""Items: put, get, update and delete, conditions, what writes return and cost; the older parameters too."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import index, schema

Refused = Callable[..., str]
KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


def n(number: int) -> dict[str, str]:
    return {"N": str(number)}


def test_the_resource_api_of_boto3(cloud: Any, account: str) -> None:
    resource = boto3.resource(
        "dynamodb", "us-east-1", endpoint_url=cloud.url, aws_access_key_id=account, aws_secret_access_key="test"
    )
    shop = resource.create_table(TableName="shop", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    shop.wait_until_exists()
    shop.put_item(Item={"pk": "x", "price": Decimal("12.50"), "tags": {"a", "b"}, "parts": [1, {"n": None}]})
    assert shop.get_item(Key={"pk": "x"})["Item"] == {
        "pk": "x", "price": Decimal("12.5"), "tags": {"a", "b"}, "parts": [1, {"n": None}],
    }  # fmt: skip
    with shop.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": f"p{number}"})
    assert shop.scan(Select="COUNT")["Count"] == 61
    shop.delete()
    shop.wait_until_not_exists()


def test_put_replaces_and_returns_the_old_item(dynamodb: Any, table: str) -> None:
    first = {**KEY, "x": {"S": "old"}, "y": n(1)}
    assert "Attributes" not in dynamodb.put_item(TableName=table, Item=first, ReturnValues="ALL_OLD")
    second = {**KEY, "x": {"S": "new"}}
    assert dynamodb.put_item(TableName=table, Item=second, ReturnValues="ALL_OLD")["Attributes"] == first
    assert dynamodb.get_item(TableName=table, Key=KEY)["Item"] == second
    assert dynamodb.delete_item(TableName=table, Key=KEY, ReturnValues="ALL_OLD")["Attributes"] == second
    assert "Item" not in dynamodb.get_item(TableName=table, Key=KEY)
    assert "Attributes" not in dynamodb.delete_item(TableName=table, Key=KEY, ReturnValues="ALL_OLD")


def test_projections_keep_the_shape(dynamodb: Any, table: str) -> None:
    item = {**KEY, "m": {"M": {"x": n(1), "y": n(2)}}, "l": {"L": [n(0), n(1), n(2)]}}
    dynamodb.put_item(TableName=table, Item=item)
    shown = dynamodb.get_item(TableName=table, Key=KEY, ProjectionExpression="l[2], l[0], m.x, absent.z")["Item"]
    assert shown == {"l": {"L": [n(0), n(2)]}, "m": {"M": {"x": n(1)}}}
    assert dynamodb.get_item(TableName=table, Key=KEY, AttributesToGet=["pk", "none"])["Item"] == {"pk": {"S": "a"}}
    assert dynamodb.get_item(TableName=table, Key=KEY, ProjectionExpression="absent")["Item"] == {}


def test_a_failed_condition_changes_nothing_and_can_show_the_item(dynamodb: Any, table: str) -> None:
    item = {**KEY, "x": n(1)}
    dynamodb.put_item(TableName=table, Item=item)
    for call, given in (
        (dynamodb.put_item, {"Item": KEY}),
        (dynamodb.delete_item, {"Key": KEY}),
        (dynamodb.update_item, {"Key": KEY, "UpdateExpression": "REMOVE x"}),
    ):
        with pytest.raises(ClientError) as failed:
            call(
                TableName=table, ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD", **given,
            )  # fmt: skip
        assert failed.value.response["Error"] == {
            "Code": "ConditionalCheckFailedException", "Message": "The conditional request failed",
        }  # fmt: skip
        assert failed.value.response["Item"] == item
    assert dynamodb.get_item(TableName=table, Key=KEY)["Item"] == item


@pytest.mark.parametrize(
    ("wanted", "attributes"),
    [
        ("NONE", None),
        ("ALL_OLD", {**KEY, "x": n(1), "m": {"M": {"a": n(1), "b": n(2)}}, "z": n(0)}),
        ("ALL_NEW", {**KEY, "x": n(2), "m": {"M": {"a": n(5), "b": n(2)}}, "y": n(9)}),
        ("UPDATED_OLD", {"x": n(1), "m": {"M": {"a": n(1)}}, "z": n(0)}),
        ("UPDATED_NEW", {"x": n(2), "m": {"M": {"a": n(5)}}, "y": n(9)}),
    ],
)
def test_what_an_update_returns(dynamodb: Any, table: str, wanted: str, attributes: dict[str, Any] | None) -> None:
    item = {**KEY, "x": n(1), "m": {"M": {"a": n(1), "b": n(2)}}, "z": n(0)}
    dynamodb.put_item(TableName=table, Item=item)
    answer = dynamodb.update_item(
        TableName=table, Key=KEY, ReturnValues=wanted,
        UpdateExpression="SET x = x + :one, m.a = :five, y = :nine REMOVE z",
        ExpressionAttributeValues={":one": n(1), ":five": n(5), ":nine": n(9)},
    )  # fmt: skip
    assert answer.get("Attributes") == attributes


def test_an_update_makes_the_item_if_there_is_none(dynamodb: Any, table: str, refused: Refused) -> None:
    dynamodb.update_item(TableName=table, Key=KEY)
    assert dynamodb.get_item(TableName=table, Key=KEY)["Item"] == KEY
    assert refused(dynamodb.update_item, TableName=table, Key=KEY, UpdateExpression="SET sk = :v",
                   ExpressionAttributeValues={":v": {"S": "x"}}).endswith(
        "Cannot update attribute sk. This attribute is part of the key"
    )  # fmt: skip
    assert "Key attributes must be scalars" in refused(
        dynamodb.put_item, TableName=table, Item=KEY, ConditionExpression="attribute_exists(pk.x)"
    )
    assert "does not exist in the item" in refused(
        dynamodb.update_item, TableName=table, Key=KEY, UpdateExpression="SET a = b"
    )


def test_numbers_overflow_in_updates(dynamodb: Any, table: str, refused: Refused) -> None:
    values = {":a": {"N": "9.9e125"}}
    assert "Number overflow" in refused(
        dynamodb.update_item,
        TableName=table,
        Key=KEY,
        UpdateExpression="SET x = :a + :a",
        ExpressionAttributeValues=values,
    )
    assert "Item" not in dynamodb.get_item(TableName=table, Key=KEY)


# ---- Capacity and collections ---------------------------------------------------------------------------------------


@pytest.fixture
def indexed(dynamodb: Any) -> str:
    """A table with a sparse INCLUDE global index and an ALL local one."""
    given = schema(pk="S", sk="S")
    given["AttributeDefinitions"] += [
        {"AttributeName": "g", "AttributeType": "S"}, {"AttributeName": "l", "AttributeType": "S"},
    ]  # fmt: skip
    dynamodb.create_table(
        TableName="indexed", BillingMode="PAY_PER_REQUEST", **given,
        GlobalSecondaryIndexes=[index("gsi", "g", projection="INCLUDE", extra=["proj"])],
        LocalSecondaryIndexes=[index("lsi", "pk", "l")],
    )  # fmt: skip
    return "indexed"


def units(answer: dict[str, Any]) -> tuple[float, float, float | None, float | None]:
    """Total, table, global index and local index."""
    consumed = answer["ConsumedCapacity"]
    parts = [consumed.get(kind, {}).get(name, {}).get("CapacityUnits") for kind, name in
             (("GlobalSecondaryIndexes", "gsi"), ("LocalSecondaryIndexes", "lsi"))]  # fmt: skip
    return consumed["CapacityUnits"], consumed["Table"]["CapacityUnits"], parts[0], parts[1]


def test_writes_cost_what_they_change_in_each_index(dynamodb: Any, indexed: str) -> None:
    """The figures are those measured on AWS."""

    def put(**more: str) -> Any:
        item = {**KEY, **{name: {"S": text} for name, text in more.items()}}
        return units(dynamodb.put_item(TableName=indexed, Item=item, ReturnConsumedCapacity="INDEXES"))

    def update(text: str, **values: str) -> Any:
        given = {f":{name}": {"S": value} for name, value in values.items()}
        more = {"ExpressionAttributeValues": given} if given else {}
        return units(
            dynamodb.update_item(
                TableName=indexed, Key=KEY, UpdateExpression=text, ReturnConsumedCapacity="INDEXES", **more
            )
        )

    everything = {"g": "g1", "l": "L1", "proj": "p", "o": "o"}
    assert put(o="only") == (1, 1, None, None)
    assert put(**everything) == (3, 1, 1, 1)
    assert put(**everything) == (1, 1, None, None)
    assert update("SET o = :v", v="o2") == (2, 1, None, 1)
    assert update("SET proj = :v", v="p2") == (3, 1, 1, 1)
    assert update("SET g = :v", v="moved") == (4, 1, 2, 1)
    assert update("SET l = :v", v="L2") == (3, 1, None, 2)
    assert update("REMOVE g") == (3, 1, 1, 1)
    deleted = dynamodb.delete_item(TableName=indexed, Key=KEY, ReturnConsumedCapacity="INDEXES")
    assert units(deleted) == (2, 1, None, 1)


def test_reads_cost_blocks_of_four_kilobytes(dynamodb: Any, table: str) -> None:
    def read(**given: Any) -> float:
        answer = dynamodb.get_item(TableName=table, Key=KEY, ReturnConsumedCapacity="TOTAL", **given)
        return answer["ConsumedCapacity"]["CapacityUnits"]

    assert (read(), read(ConsistentRead=True)) == (0.5, 1)
    dynamodb.put_item(TableName=table, Item={**KEY, "p": {"S": "x" * (4096 - len("pkask1p"))}})
    assert (read(), read(ConsistentRead=True)) == (0.5, 1)
    dynamodb.put_item(TableName=table, Item={**KEY, "p": {"S": "x" * (4097 - len("pkask1p"))}})
    assert (read(), read(ConsistentRead=True), read(ProjectionExpression="pk")) == (1, 2, 1)


def test_collections_report_their_size_where_there_are_local_indexes(dynamodb: Any, table: str, indexed: str) -> None:
    given = {"Item": KEY, "ReturnItemCollectionMetrics": "SIZE"}
    assert "ItemCollectionMetrics" not in dynamodb.put_item(TableName=table, **given)
    assert dynamodb.put_item(TableName=indexed, **given)["ItemCollectionMetrics"] == {
        "ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0],
    }  # fmt: skip


def test_index_keys_have_their_type_and_are_not_empty(dynamodb: Any, indexed: str, refused: Refused) -> None:
    put = {"TableName": indexed}
    assert refused(dynamodb.put_item, Item={**KEY, "g": n(1)}, **put).endswith(
        "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
    )
    assert refused(dynamodb.put_item, Item={**KEY, "l": {"S": ""}}, **put).endswith(
        "cannot contain an empty string value. IndexName: lsi, IndexKey: l"
    )
    update = {"Key": KEY, "UpdateExpression": "SET g = :v", **put}
    assert "Type mismatch for Index Key g" in refused(
        dynamodb.update_item, ExpressionAttributeValues={":v": n(1)}, **update
    )
    assert "a secondary index key to a value that is not supported" in refused(
        dynamodb.update_item, ExpressionAttributeValues={":v": {"S": ""}}, **update
    )


# ---- The older parameters -------------------------------------------------------------------------------------------


def test_expected(dynamodb: Any, table: str, refused: Refused) -> None:
    dynamodb.put_item(TableName=table, Item={**KEY, "x": n(5), "s": {"S": "abc"}})
    failed = "ConditionalCheckFailedException: The conditional request failed"

    def put(expected: dict[str, Any], operator: str | None = None) -> str:
        more = {"ConditionalOperator": operator} if operator else {}
        item = {**KEY, "x": n(5), "s": {"S": "abc"}}
        try:
            dynamodb.put_item(TableName=table, Item=item, Expected=expected, **more)
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return "done"

    def holds(name: str, operator: str, *operands: dict[str, Any]) -> str:
        return put({name: {"ComparisonOperator": operator, "AttributeValueList": list(operands)}})

    assert put({"x": {"Value": n(5)}, "y": {"Exists": False}}) == "done"
    assert put({"x": {"Value": n(6)}}) == put({"x": {"Exists": False}}) == failed
    assert put({"x": {"Value": n(6)}, "s": {"Value": {"S": "abc"}}}, "OR") == "done"
    assert (
        holds("x", "BETWEEN", n(1), n(5))
        == holds("x", "IN", n(1), n(5))
        == holds("s", "BEGINS_WITH", {"S": "ab"})
        == "done"
    )
    assert holds("s", "CONTAINS", {"S": "b"}) == holds("s", "NOT_CONTAINS", {"S": "z"}) == holds("y", "NULL") == "done"
    assert holds("x", "LT", n(5)) == holds("x", "NE", n(5)) == holds("x", "NULL") == holds("y", "NOT_NULL") == failed
    wrong = "ValidationException: One or more parameter values were invalid: "
    assert put({"x": {"Exists": True}}) == wrong + "Value must be provided when Exists is true for Attribute: x"
    assert holds("x", "BETWEEN", n(1)) == wrong + "Invalid number of argument(s) for the BETWEEN ComparisonOperator"
    assert holds("x", "LT", {"SS": ["a"]}) == wrong + "ComparisonOperator LT is not valid for SS AttributeValue type"
    assert holds("x", "BETWEEN", n(2), n(1)).endswith("the lower bound is greater than the upper bound")


def test_attribute_updates(dynamodb: Any, table: str, refused: Refused) -> None:
    dynamodb.put_item(TableName=table, Item={**KEY, "x": n(5), "s": {"SS": ["a", "b"]}, "l": {"L": [n(1)]}, "y": n(1)})
    updates = {
        "x": {"Action": "ADD", "Value": n(2)}, "s": {"Action": "DELETE", "Value": {"SS": ["a"]}},
        "y": {"Action": "DELETE"},
        "l": {"Action": "ADD", "Value": {"L": [n(1)]}}, "z": {"Value": {"S": "put"}},
    }  # fmt: skip
    answer = dynamodb.update_item(TableName=table, Key=KEY, AttributeUpdates=updates, ReturnValues="ALL_NEW")
    expected = {**KEY, "x": n(7), "s": {"SS": ["b"]}, "l": {"L": [n(1), n(1)]}, "z": {"S": "put"}}
    assert answer["Attributes"] == expected
    assert "Only DELETE action is allowed" in refused(
        dynamodb.update_item, TableName=table, Key=KEY, AttributeUpdates={"x": {"Action": "PUT"}}
    )


# ---- Batches --------------------------------------------------------------------------------------------------------


def test_batches_read_and_write_several_tables(dynamodb: Any, table: str, indexed: str) -> None:
    puts = [
        {"PutRequest": {"Item": {"pk": {"S": "b"}, "sk": {"S": str(number)}, "x": n(number)}}} for number in range(12)
    ]
    answer = dynamodb.batch_write_item(
        RequestItems={table: puts, indexed: [*puts, {"DeleteRequest": {"Key": KEY}}]}, ReturnConsumedCapacity="TOTAL"
    )
    assert answer["UnprocessedItems"] == {}
    assert {each["TableName"]: each["CapacityUnits"] for each in answer["ConsumedCapacity"]} == {table: 12, indexed: 13}
    keys = [{"pk": {"S": "b"}, "sk": {"S": str(number)}} for number in (3, 99, 1)]
    answer = dynamodb.batch_get_item(
        RequestItems={table: {"Keys": keys, "ProjectionExpression": "x"}, indexed: {"Keys": keys[:1]}}
    )
    assert answer["Responses"] == {table: [{"x": n(3)}, {"x": n(1)}], indexed: [{**keys[0], "x": n(3)}]}
    assert answer["UnprocessedKeys"] == {}


def test_batches_refuse_duplicates_and_too_many(dynamodb: Any, table: str, indexed: str, refused: Refused) -> None:
    duplicates = "ValidationException: Provided list of item keys contains duplicates"
    assert refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": [KEY, KEY]}}) == duplicates
    both = [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]
    assert refused(dynamodb.batch_write_item, RequestItems={table: both}) == duplicates
    puts = [{"PutRequest": {"Item": {"pk": {"S": "b"}, "sk": {"S": str(number)}}}} for number in range(13)]
    assert "Too many items requested" in refused(dynamodb.batch_write_item, RequestItems={table: puts, indexed: puts})
    assert dynamodb.scan(TableName=table)["Count"] == 0


def test_a_batch_answers_at_most_16_megabytes(dynamodb: Any, table: str) -> None:
    keys = [{"pk": {"S": "big"}, "sk": {"S": f"{number:02d}"}} for number in range(45)]
    for key in keys:
        dynamodb.put_item(TableName=table, Item={**key, "p": {"S": "x" * 400_000}})
    answer = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys, "ProjectionExpression": "sk"}})
    assert len(answer["Responses"][table]) == 41
    left = answer["UnprocessedKeys"][table]
    assert (len(left["Keys"]), left["ProjectionExpression"]) == (4, "sk")


def test_taking_from_an_item_that_is_not_there_makes_none(dynamodb: Any, table: str) -> None:
    given = {"TableName": table, "Key": KEY}
    taken = {"ExpressionAttributeValues": {":s": {"SS": ["a"]}}}
    for update in (
        {"UpdateExpression": "REMOVE x, y.z, w[0]"},
        {"UpdateExpression": "DELETE x :s", **taken},
        {"AttributeUpdates": {"x": {"Action": "DELETE"}}},
        {"AttributeUpdates": {"x": {"Action": "DELETE", "Value": {"SS": ["a"]}}}},
    ):
        answer = dynamodb.update_item(**given, **update, ReturnValues="ALL_NEW", ReturnConsumedCapacity="TOTAL")
        assert "Attributes" not in answer and answer["ConsumedCapacity"]["CapacityUnits"] == 1
        assert "Item" not in dynamodb.get_item(**given)
    dynamodb.transact_write_items(TransactItems=[{"Update": {**given, "UpdateExpression": "REMOVE x"}}])
    assert dynamodb.scan(TableName=table)["Count"] == 0
    mixed = {"UpdateExpression": "SET a = :s DELETE b :s REMOVE x.y", **taken}
    answer = dynamodb.update_item(**given, **mixed, ReturnValues="ALL_NEW")
    assert answer["Attributes"] == {**KEY, "a": {"SS": ["a"]}}
    dynamodb.delete_item(**given)
    assert dynamodb.update_item(**given, AttributeUpdates={}, ReturnValues="ALL_NEW")["Attributes"] == KEY


def test_older_updates_of_another_type(dynamodb: Any, table: str, refused: Callable[..., str]) -> None:
    dynamodb.put_item(TableName=table, Item={**KEY, "n": {"N": "1"}, "ns": {"NS": ["1"]}})
    for word, name, value in (("ADD", "n", {"NS": ["1"]}), ("ADD", "ns", {"N": "1"}), ("DELETE", "ns", {"SS": ["a"]})):
        updates = {name: {"Action": word, "Value": value}}
        refusal = refused(dynamodb.update_item, TableName=table, Key=KEY, AttributeUpdates=updates)
        assert refusal == "ValidationException: Type mismatch for attribute to update"


def test_names_that_are_too_long(dynamodb: Any, table: str, refused: Callable[..., str]) -> None:
    dynamodb.put_item(TableName=table, Item={**KEY, "a" * 65_535: {"N": "1"}})
    refusal = refused(dynamodb.put_item, TableName=table, Item={**KEY, "a" * 65_536: {"N": "1"}})
    assert refusal.endswith("Attribute name is too large, must be less than 65536 bytes")
