"""Publishing: by which call an event destination is told.

A topic is told as ses.amazonaws.com, so that its own policy decides. The account's default event bus and its metrics
ask nobody for permission on AWS: there the cloud itself acts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from cloudarium.mail import events
from cloudarium.mail.desk import Data, Desk
from cloudarium.policy.principal import Principal
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

_SUBJECT = "Amazon SES Email Event Notification"
_VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."
Send = Callable[..., Awaitable[dict[str, Any]]]


async def publish(send: Send, scope: Scope, payload: Data, told: Data) -> None:
    """Tell one event to one destination. Raises what the other service answers."""
    destination, event = payload["destination"], told["event"]
    if "Sns" in destination:
        message = orjson.dumps(event).decode()
        await _to_topic(send, scope, payload["set"], destination["Sns"], {"Subject": _SUBJECT, "Message": message})
    elif "EventBridge" in destination:
        entry = {
            "Source": "aws.ses", "DetailType": events.KINDS[told["kind"]].detail, "Time": payload["at"],
            "Detail": orjson.dumps(event).decode(), "EventBusName": destination["EventBridge"],
            "Resources": [arns.make("ses", scope, f"configuration-set/{payload['set']}")],
        }  # fmt: skip
        await send("events", "PutEvents", {"Entries": [entry]}, as_=Principal.root(scope.account), scope=scope)
    else:
        metric = {
            "MetricName": events.KINDS[told["kind"]].metric, "Timestamp": payload["at"], "Value": 1.0, "Unit": "Count",
            "Dimensions": [_dimension(each, event) for each in destination["CloudWatch"]],
        }  # fmt: skip
        given = {"Namespace": "AWS/SES", "MetricData": [metric]}
        await send("cloudwatch", "PutMetricData", given, as_=Principal.root(scope.account), scope=scope)


async def prove(send: Send, desk: Desk, set_name: str, destination: Data) -> None:
    """Try a destination's topic out, as SES does when a destination is made. Raises when it cannot be told."""
    if "Sns" not in destination:
        return
    try:
        await _to_topic(send, desk.scope, set_name, destination["Sns"], {"Message": _VALIDATED})
    except AwsError as error:
        named = {"ConfigurationSetName": set_name, "EventDestinationName": destination["Name"]}
        gone = error.code in ("NotFoundException", "NotFound")
        words = "not found." if gone else "could not be published to by Amazon SES: check its access policy."
        raise desk.error(desk.codes.bad_sns, f"SNS topic <{destination['Sns']}> {words}", **named) from error


async def _to_topic(send: Send, scope: Scope, set_name: str, topic: str, message: Data) -> None:
    place = arns.parse(topic)
    assert place is not None  # looked at when the destination was made
    given = {"TopicArn": topic, **message}
    await send("sns", "Publish", given, **{**_as_ses(scope, set_name), "scope": Scope(place.account, place.region)})


def _as_ses(scope: Scope, set_name: str) -> Data:
    """Who calls, and what the other side's policy can ask of it."""
    context = {
        "aws:SourceArn": arns.make("ses", scope, f"configuration-set/{set_name}"),
        "aws:SourceAccount": scope.account,
        "aws:SourceOwner": scope.account,  # what the default policy of a topic asks for
    }
    return {"as_": Principal.service("ses.amazonaws.com", scope.account), "context": context, "scope": scope}


def _dimension(wanted: Data, event: Data) -> Data:
    """One dimension: a message's tag, its header or a link's tag; the default value where there is none."""
    name, values = wanted["Name"], []
    if wanted["Source"] == "MESSAGE_TAG":
        values = event["mail"]["tags"].get(name, [])
    elif wanted["Source"] == "EMAIL_HEADER":
        values = [each["value"] for each in event["mail"]["headers"] if each["name"].lower() == name.lower()]
    elif event.get("click"):
        values = (event["click"].get("linkTags") or {}).get(name, [])
    return {"Name": name, "Value": str(values[0])[:1024] if values and values[0] else wanted["Default"]}
