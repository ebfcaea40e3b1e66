"""Change sets: what they tell, and what executing them does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import CAPABILITIES, HANDLE, Stacks, bucket, group


def make(stacks: Stacks, name: str, resources: dict[str, Any], kind: str = "UPDATE", **options: Any) -> dict[str, Any]:
    sections = options.pop("sections", {})
    arn = stacks.client.create_change_set(
        StackName=name,
        ChangeSetName="c",
        ChangeSetType=kind,
        TemplateBody=Stacks.body(resources, **sections),
        Capabilities=CAPABILITIES,
        **options,
    )["Id"]
    return stacks.client.describe_change_set(ChangeSetName=arn, IncludePropertyValues=True)


def changes(change_set: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"] for change in change_set["Changes"]}


def test_a_stack_may_begin_as_a_change_set(stacks: Stacks) -> None:
    change_set = make(stacks, "s", {"A": bucket(), "B": group()}, "CREATE", sections={"Outputs": {"O": {"Value": "v"}}})
    assert change_set["Status"] == "CREATE_COMPLETE" and change_set["ExecutionStatus"] == "AVAILABLE"
    assert {name: change["Action"] for name, change in changes(change_set).items()} == {"A": "Add", "B": "Add"}
    assert stacks.describe("s")["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert stacks.ids("s") == {}
    stacks.client.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    assert stacks.status("s") == "CREATE_COMPLETE"
    stack = stacks.describe("s")
    assert stack["ChangeSetId"] == change_set["ChangeSetId"] and stacks.outputs("s") == {"O": "v"}
    assert stacks.events("s")[:2] == [("s", "REVIEW_IN_PROGRESS"), ("s", "CREATE_IN_PROGRESS")]
    with pytest.raises(ClientError, match="cannot be executed in its current status"):
        stacks.client.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    with pytest.raises(ClientError, match=r"Stack \[s\] already exists and cannot be created again"):
        make(stacks, "s", {"A": bucket()}, "CREATE")


def test_changes_are_told_with_their_causes(stacks: Stacks) -> None:
    section = {"Parameters": {"Days": {"Type": "Number", "Default": 1}}}
    before = {
        "Replaced": bucket(),
        "Follows": group(LogGroupName={"Fn::Sub": "/x/${Replaced}"}),
        "InPlace": group(RetentionInDays={"Ref": "Days"}),
        "Gone": bucket(),
        "Same": bucket(),
    }
    stacks.create("s", before, **section)
    ids = stacks.ids("s")
    after = {**before, "Replaced": bucket(BucketName="x" + ids["Replaced"][-20:]), "New": bucket()}
    after.pop("Gone")
    given = [{"ParameterKey": "Days", "ParameterValue": "3"}]
    found = changes(make(stacks, "s", after, sections=section, Parameters=given))
    assert {name: (change["Action"], change.get("Replacement")) for name, change in found.items()} == {
        "Replaced": ("Modify", "True"),
        "Follows": ("Modify", "Conditional"),
        "InPlace": ("Modify", "False"),
        "Gone": ("Remove", None),
        "New": ("Add", None),
    }
    detail = found["InPlace"]["Details"][0]
    assert (detail["ChangeSource"], detail["CausingEntity"], detail["Evaluation"]) == (
        "ParameterReference",
        "Days",
        "Static",
    )
    assert (detail["Target"]["BeforeValue"], detail["Target"]["AfterValue"]) == ("1", "3")
    second = found["InPlace"]["Details"][1]
    assert (second["ChangeSource"], second["Evaluation"]) == ("DirectModification", "Dynamic")
    detail = found["Follows"]["Details"][0]
    assert (detail["ChangeSource"], detail["CausingEntity"], detail["Evaluation"]) == (
        "ResourceReference",
        "Replaced",
        "Dynamic",
    )
    assert detail["Target"]["RequiresRecreation"] == "Always"
    assert (
        json.loads(found["Follows"]["AfterContext"])["Properties"]["LogGroupName"] == "{{changeSet:KNOWN_AFTER_APPLY}}"
    )
    assert found["Replaced"]["PolicyAction"] == "ReplaceAndDelete"
    stacks.client.execute_change_set(StackName="s", ChangeSetName="c")
    assert stacks.status("s") == "UPDATE_COMPLETE"


def test_who_asks_for_an_attribute_of_what_changes_may_change(stacks: Stacks) -> None:
    def texts(value: str) -> dict[str, Any]:
        first = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
        second = {"Type": "String", "Value": {"Fn::GetAtt": ["First", "Value"]}}
        third = {"Type": "String", "Value": {"Fn::Sub": "${Second.Value}!"}}
        return {
            "First": first,
            "Second": {"Type": "AWS::SSM::Parameter", "Properties": second},
            "Third": {"Type": "AWS::SSM::Parameter", "Properties": third},
        }

    stacks.create("s", texts("a"))
    assert list(changes(make(stacks, "s", texts("b")))) == ["First"]  # told with values: what is only possible is not
    told = changes(stacks.client.describe_change_set(StackName="s", ChangeSetName="c"))
    assert {name: change["Replacement"] for name, change in told.items()} == dict.fromkeys(texts(""), "False")
    assert told["Second"]["Scope"] == ["Properties"]
    assert told["Second"]["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "Value", "RequiresRecreation": "Never"},
            "Evaluation": "Dynamic",
            "ChangeSource": "ResourceAttribute",
            "CausingEntity": "First.Value",
        }
    ]
    assert told["Third"]["Details"][0]["CausingEntity"] == "Second.Value"


def test_a_stack_in_review_can_be_created_without_its_change_sets(stacks: Stacks) -> None:
    waiting = make(stacks, "s", {"A": bucket()}, "CREATE")
    with pytest.raises(ClientError, match="GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks"):
        stacks.client.get_template_summary(StackName="s")
    made = stacks.client.create_stack(StackName="s", TemplateBody=stacks.body({"B": group()}))
    assert made["StackId"] == waiting["StackId"] and stacks.status("s") == "CREATE_COMPLETE"
    kept = stacks.client.describe_change_set(ChangeSetName=waiting["ChangeSetId"])
    assert (kept["Status"], kept["ExecutionStatus"]) == ("CREATE_COMPLETE", "OBSOLETE")
    with pytest.raises(ClientError, match="cannot be executed"):
        stacks.client.execute_change_set(ChangeSetName=waiting["ChangeSetId"])


def test_a_first_change_set_may_be_empty_where_conditions_leave_nothing(stacks: Stacks) -> None:
    sections = {"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}}
    change_set = make(stacks, "s", {"A": {**bucket(), "Condition": "No"}}, "CREATE", sections=sections)
    assert (change_set["Status"], change_set["Changes"]) == ("CREATE_COMPLETE", [])


def test_no_changes_fail_the_change_set(stacks: Stacks) -> None:
    stacks.create("s", {"A": bucket()})
    change_set = make(stacks, "s", {"A": bucket()})
    assert change_set["Status"] == "FAILED" and change_set["ExecutionStatus"] == "UNAVAILABLE"
    assert change_set["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )
    with pytest.raises(ClientError, match="cannot be executed"):
        stacks.client.execute_change_set(StackName="s", ChangeSetName="c")


def test_property_values_are_told_only_when_asked_for(stacks: Stacks) -> None:
    stacks.create("s", {"A": group(RetentionInDays=1)})
    make(stacks, "s", {"A": group(RetentionInDays=3)})
    change = stacks.client.describe_change_set(StackName="s", ChangeSetName="c")["Changes"][0]["ResourceChange"]
    assert "AfterContext" not in change
    assert change["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "RetentionInDays",
        "RequiresRecreation": "Never",
    }


def test_executing_one_forgets_the_others(stacks: Stacks) -> None:
    stacks.create("s", {"A": {"Type": HANDLE}})
    for name in ("one", "two"):
        body = Stacks.body({"A": {"Type": HANDLE}, name: {"Type": HANDLE}})
        stacks.client.create_change_set(StackName="s", ChangeSetName=name, TemplateBody=body)
    assert [entry["ChangeSetName"] for entry in stacks.client.list_change_sets(StackName="s")["Summaries"]] == [
        "one",
        "two",
    ]
    stacks.client.execute_change_set(StackName="s", ChangeSetName="two")
    assert stacks.status("s") == "UPDATE_COMPLETE"
    left = stacks.client.list_change_sets(StackName="s")["Summaries"]
    assert [(entry["ChangeSetName"], entry["ExecutionStatus"]) for entry in left] == [("two", "EXECUTE_COMPLETE")]


def test_deleting_and_naming(stacks: Stacks) -> None:
    make(stacks, "s", {"A": {"Type": HANDLE}}, "CREATE")
    with pytest.raises(ClientError, match="already exists"):
        make(stacks, "s", {"A": {"Type": HANDLE}}, "CREATE")
    stacks.client.delete_change_set(StackName="s", ChangeSetName="c")
    assert make(stacks, "s", {"A": {"Type": HANDLE}}, "CREATE")["Status"] == "CREATE_COMPLETE"
    assert stacks.delete("s") == "DELETE_COMPLETE"
