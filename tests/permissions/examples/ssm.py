"""Calls of Parameter Store that succeed, and what they need."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "PutParameter with Tags adds them, which is ssm:AddTagsToResource (service authorization reference)."
DESCRIBED = "The reference names no resource; AWS asks on all of the account: arn:aws:ssm:REGION:ACCOUNT:*."


def parameter(at: Stage, **settings: Any) -> tuple[str, str]:
    """(name, ARN) of a new parameter."""
    name = f"/{at.name}/one"
    at.root().put_parameter(Name=name, Value="v", Type="String", **settings)
    return name, at.arn(f"parameter{name}")


@EXAMPLES("PutParameter")
def put_parameter(at: Stage) -> Case:
    arn = at.arn(f"parameter/{at.name}")
    also = [Also("ssm:AddTagsToResource", arn, TAGGED)]
    return Case({"Name": at.name, "Value": "v", "Type": "SecureString", "Tags": TAGS}, arn, also=also)


@EXAMPLES("GetParameter", "GetParameterHistory", "DeleteParameter")
def by_name(at: Stage) -> Case:
    name, arn = parameter(at)
    return Case({"Name": name}, arn)


@EXAMPLES("GetParameters", "DeleteParameters")
def by_names(at: Stage) -> Case:
    """Each name is asked for on its own; one that is not there as well."""
    name, arn = parameter(at)
    return Case({"Names": [name, f"{name}-more"]}, [arn, f"{arn}-more"])


@EXAMPLES("GetParametersByPath")
def get_parameters_by_path(at: Stage) -> Case:
    """The path itself is asked for, not each parameter below it."""
    parameter(at)

    def check(answer: Any) -> None:
        assert [found["Name"] for found in answer["Parameters"]] == [f"/{at.name}/one"]

    return Case({"Path": f"/{at.name}", "Recursive": True}, at.arn(f"parameter/{at.name}"), check=check)


@EXAMPLES("DescribeParameters")
def describe_parameters(at: Stage) -> Case:
    return Case({}, at.arn("*"), outside=DESCRIBED)


@EXAMPLES("LabelParameterVersion")
def label_parameter_version(at: Stage) -> Case:
    name, arn = parameter(at)
    return Case({"Name": name, "ParameterVersion": 1, "Labels": ["good"]}, arn)


@EXAMPLES("UnlabelParameterVersion")
def unlabel_parameter_version(at: Stage) -> Case:
    name, arn = parameter(at)
    at.root().label_parameter_version(Name=name, ParameterVersion=1, Labels=["good"])
    return Case({"Name": name, "ParameterVersion": 1, "Labels": ["good"]}, arn)


# ---- tags ------------------------------------------------------------------------------------------------------------


@EXAMPLES("AddTagsToResource")
def add_tags_to_resource(at: Stage) -> Case:
    name, arn = parameter(at)
    return Case({"ResourceType": "Parameter", "ResourceId": name, "Tags": TAGS}, arn)


@EXAMPLES("RemoveTagsFromResource")
def remove_tags_from_resource(at: Stage) -> Case:
    name, arn = parameter(at, Tags=TAGS)
    return Case({"ResourceType": "Parameter", "ResourceId": name, "TagKeys": ["team"]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    name, arn = parameter(at, Tags=TAGS)
    return Case({"ResourceType": "Parameter", "ResourceId": name}, arn)
