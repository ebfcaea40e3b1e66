"""SendMessage and SendMessageBatch."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import unquote

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, measuring, resources, sealing
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.records import groups, messages
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules import messages as rules
from cloudarium.services.sqs.rules.attributes import MOST_BYTES
from cloudarium.shared.data_keys import DataKey
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]

INTERVAL = 300  # seconds in which a deduplication id counts
_FIRST_NUMBER = 18_849_496_460_467_696_128  # sequence numbers have 20 digits from the first one on
_MOST_DELAY = 900
_TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}(;|$)")
_LONGEST_TRACE = 1024
_ENTRY = "SendMessageBatchRequestEntry"


class Draft(NamedTuple):
    """A message that was found to be right, before it has a place."""

    body: bytes
    attributes: Data
    system: Data
    delay: int
    group: str | None
    deduplication: str | None


def sequence_number(seq: int) -> str:
    """A message's number as it is shown."""
    return str(_FIRST_NUMBER + seq * 256)


def draft(found: Queue, given: Data, in_batch: bool = False) -> Draft:
    """What is to be sent. Raises what SQS answers to what cannot be."""
    text = rules.check_body(given.get("MessageBody"))
    attributes = given.get("MessageAttributes") or {}
    system = given.get("MessageSystemAttributes") or {}
    if attributes:
        rules.check_attributes(attributes)
    if system:
        rules.check_system_attributes(system)
    group, deduplication = _identified(found, given, text, in_batch)
    body = text.encode()
    if rules.size(body, attributes) > found.most_bytes:
        raise errors.InvalidParameterValue(
            f"One or more parameters are invalid. Reason: Message must be shorter than {found.most_bytes} bytes."
        )
    return Draft(body, attributes, system, _delay(found, given.get("DelaySeconds")), group, deduplication)


def _delay(found: Queue, given: int | None) -> int:
    if given is None:
        return found.delay
    if not 0 <= given <= _MOST_DELAY:
        raise errors.InvalidParameterValue.of(given, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    if found.fifo:
        if given:
            raise errors.InvalidParameterValue.of(given, "DelaySeconds", _NOT_FOR_THIS)
        return found.delay
    return given


_NOT_FOR_THIS = "The request include parameter that is not valid for this queue type."


def _identified(found: Queue, given: Data, text: str, in_batch: bool) -> tuple[str | None, str | None]:
    """(message group, deduplication id). A standard queue takes a group too: for fair shares."""
    group, deduplication = given.get("MessageGroupId"), given.get("MessageDeduplicationId")
    if not found.fifo:
        if deduplication is not None:
            raise errors.InvalidParameterValue.of(deduplication, "MessageDeduplicationId", _NOT_FOR_THIS)
        if group is not None:
            rules.check_group(group)
        return group, None
    if not group:
        missing = errors.MissingParameter("MessageGroupId")
        raise errors.InvalidParameterValue(missing.message) if in_batch else missing
    rules.check_group(group)
    if deduplication:
        rules.check_group(deduplication, "MessageDeduplicationId")
    elif found.attributes.get("ContentBasedDeduplication") == "true":
        deduplication = sha256(text.encode()).hexdigest()
    else:
        raise errors.InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    return group, deduplication


def _trace_header(call: Call) -> str:
    """The trace header that a client sent with its request, as SDKs in functions do; the message keeps it."""
    said = call.request.headers.get("x-amzn-trace-id", "") if call.request is not None else ""
    return unquote(said) if _TRACE.match(said) and len(said) <= _LONGEST_TRACE else ""


def put(call: Call, found: Queue, new: Draft, key: DataKey | None = None) -> Data:
    """Put a message into its queue, and say of it what a sender learns. One sent before is not sent again."""
    answer: Data = {"MD5OfMessageBody": rules.body_digest(new.body)}
    data: Data = {"SenderId": call.principal.id or call.account, "MD5": answer["MD5OfMessageBody"]}
    if new.attributes:
        answer["MD5OfMessageAttributes"] = rules.digest(new.attributes)
        data["Attributes"] = rules.kept(new.attributes)
    if new.system:
        answer["MD5OfMessageSystemAttributes"] = rules.digest(new.system)
        data["AWSTraceHeader"] = new.system["AWSTraceHeader"]["StringValue"]
    elif header := _trace_header(call):
        data["AWSTraceHeader"] = header
    if new.group is not None:
        data["MessageGroupId"] = new.group
    if found.fifo:
        assert new.group is not None and new.deduplication is not None
        data["MessageDeduplicationId"] = new.deduplication
        part = new.group if found.attributes.get("DeduplicationScope") == "messageGroup" else ""
        before = groups.earlier(call.store, found.shelf, part, new.deduplication, call.now)
        if before is not None:
            measuring.deduplicated(call, found)
            return {**answer, "MessageId": before.message, "SequenceNumber": sequence_number(before.seq)}
    message_id = answer["MessageId"] = lookup.new_id()
    body: str | bytes = new.body.decode()
    if key is not None:
        data["Key"] = key.wrapped
        body = key.seal(new.body, message_id)
    lane = new.group if found.fifo else None
    visible = call.now + new.delay
    seq = messages.add(call.store, found.shelf, messages.New(message_id, call.now, visible, lane, data, body))
    if lane is not None:
        groups.joined(call.store, found.shelf, lane, seq, visible)
        answer["SequenceNumber"] = sequence_number(seq)
        sent = groups.Sent(message_id, seq)
        assert new.deduplication is not None
        groups.remember(call.store, found.shelf, part, new.deduplication, call.now, call.now + INTERVAL, sent)
    call.cloud.bells.ring(found.bell)
    return answer


@operation("SendMessage", on=resources.queue)
def send_message(call: Call) -> Data | Awaitable[Data]:
    """Put one message into a queue."""
    found = lookup.queue(call)
    new = draft(found, call.input)
    if found.key is None:
        return put(call, found, new)
    return _send_sealed(call, found, new)


async def _send_sealed(call: Call, found: Queue, new: Draft) -> Data:
    key = await sealing.key_for_sending(call, found)
    with call.transaction():
        return put(call, lookup.queue(call), new, key)


@operation("SendMessageBatch", on=resources.queue)
def send_message_batch(call: Call) -> Data | Awaitable[Data]:
    """Put up to ten messages into a queue; each that cannot be sent is named."""
    found = lookup.queue(call)
    entries = rules.check_entries(call.input.get("Entries"), _ENTRY)
    total = sum(_size(entry) for entry in entries)
    if total > MOST_BYTES:
        raise errors.BatchRequestTooLong(MOST_BYTES, total)
    if found.fifo:
        for entry in entries:
            _identified(found, entry, entry.get("MessageBody") or "", in_batch=True)
    if found.key is None:
        return _put_all(call, found, entries, None)
    return _send_all_sealed(call, found, entries)


def _size(entry: Data) -> int:
    attributes = entry.get("MessageAttributes") or {}
    named = {name: {"DataType": "", **value} for name, value in attributes.items()}
    return rules.size((entry.get("MessageBody") or "").encode(), named)


async def _send_all_sealed(call: Call, found: Queue, entries: list[Data]) -> Data:
    key = await sealing.key_for_sending(call, found)
    with call.transaction():
        return _put_all(call, lookup.queue(call), entries, key)


def _put_all(call: Call, found: Queue, entries: list[Data], key: DataKey | None) -> Data:
    answer: Data = {"Successful": [], "Failed": []}
    for entry in entries:
        try:
            answer["Successful"].append({"Id": entry["Id"], **put(call, found, draft(found, entry, True), key)})
        except AwsError as error:
            answer["Failed"].append(lookup.failure(entry["Id"], error))
    return lookup.shown(call, answer)
