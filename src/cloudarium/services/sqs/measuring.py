"""What SQS tells CloudWatch of queues.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.meters import Dimensions
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.sampling import NAMESPACE
from cloudarium.shared.scope import scope_of

_SENT = frozenset(["SendMessage", "SendMessageBatch"])
_DELETED = frozenset(["DeleteMessage", "DeleteMessageBatch"])
_MEASURED = _SENT | _DELETED | {"ReceiveMessage"}


def measured(call: Call) -> None:
    """Count the messages that a call has sent, received or deleted."""
    operation = call.operation_name
    if operation not in _MEASURED or call.error is not None:
        return
    account, own = _named(call.input["QueueUrl"])
    scope = scope_of(account, call.region) if account else call.scope
    answer, add, now = call.output or {}, call.cloud.meter.add, call.now
    if operation in _SENT:
        for text in _sent(call.input, answer):
            size = len(text) if text.isascii() else len(text.encode())
            add(now, scope, NAMESPACE, "NumberOfMessagesSent", own, 1.0, "Count")
            add(now, scope, NAMESPACE, "SentMessageSize", own, float(size), "Bytes")
    elif operation in _DELETED:
        deleted = float(len(answer["Successful"])) if "Successful" in answer else 1.0
        add(now, scope, NAMESPACE, "NumberOfMessagesDeleted", own, deleted, "Count")
    elif answer.get("Messages"):
        add(now, scope, NAMESPACE, "NumberOfMessagesReceived", own, float(len(answer["Messages"])), "Count")
    else:
        add(now, scope, NAMESPACE, "NumberOfEmptyReceives", own, 1.0, "Count")


@lru_cache(maxsize=1024)  # made for every call otherwise
def _named(url: str) -> tuple[str, Dimensions]:
    """The account in a queue's URL, if it names one, and the queue's dimensions."""
    *_, account, queue = f"//{url}".split("/")
    return (account if account.isdecimal() else ""), (("QueueName", queue),)


def deduplicated(call: Call, found: Queue) -> None:
    """Count a message that its FIFO queue has had before."""
    own = (("QueueName", found.name),)
    call.cloud.meter.add(call.now, found.scope, NAMESPACE, "NumberOfDeduplicatedSentMessages", own, 1.0, "Count")


def _sent(given: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """The bodies of the messages that were taken."""
    if "Entries" not in given:
        return [given["MessageBody"]]
    taken = {each["Id"] for each in answer.get("Successful", ())}
    return [each["MessageBody"] for each in given["Entries"] if each["Id"] in taken]
