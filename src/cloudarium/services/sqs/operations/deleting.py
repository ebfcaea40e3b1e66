"""DeleteMessage and DeleteMessageBatch."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, resources
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.records import groups, messages
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules import handles

Data = dict[str, Any]


def _delete(call: Call, found: Queue, handle: str | None) -> None:
    """Delete the message of a handle; one that is gone already is deleted."""
    if not handle:
        raise errors.MissingParameter("ReceiptHandle")
    receipt = handles.parse(handle, found.id)
    if not found.fifo:
        messages.remove(call.store, receipt.shelf, receipt.seq)  # any handle of the message will do
        return
    message = messages.find(call.store, receipt.shelf, receipt.seq)
    if message is None:
        return
    if message.received != receipt.received or message.visible <= call.now:
        raise errors.InvalidParameterValue.of(handle, "ReceiptHandle", "The receipt handle has expired.")
    messages.remove(call.store, receipt.shelf, receipt.seq)
    if message.lane is not None:
        groups.update(call.store, receipt.shelf, message.lane)
    call.cloud.bells.ring(found.bell)


@operation("DeleteMessage", on=resources.queue)
def delete_message(call: Call) -> Data:
    """Delete a message that was received."""
    _delete(call, lookup.queue(call), call.input.get("ReceiptHandle"))
    return {}


@operation("DeleteMessageBatch", on=resources.queue)
def delete_message_batch(call: Call) -> Data:
    """Delete up to ten messages; each that cannot be deleted is named."""
    found = lookup.queue(call)

    def work(entry: Data) -> Data:
        _delete(call, found, entry.get("ReceiptHandle"))
        return {}

    return lookup.each_entry(call, "DeleteMessageBatchRequestEntry", work)
