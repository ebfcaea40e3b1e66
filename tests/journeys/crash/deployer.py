"""A program that deploys stacks to a cloud which is killed again and again."""

from __future__ import annotations

import json
import random
import threading
import time
from typing import Any

from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.journeys.crash.writers import Program

PARAMETERS = 12
NAMED = ["CAPABILITY_NAMED_IAM"]


class Deployer(Program):
    """Makes, changes and deletes one stack after the other; `stacks` are their ids by name."""

    def __init__(self, cloud: RunningCloud, up: threading.Event, seed: str) -> None:
        super().__init__(cloud, up)
        self.chance = random.Random(seed)
        self.stacks: dict[str, str] = {}
        self.ended: dict[str, int] = {}  # how many deployments ended in each status

    def work(self) -> None:
        """One stack after the other; each deployment must end, however often the cloud is killed meanwhile."""
        number = 0
        while not self.enough.is_set():
            number += 1
            name, cfn = f"stack-{number}", self.clients["cloudformation"]
            self.sure(cfn.create_stack, StackName=name, TemplateBody=template(name, "1"), Capabilities=NAMED)
            status = self.end_of(name)
            if status == "CREATE_COMPLETE" and self.chance.random() < 0.6:
                self.sure(cfn.update_stack, StackName=name, TemplateBody=template(name, "2"), Capabilities=NAMED)
                status = self.end_of(name)
            if status is not None and self.chance.random() < 0.5:
                self.sure(cfn.delete_stack, StackName=name)
                self.end_of(name)

    def end_of(self, name: str) -> str | None:
        """Wait until nothing is under way on a stack; its status then, None when there is no such stack."""
        limit, cfn = time.monotonic() + 60, self.clients["cloudformation"]
        while True:
            try:
                answer = self.sure(cfn.describe_stacks, StackName=self.stacks.get(name, name))
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
            if answer is not None:
                stack = answer["Stacks"][0]
                self.stacks[name] = stack["StackId"]
                if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                    self.ended[stack["StackStatus"]] = self.ended.get(stack["StackStatus"], 0) + 1
                    return stack["StackStatus"]
            assert time.monotonic() < limit, f"{name} is stuck"
            time.sleep(0.01)


def template(name: str, value: str) -> str:
    """A chain of parameters with a table, a log group and a role beside it."""
    resources: dict[str, Any] = {
        f"P{n}": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": f"/stacks/{name}/{n}", "Type": "String", "Value": value},
            **({"DependsOn": f"P{n - 1}"} if n else {}),
        }
        for n in range(PARAMETERS)
    }
    resources["Table"] = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    }  # fmt: skip
    resources["Group"] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/stacks/{name}"}}
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole"}]}  # fmt: skip
    resources["Role"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "AssumeRolePolicyDocument": {"Version": "2012-10-17", **trust}},
    }
    return json.dumps({"Resources": resources})
