"""A SAM template with every kind of event that a function can have: deployed, and each one arrives."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

CODE = """
import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(event, default=str))
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("told to")
    return {"statusCode": 200, "body": "done"}
"""
INDENTED = "\n".join("        " + line for line in CODE.strip().splitlines())
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Seen: {Type: AWS::SQS::Queue}
  Work: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  News: {Type: AWS::SNS::Topic}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
  Files: {Type: AWS::S3::Bucket}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: |
CODE
      Timeout: 30
      AutoPublishAlias: live
      Environment: {Variables: {SEEN: !Ref Seen}}
      Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Seen.QueueName}}]
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        DestinationConfig:
          OnSuccess: {Type: SQS}
          OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}
      FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigins: ["*"]}}
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt Work.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures]}
        Table:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Items.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 10}
        Topic:
          Type: SNS
          Properties: {Topic: !Ref News}
        Rule:
          Type: EventBridgeRule
          Properties: {EventBusName: !Ref Bus, Pattern: {source: [shop]}}
        Hourly:
          Type: Schedule
          Properties: {Schedule: rate(1 hour), Input: '{"from": "schedule"}'}
        File:
          Type: S3
          Properties: {Bucket: !Ref Files, Events: 's3:ObjectCreated:*'}
        Http:
          Type: HttpApi
          Properties: {Path: /hello, Method: GET}
  Dead: {Type: AWS::SQS::Queue}
  Failed: {Type: AWS::SQS::Queue}
Outputs:
  Seen: {Value: !Ref Seen}
  Work: {Value: !Ref Work}
  News: {Value: !Ref News}
  Files: {Value: !Ref Files}
  Items: {Value: !Ref Items}
  Function: {Value: !Ref Worker}
  Dead: {Value: !Ref Dead}
  Failed: {Value: !Ref Failed}
  Url: {Value: !GetAtt WorkerUrl.FunctionUrl}
  Api: {Value: !Sub "${ServerlessHttpApi}"}
""".replace("CODE", INDENTED)


class Deployed:
    """The stack's outputs, and what its function has seen."""

    def __init__(self, cloud: Any) -> None:
        self.cloud, self.client = cloud, cloud.client
        stacks = cloud.client("cloudformation")
        stacks.create_stack(
            StackName="events", TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        )
        deadline = time.monotonic() + 120
        while True:
            stack = stacks.describe_stacks(StackName="events")["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        events = stacks.describe_stack_events(StackName="events")["StackEvents"]
        failed = [
            (one["LogicalResourceId"], one.get("ResourceStatusReason"))
            for one in events
            if one["ResourceStatus"].endswith("FAILED")
        ]
        assert stack["StackStatus"] == "CREATE_COMPLETE", failed
        self.out = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def next(self, queue: str = "Seen") -> Any:
        """The next message of a queue."""
        sqs = self.client("sqs")
        got = sqs.receive_message(QueueUrl=self.out[queue], WaitTimeSeconds=20)
        [message] = got["Messages"]
        sqs.delete_message(QueueUrl=self.out[queue], ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The deployed template, in a cloud of its own."""
    from tests.conftest import RunningCloud

    cloud = RunningCloud(tmp_path_factory.mktemp("sam-events"))
    try:
        yield Deployed(cloud)
    finally:
        cloud.stop()


def by_queue(stack: Deployed) -> Callable[[Any], bool]:
    stack.client("sqs").send_message(QueueUrl=stack.out["Work"], MessageBody="work")
    return lambda event: event["Records"][0]["body"] == "work"


def by_table(stack: Deployed) -> Callable[[Any], bool]:
    stack.client("dynamodb").put_item(TableName=stack.out["Items"], Item={"id": {"S": "a"}})
    return lambda event: event["Records"][0]["dynamodb"]["NewImage"] == {"id": {"S": "a"}}


def by_topic(stack: Deployed) -> Callable[[Any], bool]:
    stack.client("sns").publish(TopicArn=stack.out["News"], Message="news")
    return lambda event: event["Records"][0]["Sns"]["Message"] == "news"


def by_rule(stack: Deployed) -> Callable[[Any], bool]:
    entry = {"EventBusName": "shop", "Source": "shop", "DetailType": "sold", "Detail": '{"id": 7}'}
    assert stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    return lambda event: event["detail"] == {"id": 7}


def by_file(stack: Deployed) -> Callable[[Any], bool]:
    stack.client("s3").put_object(Bucket=stack.out["Files"], Key="k", Body=b"x")
    return lambda event: event["Records"][0]["s3"]["object"]["key"] == "k"


def by_url(stack: Deployed) -> Callable[[Any], bool]:
    with urllib.request.urlopen(stack.out["Url"] + "x", timeout=30) as answer:
        assert answer.read() == b"done"
    return lambda event: event["rawPath"] == "/x"


def by_api(stack: Deployed) -> Callable[[Any], bool]:
    with urllib.request.urlopen(f"{stack.cloud.url}/_aws/execute-api/{stack.out['Api']}/hello", timeout=30) as answer:
        assert answer.read() == b"done"
    return lambda event: event["rawPath"] == "/hello"


def by_schedule(stack: Deployed) -> Callable[[Any], bool]:
    stack.cloud.clock_advance(3601)
    return lambda event: event == {"from": "schedule"}


@pytest.mark.parametrize("cause", [by_queue, by_table, by_topic, by_rule, by_file, by_url, by_api, by_schedule])
def test_event_arrives(stack: Deployed, cause: Callable[[Deployed], Callable[[Any], bool]]) -> None:
    arrived = cause(stack)
    event = stack.next()
    assert arrived(event), event


def test_failed_event_goes_to_its_destination_and_is_dead(stack: Deployed) -> None:
    given = {"FunctionName": stack.out["Function"], "Qualifier": "live", "InvocationType": "Event"}
    stack.client("lambda").invoke(**given, Payload=b'{"fail": true}')
    assert stack.next() == {"fail": True}
    told = stack.next("Failed")
    assert told["requestContext"]["condition"] == "RetriesExhausted" and told["requestPayload"] == {"fail": True}
    assert stack.next("Dead") == {"fail": True}
