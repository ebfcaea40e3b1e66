"""Values from elsewhere: SSM parameters as parameters, dynamic references, and what the CDK writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import HANDLE, Stacks, group


def test_parameters_may_be_names_of_ssm_parameters(stacks: Stacks, client: Callable[..., Any]) -> None:
    ssm = client("ssm")
    ssm.put_parameter(Name="/app/name", Value="blue", Type="String")
    ssm.put_parameter(Name="/app/zones", Value="a,b", Type="StringList")
    section = {
        "Name": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/app/name"},
        "Zones": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/app/zones"},
    }
    outputs = {"O": {"Value": {"Fn::Sub": "${Name}"}}, "Z": {"Value": {"Fn::Select": [1, {"Ref": "Zones"}]}}}
    stacks.create("s", {"A": {"Type": HANDLE}}, Parameters=section, Outputs=outputs)
    assert stacks.outputs("s") == {"O": "blue", "Z": "b"}
    shown = {entry["ParameterKey"]: entry for entry in stacks.describe("s")["Parameters"]}
    assert shown["Name"] == {"ParameterKey": "Name", "ParameterValue": "/app/name", "ResolvedValue": "blue"}
    ssm.put_parameter(Name="/app/name", Value="green", Overwrite=True)
    assert stacks.update("s", {"A": {"Type": HANDLE}}, Parameters=section, Outputs=outputs) == "UPDATE_COMPLETE"
    assert stacks.outputs("s")["O"] == "green"


def test_ssm_parameters_that_are_missing(stacks: Stacks) -> None:
    section = {"Name": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/no"}}
    with pytest.raises(ClientError) as raised:
        stacks.create("s", {"A": {"Type": HANDLE}}, Parameters=section)
    assert raised.value.response["Error"]["Message"] == (
        "Unable to fetch parameters [/no] from parameter store for this account."
    )


def test_dynamic_references(stacks: Stacks, client: Callable[..., Any]) -> None:
    ssm = client("ssm")
    ssm.put_parameter(Name="/a", Value="first", Type="String")
    ssm.put_parameter(Name="/a", Value="second", Type="String", Overwrite=True)
    ssm.put_parameter(Name="/s", Value="hush", Type="SecureString")
    resources = {
        "New": group(LogGroupName="/x/{{resolve:ssm:/a}}"),
        "Old": group(LogGroupName={"Fn::Sub": "/y/{{resolve:ssm:/a:1}}-${AWS::StackName}"}),
        "Secret": group(LogGroupName="/z/{{resolve:ssm-secure:/s}}"),
    }
    assert stacks.create("s", resources) == "CREATE_COMPLETE", stacks.all_reasons("s")
    assert stacks.ids("s") == {"New": "/x/second", "Old": "/y/first-s", "Secret": "/z/hush"}
    events = stacks.client.describe_stack_events(StackName="s")["StackEvents"]
    shown = [event["ResourceProperties"] for event in events if event["LogicalResourceId"] == "Secret"]
    assert all("hush" not in properties and "{{resolve:ssm-secure:/s}}" in properties for properties in shown)


@pytest.mark.parametrize(
    "reference", ["{{resolve:ssm:/none}}", "{{resolve:ssm:}}", "{{resolve:other:x}}", "{{resolve:ssm:/s}}"]
)
def test_dynamic_references_that_lead_nowhere(stacks: Stacks, client: Callable[..., Any], reference: str) -> None:
    client("ssm").put_parameter(Name="/s", Value="hush", Type="SecureString")
    assert stacks.create("s", {"G": group(LogGroupName=reference)}) == "ROLLBACK_COMPLETE"
    assert client("logs").describe_log_groups()["logGroups"] == []


def test_what_the_cdk_writes_into_every_template(stacks: Stacks, client: Callable[..., Any]) -> None:
    version = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}
    old = {"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}
    about = "CDK bootstrap stack version 6 required. Please run 'cdk bootstrap' with a recent version of the CDK CLI."
    assertion = {"Assert": {"Fn::Not": [old]}, "AssertDescription": about}
    sections = {
        "Parameters": {"BootstrapVersion": version},
        "Rules": {"CheckBootstrapVersion": {"Assertions": [assertion]}},
    }
    metadata = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:abc"}}
    client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="5", Type="String")
    with pytest.raises(ClientError, match="CDK bootstrap stack version 6 required"):
        stacks.create("s", {"M": metadata}, **sections)
    client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String", Overwrite=True)
    assert stacks.create("s", {"M": metadata}, **sections) == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]}, "Template error: Unable to get mapping for M::C::k"),
        ({"Fn::Select": [3, {"Fn::Split": [",", "a,b"]}]}, "cannot select nonexistent value at index 3"),
    ],
)
def test_functions_that_can_never_work_are_told_at_once(stacks: Stacks, value: Any, message: str) -> None:
    sections = {"Parameters": {"P": {"Type": "String", "Default": "C"}}, "Mappings": {"M": {"A": {"k": "v"}}}}
    body = stacks.body({"A": group(LogGroupName={"Fn::Join": ["", ["x", value]]})}, **sections)
    for change in (stacks.client.create_stack, lambda **given: stacks.client.create_change_set(
        ChangeSetName="c", ChangeSetType="CREATE", **given
    )):  # fmt: skip
        with pytest.raises(ClientError) as raised:
            change(StackName="s", TemplateBody=body)
        assert message in raised.value.response["Error"]["Message"]


def test_an_output_must_have_a_value(stacks: Stacks) -> None:
    stacks.create("s", {"A": {"Type": HANDLE}}, Outputs={"O": {"Value": {"Ref": "AWS::NoValue"}}})
    assert stacks.status("s") == "ROLLBACK_COMPLETE"


def test_a_loop_asks_for_attributes_of_what_it_makes(stacks: Stacks) -> None:
    made = {"P${Name}": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Name"}}}}
    value = {"Fn::GetAtt": [{"Fn::Sub": "P${Name}"}, {"Ref": "Part"}]}
    inner = {"Fn::ForEach::Parts": ["Part", ["Value", "Type"], {"O${Name}${Part}": {"Value": value}}]}
    names = {"Fn::ForEach::Ids": ["Name", ["One", "Two"], {"Id${Name}": {"Value": {"Ref": {"Fn::Sub": "P${Name}"}}}}]}
    outputs = {"Fn::ForEach::Names": ["Name", ["One", "Two"], inner], **names}
    loop = {"Fn::ForEach::Loop": ["Name", ["One", "Two"], made]}
    stacks.create("s", loop, Transform="AWS::LanguageExtensions", Outputs=outputs)
    found, ids = stacks.outputs("s"), stacks.ids("s")
    assert (found["OOneValue"], found["OTwoValue"], found["OTwoType"]) == ("One", "Two", "String")
    assert found["IdOne"] == ids["POne"]
