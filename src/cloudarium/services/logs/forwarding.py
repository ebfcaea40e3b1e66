"""Subscriptions: events that match leave for a function, by the outbox, as CloudWatch Logs itself.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.logs import resources, rules
from cloudarium.services.logs.filtering import filters_of, matching
from cloudarium.services.logs.records import Group
from cloudarium.shared.errors import AccessDenied, AwsError

_LARGEST = 180_000  # of a payload as base64; Lambda takes 256 KB for later
_DENIED = ("AccessDeniedException", "AccessDenied")


def forward(call: Call, group: Group, stream: str, events: Sequence[dict[str, Any]]) -> None:
    """Leave what the group's subscriptions want of new events; part of the present transaction."""
    subscriptions = filters_of(call.store, group.id).subscriptions
    if not subscriptions:
        return
    messages = [event["message"] for event in events]
    for subscription, matches in subscriptions:
        places = matching(matches, messages)
        chosen = [
            {
                "id": rules.event_id(events[at]["timestamp"], group.id, group.next_event + at),
                "timestamp": events[at]["timestamp"],
                "message": messages[at],
            }
            for at in places
        ]
        for data in _packed(call.account, group.name, stream, subscription.name, chosen):
            payload: dict[str, Any] = {"Destination": subscription.destination, "Group": group.name, "Data": data}
            payload |= {"Filter": subscription.name, "Events": len(chosen)}
            call.later("Subscription", payload, service="logs")


def _packed(owner: str, group: str, stream: str, name: str, events: list[dict[str, Any]]) -> list[str]:
    """The events as AWS packs them, in as many messages as it takes."""
    if not events:
        return []
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": owner,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [name],
        "logEvents": events,
    }
    data = base64.b64encode(gzip.compress(orjson.dumps(message), 6, mtime=0)).decode()
    if len(data) <= _LARGEST or len(events) == 1:
        return [data]
    half = len(events) // 2
    return _packed(owner, group, stream, name, events[:half]) + _packed(owner, group, stream, name, events[half:])


async def invoke(call: Call, destination: str, group: str, data: str, kind: str) -> None:
    """Invoke a function as CloudWatch Logs: the function's policy decides. Raises what Lambda answers."""
    given: dict[str, Any] = {"FunctionName": destination, "InvocationType": kind}
    if kind == "Event":
        given["Payload"] = orjson.dumps({"awslogs": {"data": data}})
    source = {
        "aws:SourceArn": f"{resources.group_arn(call.scope, group)}:*",
        "aws:SourceAccount": call.account,
    }
    regional = Principal.service(f"logs.{call.region}.amazonaws.com", call.account)
    try:
        await call.send("lambda", "Invoke", given, as_=regional, context=source)
    except (AccessDenied, AwsError) as error:
        if error.code not in _DENIED:
            raise
        general = Principal.service("logs.amazonaws.com", call.account)
        await call.send("lambda", "Invoke", given, as_=general, context=source)
