"""A SAM template with every kind of event that a function can have: deployed, and each one arrives."""

from __future__ import annotations

import base64
import gzip
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

CODE = """
import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(event, default=str))
    if event.get("fail"):
        raise ValueError("told to")
    if event.get("write"):
        boto3.client("dynamodb").put_item(TableName=os.environ["SALES"], Item={"id": {"S": event["write"]}})
    return event if "triggerSource" in event else {"statusCode": 200, "body": "done"}
"""
INDENTED = "\n".join("        " + line for line in CODE.strip().splitlines())
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Seen: {Type: AWS::SQS::Queue}
  Work: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  News: {Type: AWS::SNS::Topic}
  Loud: {Type: AWS::SNS::Topic}
  Pool: {Type: AWS::Cognito::UserPool}
  Sales: {Type: AWS::Serverless::SimpleTable}
  Writes:
    Type: AWS::Serverless::Connector
    Properties: {Source: {Id: Worker}, Destination: {Id: Sales}, Permissions: [Write]}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
  Files: {Type: AWS::S3::Bucket}
  Lines: {Type: AWS::Logs::LogGroup}
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
      Environment: {Variables: {SEEN: !Ref Seen, SALES: !Ref Sales}}
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
          Properties:
            EventBusName: !Ref Bus
            Pattern: {source: [shop]}
            RetryPolicy: {MaximumRetryAttempts: 1}
            DeadLetterConfig: {Type: SQS, QueueLogicalId: RuleDead}
        Subscribed:
          Type: SNS
          Properties: {Topic: !Ref Loud, SqsSubscription: true}
        Filtered:
          Type: SNS
          Properties:
            Topic: !Ref Loud
            FilterPolicyScope: MessageAttributes
            FilterPolicy: {kind: [direct]}
        Pattern:
          Type: CloudWatchEvent
          Properties: {Pattern: {source: [own]}, InputPath: $.detail}
        Scheduled:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(1 hour)
            Input: '{"from": "scheduler"}'
            DeadLetterConfig: {Type: SQS}
        SignUp:
          Type: Cognito
          Properties: {UserPool: !Ref Pool, Trigger: PreSignUp}
        Hourly:
          Type: Schedule
          Properties: {Schedule: rate(1 hour), Input: '{"from": "schedule"}'}
        File:
          Type: S3
          Properties: {Bucket: !Ref Files, Events: 's3:ObjectCreated:*'}
        Trouble:
          Type: CloudWatchLogs
          Properties: {LogGroupName: !Ref Lines, FilterPattern: TROUBLE}
        Http:
          Type: HttpApi
          Properties: {Path: /hello, Method: GET}
  Dead: {Type: AWS::SQS::Queue}
  Failed: {Type: AWS::SQS::Queue}
Outputs:
  Seen: {Value: !Ref Seen}
  Work: {Value: !Ref Work}
  News: {Value: !Ref News}
  Loud: {Value: !Ref Loud}
  Pool: {Value: !Ref Pool}
  Sales: {Value: !Ref Sales}
  Succeeded: {Value: !Ref WorkerEventInvokeConfigOnSuccessQueue}
  Files: {Value: !Ref Files}
  Lines: {Value: !Ref Lines}
  Items: {Value: !Ref Items}
  Function: {Value: !Ref Worker}
  Dead: {Value: !Ref Dead}
  Failed: {Value: !Ref Failed}
  Url: {Value: !GetAtt WorkerUrl.FunctionUrl}
  Api: {Value: !Sub "${ServerlessHttpApi}"}
""".replace("CODE", INDENTED)


CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


class Deployed:
    """The stack's outputs, and what its function has seen."""

    def __init__(self, cloud: Any) -> None:
        self.cloud, self.client = cloud, cloud.client
        stacks = cloud.client("cloudformation")
        self.id = stacks.create_stack(StackName="events", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES)["StackId"]
        stack = self.ended(self.id)
        events = stacks.describe_stack_events(StackName="events")["StackEvents"]
        failed = [
            (one["LogicalResourceId"], one.get("ResourceStatusReason"))
            for one in events
            if one["ResourceStatus"].endswith("FAILED")
        ]
        assert stack["StackStatus"] == "CREATE_COMPLETE", failed
        self.out = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        assert self.next() == {"from": "scheduler"}  # a schedule without a start begins when it is made

    def ended(self, id: str) -> Any:
        """A stack once nothing is under way on it."""
        deadline = time.monotonic() + 120
        while True:
            stack = self.client("cloudformation").describe_stacks(StackName=id)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def refused(self, template: str) -> str:
        """Why a stack cannot be made."""
        stacks = self.client("cloudformation")
        try:
            made = stacks.create_stack(StackName="not", TemplateBody=template, Capabilities=CAPABILITIES)["StackId"]
        except ClientError as error:
            return str(error)
        assert self.ended(made)["StackStatus"] == "ROLLBACK_COMPLETE"
        events = stacks.describe_stack_events(StackName=made)["StackEvents"]
        stacks.delete_stack(StackName=made)
        self.ended(made)
        return " ".join(one.get("ResourceStatusReason", "") for one in events)

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


def by_topic_over_a_queue(stack: Deployed) -> Callable[[Any], bool]:
    stack.client("sns").publish(TopicArn=stack.out["Loud"], Message="over a queue")
    return lambda event: json.loads(event["Records"][0]["body"])["Message"] == "over a queue"


def by_pattern(stack: Deployed) -> Callable[[Any], bool]:
    entry = {"Source": "own", "DetailType": "any", "Detail": '{"id": 8}'}
    assert stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    return lambda event: event == {"id": 8}


def by_person(stack: Deployed) -> Callable[[Any], bool]:
    pools = stack.client("cognito-idp")
    app = pools.create_user_pool_client(UserPoolId=stack.out["Pool"], ClientName="app")["UserPoolClient"]["ClientId"]
    pools.sign_up(ClientId=app, Username="ann", Password="Sesame-0pen!")
    return lambda event: event["triggerSource"] == "PreSignUp_SignUp" and event["userName"] == "ann"


def by_file(stack: Deployed) -> Callable[[Any], bool]:
    stack.client("s3").put_object(Bucket=stack.out["Files"], Key="k", Body=b"x")
    return lambda event: event["Records"][0]["s3"]["object"]["key"] == "k"


def by_line(stack: Deployed) -> Callable[[Any], bool]:
    logs, group = stack.client("logs"), stack.out["Lines"]
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(stack.cloud.control("clock")["epoch"] * 1000)
    events = [{"timestamp": now, "message": text} for text in ("all is well", "TROUBLE ahead")]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    def arrived(event: Any) -> bool:
        told = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
        return told["logGroup"] == group and [each["message"] for each in told["logEvents"]] == ["TROUBLE ahead"]

    return arrived


def by_url(stack: Deployed) -> Callable[[Any], bool]:
    with urllib.request.urlopen(stack.out["Url"] + "x", timeout=30) as answer:
        assert answer.read() == b"done"
    return lambda event: event["rawPath"] == "/x"


def by_api(stack: Deployed) -> Callable[[Any], bool]:
    with urllib.request.urlopen(f"{stack.cloud.url}/_aws/execute-api/{stack.out['Api']}/hello", timeout=30) as answer:
        assert answer.read() == b"done"
    return lambda event: event["rawPath"] == "/hello"


CAUSES = (
    by_queue, by_table, by_topic, by_topic_over_a_queue, by_rule, by_pattern, by_person, by_file, by_line, by_url,
    by_api,
)  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES)
def test_event_arrives(stack: Deployed, cause: Callable[[Deployed], Callable[[Any], bool]]) -> None:
    arrived = cause(stack)
    event = stack.next()
    assert arrived(event), event


def test_subscription_with_a_filter_is_told_beside_the_queue(stack: Deployed) -> None:
    kind = {"kind": {"DataType": "String", "StringValue": "direct"}}
    stack.client("sns").publish(TopicArn=stack.out["Loud"], Message="both", MessageAttributes=kind)
    assert {"Sns" in event["Records"][0] for event in (stack.next(), stack.next())} == {True, False}


def test_schedules_of_both_kinds_fire(stack: Deployed) -> None:
    stack.cloud.clock_advance(3601)
    told = sorted(stack.next()["from"] for _ in range(2))
    assert told == ["schedule", "scheduler"]


def test_failed_event_goes_to_its_destination_and_is_dead(stack: Deployed) -> None:
    given = {"FunctionName": stack.out["Function"], "Qualifier": "live", "InvocationType": "Event"}
    stack.client("lambda").invoke(**given, Payload=b'{"fail": true}')
    assert stack.next() == {"fail": True}
    told = stack.next("Failed")
    assert told["requestContext"]["condition"] == "RetriesExhausted" and told["requestPayload"] == {"fail": True}
    assert stack.next("Dead") == {"fail": True}


def test_connected_function_may_write_and_its_success_is_told(stack: Deployed) -> None:
    given = {"FunctionName": stack.out["Function"], "Qualifier": "live", "InvocationType": "Event"}
    stack.client("lambda").invoke(**given, Payload=b'{"write": "sold"}')
    assert stack.next() == {"write": "sold"}
    told = stack.next("Succeeded")
    assert told["requestContext"]["condition"] == "Success" and told["responsePayload"]["body"] == "done"
    items = stack.client("dynamodb").scan(TableName=stack.out["Sales"])["Items"]
    assert items == [{"id": {"S": "sold"}}]


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ("{Type: Api, Properties: {Path: /x, Method: GET}}", "AWS::ApiGateway::RestApi"),
        ("{Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',"
         " StartingPosition: LATEST}}", "kinesis"),
    ],
)  # fmt: skip
def test_what_cannot_cause_is_refused_by_name(stack: Deployed, event: str, named: str) -> None:
    template = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Group: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: g}}}}
  One:
    Type: AWS::Serverless::Function
    DependsOn: Group
    Properties:
      Runtime: python3.11
      Handler: index.handler
      InlineCode: "def handler(event, context): pass"
      Events: {{Cause: {event}}}
"""
    reasons = stack.refused(template)
    assert named in reasons, reasons


def test_all_of_it_goes(stack: Deployed) -> None:
    stack.client("s3").delete_object(Bucket=stack.out["Files"], Key="k")
    stack.client("cloudformation").delete_stack(StackName=stack.id)
    assert stack.ended(stack.id)["StackStatus"] == "DELETE_COMPLETE"
    assert stack.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert stack.client("lambda").list_functions()["Functions"] == []
    assert stack.client("sqs").list_queues().get("QueueUrls", []) == []
