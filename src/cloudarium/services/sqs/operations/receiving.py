"""ReceiveMessage: what can be received now, or a wait for it that holds neither thread nor transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, resources, sealing
from cloudarium.services.sqs.operations import dead_letters, lookup
from cloudarium.services.sqs.operations.sending import INTERVAL, sequence_number
from cloudarium.services.sqs.records import groups, messages
from cloudarium.services.sqs.records.messages import Message
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules import attributes as queue_attributes
from cloudarium.services.sqs.rules import messages as rules
from cloudarium.services.sqs.rules.handles import Receipt, handle

Data = dict[str, Any]

MOST_IN_FLIGHT = 120_000
_SYSTEM = frozenset(
    ("All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp")
    + ("SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn")
)


class Wish(NamedTuple):
    """What a receive asks for."""

    most: int
    hide: int | None
    wait: int | None
    system: frozenset[str]
    names: list[str]
    attempt: str


def _wish(call: Call) -> Wish:
    given = call.input
    most = given.get("MaxNumberOfMessages", 1)
    if not 1 <= most <= 10:
        reason = "Must be between 1 and 10, if provided."
        raise errors.InvalidParameterValue.of(most, "MaxNumberOfMessages", reason)
    wait, hide = given.get("WaitTimeSeconds"), given.get("VisibilityTimeout")
    if wait is not None and not 0 <= wait <= 20:
        reason = "Must be >= 0 and <= 20, if provided."
        raise errors.InvalidParameterValue.of(wait, "WaitTimeSeconds", reason)
    if hide is not None:
        check_visibility(hide)
    system: frozenset[str] = frozenset()
    if "AttributeNames" in given or "MessageSystemAttributeNames" in given:
        system = frozenset((*(given.get("AttributeNames") or ()), *(given.get("MessageSystemAttributeNames") or ())))
        for name in system - _SYSTEM:
            queue_attributes.wanted((name,))  # a queue's attribute is no error, and tells nothing here
    names = given.get("MessageAttributeNames") or []
    return Wish(most, hide, wait, system, names, given.get("ReceiveRequestAttemptId") or "")


def check_visibility(seconds: int) -> None:
    """Raise InvalidParameterValue unless a message can be hidden for so long."""
    if not 0 <= seconds <= 43_200:
        reason = "Must be between 0 and 43200, if provided."
        raise errors.InvalidParameterValue.of(seconds, "VisibilityTimeout", reason)


@operation("ReceiveMessage", on=resources.queue)
def receive_message(call: Call) -> Data | Awaitable[Data]:
    """Receive up to ten messages, which are hidden from others for a while; wait for them if that is asked for."""
    found = lookup.queue(call)
    wish = _wish(call)
    wait = found.wait if wish.wait is None else wish.wait
    if found.key is not None:
        return _receive_sealed(call, wish, call.now + wait)
    answer = _receive(call, found, wish, call.now, short=not wait)
    if not answer and _keys_ahead(call, found, call.now):  # sent while the queue had a key
        return _receive_sealed(call, wish, call.now + wait)
    if answer or not wait:
        return answer
    return _wait(call, wish, call.now + wait)


async def _receive_sealed(call: Call, wish: Wish, until: float) -> Data:
    found, now = lookup.queue(call), call.cloud.clock.now()
    await _learn_keys(call, found, now)
    with call.transaction():
        answer = _receive(call, lookup.queue(call), wish, now, short=until <= now)
    return answer if answer or until <= now else await _wait(call, wish, until)


async def _learn_keys(call: Call, found: Queue, now: float) -> None:
    """Have KMS unwrap the keys of what is about to be received; a queue has few of them at a time."""
    for wrapped in _keys_ahead(call, found, now):
        if sealing.known_for_receiving(call, found, wrapped) is None:
            await sealing.learn(call, found, wrapped)


def _keys_ahead(call: Call, found: Queue, now: float) -> list[str]:
    ahead: list[Message] = []
    if found.fifo:
        for lane in groups.ready(call.store, found.shelf, now, 10):
            ahead += messages.in_lane(call.store, found.shelf, lane, 10)
    else:
        ahead = messages.ready(call.store, found.shelf, now, now - found.retention, 10)
    return list(dict.fromkeys(key for key in (message.read().get("Key") for message in ahead) if key))


async def _wait(call: Call, wish: Wish, until: float) -> Data:
    """Wait until a message can be received, up to the moment `until` of the clock."""
    clock, bells = call.cloud.clock, call.cloud.bells
    found = lookup.queue(call)
    try:
        while not call.abandoned:
            found = lookup.queue(call)
            await _learn_keys(call, found, clock.now())
            now = clock.now()
            with call.transaction():
                answer = _receive(call, lookup.queue(call), wish, now, short=False)
            if answer or now >= until or bells.silent:
                return answer
            # Nothing is awaited between the look and the wait, so no ring is missed.
            following = (groups.next_ready if found.fifo else messages.next_visible)(call.store, found.shelf, now)
            await bells.wait(found.bell, until if following is None else min(following, until))
        return {}
    finally:
        bells.ring(found.bell)  # whoever is next looks whether something is left for him, and when


def _receive(call: Call, found: Queue, wish: Wish, now: float, short: bool) -> Data:
    lookup.expire(call, found, now)
    hide = found.visibility if wish.hide is None else wish.hide
    if found.fifo and wish.attempt:
        taken = _once_more(call, found, wish, now, hide) or list(_take_in_order(call, found, wish, now, hide))
        got = [(message.seq, message.received) for message in taken]
        groups.keep_attempt(call.store, found.shelf, wish.attempt, now, now + INTERVAL, got)
    elif found.fifo:
        taken = list(_take_in_order(call, found, wish, now, hide))
    else:
        taken = _take(call, found, wish, now, hide, short)
    return {"Messages": [_shown(call, found, wish, message) for message in taken]} if taken else {}


# ---- Standard queues -------------------------------------------------------------------------------------------------


def _take(call: Call, found: Queue, wish: Wish, now: float, hide: int, short: bool) -> list[Message]:
    taken: list[Message] = []
    looked_at: set[int] = set()
    if not _room_in_flight(call, found, now, wish.most):
        if short:
            raise errors.OverLimit("Too many messages in flight.")
        return taken
    while len(taken) < wish.most:
        ahead = messages.ready(call.store, found.shelf, now, now - found.retention, wish.most - len(taken))
        ahead = [message for message in ahead if message.seq not in looked_at]
        if not ahead:
            break
        for message in ahead:
            looked_at.add(message.seq)
            if not _given_up(call, found, message, now) and _readable(call, found, message):
                taken.append(messages.take(call.store, message, now, now + hide))
    return taken


def _readable(call: Call, found: Queue, message: Message) -> bool:
    """Whether the message is in the clear, or its key at hand: one that arrived meanwhile waits for the next call."""
    if isinstance(message.body, str):
        return True
    wrapped = message.read().get("Key")
    return wrapped is None or sealing.known_for_receiving(call, found, wrapped) is not None


def _given_up(call: Call, found: Queue, message: Message, now: float) -> bool:
    """Whether a message was received too often and has gone to the dead-letter queue."""
    redrive = found.redrive
    return redrive is not None and message.received >= redrive.most and dead_letters.bury(call, found, message, now)


def _room_in_flight(call: Call, found: Queue, now: float, wanted: int) -> bool:
    """Whether so many more may be in flight; counted only when as many as were free have been handed out since."""
    free: dict[int, int] = call.cloud.keep.setdefault("sqs.free", {})
    left = free.get(found.shelf, 0) - wanted
    if left < 0:
        left = MOST_IN_FLIGHT - messages.hidden(call.store, found.shelf, now)[0] - wanted
        if len(free) > 10_000:
            free.clear()
    free[found.shelf] = max(left, 0)
    return left >= 0


# ---- FIFO queues -----------------------------------------------------------------------------------------------------


def _take_in_order(call: Call, found: Queue, wish: Wish, now: float, hide: int) -> Iterator[Message]:
    """Messages of one group after the other, each group in order up to its first that is hidden."""
    left = wish.most
    if not _room_in_flight(call, found, now, left):
        return
    for lane in groups.ready(call.store, found.shelf, now, left):
        served = False
        for message in _in_order(call, found, lane, now):
            if left == 0 or not _readable(call, found, message):
                break
            yield messages.take(call.store, message, now, now + hide)
            left, served = left - 1, True
        groups.update(call.store, found.shelf, lane, served)
        if left == 0:
            return


def _in_order(call: Call, found: Queue, lane: str, now: float) -> Iterator[Message]:
    while True:
        buried = 0
        ahead = messages.in_lane(call.store, found.shelf, lane, 10)
        for message in ahead:
            if message.visible > now:
                return
            if _given_up(call, found, message, now):
                buried += 1
            else:
                yield message
        if buried < len(ahead) or not ahead:
            return  # ten at most are asked for, so a second look is only for those behind the buried


def _once_more(call: Call, found: Queue, wish: Wish, now: float, hide: int) -> list[Message]:
    """What the same attempt got before, if nothing has become of it since; hidden for the whole time once more."""
    again = []
    for seq, received in groups.attempt(call.store, found.shelf, wish.attempt, now):
        message = messages.find(call.store, found.shelf, seq)
        if message is None or message.received != received or message.visible <= now:
            return []
        again.append(message)
    for message in again:
        messages.hide(call.store, message, now + hide)
    for lane in {message.lane for message in again if message.lane is not None}:
        groups.update(call.store, found.shelf, lane)
    return again


# ---- What is told of a message ---------------------------------------------------------------------------------------


def _shown(call: Call, found: Queue, wish: Wish, message: Message) -> Data:
    data = message.read()
    body = messages.body(call.store, message)
    if isinstance(body, bytes):
        key = sealing.known_for_receiving(call, found, data["Key"])
        assert key is not None  # _readable
        body = key.unseal(body, message.id).decode()
    answer: Data = {
        "MessageId": message.id,
        "ReceiptHandle": handle(Receipt(found.id, found.shelf, message.seq, message.received)),
        "MD5OfBody": data["MD5"],
        "Body": body,
    }
    if wish.system:
        known = _system_attributes(found, message, data)
        if "All" not in wish.system:
            known = {name: value for name, value in known.items() if name in wish.system}
        if known:
            answer["Attributes"] = known
    if wish.names and "Attributes" in data:
        chosen = rules.restored(rules.selected(data["Attributes"], wish.names))
        if chosen:
            answer["MessageAttributes"] = chosen
            answer["MD5OfMessageAttributes"] = rules.digest(chosen)
    return answer


def _system_attributes(found: Queue, message: Message, data: Data) -> dict[str, str]:
    known = {
        "SenderId": data["SenderId"],
        "SentTimestamp": str(int(message.sent * 1000)),
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(int((message.first or 0) * 1000)),
    }
    for name in ("MessageGroupId", "MessageDeduplicationId", "AWSTraceHeader", "DeadLetterQueueSourceArn"):
        if name in data:
            known[name] = data[name]
    if found.fifo:
        known["SequenceNumber"] = sequence_number(message.seq)
    return known
