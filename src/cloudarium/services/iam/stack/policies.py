"""Managed and inline policies."""

from __future__ import annotations

from typing import Any

from cloudarium.services.iam.stack.sending import GONE, gone_from, listed, make, text
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

BEARERS = {"Users": "User", "Groups": "Group", "Roles": "Role"}


@resource_type("AWS::IAM::ManagedPolicy")
class ManagedPolicy(ResourceType):
    """A managed policy; Ref is its ARN."""

    properties = ("Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users")
    required = ("PolicyDocument",)
    replaces = ("Description", "ManagedPolicyName", "Path")
    attributes = (
        "AttachmentCount",
        "CreateDate",
        "DefaultVersionId",
        "IsAttachable",
        "PermissionsBoundaryUsageCount",
        "PolicyArn",
        "PolicyId",
        "UpdateDate",
    )
    physical_name = "ManagedPolicyName"
    iam = True

    async def create(self, r: Resource) -> None:
        """Make the policy and attach it."""
        given = r.properties
        name, path = given.get("ManagedPolicyName") or r.name(128), given.get("Path") or "/"
        made = {"PolicyName": name, "Path": path, "Description": given.get("Description")}
        await make(r, "CreatePolicy", {**made, "PolicyDocument": text(given["PolicyDocument"])})
        r.id = r.arn = f"arn:aws:iam::{r.scope.account}:policy{path}{name}"
        await self._attach(r)
        await self._learn(r)

    async def update(self, r: Resource) -> None:
        """Put a new document in force as a new version, the oldest making room, and attach and detach."""
        if r.changed("PolicyDocument"):
            versions = (await r.send("iam", "ListPolicyVersions", {"PolicyArn": r.id}))["Versions"]
            if len(versions) >= 5:
                oldest = [one["VersionId"] for one in versions if not one["IsDefaultVersion"]][-1]
                await r.send("iam", "DeletePolicyVersion", {"PolicyArn": r.id, "VersionId": oldest})
            document = text(r.properties["PolicyDocument"])
            given = {"PolicyArn": r.id, "PolicyDocument": document, "SetAsDefault": True}
            await r.send("iam", "CreatePolicyVersion", given)
        for name, noun in BEARERS.items():
            for bearer in gone_from(r, name):
                given = {f"{noun}Name": bearer, "PolicyArn": r.id}
                await r.send("iam", f"Detach{noun}Policy", given, gone=GONE)
        await self._attach(r)
        await self._learn(r)

    async def delete(self, r: Resource) -> None:
        """Detach the policy everywhere and remove it with its versions."""
        found = await r.send("iam", "ListEntitiesForPolicy", {"PolicyArn": r.id}, gone=GONE)
        for name, noun in BEARERS.items():
            for bearer in found.get(f"Policy{name}", ()):
                given = {f"{noun}Name": bearer[f"{noun}Name"], "PolicyArn": r.id}
                await r.send("iam", f"Detach{noun}Policy", given, gone=GONE)
        versions = await r.send("iam", "ListPolicyVersions", {"PolicyArn": r.id}, gone=GONE)
        for version in versions.get("Versions", ()):
            if not version["IsDefaultVersion"]:
                given = {"PolicyArn": r.id, "VersionId": version["VersionId"]}
                await r.send("iam", "DeletePolicyVersion", given, gone=GONE)
        await r.send("iam", "DeletePolicy", {"PolicyArn": r.id}, gone=GONE)

    async def _attach(self, r: Resource) -> None:
        for name, noun in BEARERS.items():
            for bearer in listed(r.properties, name):
                await r.send("iam", f"Attach{noun}Policy", {f"{noun}Name": bearer, "PolicyArn": r.id})

    async def _learn(self, r: Resource) -> None:
        found = (await r.send("iam", "GetPolicy", {"PolicyArn": r.id}))["Policy"]
        r.attributes = {name: found[name] for name in self.attributes or () if name != "PolicyArn"}
        r.attributes["PolicyArn"] = r.id


@resource_type("AWS::IAM::Policy")
class Policy(ResourceType):
    """An inline policy of several users, groups and roles; Ref is a name of CloudFormation's own."""

    properties = ("Groups", "PolicyDocument", "PolicyName", "Roles", "Users")
    required = ("PolicyDocument", "PolicyName")
    attributes = ("Id",)
    iam = True

    async def create(self, r: Resource) -> None:
        """Put the policy into everyone it names."""
        if not any(r.properties.get(name) for name in BEARERS):
            raise ResourceFailed("At least one of [Groups,Roles,Users] must be non-empty.")
        r.id = r.name(128)
        r.attributes = {"Id": r.id}
        await self._put(r)

    async def update(self, r: Resource) -> None:
        """Put the policy into everyone it names now and take it from the others; a new name takes the old one away."""
        renamed = r.changed("PolicyName")
        for name in BEARERS:
            before = listed(r.old_properties, name) if renamed else gone_from(r, name)
            await self._take(r, name, before, r.old_properties["PolicyName"])
        await self._put(r)

    async def delete(self, r: Resource) -> None:
        """Take the policy from everyone."""
        for name in BEARERS:
            await self._take(r, name, listed(r.properties, name), r.properties["PolicyName"])

    async def _put(self, r: Resource) -> None:
        policy = {"PolicyName": r.properties["PolicyName"], "PolicyDocument": text(r.properties["PolicyDocument"])}
        for name, noun in BEARERS.items():
            for bearer in listed(r.properties, name):
                await r.send("iam", f"Put{noun}Policy", {f"{noun}Name": bearer, **policy})

    async def _take(self, r: Resource, name: str, bearers: list[Any], policy: str) -> None:
        noun = BEARERS[name]
        for bearer in bearers:
            given = {f"{noun}Name": bearer, "PolicyName": policy}
            await r.send("iam", f"Delete{noun}Policy", given, gone=GONE)


class _InlinePolicy(ResourceType):
    """One inline policy of one user, group or role; Ref is both names."""

    iam = True
    noun = ""

    async def create(self, r: Resource) -> None:
        """Put the policy into its bearer."""
        r.id = f"{r.properties['PolicyName']}|{r.properties[f'{self.noun}Name']}"
        await self.update(r)

    async def update(self, r: Resource) -> None:
        """Change the document in place."""
        document = r.properties.get("PolicyDocument")
        if document is None:
            raise ResourceFailed("Required property PolicyDocument is missing.")
        await r.send("iam", f"Put{self.noun}Policy", {**self._named(r), "PolicyDocument": text(document)})

    async def delete(self, r: Resource) -> None:
        """Take the policy away."""
        await r.send("iam", f"Delete{self.noun}Policy", self._named(r), gone=GONE)

    def _named(self, r: Resource) -> dict[str, str]:
        bearer = f"{self.noun}Name"
        return {bearer: r.properties[bearer], "PolicyName": r.properties["PolicyName"]}


@resource_type("AWS::IAM::RolePolicy")
class RolePolicy(_InlinePolicy):
    """An inline policy of a role."""

    noun = "Role"
    properties = ("PolicyDocument", "PolicyName", "RoleName")
    required = ("PolicyName", "RoleName")
    replaces = ("PolicyName", "RoleName")
    attributes = ()


@resource_type("AWS::IAM::UserPolicy")
class UserPolicy(_InlinePolicy):
    """An inline policy of a user."""

    noun = "User"
    properties = ("PolicyDocument", "PolicyName", "UserName")
    required = ("PolicyName", "UserName")
    replaces = ("PolicyName", "UserName")
    attributes = ()


@resource_type("AWS::IAM::GroupPolicy")
class GroupPolicy(_InlinePolicy):
    """An inline policy of a group."""

    noun = "Group"
    properties = ("GroupName", "PolicyDocument", "PolicyName")
    required = ("GroupName", "PolicyName")
    replaces = ("GroupName", "PolicyName")
    attributes = ()
