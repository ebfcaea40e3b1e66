"""Details of answers and errors that botocore would not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import botocore.eventstream
import orjson
import pytest

from cloudarium.gateway.http import HttpResponse
from cloudarium.gateway.protocols import codec
from cloudarium.gateway.protocols.compiler import UnknownMember
from cloudarium.gateway.protocols.event_stream import exception_frame
from cloudarium.model import service
from cloudarium.shared import auth_errors
from cloudarium.shared.errors import AccessDenied, AwsError, NotBuilt


def error(protocol: str, name: str, what: AwsError, operation: str | None = None) -> HttpResponse:
    """The response for an error."""
    model = service(name)
    return codec(protocol).serialize_error(model, model.operations[operation] if operation else None, what, "rid")


def body(answer: HttpResponse) -> str:
    """A response's body as text."""
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


@pytest.mark.parametrize(
    ("protocol", "name", "status", "code"),
    [
        ("json", "dynamodb", 400, '"com.amazon.coral.service#AccessDeniedException","Message":"no"'),
        ("json", "kms", 400, '"AccessDeniedException","Message":"no"'),
        ("query", "iam", 403, "<Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>"),
        ("ec2", "ec2", 403, "<Code>UnauthorizedOperation</Code><Message>no</Message>"),
        (
            "rest-xml",
            "s3",
            403,
            "<Error><Code>AccessDenied</Code><Message>no</Message><RequestId>rid<",
        ),
    ],
)
def test_denials_in_every_protocol(protocol: str, name: str, status: int, code: str) -> None:
    """One AccessDenied, each protocol's own code."""
    answer = error(protocol, name, AccessDenied("no"))
    assert answer.status == status and code in body(answer)


def test_denial_in_rest_json_and_query_compatible() -> None:
    """REST-JSON has the code in a header; SQS adds what it was in the query protocol."""
    answer = error("rest-json", "lambda", AccessDenied("no"))
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
    assert error("json", "sqs", AccessDenied("no")).headers["x-amzn-query-error"] == "AccessDenied;Sender"


def test_every_neutral_error_in_every_protocol() -> None:
    """No neutral name ever reaches a client."""
    kinds = [k for k in vars(auth_errors).values() if isinstance(k, type) and issubclass(k, auth_errors.ProtocolError)]
    targets = [("json", "sqs"), ("query", "iam"), ("ec2", "ec2"), ("rest-json", "lambda"), ("rest-xml", "s3")]
    for kind in kinds:
        if kind is auth_errors.ProtocolError:
            continue
        for protocol, name in targets:
            answer = error(protocol, name, kind())
            wire = kind.on(protocol)
            assert answer.status == wire.status
            assert wire.code in body(answer) + answer.headers.get("x-amzn-ErrorType", "")
    assert "given" in body(error("query", "iam", auth_errors.RequestExpired("given")))


def test_sqs_errors_for_old_and_new_clients() -> None:
    """The JSON type is qualified, the query code is in a header and in the query protocol's body."""
    missing = AwsError("gone", code="QueueDoesNotExist")
    answer = error("json", "sqs", missing)
    assert orjson.loads(body(answer)) == {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "gone"}
    assert answer.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in body(error("query", "sqs", missing))


def test_members_of_errors() -> None:
    """Fields go out as the error's shape has them, in the body or in headers."""
    failed = AwsError("The conditional request failed", code="ConditionalCheckFailedException", Item={"b": {"B": b"x"}})
    assert orjson.loads(body(error("json", "dynamodb", failed))) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        "Item": {"b": {"B": "eA=="}},
    }
    late = AwsError("Slow", code="TooManyRequestsException", retryAfterSeconds="3", Reason="CallerRateLimitExceeded")
    answer = error("rest-json", "lambda", late)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert orjson.loads(body(answer)) == {
        "Type": "User",
        "message": "Slow",
        "Reason": "CallerRateLimitExceeded",
    }
    text = body(error("rest-xml", "s3", AwsError("gone", code="NoSuchKey", Key="a&b")))
    assert "<Key>a&amp;b</Key>" in text


def test_not_built_and_head() -> None:
    """501 by name in every protocol; an answer to HEAD has no body."""
    assert error("query", "iam", NotBuilt("iam:X")).status == 501
    answer = error("rest-xml", "s3", AwsError("gone", code="NoSuchKey"), "HeadObject")
    assert (answer.status, answer.body) == (404, b"")


def test_s3_documents() -> None:
    """Root names, namespace, milliseconds and the one document that is a text."""
    s3, speak = service("s3"), codec("rest-xml").serialize
    answer = speak(s3.operations["ListBuckets"], {"Buckets": [{"Name": "b", "CreationDate": 1.5}]}, "rid")
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    assert f"<ListAllMyBucketsResult {space}><Buckets><Bucket><Name>b</Name>" in body(answer)
    assert "<CreationDate>1970-01-01T00:00:01.500Z</CreationDate>" in body(answer)
    assert answer.headers["x-amz-request-id"] == "rid" and answer.headers["x-amz-id-2"]
    location = s3.operations["GetBucketLocation"]
    assert body(speak(location, {}, "r")).endswith(f"<LocationConstraint {space}/>")
    assert body(speak(location, {"LocationConstraint": "eu-west-1"}, "r")).endswith(">eu-west-1</LocationConstraint>")
    acl = {"Grants": [{"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}]}
    text = body(speak(s3.operations["GetBucketAcl"], acl, "r"))
    assert '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">' in text


def test_streams_and_statuses() -> None:
    """A streaming body passes through untouched; a status member is the status; headers cannot be injected."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    stream = chunks()
    output: dict[str, Any] = {"Body": stream, "ContentDisposition": "a\r\nSet-Cookie: x", "Metadata": {"k": "ü"}}
    answer = codec("rest-xml").serialize(service("s3").operations["GetObject"], output, "r")
    assert answer.body is stream
    assert answer.headers["Content-Disposition"] == "a  Set-Cookie: x"
    assert answer.headers["x-amz-meta-k"].encode("latin-1").decode() == "ü"
    invoke = service("lambda").operations["Invoke"]
    answer = codec("rest-json").serialize(invoke, {"StatusCode": 202, "Payload": b""}, "r")
    assert (answer.status, answer.body) == (202, b"")


def test_a_member_that_does_not_exist_is_a_bug() -> None:
    """Misspelled output fails loudly instead of vanishing; None means absent."""
    for protocol, name, operation in (("json", "sqs", "CreateQueue"), ("query", "iam", "CreateUser")):
        with pytest.raises(UnknownMember):
            codec(protocol).serialize(service(name).operations[operation], {"Nonsense": 1}, "r")
    answer = codec("json").serialize(service("sqs").operations["CreateQueue"], {"QueueUrl": None}, "r")
    assert answer.body == b"{}"


def test_ec2_without_an_output() -> None:
    """Operations that answer nothing answer true."""
    model = service("ec2")
    name = next(name for name, operation in model.operations.items() if operation.output is None)
    answer = codec("ec2").serialize(model.operations[name], {}, "rid")
    assert "<requestId>rid</requestId><return>true</return>" in body(answer)


def frames(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    """The messages that botocore reads from event stream bytes."""
    buffer = botocore.eventstream.EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


def test_event_streams() -> None:
    """Lists of events at once, iterators as they come; both are frames that botocore reads."""
    stream = service("lambda").operations["InvokeWithResponseStream"]
    events: list[dict[str, Any]] = [{"PayloadChunk": {"Payload": b"abc"}}, {"InvokeComplete": {"LogResult": "x"}}]
    answer = codec("rest-json").serialize(stream, {"EventStream": events}, "r")
    assert answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    (first, payload), (last, end) = frames(answer.body)  # type: ignore[arg-type]
    assert (first[":event-type"], payload) == ("PayloadChunk", b"abc")
    assert (last[":event-type"], orjson.loads(end)) == ("InvokeComplete", {"LogResult": "x"})

    async def each() -> AsyncIterator[dict[str, Any]]:
        for event in events:
            yield event

    async def collect() -> bytes:
        streamed = codec("rest-json").serialize(stream, {"EventStream": each()}, "r").body
        return b"".join([chunk async for chunk in streamed])  # type: ignore[union-attr]

    assert asyncio.run(collect()) == answer.body
    select = service("s3").operations["SelectObjectContent"]
    rows = [{"Records": {"Payload": b"1,2\n"}}, {"Stats": {"Details": {"BytesScanned": 4}}}, {"End": {}}]
    found = frames(codec("rest-xml").serialize(select, {"Payload": rows}, "r").body)  # type: ignore[arg-type]
    assert [headers[":event-type"] for headers, _ in found] == ["Records", "Stats", "End"]
    assert found[1][1] == b"<Stats><BytesScanned>4</BytesScanned></Stats>"
    ((headers, _),) = frames(exception_frame("ThrottlingException", b"{}"))
    assert headers[":message-type"] == "exception"
