"""Event source mappings and URLs of stacks: made, changed in place, replaced, gone."""

from __future__ import annotations

import json
from typing import Any

from tests.services.lambda_.conftest import TRUST
from tests.services.lambda_.test_behaviour_stack import deploy

ALL = {"Statement": [{"Effect": "Allow", "Action": ["sqs:*", "dynamodb:*"], "Resource": "*"}]}
PATTERN = {"body": {"kind": ["order"]}}
FULL = {
    "BatchSize": "20", "MaximumBatchingWindowInSeconds": "1", "ScalingConfig": {"MaximumConcurrency": "2"},
    "FilterCriteria": {"Filters": [{"Pattern": json.dumps(PATTERN)}]}, "MetricsConfig": {"Metrics": ["EventCount"]},
    "FunctionResponseTypes": ["ReportBatchItemFailures"], "Tags": [{"Key": "k", "Value": "v"}],
}  # fmt: skip
CHANGES = {
    "TumblingWindowInSeconds": "60", "MaximumRetryAttempts": "3", "BisectBatchOnFunctionError": "true",
    "MaximumRecordAgeInSeconds": 120, "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": "Work.Arn"}}},
    "Enabled": "false",
}  # fmt: skip


def template(queue: str, reads: dict[str, Any], follows: dict[str, Any], url: dict[str, Any]) -> dict[str, Any]:
    def mapping(**properties: Any) -> dict[str, Any]:
        given = {"FunctionName": {"Ref": "Function"}, **properties}
        return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": given}

    function = {
        "Runtime": "python3.11", "Handler": "index.handler", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): pass\n"},
    }  # fmt: skip
    table = {
        "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }  # fmt: skip
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", **ALL}}
    role = {"AssumeRolePolicyDocument": TRUST, "Policies": [policy]}
    target = {"TargetFunctionArn": {"Ref": "Function"}}
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Work": {"Type": "AWS::SQS::Queue"},
        "More": {"Type": "AWS::SQS::Queue"},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Reads": mapping(EventSourceArn={"Fn::GetAtt": [queue, "Arn"]}, **reads),
        "Follows": mapping(EventSourceArn={"Fn::GetAtt": "Table.StreamArn"}, StartingPosition="LATEST", **follows),
        "Url": {"Type": "AWS::Lambda::Url", "Properties": {**target, **url}},
    }
    outputs = {
        "Reads": {"Ref": "Reads"}, "Id": {"Fn::GetAtt": "Reads.Id"}, "Follows": {"Ref": "Follows"},
        "Arn": {"Fn::GetAtt": "Reads.EventSourceMappingArn"},
        "Url": {"Fn::GetAtt": "Url.FunctionUrl"}, "Function": {"Ref": "Url"},
    }  # fmt: skip
    return {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}


def _told(stacks: Any) -> dict[str, str]:
    found = stacks.describe_stacks(StackName="s")["Stacks"][0]["Outputs"]
    return {one["OutputKey"]: one["OutputValue"] for one in found}


def test_mappings_and_urls_of_a_stack(client: Any, functions: Any) -> None:
    cors = {"AllowOrigins": ["*"], "MaxAge": "5", "AllowCredentials": "true"}
    first = template("Work", FULL, CHANGES, {"AuthType": "AWS_IAM", "Cors": cors, "InvokeMode": "RESPONSE_STREAM"})
    stacks = deploy(client, first)
    made = _told(stacks)
    read = functions.get_event_source_mapping(UUID=made["Reads"])
    assert made["Id"] == made["Reads"] and made["Arn"] == read["EventSourceMappingArn"] and read["State"] == "Enabled"
    assert (read["BatchSize"], read["MaximumBatchingWindowInSeconds"]) == (20, 1)
    assert read["ScalingConfig"] == {"MaximumConcurrency": 2} and read["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert json.loads(read["FilterCriteria"]["Filters"][0]["Pattern"]) == PATTERN
    assert functions.list_tags(Resource=made["Arn"])["Tags"]["k"] == "v"
    followed = functions.get_event_source_mapping(UUID=made["Follows"])
    assert followed["State"] == "Disabled" and followed["StartingPosition"] == "LATEST"
    assert (followed["TumblingWindowInSeconds"], followed["MaximumRetryAttempts"]) == (60, 3)
    assert followed["BisectBatchOnFunctionError"] and followed["DestinationConfig"]["OnFailure"]["Destination"]
    url = functions.get_function_url_config(FunctionName=made["Function"])
    assert url["FunctionUrl"] == made["Url"] and url["Cors"]["MaxAge"] == 5 and url["InvokeMode"] == "RESPONSE_STREAM"

    # What the template no longer has goes back to AWS's defaults, in place.
    deploy(client, template("Work", {"BatchSize": 5}, {"Enabled": True}, {"AuthType": "NONE"}), update=True)
    changed = _told(stacks)
    assert changed == made
    read = functions.get_event_source_mapping(UUID=made["Reads"])
    assert read["BatchSize"] == 5 and read["MaximumBatchingWindowInSeconds"] == 0 and not read["FunctionResponseTypes"]
    assert not {"ScalingConfig", "FilterCriteria", "MetricsConfig"} & read.keys()
    assert "k" not in functions.list_tags(Resource=made["Arn"])["Tags"]
    followed = functions.get_event_source_mapping(UUID=made["Follows"])
    assert followed["State"] == "Enabled" and not followed["BisectBatchOnFunctionError"]
    assert [followed[name] for name in ("TumblingWindowInSeconds", "MaximumRetryAttempts")] == [0, -1]
    assert followed["MaximumRecordAgeInSeconds"] == -1 and followed["DestinationConfig"] == {"OnFailure": {}}
    url = functions.get_function_url_config(FunctionName=made["Function"])
    assert url["AuthType"] == "NONE" and url["InvokeMode"] == "BUFFERED" and not url.get("Cors")

    # Another source is another mapping.
    deploy(client, template("More", {"BatchSize": 5}, {}, {"AuthType": "NONE"}), update=True)
    replaced = _told(stacks)
    assert replaced["Reads"] != made["Reads"] and replaced["Follows"] == made["Follows"]
    listed = [one["UUID"] for one in functions.list_event_source_mappings()["EventSourceMappings"]]
    assert sorted(listed) == sorted([replaced["Reads"], replaced["Follows"]])

    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []
