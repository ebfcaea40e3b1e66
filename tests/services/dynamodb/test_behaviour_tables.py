"""Tables: create, describe, list, update, delete; indexes built later; tags, limits, backups; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import index, schema

Refused = Callable[..., str]
INVALID = "ValidationException: One or more parameter values were invalid: "
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def test_a_table_from_creation_to_deletion(dynamodb: Any, account: str, refused: Refused) -> None:
    made = dynamodb.create_table(TableName="life", ProvisionedThroughput=UNITS, **schema(pk="S"))["TableDescription"]
    assert (made["TableStatus"], made["ItemCount"]) == ("CREATING", 0)
    dynamodb.get_waiter("table_exists").wait(TableName="life")
    described = dynamodb.describe_table(TableName="life")["Table"]
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/life"
    assert (described["TableStatus"], described["TableArn"]) == ("ACTIVE", arn)
    assert described["ProvisionedThroughput"] == {**UNITS, "NumberOfDecreasesToday": 0}
    assert "BillingModeSummary" not in described
    again = refused(dynamodb.create_table, TableName="life", ProvisionedThroughput=UNITS, **schema(pk="S"))
    assert again == "ResourceInUseException: Table already exists: life"
    assert dynamodb.describe_table(TableName=arn)["Table"]["TableId"] == described["TableId"]
    dynamodb.put_item(TableName=arn, Item={"pk": {"S": "by its ARN"}})
    assert dynamodb.delete_table(TableName="life")["TableDescription"]["TableStatus"] == "DELETING"
    dynamodb.get_waiter("table_not_exists").wait(TableName="life")
    dynamodb.create_table(TableName="life", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    assert dynamodb.scan(TableName="life")["Count"] == 0


def test_describe_counts_items_and_bytes(dynamodb: Any, table: str) -> None:
    for number in range(3):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": str(number)}, "x": {"S": "12345"}})
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "0"}})
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}, "sk": {"S": "1"}})
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert (described["ItemCount"], described["TableSizeBytes"]) == (2, 6 + 12)


def test_tables_are_listed_in_pages(dynamodb: Any) -> None:
    names = [f"t{number}" for number in range(5)]
    for name in reversed(names):
        dynamodb.create_table(TableName=name + "xx", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    first = dynamodb.list_tables(Limit=2)
    assert (first["TableNames"], first["LastEvaluatedTableName"]) == (["t0xx", "t1xx"], "t1xx")
    rest = dynamodb.list_tables(ExclusiveStartTableName="t1xx", Limit=3)
    assert (rest["TableNames"], "LastEvaluatedTableName" in rest) == (["t2xx", "t3xx", "t4xx"], False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
        (
            {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": UNITS},
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            {"AttributeDefinitions": [{"AttributeName": "b", "AttributeType": "S"}]},
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], AttributeDefinitions: [b]",
        ),
        (
            schema(pk="S") | {"AttributeDefinitions": schema(pk="S", x="S")["AttributeDefinitions"]},
            "Number of attributes in KeySchema does not exactly match number of attributes defined in"
            " AttributeDefinitions",
        ),
        ({"GlobalSecondaryIndexes": []}, "List of GlobalSecondaryIndexes is empty"),
        (
            {"LocalSecondaryIndexes": [index("lsi", "pk", "x")]},
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ),
        (
            {"GlobalSecondaryIndexes": [index("gsi", "pk", projection="INCLUDE")]},
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            {"GlobalSecondaryIndexes": [index("gsi", "pk", projection="KEYS_ONLY", extra=["x"])]},
            "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified",
        ),
        ({"GlobalSecondaryIndexes": [index("gsi", "pk"), index("gsi", "pk")]}, "Duplicate index name: gsi"),
        (
            {
                "AttributeDefinitions": schema(pk="S", x="S")["AttributeDefinitions"],
                "GlobalSecondaryIndexes": [index("gsi", "pk")],
            },
            "Some AttributeDefinitions are not used. AttributeDefinitions: [pk, x], keys used: [pk]",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True}},
            "Table is being created with a stream enabled, UpdateViewType is required",
        ),
    ],
)  # fmt: skip
def test_tables_that_contradict_themselves(
    dynamodb: Any, refused: Refused, given: dict[str, Any], message: str
) -> None:
    billing = {} if given == {} else {"BillingMode": "PAY_PER_REQUEST"}
    assert (
        refused(dynamodb.create_table, **{"TableName": "bad", **billing, **schema(pk="S"), **given})
        == INVALID + message
    )
    assert dynamodb.list_tables()["TableNames"] == []


def test_key_schemas_that_are_none(dynamodb: Any, refused: Refused) -> None:
    for keys, kinds, words in (
        ("aa", ("HASH", "RANGE"), "have the same name"),
        ("ab", ("RANGE", "HASH"), "The first KeySchemaElement is not a HASH key type"),
        ("ab", ("HASH", "HASH"), "The second KeySchemaElement is not a RANGE key type"),
    ):
        elements = [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, kinds, strict=True)]
        given = schema(a="S", b="S") | {"KeySchema": elements}
        assert words in refused(dynamodb.create_table, TableName="bad", BillingMode="PAY_PER_REQUEST", **given)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"GlobalTableSettingsReplicationMode": "ENABLED"}, "GlobalTableSettingsReplicationMode"),
        ({"GlobalTableSourceArn": "arn:aws:dynamodb:us-east-1:111122223333:table/other"}, "GlobalTableSourceArn"),
    ],
)
def test_what_is_not_built_is_refused_by_name(
    dynamodb: Any, refused: Refused, given: dict[str, Any], name: str
) -> None:
    text = refused(dynamodb.create_table, TableName="new", BillingMode="PAY_PER_REQUEST", **schema(pk="S"), **given)
    assert text.startswith("NotImplemented") and name in text
    assert dynamodb.list_tables()["TableNames"] == []


# ---- UpdateTable ----------------------------------------------------------------------------------------------------


def test_billing_and_throughput_change(dynamodb: Any, refused: Refused) -> None:
    dynamodb.create_table(TableName="paid", ProvisionedThroughput=UNITS, **schema(pk="S"))
    assert "The provisioned throughput for the table will not change" in refused(
        dynamodb.update_table, TableName="paid", ProvisionedThroughput=UNITS
    )
    more = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 6}
    answer = dynamodb.update_table(TableName="paid", ProvisionedThroughput=more)["TableDescription"]
    assert answer["TableStatus"] == "UPDATING"
    described = dynamodb.describe_table(TableName="paid")["Table"]
    units = described["ProvisionedThroughput"]
    assert (described["TableStatus"], units["ReadCapacityUnits"]) == ("ACTIVE", 10)
    assert "LastIncreaseDateTime" in units and "LastDecreaseDateTime" not in units
    mixed = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}
    dynamodb.update_table(TableName="paid", ProvisionedThroughput=mixed)
    units = dynamodb.describe_table(TableName="paid")["Table"]["ProvisionedThroughput"]
    assert units["LastIncreaseDateTime"] >= units["LastDecreaseDateTime"]
    dynamodb.update_table(TableName="paid", BillingMode="PAY_PER_REQUEST")
    described = dynamodb.describe_table(TableName="paid")["Table"]
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "must be specified when BillingMode is PROVISIONED" in refused(
        dynamodb.update_table, TableName="paid", BillingMode="PROVISIONED"
    )
    assert "At least one of ProvisionedThroughput, BillingMode" in refused(dynamodb.update_table, TableName="paid")


def test_deletion_protection_and_class(dynamodb: Any, refused: Refused) -> None:
    dynamodb.create_table(
        TableName="safe", BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True, **schema(pk="S")
    )
    assert refused(dynamodb.delete_table, TableName="safe") == (
        "ValidationException: Resource cannot be deleted as it is currently protected against deletion."
        " Disable deletion protection first."
    )
    dynamodb.update_table(TableName="safe", TableClass="STANDARD_INFREQUENT_ACCESS")
    summary = dynamodb.describe_table(TableName="safe")["Table"]["TableClassSummary"]
    assert summary["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    dynamodb.update_table(TableName="safe", DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName="safe")


@pytest.mark.parametrize("count", [30, 1203])
def test_a_global_index_is_built_over_what_is_there(dynamodb: Any, cloud: Any, table: str, count: int) -> None:
    """Beyond a few hundred items the index is built in steps; writes meanwhile are neither lost nor counted twice."""
    for start in range(0, count, 25):
        batch = [
            {"PutRequest": {"Item": {"pk": {"S": f"p{at}"}, "sk": {"S": "1"}, "g": {"S": f"g{at % 3}"}}}}
            for at in range(start, min(start + 25, count))
        ]
        dynamodb.batch_write_item(RequestItems={table: batch})
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "odd"}, "sk": {"S": "1"}, "g": {"N": "5"}})
    create = {"Create": index("late", "g", "pk")}
    answer = dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=schema(pk="S", g="S")["AttributeDefinitions"],
        GlobalSecondaryIndexUpdates=[create],
    )["TableDescription"]
    assert answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    for at in range(0, count, 7):
        key = {"pk": {"S": f"p{at}"}, "sk": {"S": "1"}}
        if at % 2:
            dynamodb.delete_item(TableName=table, Key=key)
        else:
            dynamodb.put_item(TableName=table, Item={**key, "g": {"S": "moved"}})
    cloud.settle()
    expected = {f"p{at}": "moved" if at % 7 == 0 else f"g{at % 3}" for at in range(count) if at % 7 or at % 2 == 0}
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, IndexName="late")
    found = {item["pk"]["S"]: item["g"]["S"] for page in pages for item in page["Items"]}
    assert found == expected
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == len(expected) == described["ItemCount"] - 1
    dynamodb.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "late"}}])
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert "GlobalSecondaryIndexes" not in described
    assert [each["AttributeName"] for each in described["AttributeDefinitions"]] == ["pk", "sk"]


def test_index_updates_that_are_refused(dynamodb: Any, table: str, refused: Refused) -> None:
    def update(*updates: dict[str, Any], **given: Any) -> str:
        return refused(dynamodb.update_table, TableName=table, GlobalSecondaryIndexUpdates=list(updates), **given)

    definitions = {"AttributeDefinitions": schema(g="S")["AttributeDefinitions"]}
    assert "AttributeDefinitions is not specified for index: new" in update({"Create": index("new", "g")})
    assert update({"Create": index("new", "g")}, {"Create": index("newer", "g")}, **definitions) == (
        "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted"
        " simultaneously per table"
    )
    assert update({"Delete": {"IndexName": "none"}}).startswith("ResourceNotFoundException")
    assert "must not be null" in update({})
    assert "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName=table)["Table"]


# ---- Streams, tags and settings -------------------------------------------------------------------------------------


def test_index_updates_that_are_wrong_whatever_the_table_is(dynamodb: Any, table: str, refused: Refused) -> None:
    def update(name: str, *updates: dict[str, Any], **given: Any) -> str:
        return refused(dynamodb.update_table, TableName=name, GlobalSecondaryIndexUpdates=list(updates), **given)

    assert "At least one of ProvisionedThroughput, BillingMode" in update("none")
    assert update("none", {}) == (
        INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create,"
        " GlobalSecondaryIndexUpdate.Delete must not be null"
    )
    delete = {"Delete": {"IndexName": "one"}}
    assert update("none", delete, delete).endswith("update per index is allowed simultaneously. Index: one")
    assert update("none", delete) == "ResourceNotFoundException: Requested resource not found: Table: none not found"
    # That there are too many comes before the question whether there are any.
    assert update(table, delete, {"Delete": {"IndexName": "two"}}).startswith("LimitExceededException: Subscriber")


def test_attributes_keep_their_types(dynamodb: Any, refused: Refused) -> None:
    given = schema(pk="S", g="S")
    given["KeySchema"].pop()
    indexes = [index("gsi", "g", "pk")]
    dynamodb.create_table(TableName="typed", BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=indexes, **given)
    refusal = refused(
        dynamodb.update_table,
        TableName="typed",
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("other", "g")}],
    )
    assert refusal == (
        INVALID + "Attributes cannot be redefined. Please check that your attribute has the same type as previously"
        " defined. Existing schema: Schema:[SchemaElement: key{g:S:HASH}, SchemaElement: key{pk:S:RANGE}] New schema:"
        " Schema:[SchemaElement: key{g:N:HASH}]"
    )


def test_a_stream_has_an_arn_and_goes_with_its_switch(dynamodb: Any, refused: Refused) -> None:
    dynamodb.create_table(
        TableName="flow", BillingMode="PAY_PER_REQUEST", **schema(pk="S"),
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )  # fmt: skip
    described = dynamodb.describe_table(TableName="flow")["Table"]
    assert described["LatestStreamArn"] == f"{described['TableArn']}/stream/{described['LatestStreamLabel']}"
    again = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert refused(dynamodb.update_table, TableName="flow", StreamSpecification=again) == (
        "ValidationException: Table already has an enabled stream: TableName: flow"
    )
    dynamodb.update_table(TableName="flow", StreamSpecification={"StreamEnabled": False})
    off = dynamodb.describe_table(TableName="flow")["Table"]
    assert "StreamSpecification" not in off and off["LatestStreamArn"] == described["LatestStreamArn"]
    assert "Table has no stream to disable" in refused(
        dynamodb.update_table, TableName="flow", StreamSpecification={"StreamEnabled": False}
    )


def test_tags(dynamodb: Any, account: str, refused: Refused) -> None:
    tags = [{"Key": f"k{number}", "Value": str(number)} for number in range(12)]
    made = dynamodb.create_table(TableName="tagged", BillingMode="PAY_PER_REQUEST", Tags=tags[:2], **schema(pk="S"))
    arn = made["TableDescription"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["k3", "none"])
    pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    assert [tag for page in pages for tag in page["Tags"]] == [tag for tag in tags if tag["Key"] != "k3"]
    missing = f"arn:aws:dynamodb:us-east-1:{account}:table/none"
    assert refused(dynamodb.list_tags_of_resource, ResourceArn=missing) == (
        f"ResourceNotFoundException: Requested resource not found: ResourcArn: {missing} not found"
    )
    dynamodb.delete_table(TableName="tagged")
    dynamodb.create_table(TableName="tagged", BillingMode="PAY_PER_REQUEST", **schema(pk="S"))
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


def test_tags_that_are_refused(dynamodb: Any, account: str, table: str, refused: Refused) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/{table}"
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "буквы and 1 _.:/=+-@", "Value": ""}])

    def tag(key: str, value: str = "v", resource: str = arn) -> str:
        return refused(dynamodb.tag_resource, ResourceArn=resource, Tags=[{"Key": key, "Value": value}])

    assert tag("a!") == "ValidationException: The Tag Key provided is invalid string"
    assert tag("a", "<b>") == "ValidationException: The Tag Value provided is invalid string"
    assert tag("a", resource="I_do_not_exist") == (
        f"AccessDeniedException: User: arn:aws:iam::{account}:root is not authorized to perform: dynamodb:TagResource"
        " on resource: I_do_not_exist"
    )
    for other in (arn[: -len(table)] + "ab", f"arn:aws:sqs:us-east-1:{account}:queue", arn.replace("east", "west")):
        expected = f"ValidationException: Invalid TableArn: Invalid ResourceArn provided as input {other}"
        assert tag("a", resource=other) == expected


def test_limits_and_endpoints(dynamodb: Any, table: str, cloud: Any, refused: Refused) -> None:
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    assert dynamodb.describe_endpoints()["Endpoints"][0]["Address"].endswith(str(cloud.port))
    missing = refused(dynamodb.describe_continuous_backups, TableName="none")
    assert missing == "TableNotFoundException: Table not found: none"
    with pytest.raises(ClientError, match="NotImplemented"):
        dynamodb.execute_statement(Statement='SELECT * FROM "things"')
