"""Taking a publication to one endpoint, and what came of it."""

from __future__ import annotations

import base64
import http.client
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from cloudarium.gateway.background import Event
from cloudarium.gateway.fetch import fetch
from cloudarium.policy.principal import Principal
from cloudarium.services.sns.delivery import documents
from cloudarium.services.sns.delivery.publication import NOTIFICATION, Publication, scope_of_topic
from cloudarium.services.sns.delivery.texting import text_to
from cloudarium.services.sns.records.subscriptions import Subscription
from cloudarium.services.sns.records.topics import Topic
from cloudarium.services.sns.rules import http_policies
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import Scope

_AGENT = "Amazon Simple Notification Service Agent"
_PATIENCE = 15.0  # seconds that a web server has to answer
_SENDER = "no-reply@sns.amazonaws.com"


class Outcome(NamedTuple):
    """What came of a try: delivered, to be tried again, or neither; with what the delivery status log says of it."""

    delivered: bool
    again: bool = False
    status: int = 200
    response: Any = ""


class Way(NamedTuple):
    """A publication on its way: the event that takes it, the topic, the subscription."""

    event: Event
    topic: Topic
    target: Subscription
    publication: Publication

    @property
    def raw(self) -> bool:
        """Whether the endpoint gets the bare message."""
        return self.target.attributes.get("RawMessageDelivery") == "true" and self.publication.type == NOTIFICATION

    @property
    def version(self) -> str:
        """How the topic signs."""
        return str(self.topic.attributes.get("SignatureVersion") or "1")

    async def printed(self) -> str:
        """The publication as a JSON document."""
        return documents.printed(
            await documents.document(self.event.cloud, self.target, self.publication, self.version)
        )


async def deliver(way: Way) -> Outcome:
    """Try once."""
    return await _WAYS[way.target.protocol](way)


# ---- Queues and functions --------------------------------------------------------------------------------------------


async def _send(way: Way, service: str, operation: str, given: dict[str, Any], arn: str) -> dict[str, Any]:
    """Call another room as SNS, in the name of the topic."""
    owner, where = scope_of_topic(way.topic.arn).account, arns.parse(arn)
    assert where is not None
    return await way.event.send(
        service,
        operation,
        given,
        as_=Principal.service("sns.amazonaws.com", owner),
        context={"aws:SourceArn": way.topic.arn, "aws:SourceAccount": owner},
        scope=Scope(where.account, where.region),
    )


def _failed(error: AwsError) -> Outcome:
    """SNS tries again where the other service is at fault; what it refuses is refused.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
    """
    status = error.status or 400
    again = not isinstance(error, NotBuilt) and (status >= 500 or status == 429 or "Throttl" in error.code)
    return Outcome(False, again, status, {"ErrorCode": error.code, "ErrorMessage": error.message})


async def _to_queue(way: Way) -> Outcome:
    try:
        answer = await send_to_queue(way, way.target.endpoint)
    except AwsError as error:
        return _failed(error)
    response = {"sqsRequestId": way.event.request_id, "sqsMessageId": answer.get("MessageId", "")}
    return Outcome(True, status=200, response=response)


async def send_to_queue(way: Way, queue: str) -> dict[str, Any]:
    """Put a publication into a queue: the subscription's own, or the one for what it could not be given."""
    publication, where = way.publication, arns.parse(queue)
    assert where is not None
    given: dict[str, Any] = {
        "QueueUrl": f"{way.event.cloud.endpoint}/{where.account}/{where.resource}",
        "MessageBody": publication.text if way.raw else await way.printed(),
    }
    if way.raw and publication.attributes:
        given["MessageAttributes"] = {name: _attribute(each) for name, each in publication.attributes.items()}
    fifo = queue.endswith(".fifo")
    if fifo:
        given["MessageGroupId"] = publication.group or way.topic.name
        given["MessageDeduplicationId"] = publication.duplicate or publication.id
    elif publication.group is not None and publication.sequence is None:
        given["MessageGroupId"] = publication.group
    if publication.trace:
        header = {"DataType": "String", "StringValue": publication.trace}
        given["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    return await _send(way, "sqs", "SendMessage", given, queue)


def _attribute(kept: dict[str, Any]) -> dict[str, Any]:
    if "BinaryValue" in kept:
        return {"DataType": kept["DataType"], "BinaryValue": base64.b64decode(kept["BinaryValue"])}
    return dict(kept)


async def _to_function(way: Way) -> Outcome:
    payload = await documents.event(way.event.cloud, way.target, way.publication, way.version)
    given = {"FunctionName": way.target.endpoint, "InvocationType": "Event", "Payload": payload}
    try:
        await _send(way, "lambda", "Invoke", given, way.target.endpoint)
    except AwsError as error:
        return _failed(error)
    return Outcome(True, status=202, response={"lambdaRequestId": way.event.request_id})


# ---- Web servers -----------------------------------------------------------------------------------------------------


async def _to_server(way: Way) -> Outcome:
    publication, target = way.publication, way.target
    policy = http_policies.effective(
        target.attributes.get("DeliveryPolicy"), way.topic.attributes.get("DeliveryPolicy")
    )
    notice = publication.type != NOTIFICATION
    headers = {
        "x-amz-sns-message-type": publication.type,
        "x-amz-sns-message-id": publication.id,
        "x-amz-sns-topic-arn": publication.topic,
        "Content-Type": http_policies.CONTENT_TYPE if notice else policy["requestPolicy"]["headerContentType"],
        "User-Agent": _AGENT,
        "Accept-Encoding": "gzip,deflate",
        "Connection": "Keep-Alive",
    }
    address, secret = _address(target.endpoint)
    if secret:
        headers["Authorization"] = secret
    if publication.type != "SubscriptionConfirmation":
        headers["x-amz-sns-subscription-arn"] = target.arn
    if way.raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    body = (publication.text if way.raw else await way.printed()).encode("utf-8", "replace")
    try:
        answer = await fetch("POST", address, headers, body, _PATIENCE)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Outcome(False, True, 0, f"{type(error).__name__}: {error}"[:500])
    said = answer.body[:1000].decode("utf-8", "replace")
    if 200 <= answer.status < 300:
        return Outcome(True, status=answer.status, response=said)
    return Outcome(False, not 400 <= answer.status < 500 or answer.status == 429, answer.status, said)


def _address(endpoint: str) -> tuple[str, str]:
    """Where to post, and the Authorization header of a user and password that stand in the address."""
    parts = urlsplit(endpoint)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return endpoint, ""
    return parts._replace(netloc=host).geturl(), "Basic " + base64.b64encode(unquote(user).encode()).decode()


# ---- People ----------------------------------------------------------------------------------------------------------


async def _to_mail(way: Way) -> Outcome:
    cloud, publication = way.event.cloud, way.publication
    if way.target.protocol == "email-json":
        subject = {NOTIFICATION: "AWS Notification Message"}.get(
            publication.type, "AWS Notification - " + publication.type
        )
        made: dict[str, Any] = {"subject": publication.subject or subject, "text": await way.printed()}
    elif publication.type == NOTIFICATION:
        made = documents.mail(cloud, way.target, publication)
    else:
        write = (
            documents.confirmation_mail if publication.type == "SubscriptionConfirmation" else documents.removal_mail
        )
        made = write(cloud, way.target, publication)
    sender = way.topic.attributes.get("DisplayName") or "AWS Notifications"
    quoted = sender.replace("\\", "").replace('"', "")
    payload = {"source": f'"{quoted}" <{_SENDER}>', "to": [way.target.endpoint], **made}
    with way.event.transaction():
        way.event.later("Mail", payload, service="ses")
    return Outcome(True)


async def _to_phone(way: Way) -> Outcome:
    with way.event.transaction():
        taken = text_to(way.event, way.event.scope, way.target.endpoint, way.publication)
    return Outcome(taken, status=200 if taken else 400, response="" if taken else "Phone number is opted out")


_WAYS = {
    "sqs": _to_queue, "lambda": _to_function, "http": _to_server, "https": _to_server, "email": _to_mail,
    "email-json": _to_mail, "sms": _to_phone,
}  # fmt: skip
