"""Finding the queue that a call names, and what several operations do alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium import model
from cloudarium.gateway.call import Call
from cloudarium.services.sqs import errors, resources, sampling
from cloudarium.services.sqs.records import groups, messages, queues
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules.messages import check_entries
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_ROUNDS = 20  # chunks of expired messages that one call clears away


def queue(call: Call) -> Queue:
    """The queue that the call's URL names. Raises MissingParameter, QueueDoesNotExist."""
    if not call.input.get("QueueUrl"):
        raise errors.MissingParameter("QueueUrl")
    found = queues.find(call.store, *resources.place(call))
    if found is None:
        raise errors.QueueDoesNotExist(call.protocol)
    sampling.touch(call, found)
    return found


def required(call: Call, name: str) -> Any:
    """An input member that must be there. Raises MissingParameter."""
    found = call.input.get(name)
    if found is None or found == "":
        raise errors.MissingParameter(name)
    return found


def at_a_queue(call: Call) -> bool:
    """Whether the request was posted to the URL of a queue instead of the service."""
    request = call.request
    return call.protocol == "query" and request is not None and request.path.count("/") >= 2


def expire(call: Call, found: Queue, now: float) -> None:
    """Clear away messages whose retention period is over, as many as one call can bear."""
    since = now - found.retention
    for _ in range(_ROUNDS):
        gone = messages.expired(call.store, found.shelf, since)
        if not gone:
            return
        for message in gone:
            messages.remove(call.store, found.shelf, message.seq)
        for lane in {message.lane for message in gone if message.lane is not None}:
            groups.update(call.store, found.shelf, lane)


def clear_later(call: Call, shelf: int) -> None:
    """Have a shelf that no queue has any more be cleared."""
    call.later("ClearShelf", {"Shelf": shelf}, service="sqs")


def each_entry(call: Call, shape: str, work: Callable[[Data], Data]) -> Data:
    """Do `work` for each entry of a batch; what it raises is that entry's failure."""
    answer: Data = {"Successful": [], "Failed": []}
    for entry in check_entries(call.input.get("Entries"), shape):
        try:
            answer["Successful"].append({"Id": entry["Id"], **work(entry)})
        except AwsError as error:
            answer["Failed"].append(failure(entry["Id"], error))
    return shown(call, answer)


def shown(call: Call, answer: Data) -> Data:
    """The answer to a batch: without the list that is empty, but where the other is too."""
    return {name: entries for name, entries in answer.items() if entries}


def failure(id: str, error: AwsError) -> Data:
    """An error as the entry of a batch has it: by its code in the query protocol."""
    shape = model.service("sqs").error_shape(error.code)
    code = shape.query_code if shape is not None else error.code
    return {"Id": id, "SenderFault": (error.status or 400) < 500, "Code": code, "Message": error.message}


def new_id() -> str:
    """The id of a new message."""
    return ids.request_id()
