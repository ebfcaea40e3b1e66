"""Recursive loops: a function that calls itself by way of Lambda, SQS, SNS or S3 is stopped after sixteen times."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudarium.services.lambda_.rules import recursion
from tests.services.lambda_.conftest import refused
from tests.services.lambda_.test_event_sources_queues import Room

# Counts itself in the queue `results`, then begins again by the way that its variables name.
LOOP = """
import json, os, boto3
sqs, sns, s3, again = (boto3.client(name) for name in ("sqs", "sns", "s3", "lambda"))
def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=os.environ["_X_AMZN_TRACE_ID"])
    way, target = os.environ["WAY"], os.environ["TARGET"]
    if way == "sqs":
        sqs.send_message(QueueUrl=target, MessageBody="again")
    elif way == "sns":
        sns.publish(TopicArn=target, Message="again")
    elif way == "s3":
        s3.put_object(Bucket=target, Key="again", Body=b"")
    elif way == "lambda":
        again.invoke(FunctionName=context.function_name, InvocationType="Event")
"""
ANYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ROOT = "Root=1-00000000-000000000000000000000000"


class Loops(Room):
    """A function that begins again, and a queue in which it counts."""

    def __init__(self, client: Callable[..., Any]) -> None:
        super().__init__(client)
        self.iam.put_role_policy(RoleName="worker", PolicyName="any", PolicyDocument=json.dumps(ANYTHING))
        self.ends, self.ends_arn = self.queue("ends")

    def loop(self, way: str, target: str = "") -> None:
        self.function("fn", LOOP, Variables={"WAY": way, "TARGET": target})
        self.functions.put_function_event_invoke_config(
            FunctionName="fn", DestinationConfig={"OnFailure": {"Destination": self.ends_arn}}
        )

    def lets(self, service: str) -> None:
        self.functions.add_permission(
            FunctionName="fn", StatementId=service, Action="lambda:InvokeFunction", Principal=f"{service}.amazonaws.com"
        )

    def until_stopped(self) -> dict[str, Any]:
        """What the destination hears of the event that was dropped."""
        [message] = self.sqs.receive_message(QueueUrl=self.ends, WaitTimeSeconds=20)["Messages"]
        return dict(json.loads(message["Body"]))

    def ran(self) -> list[str]:
        """The trace headers that the function had."""
        found: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.results, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
        return found


@pytest.fixture
def loops(client: Callable[..., Any]) -> Loops:
    return Loops(client)


def test_a_function_that_invokes_itself(loops: Loops, client: Any) -> None:
    loops.loop("lambda")
    loops.functions.invoke(FunctionName="fn", InvocationType="Event")
    record = loops.until_stopped()
    assert record["requestContext"]["condition"] == "RecursiveInvocation"
    traces = loops.ran()
    assert len(traces) == recursion.LIMIT
    counted = sorted(int(trace.rpartition(":")[2]) for trace in traces)
    assert counted == list(range(recursion.LIMIT)) and len({trace.split(";")[0] for trace in traces}) == 1
    metrics = client("cloudwatch").list_metrics(MetricName="RecursiveInvocationsDropped")["Metrics"]
    assert [{"Name": "FunctionName", "Value": "fn"}] in [metric["Dimensions"] for metric in metrics]


def test_through_a_topic_and_a_bucket(loops: Loops, client: Any, account: str) -> None:
    topic = client("sns").create_topic(Name="again")["TopicArn"]
    loops.loop("sns", topic)
    loops.lets("sns")
    function = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    loops.functions.invoke(FunctionName="fn")
    loops.until_stopped()
    assert len(loops.ran()) == recursion.LIMIT

    s3 = client("s3")
    s3.create_bucket(Bucket=f"again-{account}")
    loops.lets("s3")
    told = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=f"again-{account}", NotificationConfiguration={"LambdaFunctionConfigurations": [told]}
    )
    variables = {"WAY": "s3", "TARGET": f"again-{account}", "RESULTS": loops.results}
    loops.functions.update_function_configuration(FunctionName="fn", Environment={"Variables": variables})
    s3.put_object(Bucket=f"again-{account}", Key="first", Body=b"")
    loops.until_stopped()
    assert len(loops.ran()) == recursion.LIMIT


def test_through_a_queue_whose_dead_letter_queue_gets_it(clients: Callable[..., Any], still: Any) -> None:
    loops = Loops(clients)
    policy = json.dumps({"deadLetterTargetArn": loops.ends_arn, "maxReceiveCount": "1"})
    url, arn = loops.queue("again", RedrivePolicy=policy, VisibilityTimeout="30")
    loops.loop("sqs", url)
    loops.map(arn, "fn")
    loops.sqs.send_message(QueueUrl=url, MessageBody="first")
    results: list[str] = []
    while len(results) < recursion.LIMIT:
        results += loops.ran()
    still.clock_advance(31)
    [message] = loops.sqs.receive_message(QueueUrl=loops.ends, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "again" and set(loops.ran()) <= set(results)  # those are visible again too


def test_directly_and_where_it_is_allowed(loops: Loops, client: Any) -> None:
    loops.loop("")
    trace = ROOT
    for _ in range(recursion.LIMIT):
        trace, _ = recursion.entered(
            trace, loops.functions.get_function(FunctionName="fn")["Configuration"]["FunctionArn"]
        )

    def send(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = trace

    late = client("lambda")
    late.meta.events.register("before-sign.lambda.Invoke", send)
    with refused("RecursiveInvocationException") as refusal:
        late.invoke(FunctionName="fn")
    assert refusal.status == 400
    config = {"FunctionName": "fn"}
    assert loops.functions.get_function_recursion_config(**config)["RecursiveLoop"] == "Terminate"
    assert loops.functions.put_function_recursion_config(**config, RecursiveLoop="Allow")["RecursiveLoop"] == "Allow"
    assert late.invoke(FunctionName="fn")["StatusCode"] == 200
    loops.functions.put_function_recursion_config(**config, RecursiveLoop="Terminate")
    with refused("RecursiveInvocationException"):
        late.invoke(FunctionName="fn")
    with refused("ResourceNotFoundException"):
        loops.functions.get_function_recursion_config(FunctionName="none")
    with refused("ValidationException"):
        loops.functions.put_function_recursion_config(FunctionName="fn:1", RecursiveLoop="Allow")


def test_headers_that_are_none() -> None:
    for text in (
        "",
        "Lineage",
        "Lineage=",
        "Lineage=x:y",
        "Lineage=1:aa:-1",
        "Lineage=a:999999",
        "Lineage=" + "a:1|" * 9999,
    ):
        header, before = recursion.entered(text, "arn")
        assert before == 0 and header.endswith(":0") and len(header) < 4096 * 2
    assert recursion.counts(f"{ROOT};Lineage=1:aa:3%7C1:bb:4") == {"aa": 3, "bb": 4}
    assert recursion.joined(ROOT, ["Lineage=1:aa:3", "Lineage=aa:5"]) == f"{ROOT};Lineage=1:aa:5"
    assert recursion.without(f"{ROOT};Lineage=1:aa:3;Sampled=0") == f"{ROOT};Sampled=0"
