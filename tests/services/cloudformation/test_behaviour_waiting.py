"""Resources that wait for others: nested stacks, wait conditions, custom resources, time-outs, cancellation."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.cloudformation.conftest import BAD, CAPABILITIES, HANDLE, Stacks, bucket, group

CONDITION = "AWS::CloudFormation::WaitCondition"


def signal(url: str, **body: Any) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": ""}, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def waiting(timeout: int = 600, count: int = 1) -> dict[str, Any]:
    properties = {"Handle": {"Ref": "H"}, "Timeout": str(timeout), "Count": count}
    return {"H": {"Type": HANDLE}, "W": {"Type": CONDITION, "Properties": properties}}


def test_a_wait_condition_waits_for_its_signals(stacks: Stacks) -> None:
    assert (
        stacks.create("s", waiting(count=2), Outputs={"D": {"Value": {"Fn::GetAtt": ["W", "Data"]}}})
        == "CREATE_IN_PROGRESS"
    )
    url = stacks.ids("s")["H"]
    assert signal(url, Status="SUCCESS", Reason="ok", UniqueId="1", Data="one") == 200
    assert signal(url, Status="SUCCESS", Reason="ok", UniqueId="1", Data="again") == 200
    assert stacks.status("s") == "CREATE_IN_PROGRESS"
    assert signal(url, Status="SUCCESS", Reason="ok", UniqueId="2", Data="two") == 200
    assert stacks.status("s") == "CREATE_COMPLETE"
    assert json.loads(stacks.outputs("s")["D"]) == {"1": "one", "2": "two"}
    assert stacks.delete("s") == "DELETE_COMPLETE"
    assert signal(url, Status="SUCCESS", Reason="ok", UniqueId="3", Data="") == 403


def test_a_failure_signal_fails_the_stack(stacks: Stacks) -> None:
    stacks.create("s", waiting())
    assert signal(stacks.ids("s")["H"], Status="FAILURE", Reason="broke", UniqueId="1", Data="") == 200
    assert stacks.status("s") == "ROLLBACK_COMPLETE"
    assert any(
        "WaitCondition received failed message: 'broke' for uniqueId: 1" in reason for reason in stacks.all_reasons("s")
    )


def test_signals_are_guarded(stacks: Stacks) -> None:
    stacks.create("s", waiting())
    url = stacks.ids("s")["H"]
    assert signal(url[:-3] + "xxx", Status="SUCCESS", Reason="", UniqueId="1", Data="") == 403
    assert signal(url, Status="MAYBE", Reason="", UniqueId="1", Data="") == 400
    assert signal(url, Status="SUCCESS") == 400
    assert stacks.status("s") == "CREATE_IN_PROGRESS"
    assert stacks.delete("s") == "DELETE_COMPLETE"


def test_time_runs_out(fresh_cloud: Any) -> None:
    stacks = Stacks(fresh_cloud, fresh_cloud.client("cloudformation"))
    stacks.create("waits", waiting(600))
    stacks.create("limited", waiting(6000), options={"TimeoutInMinutes": 5})
    fresh_cloud.clock_advance(301)
    assert stacks.status("limited") == "ROLLBACK_COMPLETE"
    reasons = stacks.all_reasons("limited")
    assert "Resource creation cancelled" in reasons
    assert "Stack creation time exceeded the specified timeout. Rollback requested by user." in reasons
    assert stacks.status("waits") == "CREATE_IN_PROGRESS"
    fresh_cloud.clock_advance(300)
    assert stacks.status("waits") == "ROLLBACK_COMPLETE"
    assert any(
        "WaitCondition timed out. Received 0 conditions when expecting 1" in reason
        for reason in stacks.all_reasons("waits")
    )


def test_an_update_can_be_cancelled(stacks: Stacks) -> None:
    stacks.create("s", {"G": group(RetentionInDays=1)})
    stacks.client.update_stack(StackName="s", TemplateBody=Stacks.body({"G": group(RetentionInDays=3), **waiting()}))
    assert stacks.status("s") == "UPDATE_IN_PROGRESS"
    stacks.client.cancel_update_stack(StackName="s")
    assert stacks.status("s") == "UPDATE_ROLLBACK_COMPLETE"
    assert list(stacks.ids("s")) == ["G"]


def test_a_rollback_that_fails_can_be_continued(stacks: Stacks, client: Callable[..., Any]) -> None:
    stacks.create("s", {"G": group(RetentionInDays=1), "A": bucket()})
    updated = {"G": group(RetentionInDays=3), "A": bucket(), **waiting()}
    stacks.client.update_stack(StackName="s", TemplateBody=Stacks.body(updated))
    name = stacks.ids("s")["G"]
    client("logs").delete_log_group(logGroupName=name)
    signal(stacks.ids("s")["H"], Status="FAILURE", Reason="no", UniqueId="1", Data="")
    assert stacks.status("s") == "UPDATE_ROLLBACK_FAILED"
    assert stacks.describe("s")["StackStatusReason"] == "The following resource(s) failed to update: [G]. "
    stacks.client.continue_update_rollback(StackName="s")
    assert stacks.status("s") == "UPDATE_ROLLBACK_FAILED"
    client("logs").create_log_group(logGroupName=name)
    stacks.client.continue_update_rollback(StackName="s")
    assert stacks.status("s") == "UPDATE_ROLLBACK_COMPLETE"
    assert client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 1
    assert set(stacks.ids("s")) == {"G", "A"}


def test_a_rollback_may_skip_what_resists(stacks: Stacks, client: Callable[..., Any]) -> None:
    stacks.create("s", {"G": group(RetentionInDays=1)})
    updated = {"G": group(RetentionInDays=3), **waiting()}
    stacks.client.update_stack(StackName="s", TemplateBody=Stacks.body(updated))
    client("logs").delete_log_group(logGroupName=stacks.ids("s")["G"])
    stacks.client.cancel_update_stack(StackName="s")
    assert stacks.status("s") == "UPDATE_ROLLBACK_FAILED"
    stacks.client.continue_update_rollback(StackName="s", ResourcesToSkip=["G"])
    assert stacks.status("s") == "UPDATE_ROLLBACK_COMPLETE"


# --- nested stacks ----------------------------------------------------------------------------------------------------


@pytest.fixture
def template_url(stacks: Stacks, client: Callable[..., Any], account: str) -> Callable[..., str]:
    """Puts a template into a bucket; its URL."""
    client("s3").create_bucket(Bucket=f"nested-{account}")

    def put(resources: dict[str, Any], **sections: Any) -> str:
        body = Stacks.body(resources, **sections).encode()
        client("s3").put_object(Bucket=f"nested-{account}", Key="t.json", Body=body)
        return f"{stacks.cloud.url}/nested-{account}/t.json"

    return put


def nested(url: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}


def test_nested_stacks_live_and_die_with_their_parent(stacks: Stacks, template_url: Callable[..., str]) -> None:
    section = {"Parameters": {"Days": {"Type": "Number"}}, "Outputs": {"Name": {"Value": {"Ref": "G"}}}}
    url = template_url({"G": group(RetentionInDays={"Ref": "Days"})}, **section)
    outputs = {"Inner": {"Value": {"Fn::GetAtt": ["N", "Outputs.Name"]}}}
    assert stacks.create("outer", {"N": nested(url, Days=1)}, Outputs=outputs) == "CREATE_COMPLETE"
    inner = stacks.ids("outer")["N"]
    child, parent = stacks.describe(inner), stacks.describe("outer")
    assert child["StackName"].startswith("outer-N-") and child["ParentId"] == child["RootId"] == parent["StackId"]
    assert stacks.outputs("outer") == {"Inner": stacks.ids(inner)["G"]}
    assert stacks.update("outer", {"N": nested(url, Days=3)}, Outputs=outputs) == "UPDATE_COMPLETE"
    assert stacks.describe(inner)["Parameters"][0]["ParameterValue"] == "3"
    assert stacks.ids("outer")["N"] == inner
    assert stacks.delete("outer") == "DELETE_COMPLETE"
    assert stacks.describe(inner)["StackStatus"] == "DELETE_COMPLETE"


def test_a_nested_stack_that_fails_takes_its_parent_back(stacks: Stacks, template_url: Callable[..., str]) -> None:
    url = template_url({"A": bucket(), "Bad": {**BAD, "DependsOn": "A"}})
    assert stacks.create("outer", {"N": nested(url), "B": bucket()}) == "ROLLBACK_COMPLETE"
    assert any("was not successfully created" in reason for reason in stacks.all_reasons("outer"))
    assert [stack["StackName"] for stack in stacks.client.describe_stacks()["Stacks"]] == ["outer"]


# --- custom resources -------------------------------------------------------------------------------------------------

CODE = """
import json, urllib.request
def handler(event, context):
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "made-" + event["ResourceProperties"]["Name"],
              "StackId": event["StackId"], "RequestId": event["RequestId"],
              "LogicalResourceId": event["LogicalResourceId"],
              "Data": {"Type": event["RequestType"], "Number": event["ResourceProperties"]["Number"]}}
    if event["ResourceProperties"]["Name"] == "bad":
        answer.update(Status="FAILED", Reason="it is bad")
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, headers={"content-type": ""}, method="PUT")
    urllib.request.urlopen(request)
"""


def custom(name: str, number: int) -> dict[str, Any]:
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    principal = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [principal]}
    return {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [basic]},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": CODE},
                "Handler": "index.handler",
                "Runtime": "python3.12",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
        "Own": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Name": name, "Number": number},
        },
    }


def finished(stacks: Stacks, name: str) -> str:
    """The status when the function has answered: its answer comes from another process."""
    waiter = stacks.client.get_waiter(
        "stack_update_complete" if "UPDATE" in stacks.status(name) else "stack_create_complete"
    )
    try:
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except Exception as error:
        assert "terminal failure" in str(error)
    return stacks.status(name)


def test_custom_resources_are_made_by_functions(stacks: Stacks) -> None:
    outputs = {name: {"Value": {"Fn::GetAtt": ["Own", name]}} for name in ("Type", "Number")}
    stacks.create("s", custom("a", 1), Outputs=outputs)
    assert finished(stacks, "s") == "CREATE_COMPLETE"
    assert stacks.ids("s")["Own"] == "made-a"
    assert stacks.outputs("s") == {"Type": "Create", "Number": "1"}
    stacks.update("s", custom("a", 2), Outputs=outputs)
    assert finished(stacks, "s") == "UPDATE_COMPLETE"
    assert stacks.outputs("s") == {"Type": "Update", "Number": "2"}
    stacks.update("s", custom("b", 2), Outputs=outputs)
    assert finished(stacks, "s") == "UPDATE_COMPLETE"
    assert stacks.ids("s")["Own"] == "made-b"
    assert ("Own", "DELETE_COMPLETE") in stacks.events("s")  # another physical id: the old one is asked to go


def test_a_custom_resource_may_say_no(stacks: Stacks) -> None:
    stacks.client.create_stack(
        StackName="s", TemplateBody=Stacks.body(custom("bad", 1)), Capabilities=CAPABILITIES, OnFailure="DO_NOTHING"
    )
    assert finished(stacks, "s") == "CREATE_FAILED"
    assert any("it is bad" in reason for reason in stacks.all_reasons("s"))


def test_a_stack_that_contains_itself_comes_to_an_end(stacks: Stacks, template_url: Callable[..., str]) -> None:
    url = template_url({"N": nested(f"{stacks.cloud.url}/nested-{stacks.account}/t.json")})
    assert stacks.create("outer", {"N": nested(url)}) == "ROLLBACK_COMPLETE"
    assert [stack["StackName"] for stack in stacks.client.describe_stacks()["Stacks"]] == ["outer"]
