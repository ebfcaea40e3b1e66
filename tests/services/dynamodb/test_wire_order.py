"""Which of several mistakes AWS names: the parameters first, then the values of items and keys, then expressions, and

what needs the table last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.dynamodb.conftest import index, schema

NO_VALUE = "ValidationException: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
NOT_FOUND = "ResourceNotFoundException: Requested resource not found"
MISMATCH = "ValidationException: The provided key element does not match the schema"
BAD_START = "ValidationException: The provided starting key is invalid"
NOT_NUMERIC = "The parameter cannot be converted to a numeric value: x"
INVALID = "ValidationException: One or more parameter values were invalid: "


def text(value: str) -> dict[str, str]:
    """A text value."""
    return {"S": value}


@pytest.fixture
def ranged(dynamodb: Any) -> str:
    """A table `ranged` with keys a and b, a local index by c and a global one by c and d."""
    given = schema(a="S", b="S")
    given["AttributeDefinitions"] += [{"AttributeName": name, "AttributeType": "S"} for name in ("c", "d")]
    dynamodb.create_table(
        TableName="ranged",
        BillingMode="PAY_PER_REQUEST",
        LocalSecondaryIndexes=[index("local", "a", "c")],
        GlobalSecondaryIndexes=[index("global", "c", "d")],
        **given,
    )
    return "ranged"


def test_values_come_before_expressions_and_after_parameters(dynamodb: Any, refused: Callable[..., str]) -> None:
    wrong = {"a": {"SS": []}}
    empty_set = INVALID + "An string set  may not be empty"
    expression = {"ConditionExpression": "", "ExpressionAttributeNames": {}}
    for call, key in ((dynamodb.put_item, "Item"), (dynamodb.delete_item, "Key"), (dynamodb.update_item, "Key")):
        assert refused(call, TableName="none", **{key: wrong}, **expression) == empty_set
        assert refused(call, TableName="none", **{key: wrong}, Expected={"a": {}}) == empty_set
        both = refused(call, TableName="none", **{key: wrong}, Expected={"a": {}}, ConditionExpression="")
        assert "Can not use both expression and non-expression parameters" in both
    given = {"ProjectionExpression": "", "ExpressionAttributeNames": {}}
    assert refused(dynamodb.get_item, TableName="none", Key={"a": {}}, **given) == NO_VALUE
    requests = {"none": {"Keys": [{"a": {}}], **given}}
    assert refused(dynamodb.batch_get_item, RequestItems=requests) == NO_VALUE
    actions = [{"Put": {"TableName": "none", "Item": {"a": {}}, "ConditionExpression": ""}}]
    assert refused(dynamodb.transact_write_items, TransactItems=actions) == NO_VALUE


def test_the_size_of_an_item_comes_before_expected_and_after_return_values(
    dynamodb: Any, refused: Callable[..., str]
) -> None:
    large = {"a": text("a" * 409_600)}
    given = {"TableName": "none", "Item": large, "Expected": {"a": {}}}
    assert refused(dynamodb.put_item, **given).endswith("Item size has exceeded the maximum allowed size")
    refusal = refused(dynamodb.put_item, **given, ReturnValues="ALL_NEW")
    assert refusal == "ValidationException: ReturnValues can only be ALL_OLD or NONE"


def test_expressions_of_a_query_in_order(dynamodb: Any, refused: Callable[..., str]) -> None:
    def query(**given: str) -> str:
        return refused(dynamodb.query, TableName="none", **given).removeprefix("ValidationException: ")

    empty = "The expression can not be empty;"
    rest = {"FilterExpression": "", "ProjectionExpression": ""}
    assert query(KeyConditionExpression="", **rest) == f"Invalid KeyConditionExpression: {empty}"
    # What a key condition may hold comes last: only then the three are read.
    assert query(KeyConditionExpression="a <> b", **rest) == f"Invalid FilterExpression: {empty}"
    rest["FilterExpression"] = "a = b"
    assert query(KeyConditionExpression="a <> b", **rest) == f"Invalid ProjectionExpression: {empty}"
    rest["ProjectionExpression"] = "a"
    assert query(KeyConditionExpression="a <> b", **rest) == "Invalid operator used in KeyConditionExpression: <>"
    listed = query(KeyConditionExpression="", **rest, AttributesToGet=["a"])  # type: ignore[arg-type]
    assert listed.endswith("{ProjectionExpression, FilterExpression, KeyConditionExpression}")


def test_a_start_key_between_older_filters_and_older_conditions(dynamodb: Any, refused: Callable[..., str]) -> None:
    conditions = {"KeyConditions": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": []}}}

    def query(start: dict[str, Any], **given: Any) -> str:
        return refused(dynamodb.query, TableName="none", ExclusiveStartKey={"a": start}, **conditions, **given)

    assert query({}) == f"{BAD_START}: {NO_VALUE.partition(': ')[2]}"
    assert query({"NULL": False}).startswith(f"{BAD_START}: One or more parameter values were invalid: Null attribute")
    # Of numbers and doubled members AWS does not say that they are the start key's.
    assert query({"N": "x"}) == f"ValidationException: {NOT_NUMERIC}"
    assert query({"SS": ["a", "a"]}) == INVALID + "Input collection [a, a] contains duplicates."
    assert query({"NS": []}) == INVALID + "An number set  may not be empty"
    assert query({}, AttributesToGet=["a", "a"]) == INVALID + "Duplicate value in attribute name: a"
    filters = {"a": {"ComparisonOperator": "GT", "AttributeValueList": []}}
    refusal = query({}, AttributesToGet=["a", "a"], QueryFilter=filters)
    assert refusal == INVALID + "Invalid number of argument(s) for the GT ComparisonOperator"
    refusal = refused(dynamodb.query, TableName="none", **conditions)
    assert refusal == INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"


def test_what_needs_the_table_comes_last(dynamodb: Any, ranged: str, refused: Callable[..., str]) -> None:
    odd = {"KeyConditions": {"z": {"ComparisonOperator": "NULL"}}}

    def query(start: dict[str, Any] | None = None, table: str = ranged, name: str | None = None, **given: Any) -> str:
        given = given or odd
        if start is not None:
            given = {**given, "ExclusiveStartKey": start}
        return refused(dynamodb.query, TableName=table, **given, **({"IndexName": name} if name else {}))

    a, b, c = text("a"), text("b"), text("c")
    assert query(table="none") == query({"b": a}, table="none") == NOT_FOUND
    for start in ({"b": a}, {"b": a, "c": a}, {"a": a}, {"a": {"N": "1"}, "b": b, "c": c}):
        assert query(start) == BAD_START
    for start in ({"a": {"N": "1"}, "z": a}, {"a": {"B": b"a"}, "b": a}):
        assert query(start) == MISMATCH
    missed = "ValidationException: Query condition missed key schema element: "
    for start in ({"a": a, "z": a}, {"a": a, "b": {"N": "1"}}):
        assert query(start) == f"{missed}a"
    assert query({"a": a, "b": b, "z": a}, name="local") == f"{missed}a"
    assert query({"a": {"N": "1"}, "x": a, "y": a}, name="local") == MISMATCH
    assert query({"a": {"N": "1"}, "b": b, "d": a, "c": c}, name="global") == f"{missed}c"
    equal = {"KeyConditions": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [b]}}}
    assert query({"a": a, "z": a}, **equal) == BAD_START
    assert query({"a": a, "b": {"N": "1"}}, **equal) == MISMATCH
    # The keys of what is queried are checked before the table's own, of which AWS says more.
    by_c = {"KeyConditions": {"c": {"ComparisonOperator": "EQ", "AttributeValueList": [b]}}}
    assert query({"a": a, "b": b, "c": {"N": "1"}}, name="local", **equal) == MISMATCH
    assert query({"a": a, "b": {"N": "1"}, "c": c}, name="local", **equal) == f"{BAD_START}: {MISMATCH[21:]}"
    assert query({"a": a, "b": b, "c": c, "e": c}, name="global", **by_c) == BAD_START
    assert query({"x": a, "y": b, "c": c, "d": c}, name="global", **by_c) == f"{BAD_START}: {MISMATCH[21:]}"
    values = {"KeyConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": a, ":b": {"N": "1"}}}
    refusal = query(FilterExpression="a[1] = :b", **values)
    assert refusal.endswith("Filter Expression can only contain non-primary key attributes: Primary key attribute: a")
    assert query(FilterExpression="d[1] = :b", **values).endswith("lookup '.' are not allowed: IndexKey: d")
    for operator in ("NULL", "CONTAINS", "NE"):
        operands = [] if operator == "NULL" else [a]
        refusal = query(KeyConditions={"a": {"ComparisonOperator": operator, "AttributeValueList": operands}})
        assert refusal.endswith("Attempted conditional constraint is not an indexable operation")


def test_a_scan_in_order(dynamodb: Any, ranged: str, refused: Callable[..., str]) -> None:
    def scan(table: str = "none", **given: Any) -> str:
        return refused(dynamodb.scan, TableName=table, **given)

    filters = {"ScanFilter": {"a": {"ComparisonOperator": "GT", "AttributeValueList": []}}}
    start = {"ExclusiveStartKey": {"a": {}}}
    assert scan(**filters, **start, AttributesToGet=["a", "a"]).endswith("Duplicate value in attribute name: a")
    assert scan(**filters, **start, Segment=1).endswith("argument(s) for the GT ComparisonOperator")
    assert scan(**start, Segment=1, FilterExpression="").startswith(f"{BAD_START}: ")
    assert scan(Segment=1, FilterExpression="").startswith("ValidationException: The TotalSegments parameter is req")
    assert scan(FilterExpression="", ProjectionExpression="").startswith(
        "ValidationException: Invalid FilterExpression"
    )
    inside = {"FilterExpression": "attribute_exists(a.b)", "ExclusiveStartKey": {"a": text("a"), "z": text("a")}}
    assert scan(**inside) == NOT_FOUND
    assert scan(ranged, **inside, IndexName="none").endswith("The table does not have the specified index: none")
    assert scan(ranged, **inside) == f"{BAD_START}: {MISMATCH[21:]}"
    assert scan(ranged, **inside, IndexName="global") == BAD_START
    inside["ExclusiveStartKey"] = {"x": text("a"), "y": text("a"), "c": {"N": "1"}, "d": text("a")}
    assert scan(ranged, **inside, IndexName="global") == MISMATCH
    inside["ExclusiveStartKey"] = {"a": text("a"), "b": text("b")}
    assert "Key attributes must be scalars" in scan(ranged, **inside)


def test_a_batch_says_of_items_and_keys_alike_that_they_do_not_fit(
    dynamodb: Any, ranged: str, refused: Callable[..., str]
) -> None:
    def put(**item: dict[str, Any]) -> str:
        return refused(dynamodb.batch_write_item, RequestItems={ranged: [{"PutRequest": {"Item": item}}]})

    assert put() == put(a=text("a")) == put(a={"N": "1"}, b=text("b")) == MISMATCH
    wrong_index = put(a=text("a"), b=text("b"), c={"N": "1"})
    assert wrong_index.startswith(INVALID + "Type mismatch for Index Key c Expected: S Actual: N IndexName: ")
    dynamodb.batch_write_item(RequestItems={ranged: [{"PutRequest": {"Item": {"a": text("a"), "b": text("b")}}}]})


def test_a_batch_names_keys_given_twice_between_its_expressions_and_its_table(
    dynamodb: Any, ranged: str, refused: Callable[..., str]
) -> None:
    def get(table: str, *keys: dict[str, Any], **given: Any) -> str:
        return refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": list(keys), **given}})

    duplicates = "ValidationException: Provided list of item keys contains duplicates"
    key = {"a": text("1"), "b": text("1")}
    assert get("none", key, key) == duplicates
    assert get("none", key) == NOT_FOUND
    assert get("none", key, key, ProjectionExpression="").endswith("The expression can not be empty;")
    assert get(ranged, {"x": text("1")}, {"x": text("1")}) == duplicates
