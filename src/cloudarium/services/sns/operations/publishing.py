"""Publishing: to a topic, to a phone, and in batches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sns import errors, resources
from cloudarium.services.sns.delivery import texting
from cloudarium.services.sns.delivery.publication import NOTIFICATION, Publication, leave
from cloudarium.services.sns.measuring import counted
from cloudarium.services.sns.records import subscriptions, topics
from cloudarium.services.sns.records.topics import Seen, Topic
from cloudarium.services.sns.rules import filters
from cloudarium.services.sns.rules import messages as rules
from cloudarium.services.sns.rules.subscriptions import is_phone
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.traces import header

_MOST_ENTRIES = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
Given = Mapping[str, Any]


@operation("Publish", on=resources.published)
def publish(call: Call) -> Any:
    """Publish a message to a topic's subscribers, or to one phone."""
    given = call.input
    if given.get("PhoneNumber") is not None and not given.get("TopicArn") and not given.get("TargetArn"):
        return _publish_to_phone(call, given)
    name = "TopicArn" if given.get("TopicArn") is not None else "TargetArn"
    arn = given.get(name)
    if arn is None:
        raise errors.InvalidParameter("TopicArn or TargetArn Reason: no value for required parameter")
    rules.check_message(given["Message"], given.get("Subject"))
    if name == "TargetArn" and ":endpoint/" in arn:
        raise errors.InvalidParameter("TargetArn Reason: No endpoint found for the target arn specified")
    resources.topic_place(call, arn, name)
    texts = rules.structured(given["Message"], given.get("MessageStructure"))
    attributes = given.get("MessageAttributes") or {}
    rules.check_attributes(attributes)
    if rules.size(given["Message"], attributes) > rules.MOST:
        raise errors.InvalidParameter("Message too long")
    topic = resources.topic_of(call, arn, name)
    rules.check_order(given, topic.fifo, _by_content(topic))
    if topic.attributes.get("KmsMasterKeyId"):
        return _publish_sealed(call, topic, [(given, texts)])
    return _answer(_put(call, topic, given, texts))


def _answer(seen: Seen) -> dict[str, str]:
    return {"MessageId": seen.message, **({"SequenceNumber": seen.sequence} if seen.sequence else {})}


def _by_content(topic: Topic) -> bool:
    return topic.attributes.get("ContentBasedDeduplication") == "true"


async def _publish_sealed(call: Call, topic: Topic, wanted: list[tuple[Given, dict[str, str]]]) -> dict[str, str]:
    await _use_key(call, topic)
    with call.transaction():
        for given, texts in wanted:
            answer = _answer(_put(call, topic, given, texts))
    return answer


async def _use_key(call: Call, topic: Topic) -> None:
    """A message to an encrypted topic needs the key: who publishes must be allowed to use it.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    given = {
        "KeyId": topic.attributes["KmsMasterKeyId"],
        "KeySpec": "AES_256",
        "EncryptionContext": {"aws:sns:topicArn": topic.arn},
    }
    via = {**call.source(), "kms:ViaService": f"sns.{topic.scope.region}.amazonaws.com"}
    try:
        await call.send("kms", "GenerateDataKey", given, context=via, scope=topic.scope)
    except AwsError as error:
        raise errors.KmsFailed.of(error) from None


def _put(call: Call, topic: Topic, given: Given, texts: dict[str, str]) -> Seen:
    """Leave a message for each subscription that it is for, unless the FIFO topic has had it lately."""
    if not topic.fifo:
        seen = Seen(ids.uuid(), "")
        _fan_out(call, topic, given, texts, seen, None)
        return seen
    duplicate = rules.duplicate_id(given)
    by_group = topic.attributes.get("FifoThroughputScope") == "MessageGroup"
    key = f"{given['MessageGroupId']} {duplicate}" if by_group else duplicate
    there = topics.seen(call.store, topic.arn, key, call.now)
    if there is not None:
        return there
    seen = Seen(ids.uuid(), topics.next_sequence(call.store, topic))
    topics.remember(call.store, topic.arn, key, call.now + rules.SEEN_FOR, seen)
    _fan_out(call, topic, given, texts, seen, duplicate)
    return seen


def _fan_out(call: Call, topic: Topic, given: Given, texts: dict[str, str], seen: Seen, duplicate: str | None) -> None:
    attributes = given.get("MessageAttributes") or {}
    kept = rules.kept(attributes)
    for each in subscriptions.of_topic(call.store, topic.arn):
        scope = each.attributes.get("FilterPolicyScope", filters.ATTRIBUTES)
        text = texts.get(each.protocol, texts["default"])
        if not each.confirmed:
            continue
        if not filters.passes(each.attributes.get("FilterPolicy"), scope, text, attributes):
            for name in ("", filters.reason(scope, text, attributes)):
                counted(call, topic, f"NumberOfNotificationsFilteredOut{name}")
            continue
        made = Publication(
            NOTIFICATION, seen.message, topic.arn, text, call.now, given.get("Subject"), kept,
            given.get("MessageGroupId"), duplicate, seen.sequence or None, _trace(call, topic),
        )  # fmt: skip
        leave(call, each, made)


def _trace(call: Call, topic: Topic) -> str | None:
    """The trace header that goes on with the message: the publisher's own, or one of an actively traced topic."""
    said = header.passed_on(call.request.headers.get(header.NAME)) if call.request is not None else None
    if said is not None:
        return said
    return header.without_note(call.trace) if topic.attributes.get("TracingConfig") == "Active" else None


def _publish_to_phone(call: Call, given: Given) -> dict[str, str]:
    phone = given["PhoneNumber"]
    if not is_phone(phone):
        raise errors.InvalidParameter(f"PhoneNumber Reason: {phone[:100]} is not valid to publish to")
    rules.check_message(given["Message"], given.get("Subject"))
    attributes = given.get("MessageAttributes") or {}
    rules.check_attributes(attributes)
    texts = rules.structured(given["Message"], given.get("MessageStructure"))
    text = texts.get("sms", texts["default"])
    if len(text.encode("utf-8", "surrogatepass")) > 1600:
        raise errors.InvalidParameter("Message too long")
    made = Publication(NOTIFICATION, ids.uuid(), "", text, call.now, attributes=rules.kept(attributes))
    texting.text_to(
        call, call.scope, phone, made
    )  # who opted out gets nothing, and the sender the same answer, as on AWS
    return {"MessageId": made.id}


# ---- Batches ---------------------------------------------------------------------------------------------------------


@operation("PublishBatch", on=resources.topic)
def publish_batch(call: Call) -> Any:
    """Publish up to ten messages; what is wrong with one of them may fail it alone."""
    entries = call.input["PublishBatchRequestEntries"]
    resources.topic_place(call, call.input["TopicArn"])
    _check_batch(entries)
    topic = resources.topic_of(call, call.input["TopicArn"])
    if sum(rules.size(each["Message"], each.get("MessageAttributes") or {}) for each in entries) > rules.MOST:
        raise errors.BatchError.too_long()
    texts = []
    for each in entries:
        rules.check_attributes(each.get("MessageAttributes") or {})
        texts.append(rules.structured(each["Message"], each.get("MessageStructure")))
        if topic.fifo:
            rules.check_order(each, True, _by_content(topic))
    wanted = list(zip(entries, texts, strict=True))
    if topic.attributes.get("KmsMasterKeyId"):
        return _batch_sealed(call, topic, wanted)
    return _batch(call, topic, wanted)


async def _batch_sealed(call: Call, topic: Topic, wanted: list[tuple[Given, dict[str, str]]]) -> dict[str, Any]:
    await _use_key(call, topic)
    with call.transaction():
        return _batch(call, topic, wanted)


def _batch(call: Call, topic: Topic, wanted: list[tuple[Given, dict[str, str]]]) -> dict[str, Any]:
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for each, texts in wanted:
        try:
            rules.check_message(each["Message"], each.get("Subject"))
            rules.check_order(each, topic.fifo, _by_content(topic))
        except errors.InvalidParameter as error:
            failed.append({"Id": each["Id"], "Code": "InvalidParameter", "Message": error.message, "SenderFault": True})
            continue
        done.append({"Id": each["Id"], **_answer(_put(call, topic, each, texts))})
    return {"Successful": done, "Failed": failed}


def _check_batch(entries: list[Given]) -> None:
    if not entries:
        raise errors.BatchError.empty()
    if len(entries) > _MOST_ENTRIES:
        raise errors.BatchError.too_many()
    if any(not _ID.fullmatch(each["Id"]) for each in entries):
        raise errors.BatchError.bad_id()
    if len({each["Id"] for each in entries}) < len(entries):
        raise errors.BatchError.same_ids()
