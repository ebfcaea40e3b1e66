"""From the stream to the queue to the mail: in part when a part fails, and each order once."""

from __future__ import annotations

import json
from typing import Any

from botocore.stub import ANY, Stubber

import confirmations
import order_events
from http_calls import context
from stubs import stubbed

HEAD = {
    "pk": {"S": "ORDER#o1"},
    "sk": {"S": "ORDER"},
    "id": {"S": "o1"},
    "customer_id": {"S": "c1"},
    "total_cents": {"N": "7880"},
}
LINE = {"pk": {"S": "ORDER#o1"}, "sk": {"S": "LINE#01"}, "name": {"S": "A Novel"}, "quantity": {"N": "2"}}
CUSTOMER = {"name": {"S": "Ada"}, "email": {"S": "ada@example.com"}}


def placed(sequence: str) -> dict[str, Any]:
    """A record of the stream."""
    return {
        "eventID": sequence,
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": {"pk": {"S": "ORDER#o1"}}, "NewImage": HEAD, "SequenceNumber": sequence},
    }


def message(message_id: str, body: str) -> dict[str, Any]:
    """A message of the queue."""
    return {"messageId": message_id, "receiptHandle": "r", "body": body, "attributes": {}, "eventSource": "aws:sqs"}


def test_what_cannot_be_queued_is_named() -> None:
    wanted = {"QueueUrl": ANY, "MessageBody": json.dumps({"order_id": "o1", "customer_id": "c1"})}
    with stubbed(order_events.sqs()) as sqs:
        sqs.add_response("send_message", {"MessageId": "m"}, wanted)
        sqs.add_client_error("send_message", "ServiceUnavailable")
        answer = order_events.handler({"Records": [placed("1"), placed("2")]}, context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_a_confirmation_says_what_was_bought(stub: Stubber, ses: Stubber) -> None:
    stub.add_response("query", {"Items": [LINE, HEAD]})
    stub.add_response("get_item", {"Item": CUSTOMER})
    ses.add_response("send_email", {"MessageId": "m"}, {"FromEmailAddress": ANY, "Destination": ANY, "Content": ANY})
    sent = confirmations.confirm_once(message={"order_id": "o1", "customer_id": "c1"})
    assert sent == {"message_id": "m"}


def test_what_cannot_be_sent_comes_again_alone(stub: Stubber, ses: Stubber) -> None:
    for _ in range(2):
        stub.add_response("query", {"Items": [LINE, HEAD]})
        stub.add_response("get_item", {"Item": CUSTOMER})
    ses.add_response("send_email", {"MessageId": "m"})
    ses.add_client_error("send_email", "TooManyRequestsException")
    records = [message(each, '{"order_id": "o1", "customer_id": "c1"}') for each in ("1", "2")]
    answer = confirmations.handler({"Records": [*records, message("3", "not JSON")]}, context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
