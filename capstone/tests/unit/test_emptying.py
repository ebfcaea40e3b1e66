"""Buckets are emptied when their stack goes, and CloudFormation always gets an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.stub import Stubber

import emptying
from http_calls import context
from stubs import stubbed


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What CloudFormation was told."""
    answers: list[dict[str, str]] = []
    monkeypatch.setattr(emptying, "answer", lambda _, said: answers.append(said))
    return answers


def event(kind: str) -> dict[str, Any]:
    """What CloudFormation sends."""
    return {"RequestType": kind, "StackId": "shop", "ResourceProperties": {"Bucket": "pictures"}}


@pytest.fixture
def stack() -> Iterator[Stubber]:
    """The connection to CloudFormation."""
    with stubbed(emptying.cloudformation()) as stubber:
        yield stubber


def stands(stack: Stubber, status: str) -> None:
    """Lay in how the stack stands."""
    shown = {"StackName": "shop", "CreationTime": datetime(2026, 1, 1), "StackStatus": status}
    stack.add_response("describe_stacks", {"Stacks": [shown]}, {"StackName": "shop"})


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_stack_that_stays_keeps_its_objects(told: list[dict[str, str]], kind: str) -> None:
    with stubbed(emptying.s3().meta.client):
        emptying.handler(event(kind), context())
    assert told[0]["Status"] == "SUCCESS" and told[0]["PhysicalResourceId"] == "emptied-pictures"


def test_a_stack_that_stays_without_this_resource_keeps_its_objects(told: list[dict[str, str]], stack: Stubber) -> None:
    stands(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    with stubbed(emptying.s3().meta.client):
        emptying.handler(event("Delete"), context())
    assert told[0]["Status"] == "SUCCESS"


def test_a_stack_that_goes_leaves_no_object(told: list[dict[str, str]], stack: Stubber) -> None:
    stands(stack, "DELETE_IN_PROGRESS")
    with stubbed(emptying.s3().meta.client) as s3:
        s3.add_response("list_objects", {"Contents": [{"Key": "a"}, {"Key": "b"}]})
        s3.add_response("delete_objects", {"Deleted": [{"Key": "a"}, {"Key": "b"}]})
        emptying.handler(event("Delete"), context())
    assert told == [
        {
            "Status": "SUCCESS",
            "Reason": "2 objects of pictures are gone.",
            "PhysicalResourceId": "emptied-pictures",
        }
    ]


def test_what_cannot_be_emptied_is_said(told: list[dict[str, str]], stack: Stubber) -> None:
    stands(stack, "DELETE_IN_PROGRESS")
    with stubbed(emptying.s3().meta.client) as s3:
        s3.add_client_error("list_objects", "AccessDenied")
        emptying.handler(event("Delete"), context())
    assert told[0]["Status"] == "FAILED" and "AccessDenied" in told[0]["Reason"]
