"""Access keys, and who is in which instance profile or group."""

from __future__ import annotations

from cloudarium.services.iam.stack.sending import GONE, gone_from, listed, make
from cloudarium.shared.stacks import Resource, ResourceType, resource_type


@resource_type("AWS::IAM::AccessKey")
class AccessKey(ResourceType):
    """An access key; Ref is its id, and only GetAtt knows its secret."""

    properties = ("Serial", "Status", "UserName")
    required = ("UserName",)
    replaces = ("Serial", "UserName")
    attributes = ("SecretAccessKey",)
    iam = True

    async def create(self, r: Resource) -> None:
        """Make the key."""
        key = (await r.send("iam", "CreateAccessKey", {"UserName": r.properties["UserName"]}))["AccessKey"]
        r.id = key["AccessKeyId"]
        r.attributes = {"SecretAccessKey": key["SecretAccessKey"]}
        if r.properties.get("Status") == "Inactive":
            await self._set_status(r)

    async def update(self, r: Resource) -> None:
        """Switch the key on or off."""
        await self._set_status(r)

    async def delete(self, r: Resource) -> None:
        """Remove the key."""
        given = {"UserName": r.properties["UserName"], "AccessKeyId": r.id}
        await r.send("iam", "DeleteAccessKey", given, gone=GONE)

    async def _set_status(self, r: Resource) -> None:
        given = {"UserName": r.properties["UserName"], "AccessKeyId": r.id}
        await r.send("iam", "UpdateAccessKey", {**given, "Status": r.properties.get("Status") or "Active"})


@resource_type("AWS::IAM::InstanceProfile")
class InstanceProfile(ResourceType):
    """An instance profile; Ref is its name."""

    properties = ("InstanceProfileName", "Path", "Roles")
    required = ("Roles",)
    replaces = ("InstanceProfileName", "Path")
    attributes = ("Arn",)
    physical_name = "InstanceProfileName"
    iam = True

    async def create(self, r: Resource) -> None:
        """Make the profile and put the role in."""
        r.id = r.properties.get("InstanceProfileName") or r.name(128)
        await make(r, "CreateInstanceProfile", {"InstanceProfileName": r.id, "Path": r.properties.get("Path")})
        await self._put_roles(r)
        found = (await r.send("iam", "GetInstanceProfile", {"InstanceProfileName": r.id}))["InstanceProfile"]
        r.arn = found["Arn"]
        r.attributes = {"Arn": r.arn}

    async def update(self, r: Resource) -> None:
        """Change the role."""
        await self._put_roles(r)

    async def delete(self, r: Resource) -> None:
        """Remove the profile."""
        for role in await self._roles(r):
            given = {"InstanceProfileName": r.id, "RoleName": role}
            await r.send("iam", "RemoveRoleFromInstanceProfile", given, gone=GONE)
        await r.send("iam", "DeleteInstanceProfile", {"InstanceProfileName": r.id}, gone=GONE)

    async def _roles(self, r: Resource) -> list[str]:
        found = await r.send("iam", "GetInstanceProfile", {"InstanceProfileName": r.id}, gone=GONE)
        return [role["RoleName"] for role in found.get("InstanceProfile", {}).get("Roles", ())]

    async def _put_roles(self, r: Resource) -> None:
        wanted, present = listed(r.properties, "Roles"), await self._roles(r)
        for role in present:
            if role not in wanted:
                given = {"InstanceProfileName": r.id, "RoleName": role}
                await r.send("iam", "RemoveRoleFromInstanceProfile", given, gone=GONE)
        for role in wanted:
            if role not in present:
                await r.send("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": r.id, "RoleName": role})


@resource_type("AWS::IAM::UserToGroupAddition")
class UserToGroupAddition(ResourceType):
    """Users put into a group; Ref is a name of CloudFormation's own."""

    properties = ("GroupName", "Users")
    required = ("GroupName", "Users")
    replaces = ("GroupName",)
    attributes = ("Id",)
    iam = True

    async def create(self, r: Resource) -> None:
        """Put the users in."""
        r.id = r.name(128)
        r.attributes = {"Id": r.id}
        await self._put(r)

    async def update(self, r: Resource) -> None:
        """Put new users in and take others out."""
        for user in gone_from(r, "Users"):
            await self._take(r, user)
        await self._put(r)

    async def delete(self, r: Resource) -> None:
        """Take the users out."""
        for user in listed(r.properties, "Users"):
            await self._take(r, user)

    async def _put(self, r: Resource) -> None:
        for user in listed(r.properties, "Users"):
            await r.send("iam", "AddUserToGroup", {"GroupName": r.properties["GroupName"], "UserName": user})

    async def _take(self, r: Resource, user: str) -> None:
        given = {"GroupName": r.properties["GroupName"], "UserName": user}
        await r.send("iam", "RemoveUserFromGroup", given, gone=GONE)
