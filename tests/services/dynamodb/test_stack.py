"""AWS::DynamoDB::Table, through CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.dynamodb.conftest import index, schema

STACK = "data"


@pytest.fixture
def deploy(client: Callable[..., Any]) -> Callable[..., dict[str, str]]:
    """Creates or updates the stack with a table of these properties; gives its outputs."""
    cloudformation = client("cloudformation")

    def run(verb: str = "create", **properties: Any) -> dict[str, str]:
        stream = {"StreamArn": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}}
        template = {
            "Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}},
            "Outputs": {
                "Name": {"Value": {"Ref": "Table"}},
                "Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}},
                **(stream if "StreamSpecification" in properties else {}),
            },
        }
        getattr(cloudformation, f"{verb}_stack")(StackName=STACK, TemplateBody=json.dumps(template))
        waiter = cloudformation.get_waiter(f"stack_{verb}_complete")
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    return run


def reasons(client: Callable[..., Any]) -> str:
    """Why resources of the stack failed."""
    events = client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    return " ".join(event.get("ResourceStatusReason", "") for event in events)


def recovery(dynamodb: Any, name: str) -> dict[str, Any]:
    """What is told of a table's point-in-time recovery."""
    found = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    described: dict[str, Any] = found["PointInTimeRecoveryDescription"]
    return described


def test_a_table_with_all_its_properties(client: Any, dynamodb: Any, deploy: Callable[..., dict[str, str]]) -> None:
    given = schema(pk="S", sk="S")
    given["AttributeDefinitions"] += [{"AttributeName": "g", "AttributeType": "S"}]
    outputs = deploy(
        **given,
        ProvisionedThroughput={"ReadCapacityUnits": "5", "WriteCapacityUnits": 5},
        GlobalSecondaryIndexes=[
            {**index("gsi", "g"), "ProvisionedThroughput": {"ReadCapacityUnits": "1", "WriteCapacityUnits": "1"}}
        ],
        LocalSecondaryIndexes=[index("lsi", "pk", "g", projection="KEYS_ONLY")],
        StreamSpecification={"StreamViewType": "NEW_IMAGE"},
        TimeToLiveSpecification={"AttributeName": "until", "Enabled": "true"},
        SSESpecification={"SSEEnabled": True},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": "true", "RecoveryPeriodInDays": "7"},
        DeletionProtectionEnabled="false",
        TableClass="STANDARD",
        Tags=[{"Key": "stage", "Value": "test"}],
    )
    table = dynamodb.describe_table(TableName=outputs["Name"])["Table"]
    assert outputs["Name"].startswith("data-Table-")
    assert (outputs["Arn"], outputs["StreamArn"]) == (table["TableArn"], table["LatestStreamArn"])
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert {each["IndexName"] for each in table["GlobalSecondaryIndexes"] + table["LocalSecondaryIndexes"]} == {
        "gsi", "lsi",
    }  # fmt: skip
    expiry = dynamodb.describe_time_to_live(TableName=outputs["Name"])["TimeToLiveDescription"]
    assert expiry["AttributeName"] == "until"
    assert recovery(dynamodb, outputs["Name"])["RecoveryPeriodInDays"] == 7
    assert {"Key": "stage", "Value": "test"} in dynamodb.list_tags_of_resource(ResourceArn=outputs["Arn"])["Tags"]
    client("cloudformation").delete_stack(StackName=STACK)
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    assert dynamodb.list_tables()["TableNames"] == []


def test_updates_in_place_and_by_replacement(dynamodb: Any, deploy: Callable[..., dict[str, str]]) -> None:
    plain = {"BillingMode": "PAY_PER_REQUEST", **schema(pk="S")}
    first = deploy(**plain)["Name"]
    dynamodb.put_item(TableName=first, Item={"pk": {"S": "kept"}, "g": {"S": "x"}})
    wider = {**plain, "AttributeDefinitions": schema(pk="S", g="S")["AttributeDefinitions"]}
    changed = {
        **wider,
        "GlobalSecondaryIndexes": [index("by_g", "g")],
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert deploy("update", **changed)["Name"] == first
    assert recovery(dynamodb, first)["PointInTimeRecoveryStatus"] == "ENABLED"
    table = dynamodb.describe_table(TableName=first)["Table"]
    assert table["GlobalSecondaryIndexes"][0]["ItemCount"] == 1
    assert (table["StreamSpecification"]["StreamViewType"], table["DeletionProtectionEnabled"]) == ("KEYS_ONLY", True)
    assert deploy("update", **plain)["Name"] == first
    table = dynamodb.describe_table(TableName=first)["Table"]
    assert not {"GlobalSecondaryIndexes", "StreamSpecification"} & set(table)
    assert recovery(dynamodb, first)["PointInTimeRecoveryStatus"] == "DISABLED"
    second = deploy("update", BillingMode="PAY_PER_REQUEST", **schema(id="S"))["Name"]
    assert second != first
    assert dynamodb.list_tables()["TableNames"] == [second]


def test_throughput_of_the_table_and_its_index(dynamodb: Any, deploy: Callable[..., dict[str, str]]) -> None:
    def properties(**more: Any) -> dict[str, Any]:
        given = {**schema(pk="S", g="S"), "KeySchema": schema(pk="S")["KeySchema"], "BillingMode": "PAY_PER_REQUEST"}
        indexes = [{**index("by_g", "g"), "OnDemandThroughput": more}] if more else [index("by_g", "g")]
        return {**given, **({"OnDemandThroughput": more} if more else {}), "GlobalSecondaryIndexes": indexes}

    name = deploy(**properties(MaxReadRequestUnits="10", MaxWriteRequestUnits=5))["Name"]

    def shown() -> list[Any]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        return [each.get("OnDemandThroughput") for each in (table, *table["GlobalSecondaryIndexes"])]

    assert shown() == [{"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 5}] * 2
    deploy("update", **properties(MaxWriteRequestUnits=6))
    assert shown() == [{"MaxWriteRequestUnits": 6}] * 2
    deploy("update", **properties(), WarmThroughput={"ReadUnitsPerSecond": "12001", "WriteUnitsPerSecond": 4000})
    assert shown() == [None, None]
    assert dynamodb.describe_table(TableName=name)["Table"]["WarmThroughput"]["ReadUnitsPerSecond"] == 12_001


def test_a_stream_has_the_policy_of_its_template(dynamodb: Any, deploy: Callable[..., dict[str, str]]) -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": "750000000029"}, "Resource": "*"}

    def properties(*actions: str, view: str = "KEYS_ONLY") -> dict[str, Any]:
        policy = {"Version": "2012-10-17", "Statement": [{**allow, "Action": list(actions)}]}
        policies = {"ResourcePolicy": {"PolicyDocument": policy}} if actions else {}
        return {**schema(pk="S"), "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamViewType": view, **policies}}  # fmt: skip

    def actions(arn: str) -> list[str]:
        policy = json.loads(dynamodb.get_resource_policy(ResourceArn=arn)["Policy"])
        return list(policy["Statement"][0]["Action"])

    stream = deploy(**properties("dynamodb:GetRecords"))["StreamArn"]
    assert actions(stream) == ["dynamodb:GetRecords"]
    assert deploy("update", **properties("dynamodb:DescribeStream"))["StreamArn"] == stream
    assert actions(stream) == ["dynamodb:DescribeStream"]
    other = deploy("update", **properties("dynamodb:GetRecords", view="NEW_IMAGE"))["StreamArn"]
    assert other != stream and actions(other) == ["dynamodb:GetRecords"]
    assert deploy("update", **properties(view="NEW_IMAGE"))["StreamArn"] == other
    with pytest.raises(dynamodb.exceptions.PolicyNotFoundException):
        dynamodb.get_resource_policy(ResourceArn=other)


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"SSESpecification": {"SSEEnabled": True, "KMSMasterKeyId": "alias/k"}}, "KMS validation error"),
        ({"KinesisStreamSpecification": {"StreamArn": "arn:x"}}, "KinesisStreamSpecification"),
        ({"KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}]}, "not defined in AttributeDefinitions"),
    ],
)
def test_what_is_not_built_or_wrong_fails_the_stack_by_name(
    client: Any, dynamodb: Any, properties: dict[str, Any], words: str
) -> None:
    cloudformation = client("cloudformation")
    given = {"BillingMode": "PAY_PER_REQUEST", **schema(pk="S"), **properties}
    template = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": given}}}
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    with pytest.raises(Exception, match="terminal failure"):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    assert words in reasons(client)
    assert dynamodb.list_tables()["TableNames"] == []
