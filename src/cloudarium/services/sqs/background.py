"""What SQS does by itself: it goes on with move tasks, and clears the shelves that no queue has any more."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.sqs import resources, sampling
from cloudarium.services.sqs.operations import dead_letters, lookup
from cloudarium.services.sqs.operations.moving import RUNNING
from cloudarium.services.sqs.records import groups, messages, queues, tasks
from cloudarium.services.sqs.records.messages import Message
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.records.tasks import Task

_STEP = 100  # messages that are moved, where nobody said how fast, before others have their turn
_NOT_THERE = "AWS.SimpleQueueService.NonExistentQueue"


@delivery("ClearShelf")
async def clear_shelf(event: Event) -> Retry | None:
    """Clear a part of a shelf; the rest has its turn behind others."""
    shelf = event.payload["Shelf"]
    with event.transaction():
        more = messages.clear(event.store, shelf)
    return Retry(event.now) if more else None


@delivery(sampling.DELIVERY)
async def sample(event: Event) -> None:
    """Tell how full the queues of an account are: an alarm may want to know."""
    sampling.sample(event.cloud, event.scope, max(event.now, event.due))
    event.cloud.meter.flush()


@delivery("MoveMessages")
async def move_messages(event: Event) -> Retry | None:
    """Move what a second, or a step, allows."""
    with event.transaction():
        task = tasks.find(event.store, event.payload["Task"])
        source = queues.by_id(event.store, task.queue) if task is not None else None
        if task is None or source is None or task.data["Status"] != RUNNING:
            return None
        lookup.expire(event, source, event.now)
        rate = task.data.get("MaxNumberOfMessagesPerSecond")
        data = _moved(event, task, source, rate or _STEP)
        tasks.put(event.store, task._replace(data=data))
        if data["Status"] != RUNNING:
            return None
        return Retry(event.due + 1 if rate else event.now)


def _moved(event: Event, task: Task, source: Queue, most: int) -> dict[str, Any]:
    """The task once up to `most` messages have been moved."""
    data = dict(task.data)
    for _ in range(most):
        message = _next(event, source)
        if message is None:
            break
        target, reason = _target(event, task, message)
        if target is None or target.fifo is not source.fifo:
            return {**data, "Status": "FAILED", "FailureReason": reason}
        _move(event, source, message, target)
        data["ApproximateNumberOfMessagesMoved"] += 1
    return data if _next(event, source) is not None else {**data, "Status": "COMPLETED"}


def _next(event: Event, source: Queue) -> Message | None:
    """The next message that nobody has in flight."""
    if not source.fifo:
        found = messages.ready(event.store, source.shelf, event.now, event.now - source.retention, 1)
        return found[0] if found else None
    lanes = groups.ready(event.store, source.shelf, event.now, 1)
    return messages.in_lane(event.store, source.shelf, lanes[0], 1)[0] if lanes else None


def _target(event: Event, task: Task, message: Message) -> tuple[Queue | None, str]:
    """Where a message goes, or why that is not known."""
    arn = task.data.get("DestinationArn")
    if arn is not None:
        return resources.find(event.store, arn), _NOT_THERE
    origin = message.read().get("DeadLetterQueueSourceArn")
    if origin is None:
        return None, "CouldNotDetermineMessageSource"
    return resources.find(event.store, origin), _NOT_THERE


def _move(event: Event, source: Queue, message: Message, target: Queue) -> None:
    """A moved message is a new one. Source: SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html"""
    data = {name: value for name, value in message.read().items() if name != "DeadLetterQueueSourceArn"}
    dead_letters.move(event, source, message, target, lookup.new_id(), event.now, event.now, data)
    if message.lane is not None:
        groups.update(event.store, source.shelf, message.lane)
