"""Users of caches, and their groups."""

from __future__ import annotations

from cloudarium.services.elasticache.stack.parts import Data, picked, retag, with_tags
from cloudarium.shared.stacks import Resource, ResourceType, resource_type

SERVICE = "elasticache"


@resource_type("AWS::ElastiCache::User")
class User(ResourceType):
    """A user; Ref is the id."""

    properties = (
        "AccessString", "AuthenticationMode", "Engine", "NoPasswordRequired", "Passwords", "Tags", "UserId", "UserName",
    )  # fmt: skip
    required = ("Engine", "UserId", "UserName")
    replaces = ("UserId", "UserName")
    attributes = ("Arn", "Status")
    physical_name = "UserId"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the user."""
        r.id = r.properties["UserId"].lower()
        given = {"UserId": r.id, "AccessString": "off -@all", **self._given(r)}
        gone = ("UserAlreadyExistsFault",) if r.repeated else ()
        await r.send(SERVICE, "CreateUser", with_tags(r, {**given, "UserName": r.properties["UserName"]}), gone=gone)
        r.arn = f"arn:aws:elasticache:{r.scope.region}:{r.scope.account}:user:{r.id}"
        r.attributes = {"Arn": r.arn, "Status": "active"}

    def _given(self, r: Resource) -> Data:
        return picked(r, ("AccessString", "AuthenticationMode", "Engine", "NoPasswordRequired", "Passwords"))

    async def update(self, r: Resource) -> None:
        """Change what the user may do and how he proves who he is."""
        if r.changed("AccessString", "AuthenticationMode", "Engine", "NoPasswordRequired", "Passwords"):
            await r.send(SERVICE, "ModifyUser", {"UserId": r.id, **self._given(r)})
        await retag(r, "user")

    async def delete(self, r: Resource) -> None:
        """Delete the user."""
        await r.send(SERVICE, "DeleteUser", {"UserId": r.id}, gone=("UserNotFoundFault",))


@resource_type("AWS::ElastiCache::UserGroup")
class UserGroup(ResourceType):
    """A user group; Ref is the id."""

    properties = ("Engine", "Tags", "UserGroupId", "UserIds")
    required = ("Engine", "UserGroupId", "UserIds")
    replaces = ("UserGroupId",)
    attributes = ("Arn", "Status")
    physical_name = "UserGroupId"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the group."""
        r.id = r.properties["UserGroupId"].lower()
        gone = ("UserGroupAlreadyExistsFault",) if r.repeated else ()
        given = {"UserGroupId": r.id, **picked(r, ("Engine", "UserIds"))}
        await r.send(SERVICE, "CreateUserGroup", with_tags(r, given), gone=gone)
        r.arn = f"arn:aws:elasticache:{r.scope.region}:{r.scope.account}:usergroup:{r.id}"
        r.attributes = {"Arn": r.arn, "Status": "active"}

    async def update(self, r: Resource) -> None:
        """Add users and take others out."""
        old, new = r.old_properties.get("UserIds") or [], r.properties.get("UserIds") or []
        given: Data = {
            "UserIdsToAdd": [one for one in new if one not in old],
            "UserIdsToRemove": [one for one in old if one not in new],
        }
        wanted = {name: those for name, those in given.items() if those}
        if r.changed("Engine"):
            wanted["Engine"] = r.properties["Engine"]
        if wanted:
            await r.send(SERVICE, "ModifyUserGroup", {"UserGroupId": r.id, **wanted})
        await retag(r, "usergroup")

    async def delete(self, r: Resource) -> None:
        """Delete the group."""
        await r.send(SERVICE, "DeleteUserGroup", {"UserGroupId": r.id}, gone=("UserGroupNotFoundFault",))
