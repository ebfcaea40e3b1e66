"""Who may do what: tables and indexes, each part of a batch or transaction, and DynamoDB's condition keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import index, schema


@pytest.fixture
def notes(dynamodb: Any) -> str:
    """A table with a global index and one item."""
    given = schema(pk="S", g="S")
    dynamodb.create_table(
        TableName="notes",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=given["AttributeDefinitions"],
        KeySchema=given["KeySchema"][:1],
        GlobalSecondaryIndexes=[index("by_g", "g")],
    )
    dynamodb.put_item(TableName="notes", Item={"pk": {"S": "mine"}, "g": {"S": "x"}, "secret": {"S": "s"}})
    return "notes"


@pytest.fixture
def someone(iam_user: Callable[..., Any], account: str, notes: str) -> Callable[..., Any]:
    """Makes a client of a user who is allowed these actions on these resources (the table, unless told)."""

    def make(*actions: str, resource: str = "", conditions: dict[str, Any] | None = None) -> Any:
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": [f"dynamodb:{action}" for action in actions],
            "Resource": f"arn:aws:dynamodb:us-east-1:{account}:table/notes{resource}",
        }
        if conditions:
            statement["Condition"] = conditions
        return iam_user({"Version": "2012-10-17", "Statement": [statement]})("dynamodb")

    return make


def allowed(call: Callable[..., Any], **given: Any) -> bool:
    """Whether the call is allowed, whatever else becomes of it."""
    try:
        call(**given)
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDeniedException"
    return True


MINE = {"pk": {"S": "mine"}}
OTHER = {"pk": {"S": "other"}}


def test_a_denial_names_the_action_and_the_table(someone: Any, account: str) -> None:
    user = someone("GetItem")
    assert allowed(user.get_item, TableName="notes", Key=MINE)
    with pytest.raises(ClientError) as denied:
        user.put_item(TableName="notes", Item=MINE)
    assert denied.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:iam::{account}:user/someone is not authorized to perform: dynamodb:PutItem on"
        f" resource: arn:aws:dynamodb:us-east-1:{account}:table/notes because no identity-based policy allows the"
        " dynamodb:PutItem action",
    }
    assert not allowed(user.get_item, TableName="elsewhere", Key=MINE)  # not even that it is not there
    assert not allowed(user.list_tables)


def test_an_index_is_a_resource_of_its_own(someone: Any) -> None:
    user = someone("Query", "Scan", resource="/index/by_g")
    condition = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "x"}}}
    assert allowed(user.query, TableName="notes", IndexName="by_g", **condition)
    assert allowed(user.scan, TableName="notes", IndexName="by_g")
    assert not allowed(user.scan, TableName="notes")


def test_a_table_by_its_arn_is_the_same_resource(someone: Any, account: str) -> None:
    user = someone("GetItem")
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/"
    assert allowed(user.get_item, TableName=f"{arn}notes", Key=MINE)
    assert not allowed(user.get_item, TableName=f"{arn}other", Key=MINE)


def test_every_table_of_a_batch_must_be_allowed(someone: Any, dynamodb: Any) -> None:
    user = someone("BatchGetItem", "BatchWriteItem")
    assert allowed(user.batch_get_item, RequestItems={"notes": {"Keys": [MINE]}})
    assert not allowed(user.batch_get_item, RequestItems={"notes": {"Keys": [MINE]}, "other": {"Keys": [MINE]}})
    put = [{"PutRequest": {"Item": MINE}}]
    assert allowed(user.batch_write_item, RequestItems={"notes": put})
    assert not allowed(user.batch_write_item, RequestItems={"notes": put, "other": put})


def test_every_action_of_a_transaction_needs_its_own_permission(someone: Any) -> None:
    user = someone("PutItem", "GetItem")
    put = {"Put": {"TableName": "notes", "Item": OTHER}}
    delete = {"Delete": {"TableName": "notes", "Key": MINE}}
    check = {"ConditionCheck": {"TableName": "notes", "Key": MINE, "ConditionExpression": "attribute_exists(pk)"}}
    assert allowed(user.transact_write_items, TransactItems=[put])
    assert not allowed(user.transact_write_items, TransactItems=[put, delete])
    assert not allowed(user.transact_write_items, TransactItems=[put, check])
    assert allowed(user.transact_get_items, TransactItems=[{"Get": {"TableName": "notes", "Key": MINE}}])


def test_leading_keys_keep_users_to_their_own_items(someone: Any) -> None:
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}}
    actions = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem")
    user = someone(*actions, conditions=own)
    for key, expected in ((MINE, True), (OTHER, False)):
        assert allowed(user.get_item, TableName="notes", Key=key) is expected
        assert allowed(user.put_item, TableName="notes", Item=key) is expected
        assert allowed(user.update_item, TableName="notes", Key=key) is expected
        assert allowed(user.batch_get_item, RequestItems={"notes": {"Keys": [key]}}) is expected
        assert allowed(user.batch_write_item, RequestItems={"notes": [{"DeleteRequest": {"Key": key}}]}) is expected
        get = {"Get": {"TableName": "notes", "Key": key}}
        assert allowed(user.transact_get_items, TransactItems=[get]) is expected
        values = {":p": key["pk"]}
        assert (
            allowed(user.query, TableName="notes", KeyConditionExpression="pk = :p", ExpressionAttributeValues=values)
            is expected
        )


def test_attributes_can_be_kept_back(someone: Any) -> None:
    listed = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "g"]},
        "StringEqualsIfExists": {
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues": ["NONE", "UPDATED_NEW"],
        },
    }
    user = someone("GetItem", "UpdateItem", "Query", conditions=listed)
    assert allowed(user.get_item, TableName="notes", Key=MINE, ProjectionExpression="pk, g")
    assert not allowed(user.get_item, TableName="notes", Key=MINE, ProjectionExpression="pk, secret")
    assert not allowed(user.get_item, TableName="notes", Key=MINE, AttributesToGet=["secret"])
    update = {"TableName": "notes", "Key": MINE, "ExpressionAttributeValues": {":v": {"S": "v"}}}
    assert allowed(user.update_item, UpdateExpression="SET g = :v", **update)
    assert not allowed(user.update_item, UpdateExpression="SET secret = :v", **update)
    assert not allowed(user.update_item, UpdateExpression="SET g = :v", ReturnValues="ALL_NEW", **update)
    query = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": MINE["pk"]}}
    specific = {"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "g"}
    assert allowed(user.query, TableName="notes", **query, **specific)
    assert not allowed(user.query, TableName="notes", Select="ALL_ATTRIBUTES", **query)


def test_a_permission_can_be_bound_to_transactions(someone: Any) -> None:
    inside = {"StringEquals": {"dynamodb:EnclosingOperation": "TransactWriteItems"}}
    user = someone("PutItem", conditions=inside)
    assert allowed(user.transact_write_items, TransactItems=[{"Put": {"TableName": "notes", "Item": OTHER}}])
    assert not allowed(user.put_item, TableName="notes", Item=OTHER)


def test_attributes_can_be_kept_back_in_batches_and_transactions(someone: Any) -> None:
    listed = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "g"]}}
    actions = ("GetItem", "PutItem", "UpdateItem", "BatchGetItem", "BatchWriteItem")
    user = someone(*actions, conditions=listed)
    secret = {**MINE, "secret": {"S": "s"}}
    for asked, expected in (("g", True), ("secret", False), ("g, secret", False)):
        wanted = {"Keys": [MINE], "ProjectionExpression": asked}
        assert allowed(user.batch_get_item, RequestItems={"notes": wanted}) is expected
        get = {"Get": {"TableName": "notes", "Key": MINE, "ProjectionExpression": asked}}
        assert allowed(user.transact_get_items, TransactItems=[get]) is expected
    assert not allowed(user.batch_get_item, RequestItems={"notes": {"Keys": [MINE], "AttributesToGet": ["secret"]}})
    for item, expected in ((OTHER, True), (secret, False)):
        puts = {"notes": [{"PutRequest": {"Item": {"pk": {"S": "third"}}}}, {"PutRequest": {"Item": item}}]}
        assert allowed(user.batch_write_item, RequestItems=puts) is expected
        put = {"Put": {"TableName": "notes", "Item": item}}
        assert allowed(user.transact_write_items, TransactItems=[put]) is expected
    for name, expected in (("g", True), ("secret", False)):
        update = {"TableName": "notes", "Key": MINE, "UpdateExpression": f"REMOVE {name}"}
        assert allowed(user.transact_write_items, TransactItems=[{"Update": update}]) is expected


def test_a_wrong_expression_is_told_to_those_who_may(someone: Any) -> None:
    user = someone("GetItem", conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}})
    for key, code in ((MINE, "ValidationException"), (OTHER, "AccessDeniedException")):
        get = {"Get": {"TableName": "notes", "Key": key, "ProjectionExpression": "#"}}
        with pytest.raises(ClientError) as error:
            user.transact_get_items(TransactItems=[get])
        assert error.value.response["Error"]["Code"] == code


def test_tags_of_a_new_table_need_a_permission_even_when_there_are_none(iam_user: Any, account: str) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/new"
    statement = {"Effect": "Allow", "Action": "dynamodb:CreateTable", "Resource": arn}
    user = iam_user({"Version": "2012-10-17", "Statement": [statement]})("dynamodb")
    given = {"TableName": "new", "BillingMode": "PAY_PER_REQUEST", **schema(pk="S")}
    for tags in ([], [{"Key": "a", "Value": "b"}]):
        with pytest.raises(ClientError) as denied:
            user.create_table(**given, Tags=tags)
        assert f"dynamodb:TagResource on resource: {arn} because" in str(denied.value)
    user.create_table(**given)


def test_tables_are_listed_on_all_of_them(iam_user: Any, account: str) -> None:
    tables = f"arn:aws:dynamodb:us-east-1:{account}:table/"
    for number, (resource, expected) in enumerate(((f"{tables}*", True), (f"{tables}a*", False), ("*", True))):
        statement = {
            "Effect": "Allow",
            "Action": ["dynamodb:ListTables", "dynamodb:DescribeTable"],
            "Resource": resource,
        }
        user = iam_user({"Version": "2012-10-17", "Statement": [statement]}, name=f"user{number}")("dynamodb")
        assert allowed(user.list_tables) is expected
    with pytest.raises(ClientError) as denied:
        user.describe_limits()
    assert "perform: dynamodb:DescribeLimits on resource: * because no identity-based policy" in str(denied.value)
