"""ChangeMessageVisibility and its batch: hide a received message for longer, or no longer."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, resources
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.operations.receiving import check_visibility
from cloudarium.services.sqs.records import groups, messages
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules import handles

Data = dict[str, Any]

_LONGEST = 43_200  # seconds that a message can be hidden after one receive


def _change(call: Call, found: Queue, given: Data) -> None:
    handle, seconds = given.get("ReceiptHandle"), given.get("VisibilityTimeout")
    if not handle:
        raise errors.MissingParameter("ReceiptHandle")
    if seconds is None:
        raise errors.MissingParameter("VisibilityTimeout")
    check_visibility(seconds)
    receipt = handles.parse(handle, found.id)
    message = messages.find(call.store, receipt.shelf, receipt.seq)
    stale = message is not None and found.fifo and (message.received != receipt.received or message.visible <= call.now)
    if message is None or message.taken is None or stale:
        reason = "Message does not exist or is not available for visibility timeout change."
        raise errors.InvalidParameterValue.of(handle, "ReceiptHandle", reason)
    if call.now + seconds > message.taken + _LONGEST:
        reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
        raise errors.InvalidParameterValue.of(seconds, "VisibilityTimeout", reason)
    messages.hide(call.store, message, call.now + seconds)
    if message.lane is not None:
        groups.update(call.store, receipt.shelf, message.lane)
    call.cloud.bells.ring(found.bell)


@operation("ChangeMessageVisibility", on=resources.queue)
def change_message_visibility(call: Call) -> Data:
    """Say anew for how long a received message is hidden, from now on."""
    _change(call, lookup.queue(call), call.input)
    return {}


@operation("ChangeMessageVisibilityBatch", on=resources.queue)
def change_message_visibility_batch(call: Call) -> Data:
    """The same for up to ten messages; each for which it cannot be is named."""
    found = lookup.queue(call)

    def work(entry: Data) -> Data:
        _change(call, found, entry)
        return {}

    return lookup.each_entry(call, "ChangeMessageVisibilityBatchRequestEntry", work)
