"""How asynchronous events end: destinations of every kind and dead-letter targets, as the function's role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.lambda_.conftest import refused
from tests.services.lambda_.test_event_sources_queues import Room

SOURCE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("told to")
    return {"got": event}
"""


class Ends(Room):
    """A function that fails when told to, and places that hear of it."""

    def __init__(self, client: Callable[..., Any]) -> None:
        super().__init__(client)
        self.client = client
        actions = ["sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction", "events:PutEvents", "s3:PutObject"]
        policy = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        self.iam.put_role_policy(RoleName="worker", PolicyName="tell", PolicyDocument=json.dumps(policy))
        self.url, self.arn = self.queue("ends")

    def end(self, **sides: str) -> None:
        config = {side: {"Destination": target} for side, target in sides.items()}
        self.functions.put_function_event_invoke_config(
            FunctionName="fn", MaximumRetryAttempts=0, DestinationConfig=config
        )

    def fire(self, event: Any) -> str:
        answer = self.functions.invoke(FunctionName="fn", InvocationType="Event", Payload=json.dumps(event))
        return str(answer["ResponseMetadata"]["RequestId"])

    def heard(self, url: str = "") -> dict[str, Any]:
        """The next message of a queue."""
        wanted = {"QueueUrl": url or self.url, "WaitTimeSeconds": 15, "MessageAttributeNames": ["All"]}
        [message] = self.sqs.receive_message(**wanted)["Messages"]
        self.sqs.delete_message(QueueUrl=url or self.url, ReceiptHandle=message["ReceiptHandle"])
        return dict(message)


@pytest.fixture
def ends(client: Callable[..., Any]) -> Ends:
    made = Ends(client)
    made.function("fn", SOURCE)
    return made


def record(condition: str, payload: Any, request: str, answer: Any, account: str, **context: Any) -> dict[str, Any]:
    return {
        "version": "1.0",
        "requestContext": {
            "requestId": request,
            "functionArn": f"arn:aws:lambda:us-east-1:{account}:function:fn:$LATEST",
            "condition": condition,
            "approximateInvokeCount": 1,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", **context},
        "responsePayload": answer,
    }


def test_queue_hears_of_success_and_failure(ends: Ends, account: str) -> None:
    ends.end(OnSuccess=ends.arn, OnFailure=ends.arn)
    request = ends.fire({"n": 1})
    told = json.loads(ends.heard()["Body"])
    assert told.pop("timestamp")
    assert told == record("Success", {"n": 1}, request, {"got": {"n": 1}}, account)
    request = ends.fire({"fail": 1})
    told = json.loads(ends.heard()["Body"])
    assert told.pop("timestamp") and told["responsePayload"].pop("stackTrace")
    told["responsePayload"].pop("requestId", None)
    error = {"errorMessage": "told to", "errorType": "ValueError"}
    assert told == record("RetriesExhausted", {"fail": 1}, request, error, account, functionError="Unhandled")


def test_topic_function_and_bus_hear_of_it(ends: Ends, account: str) -> None:
    sns, events = ends.client("sns"), ends.client("events")
    topic = sns.create_topic(Name="ends")["TopicArn"]
    allow = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": ends.arn}]}
    ends.sqs.set_queue_attributes(QueueUrl=ends.url, Attributes={"Policy": json.dumps(allow)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=ends.arn, Attributes={"RawMessageDelivery": "true"})
    ends.end(OnSuccess=topic)
    ends.fire({"to": "topic"})
    assert json.loads(ends.heard()["Body"])["requestPayload"] == {"to": "topic"}

    teller = "import json, os, boto3\ndef handler(event, context):\n    boto3.client('sqs').send_message(QueueUrl=os.environ['RESULTS'], MessageBody=json.dumps(event))\n"  # noqa: E501
    ends.function("next", teller)
    ends.end(OnSuccess=f"arn:aws:lambda:us-east-1:{account}:function:next")
    ends.fire({"to": "function"})
    assert ends.told()[0]["requestPayload"] == {"to": "function"}

    bus = events.create_event_bus(Name="ends")["EventBusArn"]
    pattern = {"source": ["lambda"]}
    events.put_rule(Name="r", EventBusName="ends", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="r", EventBusName="ends", Targets=[{"Id": "q", "Arn": ends.arn}])
    ends.end(OnFailure=bus)
    ends.fire({"fail": "bus"})
    told = json.loads(ends.heard()["Body"])
    assert told["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert told["resources"] == [bus, f"arn:aws:lambda:us-east-1:{account}:function:fn:$LATEST"]
    assert told["detail"]["requestPayload"] == {"fail": "bus"}


def test_bucket_keeps_failures(ends: Ends, account: str) -> None:
    s3 = ends.client("s3")
    s3.create_bucket(Bucket=f"ends-{account}")
    ends.end(OnFailure=f"arn:aws:s3:::ends-{account}", OnSuccess=ends.arn)
    ends.fire({"fail": 1})
    ends.fire({"then": 1})
    ends.heard()
    with refused("InvalidParameterValueException"):
        ends.end(OnSuccess=f"arn:aws:s3:::ends-{account}")
    listed: list[Any] = []
    for _ in range(100):
        listed = s3.list_objects_v2(Bucket=f"ends-{account}").get("Contents", [])
        if listed:
            break
        ends.sqs.receive_message(QueueUrl=ends.url, WaitTimeSeconds=1)
    [one] = listed
    assert one["Key"].startswith("aws/lambda/async/fn/")
    told = json.loads(s3.get_object(Bucket=f"ends-{account}", Key=one["Key"])["Body"].read())
    assert told["requestPayload"] == {"fail": 1}


def test_dead_letter_queue_gets_the_event_itself(ends: Ends) -> None:
    ends.functions.update_function_configuration(FunctionName="fn", DeadLetterConfig={"TargetArn": ends.arn})
    ends.end(OnSuccess=ends.arn)
    request = ends.fire({"fail": 1})
    message = ends.heard()
    assert json.loads(message["Body"]) == {"fail": 1}
    assert {
        name: (value["DataType"], value["StringValue"]) for name, value in message["MessageAttributes"].items()
    } == {
        "RequestID": ("String", request),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "told to"),
    }


def test_role_must_be_allowed_to_tell(ends: Ends) -> None:
    ends.iam.delete_role_policy(RoleName="worker", PolicyName="tell")
    with refused("InvalidParameterValueException") as refusal:
        ends.end(OnSuccess=ends.arn)
    assert (
        refusal.message == f"The function's execution role does not have permissions to call SendMessage on {ends.arn}"
    )
    with refused("InvalidParameterValueException") as refusal:
        ends.functions.update_function_configuration(FunctionName="fn", DeadLetterConfig={"TargetArn": ends.arn})
    assert refusal.message == "The provided execution role does not have permissions to call SendMessage on SQS"
