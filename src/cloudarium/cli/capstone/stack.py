"""A deployed stack, as its own resources and template tell it."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, NamedTuple

from cloudarium.cli.capstone.reach import Reach

_REMEMBERED = 5


class Resource(NamedTuple):
    """A resource of the stack: its name in the template, its id, its CloudFormation type and how it stands."""

    logical: str
    id: str
    kind: str
    status: str

    @property
    def listed(self) -> str:
        """The id under which its service lists it: of a layer's version, the layer."""
        return self.id.rpartition(":")[0] if self.kind == "AWS::Lambda::LayerVersion" else self.id


class Stack:
    """A stack that is deployed. What is asked of it is asked once."""

    def __init__(self, reach: Reach, described: dict[str, Any]) -> None:
        self.reach = reach
        self.name: str = described["StackName"]
        self.arn: str = described["StackId"]
        self.status: str = described["StackStatus"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
        self.parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}

    @cached_property
    def resources(self) -> list[Resource]:
        """Everything that the stack has made."""
        return resources_of(self.reach, self.arn)

    @cached_property
    def names(self) -> dict[str, str]:
        """The ids and values behind the template's logical names."""
        _, partition, _, region, account, _ = self.arn.split(":", 5)
        place = {"AWS::Partition": partition, "AWS::Region": region, "AWS::AccountId": account}
        return place | self.parameters | {each.logical: each.id for each in self.resources}

    def of(self, kind: str) -> list[Resource]:
        """The resources of one CloudFormation type."""
        return [each for each in self.resources if each.kind == kind]

    def ids(self, kind: str) -> list[str]:
        """The ids of the resources of one type."""
        return [each.id for each in self.of(kind)]

    @cached_property
    def code(self) -> dict[str, Any]:
        """The template as it was written."""
        return self._template("Original")

    @cached_property
    def processed(self) -> dict[str, Any]:
        """The template as SAM has processed it."""
        return self._template("Processed")

    def _template(self, stage: str) -> dict[str, Any]:
        from cloudarium.services.cloudformation.template import reading

        body = self.reach("cloudformation").get_template(StackName=self.arn, TemplateStage=stage)["TemplateBody"]
        return reading.read(body) if isinstance(body, str) else json.loads(json.dumps(body))

    @cached_property
    def functions(self) -> list[dict[str, Any]]:
        """The configurations of the stack's functions that are still there."""
        names = set(self.ids("AWS::Lambda::Function"))
        found = self.reach.all("lambda", "list_functions", "Functions")
        return [each for each in found if each["FunctionName"] in names]

    def logical(self, id: str) -> str:
        """What the template calls the resource with this id; the id where it knows none."""
        return next((each.logical for each in self.resources if each.id == id), id)

    @cached_property
    def routes(self) -> list[dict[str, Any]]:
        """Every route of the stack's HTTP APIs, with the API's id as `ApiId`."""
        return [
            {**route, "ApiId": api}
            for api in self.ids("AWS::ApiGatewayV2::Api")
            for route in self.reach.all("apigatewayv2", "get_routes", "Items", ApiId=api)
        ]

    def routes_by_code(self) -> dict[str, bool]:
        """The routes that the template has, and whether it says of each that nobody has to sign in."""
        found = {}
        for resource in self.processed["Resources"].values():
            if resource["Type"] == "AWS::ApiGatewayV2::Api":
                for path, methods in resource["Properties"].get("Body", {}).get("paths", {}).items():
                    for method, said in methods.items():
                        public = any("NONE" in each for each in said.get("security", []))
                        found[f"{method.upper()} {path}"] = public
        return found


def find(reach: Reach, name: str) -> Stack | None:
    """The stack of that name; None when it is not deployed."""
    from botocore.exceptions import ClientError

    try:
        described = reach("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if described["StackStatus"] == "REVIEW_IN_PROGRESS" else Stack(reach, described)


def living(reach: Reach) -> list[Stack]:
    """All stacks that there are."""
    return [Stack(reach, each) for each in reach.all("cloudformation", "describe_stacks", "Stacks")]


def names(reach: Reach) -> set[str]:
    """The names of all stacks that there are or were."""
    return set(reach.all("cloudformation", "list_stacks", "StackSummaries[].StackName"))


def deleted(reach: Reach, name: str) -> list[str]:
    """The ARNs of the last stacks of that name that were deleted."""
    found = f"StackSummaries[?StackName=='{name}'].StackId"
    return reach.all("cloudformation", "list_stacks", found, StackStatusFilter=["DELETE_COMPLETE"])[:_REMEMBERED]


def resources_of(reach: Reach, stack: str) -> list[Resource]:
    """The resources of a stack; of one that is deleted, those that it had, when `stack` is its ARN."""
    found = reach.all("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
    return [
        Resource(
            each["LogicalResourceId"],
            each.get("PhysicalResourceId", ""),
            each["ResourceType"],
            each["ResourceStatus"],
        )
        for each in found
    ]
