"""Stacks through their lives: created, described, updated in place and by replacement, deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import HANDLE, Stacks, bucket, group, role


def test_a_stack_is_made_in_order_and_tells_of_it(stacks: Stacks, client: Callable[..., Any]) -> None:
    resources = {
        "Second": group(LogGroupName={"Fn::Sub": "/x/${First}"}, RetentionInDays={"Ref": "Days"}),
        "First": bucket(),
    }
    outputs = {
        "Arn": {"Value": {"Fn::GetAtt": ["First", "Arn"]}, "Description": "where"},
        "Id": {"Value": {"Ref": "AWS::StackId"}},
    }
    status = stacks.create(
        "made",
        resources,
        Outputs=outputs,
        Parameters={"Days": {"Type": "Number", "Default": 7}},
        Description="a stack",
        options={"Tags": [{"Key": "team", "Value": "blue"}]},
    )
    assert status == "CREATE_COMPLETE"
    ids = stacks.ids("made")
    assert ids["Second"] == f"/x/{ids['First']}" and ids["First"].startswith("made-first-")
    stack = stacks.describe("made")
    assert stack["Description"] == "a stack" and stack["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert stack["Parameters"] == [{"ParameterKey": "Days", "ParameterValue": "7"}]
    assert stacks.outputs("made") == {"Arn": f"arn:aws:s3:::{ids['First']}", "Id": stack["StackId"]}
    assert stacks.events("made") == [
        ("made", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_IN_PROGRESS"),
        ("First", "CREATE_COMPLETE"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_IN_PROGRESS"),
        ("Second", "CREATE_COMPLETE"),
        ("made", "CREATE_COMPLETE"),
    ]
    tags = client("s3").get_bucket_tagging(Bucket=ids["First"])["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "team": "blue",
        "aws:cloudformation:stack-name": "made",
        "aws:cloudformation:stack-id": stack["StackId"],
        "aws:cloudformation:logical-id": "First",
    }


def test_a_name_is_taken_until_the_stack_is_deleted(stacks: Stacks) -> None:
    stacks.create("same", {"A": {"Type": HANDLE}})
    with pytest.raises(ClientError, match=r"Stack \[same\] already exists"):
        stacks.create("same", {"A": {"Type": HANDLE}})
    arn = stacks.describe("same")["StackId"]
    assert stacks.delete("same") == "DELETE_COMPLETE"
    assert stacks.create("same", {"A": {"Type": HANDLE}}) == "CREATE_COMPLETE"
    assert stacks.describe(arn)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.describe("same")["StackId"] != arn
    statuses = [entry["StackStatus"] for entry in stacks.client.list_stacks()["StackSummaries"]]
    assert sorted(statuses) == ["CREATE_COMPLETE", "DELETE_COMPLETE"]
    only = stacks.client.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert [entry["StackId"] for entry in only] == [arn]


def test_update_in_place_replaces_nothing(stacks: Stacks) -> None:
    stacks.create("s", {"A": group(RetentionInDays=7)})
    before = stacks.ids("s")
    assert stacks.update("s", {"A": group(RetentionInDays=14)}) == "UPDATE_COMPLETE"
    assert stacks.ids("s") == before
    assert stacks.events("s")[-5:] == [
        ("s", "UPDATE_IN_PROGRESS"),
        ("A", "UPDATE_IN_PROGRESS"),
        ("A", "UPDATE_COMPLETE"),
        ("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("s", "UPDATE_COMPLETE"),
    ]


def test_replacement_makes_the_new_one_first_and_its_dependants_follow(
    stacks: Stacks, client: Callable[..., Any]
) -> None:
    resources = {"A": bucket(), "B": group(LogGroupName={"Fn::Sub": "/of/${A}"})}
    stacks.create("s", resources)
    before = stacks.ids("s")
    resources["A"] = bucket(BucketName=f"{before['A'][:30]}-two")
    assert stacks.update("s", resources) == "UPDATE_COMPLETE"
    after = stacks.ids("s")
    assert after == {"A": f"{before['A'][:30]}-two", "B": f"/of/{before['A'][:30]}-two"}
    assert [entry["Name"] for entry in client("s3").list_buckets()["Buckets"]] == [after["A"]]
    assert [entry["logGroupName"] for entry in client("logs").describe_log_groups()["logGroups"]] == [after["B"]]
    happened = stacks.events("s")
    cleanup = happened.index(("s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert happened[cleanup + 1 :] == [
        ("B", "DELETE_IN_PROGRESS"),
        ("B", "DELETE_COMPLETE"),
        ("A", "DELETE_IN_PROGRESS"),
        ("A", "DELETE_COMPLETE"),
        ("s", "UPDATE_COMPLETE"),
    ]


def test_what_leaves_the_template_is_deleted_and_what_is_retained_stays(
    stacks: Stacks, client: Callable[..., Any]
) -> None:
    kept = {**bucket(), "DeletionPolicy": "Retain"}
    stacks.create("s", {"Gone": bucket(), "Kept": kept, "Stays": {"Type": HANDLE}})
    ids = stacks.ids("s")
    assert stacks.update("s", {"Stays": {"Type": HANDLE}}) == "UPDATE_COMPLETE"
    assert list(stacks.ids("s")) == ["Stays"]
    assert [entry["Name"] for entry in client("s3").list_buckets()["Buckets"]] == [ids["Kept"]]
    assert ("Kept", "DELETE_SKIPPED") in stacks.events("s")


def test_nothing_to_update(stacks: Stacks) -> None:
    stacks.create("s", {"A": {"Type": HANDLE}})
    with pytest.raises(ClientError, match="No updates are to be performed."):
        stacks.update("s", {"A": {"Type": HANDLE}})
    assert stacks.update("s", {"A": {"Type": HANDLE}}, Outputs={"O": {"Value": "v"}}) == "UPDATE_COMPLETE"
    assert stacks.outputs("s") == {"O": "v"}
    assert (
        stacks.update("s", {"A": {"Type": HANDLE}}, options={"Tags": [{"Key": "a", "Value": "b"}]}) == "UPDATE_COMPLETE"
    )


def test_tags_of_the_stack_reach_its_resources(stacks: Stacks, client: Callable[..., Any]) -> None:
    stacks.create("s", {"A": bucket()}, options={"Tags": [{"Key": "a", "Value": "1"}]})
    stacks.update("s", {"A": bucket()}, options={"Tags": [{"Key": "a", "Value": "2"}]})
    tags = client("s3").get_bucket_tagging(Bucket=stacks.ids("s")["A"])["TagSet"]
    assert {"Key": "a", "Value": "2"} in tags


def test_previous_template_and_values(stacks: Stacks) -> None:
    section = {"P": {"Type": "String"}, "Q": {"Type": "String", "NoEcho": True}}
    given = [{"ParameterKey": "P", "ParameterValue": "one"}, {"ParameterKey": "Q", "ParameterValue": "secret"}]
    outputs = {"O": {"Value": {"Fn::Sub": "${P}-${Q}"}}}
    stacks.create("s", {"A": {"Type": HANDLE}}, Parameters=section, Outputs=outputs, options={"Parameters": given})
    shown = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stacks.describe("s")["Parameters"]}
    assert shown == {"P": "one", "Q": "****"}
    given = [{"ParameterKey": "P", "ParameterValue": "two"}, {"ParameterKey": "Q", "UsePreviousValue": True}]
    stacks.client.update_stack(StackName="s", UsePreviousTemplate=True, Parameters=given)
    assert stacks.status("s") == "UPDATE_COMPLETE"
    assert stacks.outputs("s") == {"O": "two-secret"}


def test_custom_names_cannot_be_replaced(stacks: Stacks) -> None:
    stacks.create("s", {"R": role(RoleName="own-name", Path="/a/")})
    assert stacks.update("s", {"R": role(RoleName="own-name", Path="/b/")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename own-name and update the stack again."
    ) in stacks.all_reasons("s")


def test_the_type_of_a_resource_cannot_change(stacks: Stacks) -> None:
    stacks.create("s", {"A": bucket()})
    with pytest.raises(ClientError, match=r"modifies resource type of the following resources: \[A\]"):
        stacks.update("s", {"A": group()})


def test_protection_and_policy(stacks: Stacks) -> None:
    all_updates = {"Action": "Update:*", "Principal": "*"}
    statements = [
        {"Effect": "Deny", **all_updates, "Resource": "LogicalResourceId/A"},
        {"Effect": "Allow", **all_updates, "Resource": "*"},
    ]
    policy = json.dumps({"Statement": statements})
    options = {"EnableTerminationProtection": True, "StackPolicyBody": policy}
    stacks.create("s", {"A": group(RetentionInDays=1)}, options=options)
    with pytest.raises(ClientError, match=r"Stack \[s\] cannot be deleted while TerminationProtection is enabled"):
        stacks.delete("s")
    assert stacks.client.get_stack_policy(StackName="s")["StackPolicyBody"] == policy
    assert stacks.update("s", {"A": group(RetentionInDays=3)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.update("s", {"A": group(RetentionInDays=1), "B": group()}) == "UPDATE_COMPLETE"
    stacks.client.update_termination_protection(StackName="s", EnableTerminationProtection=False)
    assert stacks.delete("s") == "DELETE_COMPLETE"


def test_exports_and_imports(stacks: Stacks) -> None:
    exported = {"O": {"Value": "v1", "Export": {"Name": "the-name"}}}
    stacks.create("giver", {"A": {"Type": HANDLE}}, Outputs=exported)
    taker = {"T": {"Value": {"Fn::ImportValue": "the-name"}}}
    stacks.create("taker", {"A": {"Type": HANDLE}}, Outputs=taker)
    assert stacks.outputs("taker") == {"T": "v1"}
    assert stacks.client.list_exports()["Exports"][0]["Value"] == "v1"
    assert stacks.client.list_imports(ExportName="the-name")["Imports"] == ["taker"]
    exported["O"]["Value"] = "v2"
    assert stacks.update("giver", {"A": {"Type": HANDLE}}, Outputs=exported) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Export the-name cannot be updated as it is in use by taker " in stacks.all_reasons("giver")
    assert stacks.delete("giver") == "DELETE_FAILED"
    assert stacks.describe("giver")["StackStatusReason"] == (
        "Delete canceled. Cannot delete export the-name as it is in use by taker."
    )
    assert stacks.delete("taker") == "DELETE_COMPLETE"
    assert stacks.delete("giver") == "DELETE_COMPLETE"
    assert stacks.client.list_exports()["Exports"] == []


def test_an_export_belongs_to_one_stack(stacks: Stacks) -> None:
    exported = {"O": {"Value": "v", "Export": {"Name": "one"}}}
    stacks.create("first", {"A": {"Type": HANDLE}}, Outputs=exported)
    assert stacks.create("second", {"A": {"Type": HANDLE}}, Outputs=exported) == "ROLLBACK_COMPLETE"
    why = "Export with name one is already exported by stack first. Rollback requested by user."
    assert why in stacks.all_reasons("second")


def test_templates_are_kept(stacks: Stacks) -> None:
    body = Stacks.body({"A": {"Type": HANDLE}})
    stacks.client.create_stack(StackName="s", TemplateBody=body)
    answer = stacks.client.get_template(StackName="s")
    assert answer["StagesAvailable"] == ["Original", "Processed"]
    assert answer["TemplateBody"] == {"Resources": {"A": {"Type": HANDLE}}}


def test_templates_come_from_s3(stacks: Stacks, client: Callable[..., Any], account: str) -> None:
    s3, name = client("s3"), f"templates-{account}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a/t.json", Body=Stacks.body({"A": {"Type": HANDLE}}).encode())
    for number, url in enumerate(
        (
            f"{stacks.cloud.url}/{name}/a/t.json",
            f"http://localhost:4566/{name}/a/t.json",
            f"https://{name}.s3.amazonaws.com/a/t.json",
            f"https://{name}.s3.us-east-1.amazonaws.com/a/t.json",
            f"https://s3.us-east-1.amazonaws.com/{name}/a/t.json",
        )
    ):
        stacks.client.create_stack(StackName=f"s{number}", TemplateURL=url)
        assert stacks.status(f"s{number}") == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match=f"S3 error: Domain name specified in {name} is not a valid S3 domain"):
        stacks.client.create_stack(StackName="x", TemplateURL=f"s3://{name}/a/t.json")
    with pytest.raises(ClientError, match="TemplateURL must be a supported URL."):
        stacks.client.create_stack(StackName="x", TemplateURL="https://example.com/t.json")
    with pytest.raises(ClientError, match="S3 error: The specified key does not exist."):
        stacks.client.create_stack(StackName="x", TemplateURL=f"{stacks.cloud.url}/{name}/none")


def test_resources_are_described(stacks: Stacks) -> None:
    stacks.create("s", {"A": {**bucket(), "Metadata": {"about": {"Ref": "AWS::StackName"}}}})
    ids = stacks.ids("s")
    detail = stacks.client.describe_stack_resource(StackName="s", LogicalResourceId="A")["StackResourceDetail"]
    assert detail["PhysicalResourceId"] == ids["A"] and detail["Metadata"] == '{"about":"s"}'
    by_physical = stacks.client.describe_stack_resources(PhysicalResourceId=ids["A"])["StackResources"]
    assert [entry["LogicalResourceId"] for entry in by_physical] == ["A"]
    with pytest.raises(ClientError, match="Resource B does not exist for stack s"):
        stacks.client.describe_stack_resource(StackName="s", LogicalResourceId="B")


def test_the_same_request_twice_is_one_stack(stacks: Stacks) -> None:
    given = {"StackName": "s", "TemplateBody": Stacks.body({"A": {"Type": HANDLE}}), "ClientRequestToken": "once"}
    first = stacks.client.create_stack(**given)["StackId"]
    assert stacks.client.create_stack(**given)["StackId"] == first


def test_lists_come_in_pages(stacks: Stacks) -> None:
    resources = {f"H{number:03}": {"Type": HANDLE} for number in range(120)}
    assert stacks.create("s", resources) == "CREATE_COMPLETE"
    pages = stacks.client.get_paginator("list_stack_resources").paginate(StackName="s")
    names = [entry["LogicalResourceId"] for page in pages for entry in page["StackResourceSummaries"]]
    assert names == sorted(resources)
    pages = list(stacks.client.get_paginator("describe_stack_events").paginate(StackName="s"))
    assert [len(page["StackEvents"]) for page in pages] == [100, 100, 100, 62]
    assert len({event["EventId"] for page in pages for event in page["StackEvents"]}) == 362


@pytest.mark.parametrize(
    "change",
    [
        {"Condition": ["x"]}, {"Condition": {"StringEquals": 7}}, {"Condition": {"StringEquals": {"ResourceType": 7}}},
        {"Condition": {"IpAddress": {"ResourceType": "x"}}}, {"Action": {"a": "b"}}, {"Resource": [1]},
    ],
)  # fmt: skip
def test_a_stack_policy_of_another_shape_is_refused(stacks: Stacks, change: dict[str, Any]) -> None:
    statement = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*", **change}
    stacks.create("s", {"A": group(RetentionInDays=1)})
    with pytest.raises(ClientError, match="Error validating stack policy"):
        stacks.client.set_stack_policy(StackName="s", StackPolicyBody=json.dumps({"Statement": statement}))
    assert stacks.update("s", {"A": group(RetentionInDays=3)}) == "UPDATE_COMPLETE"
