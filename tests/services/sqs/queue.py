"""A queue under test: short words for what tests do all the time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


class Queue:
    """A queue that is made with these attributes."""

    def __init__(self, client: Any, name: str, **attributes: str) -> None:
        self.client = client
        self.url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.attribute("QueueArn")

    def attribute(self, name: str) -> str:
        """One of its attributes."""
        return self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name]

    def set(self, **attributes: str) -> None:
        """Change attributes."""
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes=attributes)

    def send(self, body: str, group: str = "", **given: Any) -> Any:
        """Send one message."""
        return self.client.send_message(
            QueueUrl=self.url, MessageBody=body, **({"MessageGroupId": group} if group else {}), **given
        )

    def receive(self, most: int = 10, **given: Any) -> list[Any]:
        """Receive messages."""
        return self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=most, **given).get("Messages", [])

    def bodies(self, most: int = 10, **given: Any) -> list[str]:
        """Receive messages, and tell their bodies."""
        return [message["Body"] for message in self.receive(most, **given)]

    def delete(self, message: Any) -> None:
        """Delete a message that was received."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def hide(self, message: Any, seconds: int) -> None:
        """Change for how long a message is hidden."""
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )

    def counts(self) -> tuple[int, int, int]:
        """(visible, in flight, delayed)."""
        names = ("", "NotVisible", "Delayed")
        found = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        visible, flying, delayed = (int(found[f"ApproximateNumberOfMessages{name}"]) for name in names)
        return visible, flying, delayed


def refused(code: str, what: Any, *given: Any, **named: Any) -> str:
    """The message of the error that a call is refused with."""
    with pytest.raises(ClientError) as error:
        what(*given, **named)
    assert error.value.response["Error"]["Code"] == code, error.value.response
    return error.value.response["Error"]["Message"]
