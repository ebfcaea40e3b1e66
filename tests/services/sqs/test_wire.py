"""SQS on the wire: JSON and the query protocol, URLs of queues, and the errors as clients old and new read them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import RunningCloud
from tests.services.sqs.queue import Queue, refused

NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


class Wire:
    """Signed requests of an account, as bytes."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud = cloud
        self.account = account

    def ask(self, url: str, body: str = "", **headers: str) -> tuple[int, Any, str]:
        """(status, headers, body) of a POST with a body, or of a GET."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest("POST" if body else "GET", url, data=body or None, headers=named)
        SigV4Auth(Credentials(self.account, "test"), "sqs", "us-east-1").add_auth(request)
        sent = urllib.request.Request(url, body.encode() if body else None, dict(request.headers))
        try:
            with urllib.request.urlopen(sent, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def query(self, url: str, **given: str) -> tuple[int, str]:
        """(status, body) of a request in the query protocol; names have `_` for a dot."""
        form = urlencode({name.replace("_", "."): value for name, value in given.items()})
        status, _, body = self.ask(url, form, Content_Type="application/x-www-form-urlencoded")
        return status, body

    def json(self, operation: str, given: Any, url: str = "") -> tuple[int, Any, Any]:
        """(status, headers, answer) of a request in JSON."""
        target = {"X_Amz_Target": f"AmazonSQS.{operation}", "Content_Type": "application/x-amz-json-1.0"}
        status, headers, body = self.ask(url or f"{self.cloud.url}/", json.dumps(given), **target)
        return status, headers, json.loads(body)


@pytest.fixture
def wire(cloud: RunningCloud, account: str) -> Wire:
    return Wire(cloud, account)


def texts(body: str, name: str) -> list[str | None]:
    return [found.text for found in ElementTree.fromstring(body).iter(NAMESPACE + name)]


# ---- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "given", "status", "kind", "code"),
    [
        (
            "SendMessage",
            {"QueueUrl": "not-there", "MessageBody": "x"},
            400,
            "com.amazonaws.sqs#QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        (
            "ReceiveMessage",
            {"QueueUrl": "queue", "MaxNumberOfMessages": 11},
            400,
            "com.amazon.coral.service#InvalidParameterValueException",
            "InvalidParameterValue",
        ),
        (
            "SendMessage",
            {"QueueUrl": "queue"},
            400,
            "com.amazon.coral.service#MissingRequiredParameterException",
            "MissingParameter",
        ),
        (
            "SendMessageBatch",
            {"QueueUrl": "queue", "Entries": []},
            400,
            "com.amazonaws.sqs#EmptyBatchRequest",
            "AWS.SimpleQueueService.EmptyBatchRequest",
        ),
        (
            "CreateQueue",
            {"QueueName": "queue", "Attributes": {"DelaySeconds": "2"}},
            400,
            "com.amazonaws.sqs#QueueNameExists",
            "QueueAlreadyExists",
        ),
        (
            "GetQueueAttributes",
            {"QueueUrl": "queue", "AttributeNames": ["X"]},
            400,
            "com.amazonaws.sqs#InvalidAttributeName",
            "InvalidAttributeName",
        ),
    ],
)
def test_errors_have_both_their_names(
    wire: Wire, queue: Queue, operation: str, given: Any, status: int, kind: str, code: str
) -> None:
    answered, headers, error = wire.json(operation, given)
    assert (answered, error["__type"]) == (status, kind)
    assert headers["x-amzn-query-error"] == f"{code};Sender"
    assert error["message"]


def test_errors_in_the_query_protocol(wire: Wire, queue: Queue) -> None:
    status, body = wire.query(queue.url + "x", Action="GetQueueAttributes", AttributeName_1="QueueArn")
    assert (status, texts(body, "Code"), texts(body, "Type")) == (
        400,
        ["AWS.SimpleQueueService.NonExistentQueue"],
        ["Sender"],
    )
    assert texts(body, "Message") == ["The specified queue does not exist for this wsdl version."]
    status, body = wire.query(queue.url, Action="SendMessage")
    assert (status, texts(body, "Code")) == (400, ["MissingParameter"])
    assert texts(body, "Message") == ["The request must contain the parameter MessageBody."]
    status, body = wire.query(queue.url, Action="ReceiveMessage", MaxNumberOfMessages="11")
    assert (status, texts(body, "Code")) == (400, ["InvalidParameterValue"])
    status, body = wire.query(queue.url, Action="GetQueueAttributes", AttributeName_1="Foobar")
    assert texts(body, "Message") == ["Unknown Attribute Foobar."]
    assert wire.query(queue.url, Action="PurgeQueue")[0] == 200
    status, body = wire.query(queue.url, Action="PurgeQueue")
    assert (status, texts(body, "Code")) == (403, ["AWS.SimpleQueueService.PurgeQueueInProgress"])


def test_what_is_not_asked_at_a_queue(wire: Wire, queue: Queue) -> None:
    for action in ("ListQueues", "CreateQueue", "FooBar"):
        status, body = wire.query(queue.url, Action=action, QueueName="other")
        assert (status, texts(body, "Code")) == (400, ["InvalidAction"])
        assert texts(body, "Message") == [f"The action {action} is not valid for this endpoint."]
    assert len(queue.client.list_queues()["QueueUrls"]) == 1


# ---- The query protocol ----------------------------------------------------------------------------------------------


def test_a_life_in_the_query_protocol(wire: Wire, cloud: RunningCloud, account: str) -> None:
    status, body = wire.query(
        f"{cloud.url}/", Action="CreateQueue", QueueName="old", Attribute_1_Name="DelaySeconds", Attribute_1_Value="0",
        Tag_1_Key="team", Tag_1_Value="red",
    )  # fmt: skip
    assert status == 200
    (url,) = texts(body, "QueueUrl")
    assert url == f"{cloud.url}/{account}/old"
    sent = wire.query(
        url, Action="SendMessage", MessageBody="foo<bar>&", MessageAttribute_1_Name="k",
        MessageAttribute_1_Value_DataType="Binary", MessageAttribute_1_Value_BinaryValue="AAE=",
        MessageSystemAttribute_1_Name="AWSTraceHeader", MessageSystemAttribute_1_Value_DataType="String",
        MessageSystemAttribute_1_Value_StringValue="Root=1-5759e988-bd862e3fe1be46a994272793",
    )[1]  # fmt: skip
    status, got = wire.query(url, Action="ReceiveMessage", AttributeName_1="All", MessageAttributeName_1="All")
    assert (texts(got, "Body"), texts(got, "BinaryValue")) == (["foo<bar>&"], ["AAE="])
    assert texts(got, "MD5OfBody") == texts(sent, "MD5OfMessageBody")
    assert texts(got, "MD5OfMessageAttributes") == texts(sent, "MD5OfMessageAttributes")
    assert "ApproximateReceiveCount" in texts(got, "Name") and "AWSTraceHeader" in texts(got, "Name")
    (handle,) = texts(got, "ReceiptHandle")
    assert handle is not None
    status, body = wire.query(
        url, Action="ChangeMessageVisibilityBatch", ChangeMessageVisibilityBatchRequestEntry_1_Id="a",
        ChangeMessageVisibilityBatchRequestEntry_1_ReceiptHandle=handle,
        ChangeMessageVisibilityBatchRequestEntry_1_VisibilityTimeout="10",
        ChangeMessageVisibilityBatchRequestEntry_2_Id="b", ChangeMessageVisibilityBatchRequestEntry_2_ReceiptHandle="x",
        ChangeMessageVisibilityBatchRequestEntry_2_VisibilityTimeout="10",
    )  # fmt: skip
    assert (texts(body, "Id"), texts(body, "Code")) == (["a", "b"], ["ReceiptHandleIsInvalid"])
    assert wire.query(url, Action="DeleteMessage", ReceiptHandle=handle)[0] == 200
    assert "<ReceiveMessageResult></ReceiveMessageResult>" in wire.query(url, Action="ReceiveMessage")[1].replace(
        "<ReceiveMessageResult/>", "<ReceiveMessageResult></ReceiveMessageResult>"
    )
    status, body = wire.query(url, Action="GetQueueAttributes", AttributeName_1="VisibilityTimeout")
    assert "<Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>" in body
    assert "<Tag><Key>team</Key><Value>red</Value></Tag>" in wire.query(url, Action="ListQueueTags")[1]
    assert wire.query(url, Action="DeleteQueue")[0] == 200
    assert texts(wire.query(f"{cloud.url}/", Action="ListQueues")[1], "QueueUrl") == []


def test_a_get_will_do(wire: Wire, cloud: RunningCloud, queue: Queue) -> None:
    status, _, body = wire.ask(f"{queue.url}?Action=SendMessage&MessageBody=foobar")
    assert status == 200 and "<SendMessageResponse" in body
    assert "<Body>foobar</Body>" in wire.ask(f"{queue.url}?Action=ReceiveMessage")[2]
    assert queue.url in wire.ask(f"{cloud.url}/?Action=ListQueues&Version=2012-11-05")[2]


def test_the_queue_in_the_parameters_counts_before_that_in_the_path(wire: Wire, queue: Queue, sqs: Any) -> None:
    other = Queue(sqs, "other")
    body = wire.query(queue.url, Action="GetQueueAttributes", QueueUrl=other.url, AttributeName_1="QueueArn")[1]
    assert other.arn in body and queue.arn not in body
    assert texts(wire.query(queue.url, Action="GetQueueUrl", QueueName="other")[1], "QueueUrl") == [other.url]


# ---- URLs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["sqs.us-east-1.localhost.localstack.cloud:4566", "us-east-1.queue.localhost", "sqs.us-east-1.amazonaws.com"],
)
def test_urls_have_the_host_that_the_client_used(wire: Wire, queue: Queue, account: str, host: str) -> None:
    _, _, answer = wire.json("GetQueueUrl", {"QueueName": "queue"})
    assert answer["QueueUrl"] == queue.url
    request = AWSRequest(
        "POST", f"http://{host}/", data='{"QueueName":"queue"}',
        headers={"X-Amz-Target": "AmazonSQS.GetQueueUrl", "Content-Type": "application/x-amz-json-1.0"},
    )  # fmt: skip
    SigV4Auth(Credentials(account, "test"), "sqs", "us-east-1").add_auth(request)
    headers = {**dict(request.headers), "Host": host}
    sent = urllib.request.Request(f"{wire.cloud.url}/", b'{"QueueName":"queue"}', headers)
    with urllib.request.urlopen(sent, timeout=20) as found:
        url = json.load(found)["QueueUrl"]
    assert url == f"http://{host}/{account}/queue"
    assert queue.client.send_message(QueueUrl=url, MessageBody="x")["MessageId"]


def test_ways_to_name_a_queue(queue: Queue, account: str) -> None:
    for url in ("queue", f"/{account}/queue", f"https://x/queue/us-east-1/{account}/queue", queue.url + "/"):
        assert queue.client.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    missing = "AWS.SimpleQueueService.NonExistentQueue"
    for url in ("http://whatever", "http://", f"{account}", f"x{queue.url}", "a/b", "\n", "x" * 3000, "http://h/a b"):
        refused(missing, queue.client.send_message, QueueUrl=url, MessageBody="x")


def test_json_posted_to_the_url_of_a_queue(wire: Wire, queue: Queue) -> None:
    assert wire.json("ReceiveMessage", {"QueueUrl": queue.url}, queue.url)[2] == {}


@pytest.mark.parametrize(
    "given", ["[]", "{", '{"QueueUrl": 5}', '{"QueueUrl": {"a": 1}}', '{"MaxNumberOfMessages": "x"}']
)
def test_json_that_is_none(wire: Wire, given: str) -> None:
    target = {"X_Amz_Target": "AmazonSQS.ReceiveMessage", "Content_Type": "application/x-amz-json-1.0"}
    status, _, body = wire.ask(f"{wire.cloud.url}/", given, **target)
    assert status == 400 and "__type" in json.loads(body)


def test_a_url_that_names_no_operation_is_not_found(wire: Wire, queue: Queue) -> None:
    status, headers, body = wire.ask(queue.url)
    assert (status, body) == (404, "<UnknownOperationException/>\n")
    assert headers["x-amzn-requestid"]
    status, _, answer = wire.json("Nonsense", {})
    assert (status, answer["__type"].rpartition("#")[2]) == (400, "UnknownOperationException")


def test_the_query_protocol_answers_json_to_who_accepts_it(wire, queue):
    def ask(**given: str) -> tuple[int, Any]:
        form = urlencode({name.replace("_", "."): value for name, value in given.items()})
        status, headers, body = wire.ask(f"{queue.url}?{form}", Accept="application/json")
        assert headers["content-type"] == "application/json"
        return status, json.loads(body)

    status, found = ask(Action="GetQueueAttributes", AttributeName_1="QueueArn")
    assert status == 200 and found["GetQueueAttributesResponse"]["ResponseMetadata"]["RequestId"]
    arn = {"Name": "QueueArn", "Value": queue.arn}
    assert found["GetQueueAttributesResponse"]["GetQueueAttributesResult"] == {"Attributes": [arn]}
    more = {"MessageAttribute_1_Name": "a", "MessageAttribute_1_Value_DataType": "Binary"}
    ask(Action="SendMessage", MessageBody="Hello", MessageAttribute_1_Value_BinaryValue="AAE=", **more)
    _, found = ask(Action="ReceiveMessage", MessageAttributeName_1="All")
    [message] = found["ReceiveMessageResponse"]["ReceiveMessageResult"]["Messages"]
    assert message["Body"] == "Hello"
    assert message["MessageAttributes"] == [{"Name": "a", "Value": {"BinaryValue": "AAE=", "DataType": "Binary"}}]
    status, found = ask(Action="ListQueues")
    assert status == 400 and found["Error"] == {
        "Code": "InvalidAction", "Message": "The action ListQueues is not valid for this endpoint.", "Type": "Sender"
    }  # fmt: skip
    status, _, body = wire.ask(queue.url, Accept="application/json")
    assert (status, body) == (404, "<UnknownOperationException/>\n")
