"""Delivery status logs: what became of deliveries, in the topic's log group, written as the topic's role.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

import orjson

from cloudarium.gateway.background import Event
from cloudarium.policy.principal import Principal
from cloudarium.services.sns.delivery.endpoints import Outcome, Way
from cloudarium.services.sns.delivery.publication import NOTIFICATION
from cloudarium.services.sns.delivery.texting import stamp
from cloudarium.services.sns.rules.topics import PROTOCOLS
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")
_TAKEN = ("ResourceAlreadyExistsException",)


def leave(way: Way, outcome: Outcome, tries: int) -> None:
    """Have a delivery's end written, if the topic's owner wants it."""
    name = PROTOCOLS.get(way.target.protocol)
    if name is None or way.publication.type != NOTIFICATION:
        return
    kept = way.topic.attributes
    side = "Success" if outcome.delivered else "Failure"
    role = kept.get(f"{name}{side}FeedbackRoleArn")
    if not role:
        return
    if outcome.delivered and ids.fraction() * 100 >= int(kept.get(f"{name}SuccessFeedbackSampleRate") or 0):
        return
    group = "/".join(("sns", way.topic.scope.region, way.topic.scope.account, way.topic.name))
    payload = {
        "Role": role,
        "Topic": way.topic.arn,
        "Group": group if outcome.delivered else f"{group}/Failure",
        "Entry": _entry(way, outcome, tries),
    }
    with way.event.transaction():
        way.event.later("DeliveryStatus", payload)


def _entry(way: Way, outcome: Outcome, tries: int) -> dict[str, Any]:
    publication, now = way.publication, way.event.cloud.clock.now()
    said = outcome.response if isinstance(outcome.response, str) else orjson.dumps(outcome.response).decode()
    content: dict[str, Any] = {
        "deliveryId": ids.uuid(),
        "destination": way.target.endpoint,
        "providerResponse": said,
        "dwellTimeMs": max(0, round((now - publication.at) * 1000)),
        "statusCode": outcome.status,
    }
    if PROTOCOLS[way.target.protocol] == "HTTP":
        content["attempts"] = tries
    return {
        "notification": {
            "messageMD5Sum": hashlib.md5(
                publication.text.encode("utf-8", "surrogatepass"), usedforsecurity=False
            ).hexdigest(),
            "messageId": publication.id,
            "topicArn": publication.topic,
            "timestamp": stamp(publication.at),
        },
        "delivery": content,
        "status": "SUCCESS" if outcome.delivered else "FAILURE",
    }


async def write(event: Event) -> None:
    """Write one entry as the role. What the role may not do is not done, as on AWS."""
    given = event.payload
    try:
        role = await _session(event, given["Role"], given["Topic"])
        await _write(event, role, given["Group"], orjson.dumps(given["Entry"]).decode())
    except AwsError as error:
        log.warning("a delivery status was not logged in %s: %s", given["Group"], error.message)


async def _write(event: Event, role: Principal, group: str, line: str) -> None:
    stream = ids.uuid()
    for operation, given in (
        ("CreateLogGroup", {"logGroupName": group}),
        ("CreateLogStream", {"logGroupName": group, "logStreamName": stream}),
        (
            "PutLogEvents",
            {
                "logGroupName": group,
                "logStreamName": stream,
                "logEvents": [{"timestamp": int(event.now * 1000), "message": line}],
            },
        ),
    ):
        try:
            await event.send("logs", operation, given, as_=role)
        except AwsError as error:
            if error.code not in _TAKEN:
                raise


async def _session(event: Event, role: str, topic: str | None) -> Principal:
    """The role as a caller, in the topic's name. Raises AwsError when SNS may not assume it."""
    named = {"aws:SourceArn": topic} if topic else {}
    service = Principal.service("sns.amazonaws.com", event.account)
    context = {**named, "aws:SourceAccount": event.account}
    return await event.cloud.assume(event, role, "sns", service, context)
