"""Actions of alarms: a message to a topic, an invocation of a function; their own policies decide."""

from __future__ import annotations

import logging

import orjson

from cloudarium.gateway.background import Event
from cloudarium.policy.principal import Principal
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.shared import arn as arns
from cloudarium.shared.arn import Arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

log = logging.getLogger("cloudarium")

_TOPICS, _FUNCTIONS = "cloudwatch.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"


async def act(event: Event) -> None:
    """Carry out one action of an alarm, and note in its history how that went."""
    told = event.payload
    place = arns.parse(told["action"])
    assert place is not None  # looked at when the alarm was set
    error = ""
    try:
        await (_publish if place.service == "sns" else _invoke)(event, place)
    except AwsError as refused:
        error = refused.message or refused.code
    with event.transaction():
        alarm = alarms.find(event.store, event.scope, told["name"])
        if alarm is not None:
            how = f'Failed to execute action {told["action"]}. Received error: "{error}"'
            summary = how if error else f"Successfully executed action {told['action']}"
            data = {
                "actionState": "Failed" if error else "Succeeded",
                "stateUpdateTimestamp": int(told["at"] * 1000),
                "notificationResource": told["action"],
                "publishedMessage": orjson.dumps(told["message"]).decode() if place.service == "sns" else None,
                "error": error or None,
            }
            alarms.remember(event.store, alarm, event.now, "Action", {"HistorySummary": summary, "HistoryData": data})


async def _publish(event: Event, place: Arn) -> None:
    told = event.payload
    given = {
        "TopicArn": told["action"], "Subject": told["subject"], "Message": orjson.dumps(told["message"]).decode(),
    }  # fmt: skip
    await event.send(
        "sns", "Publish", given, as_=Principal.service(_TOPICS, event.account),
        scope=Scope(place.account, place.region), context=_context(event),
    )  # fmt: skip


async def _invoke(event: Event, place: Arn) -> None:
    told = event.payload
    given = {
        "FunctionName": told["action"], "InvocationType": "Event", "Payload": orjson.dumps(told["invocation"]),
    }  # fmt: skip
    await event.send(
        "lambda", "Invoke", given, as_=Principal.service(_FUNCTIONS, event.account),
        scope=Scope(place.account, place.region), context=_context(event),
    )  # fmt: skip


def _context(event: Event) -> dict[str, str]:
    """What the other side's policy may ask; the first policy of a topic asks for aws:SourceOwner."""
    account = event.account
    return {"aws:SourceArn": event.payload["arn"], "aws:SourceAccount": account, "aws:SourceOwner": account}
