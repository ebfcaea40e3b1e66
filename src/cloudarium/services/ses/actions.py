"""The actions of receipt rules, one at a time: each is a delivery of its own, so that a crash repeats one at most."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson

from cloudarium.gateway.background import Event
from cloudarium.mail import bounces, identities, records, sending
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import errors, receiving, rules
from cloudarium.services.ses.receiving import Verdicts
from cloudarium.services.ses.setup import Caller
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")
Data = dict[str, Any]
GOES_ON, RULE_ENDS, SET_ENDS = "CONTINUE", "STOP_RULE", "STOP_RULE_SET"
_LONGEST_IN_TOPIC = 150 * 1024  # "Larger emails will bounce": SES developer guide, SNS action
_FUNCTION_SECONDS = 30.0


class Doing(NamedTuple):
    """One action on its way: the mail as the rule sees it, and in whose name SES acts."""

    event: Event
    step: Data
    raw: bytes
    verdicts: Verdicts
    caller: Caller

    @property
    def payload(self) -> Data:
        """What was left for the event."""
        return self.event.payload

    def told(self, action: Data, **more: Any) -> Data:
        """What a topic is told of the action."""
        receipt = receiving.receipt_object(self.payload, self.step, self.verdicts, action, self.event.now)
        return {
            "notificationType": "Received", "mail": receiving.mail_object(self.raw, self.payload), "receipt": receipt,
            **more,
        }  # fmt: skip


async def do(event: Event) -> str:
    """Do the first of the actions that are left; CONTINUE, STOP_RULE or STOP_RULE_SET. Raises what others answer."""
    step = event.payload["steps"][0]
    kind = rules.kind_of(step["action"])
    if kind == "AddHeaderAction":
        given = step["action"][kind]
        event.payload["added"].append((given["HeaderName"], given["HeaderValue"]))
        return GOES_ON
    mail = records.mail(event.store, event.payload["mail"])
    if mail is None:  # the mail box was emptied meanwhile
        return SET_ENDS
    kept = event.store.blobs.whole(mail.raw)
    found = receiving.verdicts(kept, step["scan"])
    caller = Caller.of_rule(event, event.payload["set"], step["rule"])
    doing = Doing(event, step, receiving.as_seen(kept, event.payload, found), found, caller)
    ended, told = await _ACTIONS[kind](doing, step["action"][kind])
    topic = step["action"][kind].get("TopicArn")
    if topic and kind != "SNSAction":
        await _tell(doing, topic, doing.told({**told, "topicArn": topic}))
    return ended


async def _tell(doing: Doing, topic: str, message: Data) -> None:
    """Tell a topic of an action that is done. What it refuses for good is dropped: the action is not done again."""
    try:
        await doing.caller.publish(topic, "Amazon SES Email Receipt Notification", message)
    except AwsError as error:
        log.info("ses: the topic %s was not told of a received mail: %s", topic, error.code)


async def _s3(doing: Doing, action: Data) -> tuple[str, Data]:
    key = doing.payload["mail"]
    await doing.caller.store(action, key, doing.raw)
    prefix = action.get("ObjectKeyPrefix") or ""
    told = {"type": "S3", "bucketName": action["BucketName"], "objectKey": f"{prefix}{key}"}
    return GOES_ON, {**told, "objectKeyPrefix": prefix} if prefix else told


async def _lambda(doing: Doing, action: Data) -> tuple[str, Data]:
    kind = action.get("InvocationType") or "Event"
    told = {"type": "Lambda", "functionArn": action["FunctionArn"], "invocationType": kind}
    whole = doing.told({**told, "topicArn": action["TopicArn"]} if action.get("TopicArn") else told)
    record = {
        "eventSource": "aws:ses", "eventVersion": "1.0",
        "ses": {"mail": whole["mail"], "receipt": whole["receipt"]},
    }  # fmt: skip
    calling = doing.caller.invoke(action, kind, {"Records": [record]})
    if kind == "Event":
        await calling
        return GOES_ON, told
    try:
        output = await asyncio.wait_for(calling, _FUNCTION_SECONDS)
    except TimeoutError:
        return GOES_ON, told
    return _disposition(output, await _whole(output.get("Payload"))), told


async def _whole(payload: Any) -> bytes:
    if isinstance(payload, bytes) or payload is None:
        return payload or b""
    return b"".join([chunk async for chunk in payload])


def _disposition(output: Data, payload: bytes) -> str:
    """What the function says is to happen next; one that fails, or says nothing of it, stops nothing."""
    try:
        answer = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return GOES_ON
    if output.get("FunctionError") or not isinstance(answer, dict):
        return GOES_ON
    said = str(answer.get("disposition", "")).upper()
    return said if said in (RULE_ENDS, SET_ENDS) else GOES_ON


async def _sns(doing: Doing, action: Data) -> tuple[str, Data]:
    encoding = action.get("Encoding") or "UTF-8"
    if len(doing.raw) > _LONGEST_IN_TOPIC:
        _bounce(doing, "552", "5.3.4", "Message too large", f"mailer-daemon@{_domain(doing)}")
        return GOES_ON, {}
    content = base64.b64encode(doing.raw) if encoding == "Base64" else doing.raw
    shown = {"type": "SNS", "topicArn": action["TopicArn"], "encoding": encoding.replace("-", "").upper()}
    message = doing.told(shown, content=content.decode("utf-8", "replace"))
    await doing.caller.publish(action["TopicArn"], "Amazon SES Email Receipt Notification", message)
    return GOES_ON, {}


def _domain(doing: Doing) -> str:
    return str(doing.step["recipients"][0]).rpartition("@")[2]


async def _bounce_action(doing: Doing, action: Data) -> tuple[str, Data]:
    status = action.get("StatusCode") or f"{action['SmtpReplyCode'][0]}.0.0"
    _bounce(doing, action["SmtpReplyCode"], status, action["Message"], action["Sender"])
    told = {
        "type": "Bounce", "smtpReplyCode": action["SmtpReplyCode"], "statusCode": action.get("StatusCode"),
        "message": action["Message"], "sender": action["Sender"],
    }  # fmt: skip
    return GOES_ON, {name: value for name, value in told.items() if value is not None}


def _bounce(doing: Doing, code: str, status: str, said: str, sender: str) -> None:
    """Put a report on the mail into its sender's mail box, from an address that the account may send from."""
    event, arrival = doing.event, doing.payload["arrival"]
    desk = Desk.of(event, errors.CODES)
    if not receiving.is_bounceable(arrival):
        return
    if identities.verified(desk, sender) is None:
        log.info("ses: no bounce is sent from %s, which is not verified", sender)
        return
    failed = [
        bounces.Failed(each, status, f"smtp; {code} {status} {said}") for each in doing.step["recipients"]
    ]  # fmt: skip
    listed = "\n".join(doing.step["recipients"])
    text = f"An error occurred while trying to deliver the mail to the following recipients:\n{listed}\n\n{said}\n"
    raw = bounces.report(sender, arrival["source"], text, "dns; amazonses.com", failed, doing.raw)
    with event.transaction():
        sending.post_raw(desk, sender, [arrival["source"]], raw, "bounce action")


async def _stop(doing: Doing, action: Data) -> tuple[str, Data]:
    return SET_ENDS, {"type": "Stop"}


_ACTIONS: dict[str, Callable[[Doing, Data], Awaitable[tuple[str, Data]]]] = {
    "S3Action": _s3, "LambdaAction": _lambda, "SNSAction": _sns, "BounceAction": _bounce_action, "StopAction": _stop,
}  # fmt: skip


def left(payload: Data, ended: str) -> Data | None:
    """What is left to do when the first action has ended so; None when nothing is."""
    first, *others = payload["steps"]
    if ended == SET_ENDS:
        return None
    if ended == RULE_ENDS:
        others = [each for each in others if each["rule"] != first["rule"]]
    return {**payload, "steps": others} if others else None
