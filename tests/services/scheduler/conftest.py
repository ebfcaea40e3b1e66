"""What the tests of Scheduler share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

TRUST = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
OFF = {"Mode": "OFF"}


def refused(code: str, call: Any, **given: Any) -> str:
    """The message of the error with this code that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


class Desk:
    """One account's clients, a role for schedules, and queues that tell what was invoked."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        self._clients: dict[str, Any] = {}
        self.scheduler = self.client("scheduler")

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service, key=self.account, parameter_validation=False)
        return self._clients[service]

    def role(self, *actions: str, name: str = "runs", condition: dict[str, Any] | None = None) -> str:
        """The ARN of a role that Scheduler may assume, which may do this."""
        trust = {**TRUST, **({"Condition": condition} if condition else {})}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam = self.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": list(actions) or ["*"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return str(arn)

    def queue(self, name: str = "q", **attributes: str) -> str:
        """The ARN of a new queue."""
        kept = {"MessageRetentionPeriod": "1209600", **attributes}
        self.client("sqs").create_queue(QueueName=name, Attributes=kept)
        return f"arn:aws:sqs:us-east-1:{self.account}:{name}"

    def received(self, name: str = "q") -> list[dict[str, Any]]:
        """The messages in a queue, which are taken out of it."""
        self.cloud.settle()
        sqs, found = self.client("sqs"), []
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                found.append(message)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def make(
        self, expression: str, target: str, role: str, *, name: str = "s", target_more: Any = None, **more: Any
    ) -> str:
        """The ARN of a new schedule."""
        given = {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, **more}
        target = {"Arn": target, "RoleArn": role, **(target_more or {})}
        return str(self.scheduler.create_schedule(**given, Target=target)["ScheduleArn"])

    def at(self, moment: str) -> None:
        """Move the clock to this moment, and stop it there."""
        self.cloud.control("clock", {"freeze": True})
        self.cloud.control("clock", {"at": moment})


@pytest.fixture
def desk(cloud: RunningCloud, account: str) -> Desk:
    """A desk in the cloud that all tests share."""
    return Desk(cloud, account)


@pytest.fixture
def timed(fresh_cloud: RunningCloud) -> Iterator[Desk]:
    """A desk in a cloud of the test's own, whose clock may be moved."""
    yield Desk(fresh_cloud, "111111111111")
