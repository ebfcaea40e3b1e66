"""Invoking the target of a schedule once, as its role."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.background import Event
from cloudarium.policy.principal import Principal
from cloudarium.services.scheduler import resources, roles, sealing
from cloudarium.services.scheduler.rules import targets
from cloudarium.shared import arn as arns
from cloudarium.shared import clock, ids
from cloudarium.shared.arn import Arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import Failure
from cloudarium.shared.scope import Scope

Data = dict[str, Any]


async def invoke(event: Event) -> None:
    """Invoke what an outbox row says. Raises Failure."""
    wanted = event.payload
    target, place = wanted["Target"], arns.parse(wanted["Target"]["Arn"])
    assert place is not None
    try:
        role = await roles.session(event, target["RoleArn"], wanted["Group"])
        arn = resources.schedule_arn(event.scope, wanted["Group"], wanted["Name"])
        event.payload = {**wanted, "Target": await sealing.opened(event, arn, target, role)}
        if targets.universal(place):
            await _universal(event, place, role)
        else:
            await _templated(event, place, role)
    except AwsError as error:
        raise Failure.of(error) from None


def text_of(event: Event) -> str:
    """What the target gets: its input with the context attributes filled in, or AWS's own notification.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    wanted = event.payload
    given = wanted["Target"].get("Input")
    arn = resources.schedule_arn(event.scope, wanted["Group"], wanted["Name"])
    at = clock.iso(wanted["At"])
    if given is None:
        told = {
            "version": "0",
            "id": wanted["Id"],
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": event.account,
            "time": at,
            "region": event.region,
            "resources": [arn],
            "detail": "{}",
        }
        return json.dumps(told, separators=(",", ":"))
    attributes = {
        "schedule-arn": arn,
        "scheduled-time": at,
        "execution-id": wanted["Execution"],
        "attempt-number": str(wanted["Attempts"] + 1),
    }
    for name, value in attributes.items():
        given = given.replace(f"<aws.scheduler.{name}>", value)
    return str(given)


async def _universal(event: Event, place: Arn, role: Principal) -> None:
    wanted = targets.operation(place)
    given = event.payload["Target"].get("Input")
    made = targets.as_input(wanted, json.loads(text_of(event)) if given is not None else {})
    await event.send(wanted.service, wanted.name, made, as_=role)


async def _templated(event: Event, place: Arn, role: Principal) -> None:
    text, target = text_of(event), event.payload["Target"]
    if place.service == "lambda":
        given: Data = {"FunctionName": str(place), "InvocationType": "Event", "Payload": text.encode()}
        await event.send("lambda", "Invoke", given, as_=role, scope=_scope(place))
    elif place.service == "sns":
        await event.send("sns", "Publish", {"TopicArn": str(place), "Message": text}, as_=role, scope=_scope(place))
    elif place.service == "events":
        said = target["EventBridgeParameters"]
        entry = {"Source": said["Source"], "DetailType": said["DetailType"], "Detail": text, "EventBusName": str(place)}
        answer = await event.send("events", "PutEvents", {"Entries": [entry]}, as_=role, scope=_scope(place))
        failed = answer["Entries"][0]
        if "ErrorCode" in failed:
            raise Failure("SDK_CLIENT_ERROR", failed["ErrorMessage"], origin=failed["ErrorCode"])
    else:
        given = {"MessageBody": text}
        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        if group:
            given["MessageGroupId"] = group
        await put_into_queue(event, place, given, role)


async def put_into_queue(event: Event, place: Arn, given: Data, role: Principal) -> None:
    """Send a message to the queue with this ARN."""
    url = await event.cloud.queue_url(event, place)
    await event.send("sqs", "SendMessage", {"QueueUrl": url, **given}, as_=role, scope=_scope(place))


def _scope(place: Arn) -> Scope:
    return Scope(place.account, place.region)


async def bury(event: Event, failure: Failure, condition: str | None) -> bool:
    """Send what could not be invoked to the schedule's dead-letter queue, as its role; whether it has one.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    wanted = event.payload
    place = arns.parse((wanted["Target"].get("DeadLetterConfig") or {}).get("Arn"))
    if place is None:
        return False
    texts = {
        "ERROR_CODE": failure.origin,
        "ERROR_MESSAGE": failure.message or failure.origin,
        "EXECUTION_ID": wanted["Execution"],
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(wanted["Attempts"]),
        "SCHEDULED_TIME": clock.iso(wanted["At"]),
        "SCHEDULE_ARN": resources.schedule_arn(event.scope, wanted["Group"], wanted["Name"]),
        "TARGET_ARN": wanted["Target"]["Arn"],
    }
    if condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = condition
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    role = await roles.session(event, wanted["Target"]["RoleArn"], wanted["Group"])
    await put_into_queue(event, place, {"MessageBody": text_of(event), "MessageAttributes": attributes}, role)
    return True


def new_execution() -> str:
    """The id of one invocation."""
    return ids.hex(16)
