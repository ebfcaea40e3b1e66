"""The shape of templates: AWS's words for what is not well-built; dependencies, circles, loops, schemas."""

from __future__ import annotations

from typing import Any

import pytest

from cloudarium.services.cloudformation import schemas
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template import checks, loops
from cloudarium.services.cloudformation.template.active import activate
from cloudarium.services.cloudformation.template.functions import Context
from cloudarium.services.cloudformation.template.references import dependencies, in_circles

HANDLE = "AWS::CloudFormation::WaitConditionHandle"


def resource(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({}, "Template format error: At least one Resources member must be defined."),
        ({"Resources": {}}, "Template format error: At least one Resources member must be defined."),
        ({"Resources": {"A": resource()}, "Foo": 1}, "Invalid template property or properties [Foo]"),
        (
            {"AWSTemplateFormatVersion": "2010", "Resources": {"A": resource()}},
            "Template format error: 2010 is not a supported value for AWSTemplateFormatVersion.",
        ),
        (
            {"Resources": {"A": {"Properties": {}}}},
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        ({"Resources": {"A-B": resource()}}, "Template format error: Resource name A-B is non alphanumeric."),
        ({"Resources": {"A": "x"}}, "Template format error: Any Resources member must be an object."),
        ({"Resources": {"A": {**resource(), "Bar": 1}}}, "Invalid template resource property 'Bar'"),
        (
            {"Resources": {"A": {"Type": "AWS::No::Such"}, "B": {"Type": "Nonsense"}}},
            "Template format error: Unrecognized resource types: [AWS::No::Such, Nonsense]",
        ),
        (
            {"Resources": {"A": resource(BucketName={"Ref": "X"})}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": resource(BucketName={"Fn::Sub": "${X}-y"})}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": {**resource(), "DependsOn": "B"}}},
            "Template format error: Unresolved resource dependencies [B] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": resource()}, "Outputs": {"O": {"Value": {"Ref": "X"}}}},
            "Template format error: Unresolved resource dependencies [X] in the Outputs block of the template",
        ),
        (
            {"Resources": {"A": resource(BucketName={"Fn::GetAtt": ["X", "Arn"]})}},
            "Template error: instance of Fn::GetAtt references undefined resource X",
        ),
        (
            {"Resources": {"A": resource(BucketName={"Fn::Sub": "${X.Arn}"})}},
            "Template error: instance of Fn::Sub references invalid resource attribute X.Arn",
        ),
        (
            {"Resources": {"A": resource(), "B": resource(BucketName={"Fn::GetAtt": ["A", "Nope"]})}},
            "Template error: resource A does not support attribute type Nope in Fn::GetAtt",
        ),
        (
            {"Resources": {"A": {**resource(), "Condition": "C"}}},
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            {"Resources": {"A": resource(BucketName={"Fn::If": ["C", 1, 2]})}},
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            {"Resources": {"A": resource(BucketName={"Fn::Magic": 1})}},
            "Template error: Encountered unsupported function: Fn::Magic Supported functions are: [Fn::Base64,",
        ),
        (
            {"Resources": {"A": resource(BucketName=None)}},
            "[/Resources/A/Properties/BucketName] 'null' values are not allowed in templates",
        ),
        (
            {"Resources": {"A": resource()}, "Outputs": {"O": {"Description": "x"}}},
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            {"Resources": {"A": resource()}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, 1]}}},
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block",
        ),
        (
            {"Resources": {"A": {**resource(), "DeletionPolicy": "Snapshot"}}},
            "Template error: resource type AWS::S3::Bucket does not support deletion policy Snapshot",
        ),
        (
            {"Resources": {"A": {**resource(), "DeletionPolicy": "Keep"}}},
            "Template format error: Unrecognized DeletionPolicy Keep for resource A",
        ),
        (
            {"Resources": {f"R{number}": resource() for number in range(501)}},
            "Template format error: Number of resources, 501, is greater than maximum allowed, 500",
        ),
        ({"Resources": [1]}, "Template format error: 'Resources' section must be an object."),
        ({"Resources": {"A": resource()}, "Outputs": []}, "Template format error: Outputs must be an object."),
        (
            {"Resources": {"A": resource()}, "Mappings": {"M": 1}},
            "Template format error: Every Mappings member",
        ),
    ],
)
def test_what_is_not_well_built(template: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        checks.check(template)
    assert raised.value.message.startswith(message)


def test_dependencies_come_from_references_and_depends_on() -> None:
    needs = dependencies(
        {
            "A": resource(),
            "B": resource(BucketName={"Fn::Sub": ["${A.Arn}${X}", {"X": {"Ref": "C"}}]}),
            "C": {**resource(), "DependsOn": ["A", "LeftOut"]},
        }
    )
    assert needs == {"A": set(), "B": {"A", "C"}, "C": {"A"}}


def test_circles_are_named() -> None:
    with pytest.raises(ValidationError) as raised:
        dependencies({"A": resource(X={"Ref": "B"}), "B": resource(X={"Ref": "A"}), "C": resource()})
    assert raised.value.message == "Circular dependency between resources: [A, B]"
    assert in_circles({"A": ["A"], "B": ["A"], "C": []}) == ["A"]


def test_conditions_leave_resources_out() -> None:
    template = {
        "Resources": {
            "A": {**resource(), "Condition": "On"},
            "B": {**resource(), "Condition": "Off"},
            "C": {**resource(X={"Fn::If": ["Off", {"Ref": "B"}, {"Ref": "A"}]}), "DependsOn": "B"},
        },
        "Outputs": {"O": {"Value": {"Ref": "B"}, "Condition": "Off"}},
    }
    active = activate(template, {"On": True, "Off": False})
    assert list(active.resources) == ["A", "C"]
    assert active.needs == {"A": set(), "C": {"A"}}
    assert active.outputs == {}
    with pytest.raises(ValidationError, match=r"Unresolved resource dependencies \[A\] in the Resources block"):
        activate(template, {"On": False, "Off": False})


def test_loops_are_written_out() -> None:
    template = {
        "Resources": {
            "Fn::ForEach::Topics": [
                "Name",
                {"Ref": "Names"},
                {
                    "Topic${Name}": {
                        "Type": "AWS::SNS::Topic",
                        "Properties": {"TopicName": {"Fn::Sub": "x-${Name}"}, "Own": {"Ref": "Name"}},
                    }
                },
            ]
        }
    }
    made = loops.expand(template, Context({"Names": ["A", "B"]}))
    assert list(made["Resources"]) == ["TopicA", "TopicB"]
    assert made["Resources"]["TopicB"]["Properties"] == {"TopicName": {"Fn::Sub": "x-B"}, "Own": "B"}


def test_loops_cannot_fill_the_memory() -> None:
    body: Any = {"X${A}${B}${C}": {"Type": HANDLE}}
    for name in "CBA":
        body = {f"Fn::ForEach::{name}": [name, [str(number) for number in range(60)], body]}
    with pytest.raises(ValidationError, match="too many members"):
        loops.expand({"Resources": body}, Context())


def test_properties_get_the_types_of_the_schema() -> None:
    fitted, problems = schemas.fitted(
        "AWS::Lambda::Function", {"MemorySize": "128", "Role": "r", "Code": {}, "Timeout": 3.0}
    )
    assert (fitted["MemorySize"], fitted["Timeout"], problems) == (128, 3, [])


def test_wrong_properties_are_told_in_aws_words() -> None:
    _, problems = schemas.fitted("AWS::SSM::Parameter", {"Type": "Text", "Foo": 1})
    assert problems == [
        "#: required key [Value] not found",
        "#/Type: Text is not a valid enum value",
        "#: extraneous key [Foo] is not permitted",
    ]
    _, problems = schemas.fitted(
        "AWS::DynamoDB::Table", {"KeySchema": [{"AttributeName": "a", "Nope": 1}], "Tags": {"a": 1}}
    )
    assert (
        "#/KeySchema/0: extraneous key [Nope] is not permitted" not in problems
    )  # one of several forms: none is blamed
    assert "#/Tags: expected type: JSONArray, found: JSONObject" in problems


def test_what_a_map_holds_is_no_text() -> None:
    _, problems = schemas.fitted(
        "AWS::Lambda::Function", {"Code": {}, "Role": "r", "Environment": {"Variables": "text"}}
    )
    assert problems == ["#/Environment/Variables: expected type: JSONObject, found: String"]
