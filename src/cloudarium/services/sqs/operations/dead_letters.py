"""What becomes of messages that were received too often, and which queues send theirs to a queue."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import resources, sampling
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.operations.queues import page_of
from cloudarium.services.sqs.records import groups, messages, queues
from cloudarium.services.sqs.records.messages import Message
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules import redrive
from cloudarium.shared import paging

Data = dict[str, Any]


def bury(call: Call, found: Queue, message: Message, now: float) -> bool:
    """Move a message to the dead-letter queue; not when that is gone, or does not take it any more.

    It keeps its id, and in a standard queue the moment at which it was sent, from which it expires.
    Source: SQSDeveloperGuide/sqs-dead-letter-queues.html#understanding-message-retention-periods
    """
    assert found.redrive is not None
    dead = queues.find(call.store, found.redrive.scope, found.redrive.name)
    if dead is None or not redrive.allows(dead.attributes.get("RedriveAllowPolicy"), found.arn):
        return False
    data = {**message.read(), "DeadLetterQueueSourceArn": found.arn}
    move(call, found, message, dead, message.id, now if found.fifo else message.sent, now, data)
    return True


def move(
    call: Call, source: Queue, message: Message, target: Queue, id: str, sent: float, now: float, data: Data
) -> None:
    """Take a message from one queue to another, where it can be received at once."""
    sampling.touch(call, target)
    body = messages.body(call.store, message)
    messages.remove(call.store, source.shelf, message.seq)
    lane = data.get("MessageGroupId") if target.fifo else None
    seq = messages.add(call.store, target.shelf, messages.New(id, sent, now, lane, data, body), old=sent < now)
    if lane is not None:
        groups.joined(call.store, target.shelf, lane, seq, now)
    call.cloud.bells.ring(target.bell)


@operation("ListDeadLetterSourceQueues", on=resources.queue)
def list_dead_letter_source_queues(call: Call) -> Data:
    """The URLs of the queues that have this one as their dead-letter queue."""
    found = lookup.queue(call)
    limit, after = page_of(call)
    sources = [each for each in queues.sources(call.store, found.arn) if each.name > after]
    answer: Data = {"queueUrls": [resources.queue_url(call, each.scope, each.name) for each in sources[:limit]]}
    if len(sources) > limit and call.input.get("MaxResults") is not None:
        answer["NextToken"] = paging.encode(sources[limit - 1].name)
    return answer
