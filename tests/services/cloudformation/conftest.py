"""What CloudFormation's tests share: stacks deployed and waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
HANDLE = "AWS::CloudFormation::WaitConditionHandle"


def bucket(**properties: Any) -> dict[str, Any]:
    """A bucket as a resource."""
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def role(**properties: Any) -> dict[str, Any]:
    """A role that Lambda may assume, as a resource."""
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, **properties}}


def group(**properties: Any) -> dict[str, Any]:
    """A log group as a resource."""
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


BAD = role(AssumeRolePolicyDocument={"Statement": 5})  # IAM refuses it when the stack is under way


class Stacks:
    """CloudFormation as a test sees it: deploy a dict of resources, then look at what came of it."""

    def __init__(self, cloud: Any, client: Any, account: str = "000000000000") -> None:
        self.cloud = cloud
        self.client = client
        self.account = account

    @staticmethod
    def body(resources: dict[str, Any], **sections: Any) -> str:
        """A template's text."""
        return json.dumps({"Resources": resources, **sections})

    def create(
        self, name: str, resources: dict[str, Any], *, options: dict[str, Any] | None = None, **sections: Any
    ) -> str:
        """Create a stack and wait for the end; its status."""
        given = {"Capabilities": CAPABILITIES, **(options or {})}
        self.client.create_stack(StackName=name, TemplateBody=self.body(resources, **sections), **given)
        return self.status(name)

    def update(
        self, name: str, resources: dict[str, Any], *, options: dict[str, Any] | None = None, **sections: Any
    ) -> str:
        """Update a stack and wait for the end; its status."""
        given = {"Capabilities": CAPABILITIES, **(options or {})}
        self.client.update_stack(StackName=name, TemplateBody=self.body(resources, **sections), **given)
        return self.status(name)

    def delete(self, name: str, **options: Any) -> str:
        """Delete a stack and wait for the end; its status."""
        arn = self.describe(name)["StackId"]
        self.client.delete_stack(StackName=name, **options)
        return self.status(arn)

    def status(self, name: str) -> str:
        """The stack's status when nothing that is due is left to do."""
        self.cloud.settle()
        return self.describe(name)["StackStatus"]

    def describe(self, name: str) -> dict[str, Any]:
        """The stack as DescribeStacks shows it."""
        return self.client.describe_stacks(StackName=name)["Stacks"][0]

    def outputs(self, name: str) -> dict[str, str]:
        """The stack's outputs by name."""
        return {entry["OutputKey"]: entry["OutputValue"] for entry in self.describe(name).get("Outputs", [])}

    def ids(self, name: str) -> dict[str, str]:
        """The physical ids of the stack's resources by logical id."""
        found = self.client.list_stack_resources(StackName=name)["StackResourceSummaries"]
        return {entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "") for entry in found}

    def events(self, name: str) -> list[tuple[str, str]]:
        """(logical id, status) of everything that happened, the oldest first."""
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]

    def all_reasons(self, name: str) -> list[str]:
        """Every reason that was given for a status, the oldest first."""
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in reversed(found) if event.get("ResourceStatusReason")]


@pytest.fixture
def stacks(cloud: Any, client: Callable[..., Any], account: str) -> Stacks:
    """CloudFormation for the root of a fresh account."""
    return Stacks(cloud, client("cloudformation"), account)
