"""A deployment cut off at every one of its calls to other rooms, before it and after it, ends as if nothing had been.

The cloud runs inside the test here, so that the cut falls exactly where it is wanted.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.cloudformation.engine.work import Work
from tests.services.cloudformation.conftest import BAD, bucket, group, role

BEFORE = {"A": bucket(), "G": group(RetentionInDays=1), "R": role()}
AFTER = {
    "A": bucket(Tags=[{"Key": "k", "Value": "v"}]),
    "G": group(RetentionInDays=3, LogGroupName="/own"),
    "B": {**bucket(), "DependsOn": ["A", "G"]},
}
FAILING = {**AFTER, "Bad": {**BAD, "DependsOn": ["A", "B", "G"]}}


class Fragile:
    """A cloud in a folder that dies at the n-th call its deployments make, and is started again."""

    def __init__(self, folder: Path, after: bool) -> None:
        self.folder = folder
        self.after = after
        self.calls = 0
        self.cut_at = -1
        self.cloud: Cloud
        self.dying: asyncio.Event

    async def start(self) -> None:
        self.cloud = Cloud(self.folder)
        await self.cloud.start()

    async def ask(self, service: str, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        principal = Principal.root("000000000000")
        return await Call(self.cloud, None).send(service, operation, given, as_=principal)

    def cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let `Work.send` die at the call that is wanted: before the other room hears of it, or after it has acted."""
        whole = Work.send

        async def send(work: Work, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
            self.calls += 1
            now = self.calls == self.cut_at
            if now and not self.after:
                await self.die()
            answer = await whole(work, service, operation, input)
            if now:
                await self.die()
            return answer

        monkeypatch.setattr(Work, "send", send)

    async def die(self) -> None:
        self.dying.set()
        await asyncio.Event().wait()  # until the cancellation that stands for the kill

    async def carry_out(self, operation: str, resources: dict[str, Any] | None) -> None:
        """Have one operation carried out, through the crash if there is one."""
        self.dying = asyncio.Event()
        await self.start()
        given: dict[str, Any] = {"StackName": "s"}
        if resources is not None:
            given |= {"TemplateBody": json.dumps({"Resources": resources}), "Capabilities": ["CAPABILITY_IAM"]}
        await self.ask("cloudformation", operation, given)
        settled = asyncio.create_task(self.cloud.deliverer.settle())
        dying = asyncio.create_task(self.dying.wait())
        await asyncio.wait({settled, dying}, return_when=asyncio.FIRST_COMPLETED)
        settled.cancel()
        dying.cancel()
        if self.dying.is_set():
            await self.cloud.stop()
            await self.start()
            await self.cloud.deliverer.settle()

    async def found(self) -> tuple[str, int, int, int]:
        """The stack's status, and how many buckets, log groups and roles there are."""
        stacks = (await self.ask("cloudformation", "ListStacks", {}))["StackSummaries"]
        buckets = (await self.ask("s3", "ListBuckets", {}))["Buckets"]
        groups = (await self.ask("logs", "DescribeLogGroups", {}))["logGroups"]
        roles = (await self.ask("iam", "ListRoles", {}))["Roles"]
        return stacks[0]["StackStatus"], len(buckets), len(groups), len(roles)


CASES = [
    ("CreateStack", None, BEFORE, ("CREATE_COMPLETE", 1, 1, 1)),
    ("CreateStack", None, FAILING, ("ROLLBACK_COMPLETE", 0, 0, 0)),
    ("UpdateStack", BEFORE, AFTER, ("UPDATE_COMPLETE", 2, 1, 0)),
    ("UpdateStack", BEFORE, FAILING, ("UPDATE_ROLLBACK_COMPLETE", 1, 1, 1)),
    ("DeleteStack", BEFORE, None, ("DELETE_COMPLETE", 0, 0, 0)),
]


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize(("operation", "before", "resources", "expected"), CASES)
def test_every_cut_heals(
    tmp_path: Path,
    operation: str,
    before: dict[str, Any] | None,
    resources: dict[str, Any] | None,
    expected: tuple[str, int, int, int],
    after: bool,
) -> None:
    async def one(number: int) -> tuple[bool, tuple[str, int, int, int]]:
        fragile = Fragile(tmp_path / str(number), after)
        with pytest.MonkeyPatch.context() as patch:
            fragile.cut(patch)
            if before is not None:
                await fragile.carry_out("CreateStack", before)
                await fragile.cloud.stop()
            fragile.calls, fragile.cut_at = 0, number
            await fragile.carry_out(operation, resources)
            found = await fragile.found()
            await fragile.cloud.stop()
        return fragile.dying.is_set(), found

    number, cut = 0, True
    while cut:
        number += 1
        cut, found = asyncio.run(one(number))
        assert found == expected, f"cut at call {number}"
    assert number > 2
