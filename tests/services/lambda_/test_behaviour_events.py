"""Asynchronous events and logs: what happens after the call has been answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.lambda_.conftest import BASIC, TRUST, refused, zipped

Make = Callable[..., dict[str, Any]]

COUNTING = """
import boto3
def handler(event, context):
    table = boto3.resource("dynamodb").Table("tries")
    done = table.update_item(Key={"id": context.aws_request_id}, UpdateExpression="ADD n :one",
                             ExpressionAttributeValues={":one": 1}, ReturnValues="ALL_NEW")["Attributes"]["n"]
    if done <= event["fail"]:
        raise ValueError(f"try {done}")
"""


def messages(logs: Any, group: str, wanted: Callable[[list[str]], bool]) -> list[str]:
    """The group's messages once they are as `wanted`; they follow an invocation, as on AWS."""
    deadline = time.monotonic() + 10
    while True:
        try:
            found = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            found = []
        if wanted(found) or time.monotonic() > deadline:
            return found


def test_log_lines_in_cloudwatch(make: Make, functions: Any, client: Any) -> None:
    make("fn", "def handler(event, context):\n    print('one')\n    print('two')\n")
    functions.invoke(FunctionName="fn")
    functions.invoke(FunctionName="fn")
    found = messages(client("logs"), "/aws/lambda/fn", lambda lines: len(lines) >= 11)
    assert [line.split(" ")[0].split("\t")[0].strip() for line in found] == [
        "INIT_START", "START", "one", "two", "END", "REPORT", "START", "one", "two", "END", "REPORT",
    ]  # fmt: skip
    streams = client("logs").describe_log_streams(logGroupName="/aws/lambda/fn")["logStreams"]
    assert len(streams) == 1 and "/[$LATEST]" in streams[0]["logStreamName"]


def test_log_group_of_one_s_own(make: Make, functions: Any, client: Any) -> None:
    make("fn", LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine"})
    functions.invoke(FunctionName="fn")
    found = messages(client("logs"), "/mine", lambda lines: len(lines) >= 3)
    assert [json.loads(line)["type"] for line in found] == ["platform.initStart", "platform.start", "platform.report"]


def test_role_without_log_permissions_leaves_no_log(make: Make, functions: Any, client: Any) -> None:
    silent = client("iam").create_role(RoleName="silent", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    make("silent", Role=silent)
    make("loud")
    functions.invoke(FunctionName="silent")
    functions.invoke(FunctionName="loud")
    messages(client("logs"), "/aws/lambda/loud", lambda lines: len(lines) >= 4)
    groups = [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]]
    assert groups == ["/aws/lambda/loud"]


class Counter:
    """A function that fails as often as its event says, in a cloud whose clock can be moved."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        iam = cloud.client("iam")
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.attach_role_policy(RoleName="r", PolicyArn=BASIC)
        iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")
        self.table = cloud.client("dynamodb")
        self.table.create_table(
            TableName="tries",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        self.functions = cloud.client("lambda")
        self.functions.create_function(
            FunctionName="fn", Runtime="python3.11", Handler="app.handler", Role=role, Timeout=20,
            Code={"ZipFile": zipped(COUNTING)},
        )  # fmt: skip

    def start(self, fail: int) -> str:
        """Send an event that fails so often; its request id."""
        event = json.dumps({"fail": fail}).encode()
        answer = self.functions.invoke(FunctionName="fn", InvocationType="Event", Payload=event)
        assert answer["StatusCode"] == 202
        self.cloud.settle()
        return answer["ResponseMetadata"]["RequestId"]

    def tries(self, request_id: str) -> int:
        """How often it was tried until now."""
        item = self.table.get_item(TableName="tries", Key={"id": {"S": request_id}}).get("Item")
        return int(item["n"]["N"]) if item else 0


@pytest.fixture
def counter(fresh_cloud: Any) -> Counter:
    """The counting function."""
    return Counter(fresh_cloud)


def test_failed_event_is_tried_after_one_and_two_minutes_more(counter: Counter) -> None:
    request = counter.start(fail=9)
    assert counter.tries(request) == 1
    for seconds, tries in ((50, 1), (15, 2), (100, 2), (25, 3), (3600, 3)):
        counter.cloud.clock_advance(seconds)
        assert counter.tries(request) == tries, seconds


def test_event_that_succeeds_is_done(counter: Counter) -> None:
    request = counter.start(fail=1)
    counter.cloud.clock_advance(61)
    counter.cloud.clock_advance(600)
    assert counter.tries(request) == 2


def test_retries_and_age_are_settings(counter: Counter) -> None:
    counter.functions.put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=0)
    request = counter.start(fail=9)
    counter.cloud.clock_advance(600)
    assert counter.tries(request) == 1
    counter.functions.update_function_event_invoke_config(
        FunctionName="fn", MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60
    )
    shown = counter.functions.get_function_event_invoke_config(FunctionName="fn")
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (2, 60)
    request = counter.start(fail=9)
    counter.cloud.clock_advance(70)
    assert counter.tries(request) == 1  # too old for its second try
    counter.functions.delete_function_event_invoke_config(FunctionName="fn")
    with refused("ResourceNotFoundException"):
        counter.functions.get_function_event_invoke_config(FunctionName="fn")


def test_event_for_a_function_that_is_stopped_is_given_up_at_once(counter: Counter) -> None:
    functions = counter.functions
    functions.put_function_event_invoke_config(
        FunctionName="fn", DestinationConfig={"OnFailure": {"Destination": listener(counter)}}
    )
    functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=0)
    request = counter.start(fail=0)
    counter.cloud.settle()
    record = told(counter)
    arn = functions.get_function_configuration(FunctionName="fn")["FunctionArn"]
    assert record["requestContext"] == {
        "requestId": request, "functionArn": f"{arn}:$LATEST", "condition": "ZeroReservedConcurrency",
        "approximateInvokeCount": 0,
    }  # fmt: skip
    assert record["requestPayload"] == {"fail": 0} and "responsePayload" not in record
    functions.delete_function_concurrency(FunctionName="fn")
    counter.cloud.clock_advance(300)
    assert counter.tries(request) == 0


def test_accepted_event_survives_a_crash(counter: Counter) -> None:
    request = counter.start(fail=1)
    counter.cloud.restart()
    counter.cloud.clock_advance(61)
    assert counter.tries(request) == 2


def listener(counter: Counter) -> str:
    """A function that keeps the record that it gets; its ARN."""
    functions = counter.functions
    source = """
import boto3, json
def handler(event, context):
    boto3.resource("dynamodb").Table("tries").put_item(Item={"id": "record", "text": json.dumps(event), "n": 1})
"""
    role = functions.get_function_configuration(FunctionName="fn")["Role"]
    made = functions.create_function(
        FunctionName="listener", Runtime="python3.11", Handler="app.handler", Role=role, Timeout=20,
        Code={"ZipFile": zipped(source)},
    )  # fmt: skip
    counter.cloud.client("iam").put_role_policy(
        RoleName="r",
        PolicyName="tell",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": made["FunctionArn"]},
                ],
            }
        ),
    )
    return made["FunctionArn"]


def told(counter: Counter) -> Any:
    """The record that the listener got."""
    item = counter.table.get_item(TableName="tries", Key={"id": {"S": "record"}})["Item"]
    return json.loads(item["text"]["S"])


def test_destination_lambda(counter: Counter) -> None:
    functions, place = counter.functions, listener(counter)
    functions.put_function_event_invoke_config(
        FunctionName="fn", MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": place}},
    )  # fmt: skip
    request = counter.start(fail=9)
    counter.cloud.settle()
    record = told(counter)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["requestId"] == request
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["requestPayload"] == {"fail": 9}
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["responsePayload"]["errorMessage"] == "try 1"


def test_destinations_that_are_no_place(make: Make, functions: Any) -> None:
    make("fn")
    with refused("InvalidParameterValueException"):
        functions.put_function_event_invoke_config(
            FunctionName="fn",
            DestinationConfig={"OnSuccess": {"Destination": "arn:aws:dynamodb:us-east-1:123456789012:table/x"}},
        )


def test_event_that_would_be_too_old_for_its_next_try(counter: Counter) -> None:
    counter.functions.put_function_event_invoke_config(
        FunctionName="fn", MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": listener(counter)}},
    )  # fmt: skip
    counter.cloud.clock_advance(1)
    counter.start(fail=9)
    counter.cloud.settle()
    record = told(counter)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorMessage"] == "try 1"
