"""What the tests of EventBridge share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

PATTERN = {"source": ["shop"]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def refused(code: str, call: Any, **given: Any) -> str:
    """The message of the error with this code that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


def entry(detail: Any = None, **more: Any) -> dict[str, Any]:
    """An entry of PutEvents."""
    return {"Source": "shop", "DetailType": "sold", "Detail": json.dumps(detail or {"id": 1}), **more}


class Desk:
    """One account's clients, and a log group that EventBridge may write to: what reaches it can be read."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        self._clients: dict[str, Any] = {}
        self.events = self.client("events")

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service, key=self.account, parameter_validation=False)
        return self._clients[service]

    def at(self, moment: str) -> None:
        """Move the clock to this moment, and stop it there."""
        self.cloud.control("clock", {"freeze": True})
        self.cloud.control("clock", {"at": moment})

    def log_group(self, name: str = "/aws/events/seen", *, allowed: bool = True) -> str:
        """The ARN of a new log group."""
        self.client("logs").create_log_group(logGroupName=name)
        if allowed:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": "*",
            }
            document = json.dumps({"Version": "2012-10-17", "Statement": statement})
            self.client("logs").put_resource_policy(policyName="events", policyDocument=document)
        return f"arn:aws:logs:us-east-1:{self.account}:log-group:{name}"

    def seen(self, name: str = "/aws/events/seen") -> list[str]:
        """What reached the log group, once all is settled."""
        self.cloud.settle()
        found = self.client("logs").filter_log_events(logGroupName=name)["events"]
        return [event["message"] for event in found]

    def rule(
        self, target: str, *, name: str = "rule", pattern: Any = PATTERN, bus: str = "default", **more: Any
    ) -> str:
        """The ARN of a new rule that brings what matches to the target; `more` is said of the target."""
        text = json.dumps(pattern)
        arn = self.events.put_rule(Name=name, EventPattern=text, EventBusName=bus)["RuleArn"]
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "t", "Arn": target, **more}])
        return str(arn)

    def put(self, *entries: dict[str, Any]) -> Any:
        """Put events."""
        return self.events.put_events(Entries=list(entries))

    def role(self, name: str, *actions: str) -> str:
        """The ARN of a role that EventBridge may assume, which may do this."""
        iam = self.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return str(role)


@pytest.fixture
def desk(cloud: RunningCloud, account: str) -> Desk:
    """A desk in the cloud that all tests share."""
    return Desk(cloud, account)


@pytest.fixture
def timed(fresh_cloud: RunningCloud) -> Iterator[Desk]:
    """A desk in a cloud of the test's own, whose clock may be moved."""
    yield Desk(fresh_cloud, "111111111111")
