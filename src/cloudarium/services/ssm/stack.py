"""CloudFormation's resource types of Systems Manager."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type


@resource_type("AWS::SSM::Parameter")
class Parameter(ResourceType):
    """A parameter; like on AWS a template cannot make a SecureString."""

    properties = ("Name", "Type", "Value", "Description", "AllowedPattern", "Tier", "Policies", "DataType", "Tags")
    required = ("Type", "Value")
    replaces = ("Name", "Type", "DataType")
    attributes = ("Type", "Value")
    physical_name = "Name"
    tags = "Tags"

    def _given(self, r: Resource) -> dict[str, Any]:
        if r.properties["Type"] not in ("String", "StringList"):
            raise ResourceFailed("AWS::SSM::Parameter supports the types String and StringList only.")
        members = ("Type", "Description", "AllowedPattern", "Tier", "Policies", "DataType")
        given = {name: r.properties[name] for name in members if r.properties.get(name) is not None}
        return {**given, "Name": r.id, "Value": str(r.properties["Value"])}

    async def create(self, r: Resource) -> None:
        """Make the parameter with its tags."""
        r.id = r.properties.get("Name") or r.name(1011)
        given = self._given(r)
        if r.tags:
            given["Tags"] = r.tag_list
        await r.send("ssm", "PutParameter", given, gone=("ParameterAlreadyExists",) if r.repeated else ())
        self._attributes(r)

    def _attributes(self, r: Resource) -> None:
        r.arn = f"arn:aws:ssm:{r.scope.region}:{r.scope.account}:parameter/{r.id.removeprefix('/')}"
        r.attributes = {"Type": r.properties["Type"], "Value": str(r.properties["Value"])}

    async def update(self, r: Resource) -> None:
        """Put the next version, and change the tags."""
        names = ("Value", "Description", "AllowedPattern", "Tier", "Policies")
        if r.changed(*names):
            emptied: dict[str, Any] = {
                name: "" for name in ("Description", "AllowedPattern") if name in r.old_properties
            }
            await r.send("ssm", "PutParameter", {**emptied, **self._given(r), "Overwrite": True})
        target = {"ResourceType": "Parameter", "ResourceId": r.id}
        if r.removed_tags:
            await r.send("ssm", "RemoveTagsFromResource", {**target, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("ssm", "AddTagsToResource", {**target, "Tags": r.tag_list})
        self._attributes(r)

    async def delete(self, r: Resource) -> None:
        """Delete the parameter."""
        await r.send("ssm", "DeleteParameter", {"Name": r.id}, gone=("ParameterNotFound",))
