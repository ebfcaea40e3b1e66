"""Roles, users and groups."""

from __future__ import annotations

from cloudarium.services.iam.stack.sending import GONE, gone_from, listed, make, text
from cloudarium.shared.stacks import Resource, ResourceType, resource_type


class _Principal(ResourceType):
    """What roles, users and groups share: managed and inline policies, boundary, tags."""

    iam = True
    noun = ""

    def _me(self, r: Resource) -> dict[str, str]:
        return {f"{self.noun}Name": r.id}

    async def _put_policies(self, r: Resource) -> None:
        """Bring managed and inline policies from the old properties to the new ones."""
        for arn in gone_from(r, "ManagedPolicyArns"):
            await r.send("iam", f"Detach{self.noun}Policy", {**self._me(r), "PolicyArn": arn}, gone=GONE)
        for arn in listed(r.properties, "ManagedPolicyArns"):
            await r.send("iam", f"Attach{self.noun}Policy", {**self._me(r), "PolicyArn": arn})
        names = {policy.get("PolicyName") for policy in listed(r.properties, "Policies")}
        for policy in listed(r.old_properties, "Policies"):
            if policy.get("PolicyName") not in names:
                given = {**self._me(r), "PolicyName": policy["PolicyName"]}
                await r.send("iam", f"Delete{self.noun}Policy", given, gone=GONE)
        for policy in listed(r.properties, "Policies"):
            given = {"PolicyName": policy.get("PolicyName"), "PolicyDocument": text(policy.get("PolicyDocument"))}
            await r.send("iam", f"Put{self.noun}Policy", {**self._me(r), **given})

    async def _put_boundary(self, r: Resource) -> None:
        boundary = r.properties.get("PermissionsBoundary")
        if boundary:
            given = {**self._me(r), "PermissionsBoundary": boundary}
            await r.send("iam", f"Put{self.noun}PermissionsBoundary", given)
        elif r.old_properties.get("PermissionsBoundary"):
            await r.send("iam", f"Delete{self.noun}PermissionsBoundary", self._me(r), gone=GONE)

    async def _put_tags(self, r: Resource) -> None:
        if r.removed_tags:
            await r.send("iam", f"Untag{self.noun}", {**self._me(r), "TagKeys": r.removed_tags})
        if r.tag_list:
            await r.send("iam", f"Tag{self.noun}", {**self._me(r), "Tags": r.tag_list})

    async def _strip(self, r: Resource) -> None:
        """Take every policy away, also one that was added beside the stack's own properties."""
        attached = await r.send("iam", f"ListAttached{self.noun}Policies", self._me(r), gone=GONE)
        for policy in attached.get("AttachedPolicies", ()):
            given = {**self._me(r), "PolicyArn": policy["PolicyArn"]}
            await r.send("iam", f"Detach{self.noun}Policy", given, gone=GONE)
        for policy in listed(r.properties, "Policies"):
            given = {**self._me(r), "PolicyName": policy["PolicyName"]}
            await r.send("iam", f"Delete{self.noun}Policy", given, gone=GONE)


@resource_type("AWS::IAM::Role")
class Role(_Principal):
    """A role; Ref is its name."""

    noun = "Role"
    properties = (
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Policies",
        "RoleName",
        "Tags",
    )
    required = ("AssumeRolePolicyDocument",)
    replaces = ("RoleName", "Path")
    attributes = ("Arn", "RoleId")
    physical_name = "RoleName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the role with its policies."""
        given = r.properties
        r.id = given.get("RoleName") or r.name(64)
        longest = given.get("MaxSessionDuration")
        await make(
            r,
            "CreateRole",
            {
                "RoleName": r.id,
                "AssumeRolePolicyDocument": text(given["AssumeRolePolicyDocument"]),
                "Path": given.get("Path"),
                "Description": given.get("Description"),
                "MaxSessionDuration": None if longest is None else int(longest),
                "PermissionsBoundary": given.get("PermissionsBoundary"),
                "Tags": r.tag_list or None,
            },
        )
        found = (await r.send("iam", "GetRole", {"RoleName": r.id}))["Role"]
        r.arn = found["Arn"]
        r.attributes = {"Arn": found["Arn"], "RoleId": found["RoleId"]}
        await self._put_policies(r)

    async def update(self, r: Resource) -> None:
        """Change trust, description, session length, boundary, policies and tags in place."""
        if r.changed("AssumeRolePolicyDocument"):
            document = text(r.properties["AssumeRolePolicyDocument"])
            await r.send("iam", "UpdateAssumeRolePolicy", {"RoleName": r.id, "PolicyDocument": document})
        if r.changed("Description", "MaxSessionDuration"):
            longest = int(r.properties.get("MaxSessionDuration") or 3600)
            description = r.properties.get("Description") or ""
            given = {"RoleName": r.id, "Description": description, "MaxSessionDuration": longest}
            await r.send("iam", "UpdateRole", given)
        if r.changed("PermissionsBoundary"):
            await self._put_boundary(r)
        await self._put_policies(r)
        await self._put_tags(r)

    async def delete(self, r: Resource) -> None:
        """Remove the role with its policies."""
        await self._strip(r)
        await r.send("iam", "DeleteRole", {"RoleName": r.id}, gone=GONE)


@resource_type("AWS::IAM::User")
class User(_Principal):
    """A user; Ref is its name."""

    noun = "User"
    properties = (
        "Groups",
        "LoginProfile",
        "ManagedPolicyArns",
        "Path",
        "PermissionsBoundary",
        "Policies",
        "Tags",
        "UserName",
    )
    replaces = ("UserName",)
    attributes = ("Arn",)
    physical_name = "UserName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the user with its groups, policies and password."""
        given = r.properties
        r.id = given.get("UserName") or r.name(64)
        boundary = given.get("PermissionsBoundary")
        made = {
            "UserName": r.id,
            "Path": given.get("Path"),
            "PermissionsBoundary": boundary,
            "Tags": r.tag_list or None,
        }
        await make(r, "CreateUser", made)
        found = (await r.send("iam", "GetUser", {"UserName": r.id}))["User"]
        r.arn = found["Arn"]
        r.attributes = {"Arn": found["Arn"]}
        await self._put_groups(r)
        await self._put_login(r)
        await self._put_policies(r)

    async def update(self, r: Resource) -> None:
        """Change path, boundary, groups, password, policies and tags in place."""
        if r.changed("Path"):
            await r.send("iam", "UpdateUser", {"UserName": r.id, "NewPath": r.properties.get("Path") or "/"})
            r.arn = (await r.send("iam", "GetUser", {"UserName": r.id}))["User"]["Arn"]
            r.attributes = {"Arn": r.arn}
        if r.changed("PermissionsBoundary"):
            await self._put_boundary(r)
        await self._put_groups(r)
        if r.changed("LoginProfile"):
            await self._put_login(r)
        await self._put_policies(r)
        await self._put_tags(r)

    async def delete(self, r: Resource) -> None:
        """Remove the user with its groups, policies and password."""
        groups = await r.send("iam", "ListGroupsForUser", {"UserName": r.id}, gone=GONE)
        for group in groups.get("Groups", ()):
            given = {"UserName": r.id, "GroupName": group["GroupName"]}
            await r.send("iam", "RemoveUserFromGroup", given, gone=GONE)
        await r.send("iam", "DeleteLoginProfile", {"UserName": r.id}, gone=GONE)
        await self._strip(r)
        await r.send("iam", "DeleteUser", {"UserName": r.id}, gone=GONE)

    async def _put_groups(self, r: Resource) -> None:
        for group in gone_from(r, "Groups"):
            await r.send("iam", "RemoveUserFromGroup", {"UserName": r.id, "GroupName": group}, gone=GONE)
        for group in listed(r.properties, "Groups"):
            await r.send("iam", "AddUserToGroup", {"UserName": r.id, "GroupName": group})

    async def _put_login(self, r: Resource) -> None:
        profile = r.properties.get("LoginProfile")
        if not profile:
            if r.old_properties.get("LoginProfile"):
                await r.send("iam", "DeleteLoginProfile", {"UserName": r.id}, gone=GONE)
            return
        reset = profile.get("PasswordResetRequired") in (True, "true")
        given = {"UserName": r.id, "Password": profile.get("Password"), "PasswordResetRequired": reset}
        known = r.old_properties.get("LoginProfile")
        await make(r, "UpdateLoginProfile" if known else "CreateLoginProfile", given)


@resource_type("AWS::IAM::Group")
class Group(_Principal):
    """A group; Ref is its name."""

    noun = "Group"
    properties = ("GroupName", "ManagedPolicyArns", "Path", "Policies")
    replaces = ("GroupName",)
    attributes = ("Arn",)
    physical_name = "GroupName"

    async def create(self, r: Resource) -> None:
        """Make the group with its policies."""
        r.id = r.properties.get("GroupName") or r.name(128)
        await make(r, "CreateGroup", {"GroupName": r.id, "Path": r.properties.get("Path")})
        await self._learn(r)
        await self._put_policies(r)

    async def update(self, r: Resource) -> None:
        """Change path and policies in place."""
        if r.changed("Path"):
            await r.send("iam", "UpdateGroup", {"GroupName": r.id, "NewPath": r.properties.get("Path") or "/"})
            await self._learn(r)
        await self._put_policies(r)

    async def delete(self, r: Resource) -> None:
        """Remove the group with its policies."""
        await self._strip(r)
        await r.send("iam", "DeleteGroup", {"GroupName": r.id}, gone=GONE)

    async def _learn(self, r: Resource) -> None:
        r.arn = (await r.send("iam", "GetGroup", {"GroupName": r.id}))["Group"]["Arn"]
        r.attributes = {"Arn": r.arn}
