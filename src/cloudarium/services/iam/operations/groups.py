"""Groups and their members."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.shared import ids


@operation("CreateGroup", on=resources.new_group)
def create_group(call: Call) -> dict[str, Any]:
    """Make an empty group."""
    name = call.input["GroupName"]
    if entities.taken(call.store, call.account, "group", name):
        raise errors.EntityAlreadyExists.named("group", name)
    path = call.input.get("Path", "/")
    group = Entity(call.account, "group", name, path, "AGPA" + ids.upper(17), call.now)
    entities.add(call.store, group)
    return {"Group": shapes.basics(group)}


@operation("GetGroup", on=resources.group)
def get_group(call: Call) -> dict[str, Any]:
    """A group with its users."""
    group = shapes.the(call, "group", call.input["GroupName"])
    chosen, more = rules.page(call.input, entities.members(call.store, group), lambda name: name)
    users = (entities.find(call.store, call.account, "user", name) for name in chosen)
    return {"Group": shapes.basics(group), "Users": [shapes.listed_user(user) for user in users if user], **more}


@operation("ListGroups", on=resources.groups)
def list_groups(call: Call) -> dict[str, Any]:
    """The groups under a path, by name."""
    found = entities.every(call.store, call.account, "group", call.input.get("PathPrefix", "/"))
    chosen, more = rules.page(call.input, found, lambda group: group.name)
    return {"Groups": [shapes.basics(group) for group in chosen], **more}


@operation("UpdateGroup", on=resources.renamed_group)
def update_group(call: Call) -> dict[str, Any]:
    """Change a group's name or path; members and policies go along."""
    group = shapes.the(call, "group", call.input["GroupName"])
    name = call.input.get("NewGroupName", group.name)
    if name.lower() != group.name.lower() and entities.taken(call.store, call.account, "group", name):
        raise errors.EntityAlreadyExists.named("group", name)
    entities.change(call.store, group, group._replace(name=name, path=call.input.get("NewPath", group.path)))
    return {}


@operation("DeleteGroup", on=resources.group)
def delete_group(call: Call) -> dict[str, Any]:
    """Delete a group without members and policies."""
    group = shapes.the(call, "group", call.input["GroupName"])
    if entities.members(call.store, group):
        raise errors.DeleteConflict("Cannot delete entity, must remove users from group first.")
    if policies.attached(call.store, call.account, "group", group.name):
        raise errors.DeleteConflict("Cannot delete entity, must detach all policies first.")
    if policies.inline(call.store, call.account, "group", group.name):
        raise errors.DeleteConflict("Cannot delete entity, must delete policies first.")
    entities.remove(call.store, group)
    return {}


@operation("AddUserToGroup", on=resources.group)
def add_user_to_group(call: Call) -> dict[str, Any]:
    """Put a user into a group; again is no error."""
    group = shapes.the(call, "group", call.input["GroupName"])
    user = shapes.the(call, "user", call.input["UserName"])
    already = entities.containers(call.store, call.account, "group", user.name)
    if group not in already and len(already) >= rules.GROUPS_OF_USER:
        raise errors.LimitExceeded.quota("GroupsPerUser", rules.GROUPS_OF_USER)
    entities.put_member(call.store, group, user.name)
    return {}


@operation("RemoveUserFromGroup", on=resources.group)
def remove_user_from_group(call: Call) -> dict[str, Any]:
    """Take a user out of a group; it is no error when he was not in it."""
    user = shapes.the(call, "user", call.input["UserName"])
    group = shapes.the(call, "group", call.input["GroupName"])
    entities.take_member(call.store, group, user.name)
    return {}
