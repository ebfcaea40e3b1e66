"""Message move tasks: messages of a dead-letter queue go back, or elsewhere. background.py moves them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need, operation
from cloudarium.services.sqs import errors, resources
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.records import messages, queues, tasks
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.records.tasks import Task
from cloudarium.shared import ids

Data = dict[str, Any]
_MOST_LISTED = 10
_FASTEST = 500
_NO_SOURCE = "The resource that you specified for the SourceArn parameter doesn't exist."
_NO_DESTINATION = "The resource that you specified for the DestinationArn parameter doesn't exist."
RUNNING = "RUNNING"


def _own_queue(call: Call, arn: object, missing: str) -> Queue:
    found = resources.find(call.store, arn)
    if found is None or found.scope != call.scope:
        raise errors.ResourceNotFound(missing)
    return found


@operation("StartMessageMoveTask", on=resources.moved)
def start_message_move_task(call: Call) -> Data:
    """Begin to move the messages of a dead-letter queue to the queues they came from, or to another."""
    given = call.input
    source = _own_queue(call, lookup.required(call, "SourceArn"), _NO_SOURCE)
    if not queues.sources(call.store, source.arn):
        raise errors.InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
    target = given.get("DestinationArn")
    if target is not None:
        destination = _own_queue(call, target, _NO_DESTINATION)
        if destination.arn == source.arn:
            raise errors.InvalidParameterValue("Source queue arn and destination queue arn are the same.")
        if destination.fifo is not source.fifo:
            raise errors.InvalidParameterValue("Source and destination queues must be of the same type.")
    rate = given.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= _FASTEST:
        reason = f"Must be between 1 and {_FASTEST}."
        raise errors.InvalidParameterValue.of(rate, "MaxNumberOfMessagesPerSecond", reason)
    if any(task.data["Status"] == RUNNING for task in tasks.of_queue(call.store, source.id, 1)):
        raise errors.InvalidParameterValue(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    data: Data = {"Status": RUNNING, "SourceArn": source.arn, "StartedTimestamp": int(call.now * 1000)}
    data["ApproximateNumberOfMessagesMoved"] = 0
    data["ApproximateNumberOfMessagesToMove"] = _waiting(call, source)
    data.update({"DestinationArn": target} if target is not None else {})
    data.update({"MaxNumberOfMessagesPerSecond": rate} if rate is not None else {})
    task = Task(ids.uuid(), source.id, data)
    tasks.add(call.store, task)
    call.later("MoveMessages", {"Task": task.id}, due=call.now + (1 if rate is not None else 0), key=task.id)
    return {"TaskHandle": _handle(task)}


def _waiting(call: Call, source: Queue) -> int:
    lookup.expire(call, source, call.now)
    return messages.total(call.store, source.shelf) - sum(messages.hidden(call.store, source.shelf, call.now))


def _handle(task: Task) -> str:
    text = orjson.dumps({"taskId": task.id, "sourceArn": task.data["SourceArn"]})
    return base64.b64encode(text).decode()


def _read(handle: object) -> tuple[str, str]:
    """(task id, source ARN) in a task handle. Raises ValueError."""
    if not isinstance(handle, str):
        raise ValueError
    try:
        found = orjson.loads(base64.b64decode(handle, validate=True))
        task, source = found["taskId"], found["sourceArn"]
    except (binascii.Error, KeyError, TypeError) as error:
        raise ValueError from error
    if not isinstance(task, str) or not isinstance(source, str):
        raise ValueError
    return task, source


def _cancelled(call: Call) -> list[str | Need]:
    """The dead-letter queue of the task to cancel."""
    try:
        _, source = _read(call.input.get("TaskHandle"))
    except ValueError:
        source = ""
    return resources.to_move(source or "*")


@operation("CancelMessageMoveTask", on=_cancelled)
def cancel_message_move_task(call: Call) -> Data:
    """End a move task where it has come to."""
    try:
        id, arn = _read(lookup.required(call, "TaskHandle"))
    except ValueError:
        raise errors.InvalidParameterValue("Value for parameter TaskHandle is invalid.") from None
    source = _own_queue(call, arn, _NO_SOURCE)
    task = tasks.find(call.store, id)
    if task is None or task.queue != source.id or task.data["Status"] != RUNNING:
        raise errors.ResourceNotFound("Task does not exist.")
    tasks.put(call.store, task._replace(data={**task.data, "Status": "CANCELLED"}))
    call.not_later("MoveMessages", task.id)
    return {"ApproximateNumberOfMessagesMoved": task.data["ApproximateNumberOfMessagesMoved"]}


@operation("ListMessageMoveTasks", on=resources.move_source)
def list_message_move_tasks(call: Call) -> Data:
    """The latest move tasks of a dead-letter queue, the newest first."""
    source = _own_queue(call, lookup.required(call, "SourceArn"), _NO_SOURCE)
    limit = call.input.get("MaxResults", 1)
    if not 1 <= limit <= _MOST_LISTED:
        reason = f"Must be between 1 and {_MOST_LISTED}."
        raise errors.InvalidParameterValue.of(limit, "MaxResults", reason)
    found = tasks.of_queue(call.store, source.id, limit)
    shown = [
        {**({"TaskHandle": _handle(task)} if task.data["Status"] == RUNNING else {}), **task.data} for task in found
    ]
    return {"Results": shown}
