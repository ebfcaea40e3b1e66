"""Calls of DynamoDB that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

SCHEMA: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
INDEX = {
    "IndexName": "by_g",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
LISTED_ON = "Denials of AWS name table/* (github.com/AntonShuvaev/intellij-dynamodb/issues/20); the reference has none."
OF_OTHERS = "A transaction needs the actions of the kinds that are in it (API_TransactWriteItems.html)."


def table(at: Stage) -> str:
    """A table of the operation's own, empty."""
    at.root().create_table(TableName=at.name, **SCHEMA, Tags=[{"Key": "a", "Value": "1"}])
    return at.name


def shared(at: Stage) -> str:
    """A table for the examples of items, with an index and an item."""
    attributes = [*SCHEMA["AttributeDefinitions"], {"AttributeName": "g", "AttributeType": "S"}]
    given = {**SCHEMA, "AttributeDefinitions": attributes}
    at.root().create_table(TableName="shared", **given, GlobalSecondaryIndexes=[INDEX])
    at.root().put_item(TableName="shared", Item={"pk": {"S": "present"}, "g": {"S": "g"}})
    return "shared"


def other(at: Stage) -> str:
    """A second table for items."""
    at.root().create_table(TableName="other", **SCHEMA)
    return "other"


def on(at: Stage, name: str) -> str:
    """The ARN of a table, or of an index in it."""
    return at.arn(f"table/{name}")


def key(name: str) -> dict[str, Any]:
    """The key of an item."""
    return {"pk": {"S": name}}


# ---- tables ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateTable")
def create_table(at: Stage) -> Case:
    source = "github.com/hashicorp/terraform-provider-aws/issues/10943: a list of tags needs it, even an empty one."
    also = [Also("dynamodb:TagResource", on(at, at.name), source)]
    return Case({"TableName": at.name, **SCHEMA, "Tags": []}, on(at, at.name), also=also)


@EXAMPLES("CreateTable", variant="untagged")
def create_table_without_tags(at: Stage) -> Case:
    return Case({"TableName": at.name, **SCHEMA}, on(at, at.name))


TABLES: dict[str, dict[str, Any]] = {
    "DeleteTable": {},
    "DescribeContinuousBackups": {},
    "DescribeTable": {},
    "DescribeTimeToLive": {},
    "UpdateContinuousBackups": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
    "UpdateTable": {"DeletionProtectionEnabled": True},
    "UpdateTimeToLive": {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ttl"}},
}


@EXAMPLES(*TABLES)
def of_table(at: Stage) -> Case:
    return Case({"TableName": table(at), **TABLES[at.operation]}, on(at, at.name))


@EXAMPLES("DescribeTable", variant="by-arn")
def of_table_by_arn(at: Stage) -> Case:
    return Case({"TableName": on(at, table(at))}, on(at, at.name))


TAGGING: dict[str, dict[str, Any]] = {
    "ListTagsOfResource": {},
    "TagResource": {"Tags": [{"Key": "b", "Value": "2"}]},
    "UntagResource": {"TagKeys": ["a"]},
}


@EXAMPLES(*TAGGING)
def of_tags(at: Stage) -> Case:
    resource = on(at, table(at))
    return Case({"ResourceArn": resource, **TAGGING[at.operation]}, resource)


@EXAMPLES("ListTables")
def list_tables(at: Stage) -> Case:
    wrong = {"dynamodb:ListTables": [on(at, "a*"), f"arn:aws:dynamodb:{at.region}:999999999999:table/*"]}
    return Case({}, on(at, "*"), outside=LISTED_ON, wrong=wrong)


EXAMPLES("DescribeEndpoints", "DescribeLimits")(lambda at: Case())


# ---- backups ---------------------------------------------------------------------------------------------------------

FILLS = "The new table is read and written in the caller's name (backuprestore_IAM.html of AWS's guide)."
FILLING = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


def filled(at: Stage, name: str) -> list[Also]:
    """What whoever restores needs on the new table."""
    return [Also(f"dynamodb:{action}", on(at, name), FILLS) for action in FILLING]


def backup(at: Stage) -> str:
    """The ARN of a backup of a table of the operation's own."""
    made: str = at.root().create_backup(TableName=table(at), BackupName="kept")["BackupDetails"]["BackupArn"]
    return made


@EXAMPLES("CreateBackup")
def create_backup(at: Stage) -> Case:
    return Case({"TableName": table(at), "BackupName": "kept"}, on(at, at.name))


@EXAMPLES("DeleteBackup", "DescribeBackup")
def of_backup(at: Stage) -> Case:
    made = backup(at)
    return Case({"BackupArn": made}, made)


EXAMPLES("ListBackups")(lambda at: Case())


@EXAMPLES("RestoreTableFromBackup")
def restore_table_from_backup(at: Stage) -> Case:
    made = backup(at)
    given = {"BackupArn": made, "TargetTableName": "restored"}
    return Case(given, [made, on(at, "restored")], also=filled(at, "restored"))


@EXAMPLES("RestoreTableToPointInTime")
def restore_table_to_point_in_time(at: Stage) -> Case:
    enabled = {"PointInTimeRecoveryEnabled": True}
    at.root().update_continuous_backups(TableName=table(at), PointInTimeRecoverySpecification=enabled)
    given = {"SourceTableName": at.name, "TargetTableName": "restored-to", "UseLatestRestorableTime": True}
    return Case(given, on(at, at.name), also=filled(at, "restored-to"))


# ---- items -----------------------------------------------------------------------------------------------------------

ITEMS: dict[str, dict[str, Any]] = {
    "DeleteItem": {"Key": key("absent"), "ReturnValues": "ALL_OLD"},
    "GetItem": {"Key": key("present")},
    "PutItem": {"Item": key("put")},
    "Query": {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "present"}}},
    "Scan": {},
    "UpdateItem": {"Key": key("updated"), "UpdateExpression": "REMOVE a"},
}


@EXAMPLES(*ITEMS)
def of_items(at: Stage) -> Case:
    return Case({"TableName": at.once(shared), **ITEMS[at.operation]}, on(at, "shared"))


@EXAMPLES("Query", "Scan", variant="index")
def of_index(at: Stage) -> Case:
    given = {"TableName": at.once(shared), "IndexName": "by_g"}
    if at.operation.startswith("Query"):
        given |= {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "g"}}}
    return Case(given, on(at, "shared/index/by_g"))


@EXAMPLES("BatchGetItem")
def batch_get_item(at: Stage) -> Case:
    names = at.once(shared), at.once(other)
    return Case(
        {"RequestItems": {name: {"Keys": [key("present")]} for name in names}}, [on(at, name) for name in names]
    )


@EXAMPLES("BatchWriteItem")
def batch_write_item(at: Stage) -> Case:
    first, second = at.once(shared), at.once(other)
    put, delete = {"PutRequest": {"Item": key("batch")}}, {"DeleteRequest": {"Key": key("absent")}}
    return Case({"RequestItems": {first: [put], second: [delete]}}, [on(at, first), on(at, second)])


@EXAMPLES("TransactGetItems")
def transact_get_items(at: Stage) -> Case:
    names = at.once(shared), at.once(other)
    items = [{"Get": {"TableName": name, "Key": key("present")}} for name in names]
    return Case({"TransactItems": items}, [on(at, name) for name in names])


@EXAMPLES("TransactWriteItems")
def transact_write_items(at: Stage) -> Case:
    first, second = at.once(shared), at.once(other)
    check = {"Key": key("present"), "ConditionExpression": "attribute_exists(pk)"}
    items: list[dict[str, Any]] = [
        {"Put": {"TableName": first, "Item": key("written")}},
        {"Put": {"TableName": second, "Item": key("written")}},
        {"Update": {"TableName": second, **ITEMS["UpdateItem"]}},
        {"Delete": {"TableName": first, "Key": key("absent")}},
        {"ConditionCheck": {"TableName": first, **check}},
    ]
    asked = {
        "dynamodb:PutItem": [on(at, first), on(at, second)],
        "dynamodb:UpdateItem": on(at, second),
        "dynamodb:DeleteItem": on(at, first),
        "dynamodb:ConditionCheckItem": on(at, first),
    }
    return Case({"TransactItems": items}, asked)


@EXAMPLES("TransactWriteItems", variant="one-kind")
def transact_write_one_kind(at: Stage) -> Case:
    unneeded = dict.fromkeys(("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"), OF_OTHERS)
    items = [{"Put": {"TableName": at.once(shared), "Item": key("alone")}}]
    return Case({"TransactItems": items}, {"dynamodb:PutItem": on(at, "shared")}, unneeded=unneeded)


# ---- resource policies -----------------------------------------------------------------------------------------------


def policy(at: Stage) -> str:
    """A policy of the operation's own table that lets nobody in who was not in before."""
    statement = {"Effect": "Allow", "Principal": {"AWS": at.account}, "Action": "dynamodb:GetItem",
                 "Resource": at.arn(f"table/{at.name}")}  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@EXAMPLES("PutResourcePolicy")
def put_resource_policy(at: Stage) -> Case:
    arn = on(at, table(at))
    return Case({"ResourceArn": arn, "Policy": policy(at)}, arn)


@EXAMPLES("GetResourcePolicy", "DeleteResourcePolicy")
def of_resource_policy(at: Stage) -> Case:
    arn = on(at, table(at))
    at.root().put_resource_policy(ResourceArn=arn, Policy=policy(at))
    return Case({"ResourceArn": arn}, arn)
