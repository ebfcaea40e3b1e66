"""Resource policies of tables: written, read, checked, and deciding for indexes, batches and transactions too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.services.dynamodb.conftest import index, schema

OTHER = "750000000009"
KEY = {"pk": {"S": "mine"}}


@pytest.fixture
def table(dynamodb: Any) -> str:
    """The ARN of a table with an index and an item."""
    given = schema(pk="S", g="S")
    made = dynamodb.create_table(
        TableName="shared",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=given["AttributeDefinitions"],
        KeySchema=given["KeySchema"][:1],
        GlobalSecondaryIndexes=[index("by_g", "g")],
    )
    dynamodb.put_item(TableName="shared", Item={**KEY, "g": {"S": "x"}})
    return made["TableDescription"]["TableArn"]


@pytest.fixture
def other(cloud: RunningCloud) -> Any:
    """The root of another account."""
    return cloud.client("dynamodb", key=OTHER)


def policy(table: str, *actions: str, on: str = "", **more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": [f"dynamodb:{action}" for action in actions],
        "Resource": table + on,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **more}]})


def refused(code: str, call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return error["Message"]


def test_a_policy_is_put_read_and_taken_away(dynamodb: Any, table: str) -> None:
    refused("PolicyNotFoundException", dynamodb.get_resource_policy, ResourceArn=table)
    assert "RevisionId" not in dynamodb.delete_resource_policy(ResourceArn=table)
    text = policy(table, "GetItem")
    first = dynamodb.put_resource_policy(ResourceArn=table, Policy=text, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    found = dynamodb.get_resource_policy(ResourceArn=table)
    assert (found["Policy"], found["RevisionId"]) == (text, first)
    assert dynamodb.put_resource_policy(ResourceArn=table, Policy=text)["RevisionId"] == first
    given = {"ResourceArn": table, "Policy": policy(table, "PutItem")}
    refused("PolicyNotFoundException", dynamodb.put_resource_policy, **given, ExpectedRevisionId="NO_POLICY")
    refused("PolicyNotFoundException", dynamodb.put_resource_policy, **given, ExpectedRevisionId="1")
    second = dynamodb.put_resource_policy(**given, ExpectedRevisionId=first)["RevisionId"]
    assert second != first
    refused("PolicyNotFoundException", dynamodb.delete_resource_policy, ResourceArn=table, ExpectedRevisionId=first)
    assert dynamodb.delete_resource_policy(ResourceArn=table, ExpectedRevisionId=second)["RevisionId"] == second
    refused("PolicyNotFoundException", dynamodb.get_resource_policy, ResourceArn=table)


def test_what_is_no_policy_of_the_table(dynamodb: Any, table: str, account: str) -> None:
    assert "ResourcePolicy" not in dynamodb.describe_table(TableName=table)["Table"]
    nobody = {"AWS": f"arn:aws:iam::{account}:user/none"}
    for text, words in (
        ("{", "Invalid policy document: "),
        ("{}", "Invalid policy document: "),
        (policy(table, "GetItem", Action="s3:GetObject"), 'action names are invalid: "s3:GetObject"'),
        (policy(table, "GetItem", Resource=table + "2"), f'relative-id "table/shared2" is invalid for ARN "{table}2"'),
        (policy(table, "GetItem", Principal="*"), "grants unbounded access"),
        (policy(table, "GetItem", Principal=nobody), "Invalid principal in policy document."),
        (policy(table, "GetItem", Sid="x" * 21_000), "Maximum policy size of 20480 bytes exceeded"),
    ):
        message = refused("ValidationException", dynamodb.put_resource_policy, ResourceArn=table, Policy=text)
        assert words in message, message
    refused("PolicyNotFoundException", dynamodb.get_resource_policy, ResourceArn=table)
    missing = table.replace("shared", "missing")
    refused("ResourceNotFoundException", dynamodb.put_resource_policy, ResourceArn=missing, Policy=policy(missing, "x"))
    stream = f"{table}/stream/2026-01-01T00:00:00.000"
    assert refused("ResourceNotFoundException", dynamodb.get_resource_policy, ResourceArn=stream) == (
        "Requested resource not found: Stream: 2026-01-01T00:00:00.000 not found for Table: shared"
    )
    for arn, words in (
        ("shared", "ARNs must start with 'arn:': shared"),
        (f"{table}/backup/0170", "Provided Arn is not a DynamoDB resource arn: "),
        (table.replace(":dynamodb:", ":sqs:"), "Provided Arn is not a DynamoDB resource arn: "),
        (f"{table}/index/by_g", "Invalid resource arn provided, only table or stream is accepted."),
        (table.replace("us-east-1", "eu-west-1"), "Invalid resource Arn: "),
    ):
        assert words in refused("ValidationException", dynamodb.get_resource_policy, ResourceArn=arn)
        given = {"ResourceArn": arn, "Policy": policy(arn, "GetItem")}
        assert words in refused("ValidationException", dynamodb.put_resource_policy, **given)


def test_only_the_owner_deals_with_the_policy(dynamodb: Any, other: Any, table: str) -> None:
    dynamodb.put_resource_policy(ResourceArn=table, Policy=policy(table, "GetResourcePolicy"))
    message = refused("ValidationException", other.get_resource_policy, ResourceArn=table)
    assert message == "This action is only supported by accounts that match the resource owner’s account."


def test_another_account_works_on_the_table_by_its_arn(dynamodb: Any, other: Any, table: str) -> None:
    refused("AccessDeniedException", other.get_item, TableName=table, Key=KEY)
    actions = ("GetItem", "PutItem", "UpdateItem", "BatchGetItem", "BatchWriteItem", "DescribeTable", "Query")
    dynamodb.put_resource_policy(ResourceArn=table, Policy=policy(table, *actions))
    assert other.get_item(TableName=table, Key=KEY)["Item"]["g"] == {"S": "x"}
    other.put_item(TableName=table, Item={"pk": {"S": "theirs"}})
    assert dynamodb.get_item(TableName="shared", Key={"pk": {"S": "theirs"}})["Item"]
    assert other.describe_table(TableName=table)["Table"]["TableArn"] == table
    batch = other.batch_get_item(RequestItems={table: {"Keys": [KEY]}})
    assert [item["pk"] for item in batch["Responses"][table]] == [KEY["pk"]]
    other.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": {"pk": {"S": "batch"}}}}]})
    put = {"Put": {"TableName": table, "Item": {"pk": {"S": "transaction"}}}}
    other.transact_write_items(TransactItems=[put])
    assert dynamodb.scan(TableName="shared", Select="COUNT")["Count"] == 4
    refused("AccessDeniedException", other.delete_item, TableName=table, Key=KEY)
    refused("ResourceNotFoundException", other.get_item, TableName="shared", Key=KEY)  # by name it is one's own
    assert "shared" not in other.list_tables()["TableNames"]


def test_an_index_is_named_on_its_own(dynamodb: Any, other: Any, table: str) -> None:
    query = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "x"}}}
    dynamodb.put_resource_policy(ResourceArn=table, Policy=policy(table, "Query"))
    refused("AccessDeniedException", other.query, TableName=table, IndexName="by_g", **query)
    dynamodb.put_resource_policy(ResourceArn=table, Policy=policy(table, "Query", on="/index/by_g"))
    assert other.query(TableName=table, IndexName="by_g", **query)["Count"] == 1


def test_conditions_see_the_owners_table(dynamodb: Any, other: Any, table: str) -> None:
    dynamodb.tag_resource(ResourceArn=table, Tags=[{"Key": "team", "Value": "red"}])
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]},
        "StringEquals": {"aws:ResourceTag/team": "red", "aws:ResourceAccount": table.split(":")[4]},
    }
    dynamodb.put_resource_policy(ResourceArn=table, Policy=policy(table, "GetItem", Condition=condition))
    assert other.get_item(TableName=table, Key=KEY)["Item"]
    refused("AccessDeniedException", other.get_item, TableName=table, Key={"pk": {"S": "theirs"}})


def test_the_root_cannot_lock_itself_out(dynamodb: Any, table: str) -> None:
    nobody = policy(table, "*", Effect="Deny", Principal="*")
    dynamodb.put_resource_policy(ResourceArn=table, Policy=nobody, ConfirmRemoveSelfResourceAccess=True)
    refused("AccessDeniedException", dynamodb.get_item, TableName="shared", Key=KEY)
    dynamodb.delete_resource_policy(ResourceArn=table)
    assert dynamodb.get_item(TableName="shared", Key=KEY)["Item"]


def test_a_table_is_made_with_its_policy(dynamodb: Any, other: Any, account: str, iam_user: Callable[..., Any]) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/made"
    given = {
        "TableName": "made",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": schema(pk="S")["AttributeDefinitions"],
        "KeySchema": schema(pk="S")["KeySchema"],
    }
    statement = {"Effect": "Allow", "Action": "dynamodb:CreateTable", "Resource": "*"}
    user = iam_user({"Version": "2012-10-17", "Statement": [statement]})("dynamodb")
    message = refused("AccessDeniedException", user.create_table, **given, ResourcePolicy=policy(arn, "GetItem"))
    assert "dynamodb:PutResourcePolicy" in message
    refused("ValidationException", dynamodb.create_table, **given, ResourcePolicy="{}")
    dynamodb.create_table(**given, ResourcePolicy=policy(arn, "GetItem"))
    assert "Item" not in other.get_item(TableName=arn, Key=KEY)
    assert json.loads(dynamodb.get_resource_policy(ResourceArn=arn)["Policy"])["Statement"]


def test_a_stack_sets_changes_and_takes_a_policy(cloud: RunningCloud, client: Any, dynamodb: Any, account: str) -> None:
    stacks, arn = client("cloudformation"), f"arn:aws:dynamodb:us-east-1:{account}:table/stacked"

    def template(*actions: str) -> str:
        properties = {
            "TableName": "stacked",
            "BillingMode": "PAY_PER_REQUEST",
            **{name: schema(pk="S")[name] for name in ("AttributeDefinitions", "KeySchema")},
        }
        if actions:
            properties["ResourcePolicy"] = {"PolicyDocument": json.loads(policy(arn, *actions))}
        return json.dumps({"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}})

    def actions() -> list[str]:
        return json.loads(dynamodb.get_resource_policy(ResourceArn=arn)["Policy"])["Statement"][0]["Action"]

    stacks.create_stack(StackName="s", TemplateBody=template("GetItem"))
    cloud.settle()
    assert actions() == ["dynamodb:GetItem"]
    stacks.update_stack(StackName="s", TemplateBody=template("PutItem"))
    cloud.settle()
    assert actions() == ["dynamodb:PutItem"]
    stacks.update_stack(StackName="s", TemplateBody=template())
    cloud.settle()
    refused("PolicyNotFoundException", dynamodb.get_resource_policy, ResourceArn=arn)
