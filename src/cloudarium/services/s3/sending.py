"""Telling functions, queues and topics, as S3 in the name of a bucket, so that their policies decide."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope

SUBJECT = "Amazon S3 Notification"


async def send(call: Call, bucket: str, account: str, arn: str, said: Any, header: str | None = None) -> None:
    """Send a JSON value to a destination; `header` is the trace header for a queue. Raises what that answers."""
    place = arns.parse(arn)
    assert place is not None
    operation, given = _message(call, place, orjson.dumps(said), header)
    await call.send(
        place.service,
        operation,
        given,
        as_=Principal.service("s3.amazonaws.com", account),
        context={"aws:SourceArn": f"arn:aws:s3:::{bucket}", "aws:SourceAccount": account},
        scope=Scope(place.account, place.region),
    )


def _message(call: Call, place: arns.Arn, body: bytes, header: str | None) -> tuple[str, dict[str, Any]]:
    if place.service == "lambda":
        return "Invoke", {"FunctionName": str(place), "InvocationType": "Event", "Payload": body}
    if place.service == "sns":
        return "Publish", {"TopicArn": str(place), "Subject": SUBJECT, "Message": body.decode()}
    given: dict[str, Any] = {"QueueUrl": f"{call.cloud.endpoint}/{place.account}/{place.resource}"}
    given["MessageBody"] = body.decode()
    if header:
        given["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
    return "SendMessage", given
