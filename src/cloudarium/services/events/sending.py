"""Bringing one event to one target: to each kind by its own call, as EventBridge or as the target's role."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.background import Event
from cloudarium.policy.principal import Principal
from cloudarium.services.events import calling, matching, roles
from cloudarium.services.events.rules import entries, inputs, targets
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.arn import Arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import Failure
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_MOST_HOPS = 16


async def send(event: Event) -> None:
    """Bring the event of an outbox row to its target. Raises Failure."""
    wanted = event.payload
    target = wanted["Target"]
    place = arns.parse(target["Arn"])
    assert place is not None
    original = json.loads(wanted["Event"])
    try:
        text = inputs.of(target, original, wanted["Rule"], wanted["Ingested"])
    except ValueError:
        raise Failure("INVALID_JSON", "The input transformer did not make valid JSON.") from None
    work = _KINDS[targets.kind(target["Arn"])]
    try:
        caller = await _caller(event, target)
        await work(event, place, text, caller)
    except AwsError as error:
        raise Failure.of(error) from None


async def _caller(event: Event, target: Data) -> Principal:
    role = target.get("RoleArn")
    if not role:
        return roles.service(event.account)
    try:
        return await roles.session(event, role)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise Failure("FAILED_TO_ASSUME_ROLE", error.message) from None


def context(event: Event, source: str = "") -> Data:
    """What resource policies may ask about a call that EventBridge makes for a rule, or for another source."""
    return {"aws:SourceArn": source or event.payload["Rule"], "aws:SourceAccount": event.account}


def scope_of(place: Arn) -> Scope:
    """Where a target is."""
    return Scope(place.account, place.region)


async def _send(event: Event, place: Arn, operation: str, given: Data, caller: Principal, source: str = "") -> Data:
    own = context(event, source) if caller.kind == "service" else None
    return await event.send(place.service, operation, given, as_=caller, context=own, scope=scope_of(place))


async def _to_function(event: Event, place: Arn, text: str, caller: Principal) -> None:
    given = {"FunctionName": str(place), "InvocationType": "Event", "Payload": text.encode()}
    await _send(event, place, "Invoke", given, caller)


async def _to_queue(event: Event, place: Arn, text: str, caller: Principal) -> None:
    given: Data = {"MessageBody": text}
    group = (event.payload["Target"].get("SqsParameters") or {}).get("MessageGroupId")
    if group:
        given["MessageGroupId"] = group
    await put_into_queue(event, place, given, caller)


async def put_into_queue(event: Event, place: Arn, given: Data, caller: Principal, source: str = "") -> None:
    """Send a message to the queue with this ARN, for the event's rule or for another source."""
    url = await event.cloud.queue_url(event, place)
    await _send(event, place, "SendMessage", {"QueueUrl": url, **given}, caller, source)


async def _to_topic(event: Event, place: Arn, text: str, caller: Principal) -> None:
    await _send(event, place, "Publish", {"TopicArn": str(place), "Message": text}, caller)


async def _to_log_group(event: Event, place: Arn, text: str, caller: Principal) -> None:
    group = place.resource.removeprefix("log-group:").removesuffix(":*")
    given = {"logGroupName": group, "logStreamName": ids.uuid()}
    await _send(event, place, "CreateLogStream", given, caller)
    line = {"timestamp": round(event.now * 1000), "message": text}
    if event.payload["Target"].get("InputTransformer") is not None:
        line = _line(text, line)
    await _send(event, place, "PutLogEvents", {**given, "logEvents": [line]}, caller)


def _line(text: str, line: Data) -> Data:
    """A template for a log group makes an object of timestamp and message."""
    try:
        made = json.loads(text)
    except ValueError:
        return line
    if isinstance(made, dict) and isinstance(made.get("timestamp"), int) and "message" in made:
        message = made["message"]
        return {"timestamp": made["timestamp"], "message": message if isinstance(message, str) else json.dumps(message)}
    return line


async def _to_bus(event: Event, place: Arn, text: str, caller: Principal) -> None:
    """Hand the event on to another bus, where it stays the one that it is."""
    hops = event.payload["Hops"] + 1
    if hops > _MOST_HOPS:
        raise Failure("THIRD_ACCOUNT_HOP_DETECTED", "The event came over too many event buses.")
    original = json.loads(event.payload["Event"])
    if place.account not in (event.account, original["account"]) and original["account"] != event.account:
        raise Failure("THIRD_ACCOUNT_HOP_DETECTED", "An event is handed on to one other account only.")
    if any(event.payload["Target"].get(name) for name in ("Input", "InputPath", "InputTransformer")):
        original["detail"] = _detail(text)
    entry = {
        "Source": original["source"],
        "DetailType": original["detail-type"],
        "Detail": "{}",
        "EventBusName": str(place),
        matching.HANDED_ON: {"Event": entries.as_text(original), "Hops": hops},
    }
    by = Principal.root(event.account) if caller.kind == "service" else caller
    await _send(event, place, "PutEvents", {"Entries": [entry]}, by)


def _detail(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure("INVALID_JSON", "The detail of an event is a JSON object.")
    return found


_KINDS = {
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "logs": _to_log_group,
    "event-bus": _to_bus,
    "api-destination": calling.to_destination,
    "execute-api": calling.to_api,
}
