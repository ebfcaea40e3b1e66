"""What SQS tells CloudWatch of queues.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.sampling import NAMESPACE
from cloudarium.shared.scope import scope_of

_SENT = ("SendMessage", "SendMessageBatch")
_DELETED = ("DeleteMessage", "DeleteMessageBatch")


def measured(call: Call) -> None:
    """Count the messages that a call has sent, received or deleted."""
    operation = call.operation_name
    if call.error is not None or operation not in (*_SENT, *_DELETED, "ReceiveMessage"):
        return
    *_, account, queue = f"//{call.input['QueueUrl']}".split("/")
    scope = scope_of(account, call.region) if account.isdecimal() else call.scope
    answer = call.output or {}

    def add(name: str, value: float, unit: str = "Count") -> None:
        call.cloud.meter.add(call.now, scope, NAMESPACE, name, (("QueueName", queue),), value, unit)

    if operation in _SENT:
        for text in _sent(call.input, answer):
            add("NumberOfMessagesSent", 1.0)
            add("SentMessageSize", float(len(text.encode())), "Bytes")
    elif operation in _DELETED:
        add("NumberOfMessagesDeleted", float(len(answer["Successful"])) if "Successful" in answer else 1.0)
    elif answer.get("Messages"):
        add("NumberOfMessagesReceived", float(len(answer["Messages"])))
    else:
        add("NumberOfEmptyReceives", 1.0)


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
