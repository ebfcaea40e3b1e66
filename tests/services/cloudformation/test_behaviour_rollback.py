"""When a deployment goes wrong: what is taken back, in which order, with which words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import BAD, HANDLE, Stacks, bucket, group, role

AFTER_A = {**BAD, "DependsOn": ["A"]}


def test_a_failed_creation_is_taken_back(stacks: Stacks, client: Callable[..., Any]) -> None:
    assert stacks.create("s", {"A": bucket(), "Bad": AFTER_A}) == "ROLLBACK_COMPLETE"
    assert client("s3").list_buckets()["Buckets"] == []
    reasons = stacks.all_reasons("s")
    assert "The following resource(s) failed to create: [Bad]. Rollback requested by user." in reasons
    failed = next(reason for reason in reasons if reason.startswith("Resource handler"))
    assert re.fullmatch(
        r'Resource handler returned message: ".* \(Service: IAM, Status Code: 400, Request ID: [0-9a-f-]+\)" '
        r"\(RequestToken: [0-9a-f-]+, HandlerErrorCode: InvalidRequest\)",
        failed,
    )
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update("s", {"A": bucket()})
    assert stacks.delete("s") == "DELETE_COMPLETE"


def test_what_was_there_before_survives_a_rollback(stacks: Stacks, client: Callable[..., Any]) -> None:
    client("iam").create_role(
        RoleName="theirs",
        AssumeRolePolicyDocument=str(role()["Properties"]["AssumeRolePolicyDocument"]).replace("'", '"'),
    )
    assert stacks.create("s", {"R": role(RoleName="theirs")}) == "ROLLBACK_COMPLETE"
    assert client("iam").get_role(RoleName="theirs")
    assert any("HandlerErrorCode: AlreadyExists" in reason for reason in stacks.all_reasons("s"))


def test_a_failed_creation_may_be_kept_or_deleted(stacks: Stacks, client: Callable[..., Any]) -> None:
    resources = {"A": bucket(), "Bad": AFTER_A}
    assert stacks.create("kept", resources, options={"DisableRollback": True}) == "CREATE_FAILED"
    assert stacks.describe("kept")["StackStatusReason"] == "The following resource(s) failed to create: [Bad]. "
    assert len(client("s3").list_buckets()["Buckets"]) == 1
    stacks.client.rollback_stack(StackName="kept")
    assert stacks.status("kept") == "ROLLBACK_COMPLETE"
    assert client("s3").list_buckets()["Buckets"] == []
    arn = stacks.client.create_stack(
        StackName="gone", TemplateBody=Stacks.body(resources), OnFailure="DELETE", Capabilities=["CAPABILITY_IAM"]
    )["StackId"]
    assert stacks.status(arn) == "DELETE_COMPLETE"


def test_a_kept_failure_can_be_updated_to_success(stacks: Stacks) -> None:
    options = {"DisableRollback": True}
    assert stacks.create("s", {"A": bucket(), "Bad": AFTER_A}, options=options) == "CREATE_FAILED"
    before = stacks.ids("s")["A"]
    assert (
        stacks.update("s", {"A": bucket(), "Bad": {**role(), "DependsOn": "A"}}, options=options) == "UPDATE_COMPLETE"
    )
    assert stacks.ids("s")["A"] == before and stacks.ids("s")["Bad"].startswith("s-Bad-")


def test_a_failed_update_goes_back(stacks: Stacks, client: Callable[..., Any]) -> None:
    resources = {"A": bucket(), "G": group(RetentionInDays=1), "R": bucket()}
    stacks.create("s", resources, Outputs={"O": {"Value": "before"}})
    before = stacks.ids("s")
    changed = {
        "A": bucket(),
        "G": group(RetentionInDays=3),
        "R": bucket(BucketName=f"{before['R'][:30]}-new"),
        "New": bucket(),
        "Bad": {**BAD, "DependsOn": ["A", "G", "R", "New"]},
    }
    assert stacks.update("s", changed, Outputs={"O": {"Value": "after"}}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.ids("s") == before and stacks.outputs("s") == {"O": "before"}
    assert {entry["Name"] for entry in client("s3").list_buckets()["Buckets"]} == {before["A"], before["R"]}
    assert client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 1
    assert "The following resource(s) failed to create: [Bad]. " in stacks.all_reasons("s")
    statuses = [status for name, status in stacks.events("s") if name == "s"]
    assert statuses[-4:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    with pytest.raises(ClientError, match="No updates are to be performed."):
        stacks.update("s", resources, Outputs={"O": {"Value": "before"}})


def test_a_failed_update_that_is_kept_goes_back_when_asked(stacks: Stacks) -> None:
    stacks.create("s", {"A": bucket(), "G": group(RetentionInDays=1)})
    changed = {"A": bucket(), "G": group(RetentionInDays=3), "Bad": {**BAD, "DependsOn": "G"}}
    assert stacks.update("s", changed, options={"DisableRollback": True}) == "UPDATE_FAILED"
    stacks.client.rollback_stack(StackName="s")
    assert stacks.status("s") == "UPDATE_ROLLBACK_COMPLETE"
    assert set(stacks.ids("s")) == {"A", "G"}


def test_what_cannot_be_deleted_keeps_the_stack(stacks: Stacks, client: Callable[..., Any]) -> None:
    stacks.create("s", {"A": bucket(), "G": group()})
    name, arn = stacks.ids("s")["A"], stacks.describe("s")["StackId"]
    client("s3").put_object(Bucket=name, Key="k", Body=b"x")
    assert stacks.delete("s") == "DELETE_FAILED"
    assert stacks.describe("s")["StackStatusReason"] == "The following resource(s) failed to delete: [A]. "
    assert client("logs").describe_log_groups()["logGroups"] == []
    stacks.client.delete_stack(StackName="s", RetainResources=["A"])
    assert stacks.status(arn) == "DELETE_COMPLETE"
    assert [entry["Name"] for entry in client("s3").list_buckets()["Buckets"]] == [name]


def test_a_forced_deletion_leaves_what_resists(stacks: Stacks, client: Callable[..., Any]) -> None:
    stacks.create("s", {"A": bucket()})
    client("s3").put_object(Bucket=stacks.ids("s")["A"], Key="k", Body=b"x")
    with pytest.raises(ClientError, match="DELETE_FAILED state"):
        stacks.delete("s", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.delete("s") == "DELETE_FAILED"
    assert stacks.delete("s", DeletionMode="FORCE_DELETE_STACK") == "DELETE_COMPLETE"


def test_what_is_not_built_fails_the_stack_by_name_before_anything_is_made(
    stacks: Stacks, client: Callable[..., Any]
) -> None:
    strange = {"Type": "AWS::EC2::TransitGateway"}
    assert stacks.create("s", {"A": bucket(), "X": strange}) == "ROLLBACK_COMPLETE"
    assert ("A", "CREATE_IN_PROGRESS") not in stacks.events("s")
    assert any("AWS::EC2::TransitGateway" in reason and "has not built" in reason for reason in stacks.all_reasons("s"))
    assert stacks.create("t", {"A": bucket(), "X": bucket(MetricsConfigurations=[{"Id": "m"}])}) == "ROLLBACK_COMPLETE"
    assert any("MetricsConfigurations" in reason for reason in stacks.all_reasons("t"))


def test_wrong_properties_fail_in_aws_words(stacks: Stacks) -> None:
    assert stacks.create("s", {"A": bucket(Nope=1)}) == "ROLLBACK_COMPLETE"
    assert (
        "Properties validation failed for resource A with message:\n#: extraneous key [Nope] is not permitted"
        in stacks.all_reasons("s")
    )


def test_a_missing_import_fails_the_stack(stacks: Stacks) -> None:
    outputs = {"O": {"Value": {"Fn::ImportValue": "nobody-exports-this"}}}
    assert stacks.create("s", {"A": {"Type": HANDLE}}, Outputs=outputs) == "ROLLBACK_COMPLETE"
    assert "No export named nobody-exports-this found. Rollback requested by user." in stacks.all_reasons("s")


def test_retained_resources_survive_the_rollback_of_their_creation(stacks: Stacks, client: Callable[..., Any]) -> None:
    resources = {
        "Kept": {**bucket(), "DeletionPolicy": "Retain"},
        "A": {**bucket(), "DeletionPolicy": "RetainExceptOnCreate"},
        "Bad": {**BAD, "DependsOn": ["A", "Kept"]},
    }
    assert stacks.create("s", resources) == "ROLLBACK_COMPLETE"
    assert len(client("s3").list_buckets()["Buckets"]) == 1
    assert ("Kept", "DELETE_SKIPPED") in stacks.events("s")
