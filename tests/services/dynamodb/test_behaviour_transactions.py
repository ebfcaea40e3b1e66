"""Transactions: all or nothing, with a reason for each action; once per token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import schema

Refused = Callable[..., str]
INVALID = "ValidationException: "


@pytest.fixture
def ledger(dynamodb: Any) -> str:
    """A table of accounts by name."""
    dynamodb.create_table(TableName="ledger", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    return "ledger"


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def put(name: str, **given: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "ledger", "Item": key(name), **given}}


def add(name: str, amount: int, **given: Any) -> dict[str, Any]:
    values = {":v": {"N": str(amount)}}
    update = {"UpdateExpression": "ADD balance :v", "ExpressionAttributeValues": values}
    return {"Update": {"TableName": "ledger", "Key": key(name), **update, **given}}


def reasons(call: Callable[..., Any], *actions: dict[str, Any], **given: Any) -> list[dict[str, Any]]:
    """The reasons with which a transaction is cancelled."""
    with pytest.raises(ClientError) as cancelled:
        call(TransactItems=list(actions), **given)
    found: list[dict[str, Any]] = cancelled.value.response["CancellationReasons"]
    assert cancelled.value.response["Error"] == {
        "Code": "TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons"
        f" [{', '.join(reason['Code'] for reason in found)}]",
    }
    return found


def names(dynamodb: Any) -> list[str]:
    return sorted(item["pk"]["S"] for item in dynamodb.scan(TableName="ledger")["Items"])


def test_all_happens_or_nothing(dynamodb: Any, ledger: str) -> None:
    dynamodb.transact_write_items(TransactItems=[put("a"), add("b", 5), put("c")])
    assert names(dynamodb) == ["a", "b", "c"]
    check = {"ConditionCheck": {"TableName": ledger, "Key": key("a"), "ConditionExpression": "attribute_exists(pk)"}}
    delete = {"Delete": {"TableName": ledger, "Key": key("c")}}
    dynamodb.transact_write_items(TransactItems=[check, delete, add("b", -2)])
    assert names(dynamodb) == ["a", "b"]
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    fails = {"ConditionExpression": "attribute_not_exists(pk)"}
    shown = {**fails, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    holds = {"ConditionCheck": {"TableName": ledger, "Key": key("c"), **fails}}
    assert reasons(dynamodb.transact_write_items, put("z"), put("a", **fails), holds, add("b", 1, **shown)) == [
        {"Code": "None"},
        failed,
        {"Code": "None"},
        {**failed, "Item": {**key("b"), "balance": {"N": "3"}}},
    ]
    assert names(dynamodb) == ["a", "b"]


def test_only_the_first_action_that_does_not_fit_is_reported(dynamodb: Any, ledger: str) -> None:
    wrong = {"Put": {"TableName": ledger, "Item": {"pk": {"N": "7"}}}}
    assert reasons(dynamodb.transact_write_items, put("a"), wrong, wrong) == [
        {"Code": "None"},
        {
            "Code": "ValidationError",
            "Message": "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N",
        },
        {"Code": "None"},
    ]
    dynamodb.put_item(TableName=ledger, Item={**key("t"), "balance": {"S": "text"}})
    (reason,) = reasons(dynamodb.transact_write_items, add("t", 1))
    assert reason["Message"] == "An operand in the update expression has an incorrect data type"
    (reason,) = reasons(dynamodb.transact_get_items, {"Get": {"TableName": ledger, "Key": {"pk": {"N": "7"}}}})
    assert reason["Message"] == "The provided key element does not match the schema"
    assert names(dynamodb) == ["t"]


def test_what_the_request_alone_shows_is_refused_at_once(dynamodb: Any, ledger: str, refused: Refused) -> None:
    def write(*actions: dict[str, Any]) -> str:
        return refused(dynamodb.transact_write_items, TransactItems=list(actions))

    assert write(put("a"), {"Delete": {"TableName": ledger, "Key": key("a")}}) == (
        INVALID + "Transaction request cannot include multiple operations on one item"
    )
    assert write({**put("a"), **add("b", 1)}) == (
        INVALID + "TransactItems can only contain one of Check, Put, Update or Delete"
    )
    assert "Syntax error" in write(put("a", ConditionExpression="hello!"))
    assert "cannot contain an empty string value. Key: pk" in write(put(""))
    assert "Member must have length less than or equal to 100" in write(*[put(str(at)) for at in range(101)])
    assert write({"Put": {"TableName": "none", "Item": key("a")}}) == (
        "ResourceNotFoundException: Requested resource not found"
    )
    large = [{"Put": {"TableName": ledger, "Item": {**key(str(at)), "p": {"S": "x" * 380_000}}}} for at in range(12)]
    assert "size cannot exceed" in write(*large)
    assert names(dynamodb) == []


def test_a_token_makes_repetition_harmless_for_ten_minutes(fresh_cloud: Any, refused: Refused) -> None:
    dynamodb = fresh_cloud.client("dynamodb")
    dynamodb.create_table(TableName="ledger", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    once = {"TransactItems": [add("a", 1)], "ClientRequestToken": "token-1", "ReturnConsumedCapacity": "TOTAL"}
    first = dynamodb.transact_write_items(**once)["ConsumedCapacity"]
    assert first == [{"TableName": "ledger", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}]
    again = dynamodb.transact_write_items(**once)["ConsumedCapacity"]
    assert again == [{"TableName": "ledger", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]
    balance = dynamodb.get_item(TableName="ledger", Key=key("a"))["Item"]["balance"]
    assert balance == {"N": "1"}
    assert refused(dynamodb.transact_write_items, **{**once, "TransactItems": [add("a", 2)]}).startswith(
        "IdempotentParameterMismatchException"
    )
    fresh_cloud.restart()
    dynamodb.transact_write_items(**once)
    fresh_cloud.clock_advance(601)
    dynamodb.transact_write_items(**once)
    assert dynamodb.get_item(TableName="ledger", Key=key("a"))["Item"]["balance"] == {"N": "2"}


def test_reading_items_as_they_are_at_one_moment(dynamodb: Any, ledger: str) -> None:
    for name in ("a", "b"):
        dynamodb.put_item(TableName=ledger, Item={**key(name), "x": {"S": name}, "y": {"S": "-"}})
    gets = [{"Get": {"TableName": ledger, "Key": key(name)}} for name in ("b", "none", "a")]
    gets[2]["Get"]["ProjectionExpression"] = "x"
    answer = dynamodb.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [
        {"Item": {**key("b"), "x": {"S": "b"}, "y": {"S": "-"}}},
        {},
        {"Item": {"x": {"S": "a"}}},
    ]
    assert answer["ConsumedCapacity"] == [{"TableName": ledger, "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]
