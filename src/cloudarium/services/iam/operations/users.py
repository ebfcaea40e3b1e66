"""Users: made, found, changed, deleted, and their groups."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import credentials, entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.shared import ids


@operation("CreateUser", on=resources.new_user)
def create_user(call: Call) -> dict[str, Any]:
    """Make a user without credentials or permissions."""
    name = call.input["UserName"]
    tags, boundary = shapes.new_tags(call, caseless=True), shapes.boundary(call)
    if entities.taken(call.store, call.account, "user", name):
        raise errors.EntityAlreadyExists.named("user", name)
    path = call.input.get("Path", "/")
    user = Entity(call.account, "user", name, path, "AIDA" + ids.upper(17), call.now, boundary)
    entities.add(call.store, user)
    call.tags.put(user.arn, tags)
    return {"User": shapes.user(call, user)}


@operation("GetUser", on=resources.user)
def get_user(call: Call) -> dict[str, Any]:
    """A user; without a name the caller, who may be the root."""
    if call.input.get("UserName") is None and call.principal.kind == "root":
        arn = f"arn:aws:iam::{call.account}:root"
        return {"User": {"UserId": call.account, "Arn": arn, "CreateDate": 0}}  # a root has neither name nor path
    return {"User": shapes.user(call, shapes.the(call, "user", shapes.user_name(call)))}


@operation("ListUsers", on=resources.users)
def list_users(call: Call) -> dict[str, Any]:
    """The users under a path, by name."""
    found = entities.every(call.store, call.account, "user", call.input.get("PathPrefix", "/"))
    chosen, more = rules.page(call.input, found, lambda user: user.name)
    return {"Users": [shapes.listed_user(user) for user in chosen], **more}


@operation("UpdateUser", on=resources.renamed_user)
def update_user(call: Call) -> dict[str, Any]:
    """Change a user's name or path; what belongs to it goes along."""
    user = shapes.the(call, "user", call.input["UserName"])
    name = call.input.get("NewUserName", user.name)
    if name.lower() != user.name.lower() and entities.taken(call.store, call.account, "user", name):
        raise errors.EntityAlreadyExists.named("user", name)
    moved = user._replace(name=name, path=call.input.get("NewPath", user.path))
    entities.change(call.store, user, moved)
    call.cloud.directory.renamed(user.arn, moved.arn)
    return {}


@operation("DeleteUser", on=resources.user)
def delete_user(call: Call) -> dict[str, Any]:
    """Delete a user that nothing belongs to any more."""
    user = shapes.the(call, "user", call.input["UserName"])
    where = (call.account, "user", user.name)
    if entities.containers(call.store, call.account, "group", user.name):
        raise errors.DeleteConflict("Cannot delete entity, must remove users from group first.")
    if policies.attached(call.store, *where):
        raise errors.DeleteConflict("Cannot delete entity, must detach all policies first.")
    if policies.inline(call.store, *where):
        raise errors.DeleteConflict("Cannot delete entity, must delete policies first.")
    if credentials.access_keys(call.store, call.account, user.name):
        raise errors.DeleteConflict("Cannot delete entity, must delete access keys first.")
    if credentials.login_profile(call.store, call.account, user.name) is not None:
        raise errors.DeleteConflict("Cannot delete entity, must delete login profile first.")
    entities.remove(call.store, user)
    call.cloud.directory.renamed(user.arn, user.id)
    return {}


@operation("ListGroupsForUser", on=resources.user)
def list_groups_for_user(call: Call) -> dict[str, Any]:
    """The groups that a user is in."""
    user = shapes.the(call, "user", call.input["UserName"])
    found = entities.containers(call.store, call.account, "group", user.name)
    chosen, more = rules.page(call.input, found, lambda group: group.name)
    return {"Groups": [shapes.basics(group) for group in chosen], **more}


@operation("PutUserPermissionsBoundary", on=resources.user)
def put_user_permissions_boundary(call: Call) -> dict[str, Any]:
    """Set the policy that bounds a user's permissions."""
    user = shapes.the(call, "user", call.input["UserName"])
    entities.change(call.store, user, user._replace(boundary=shapes.boundary(call)))
    return {}


@operation("DeleteUserPermissionsBoundary", on=resources.user)
def delete_user_permissions_boundary(call: Call) -> dict[str, Any]:
    """Take a user's permissions boundary away."""
    user = shapes.the(call, "user", call.input["UserName"])
    if not user.boundary:
        raise errors.NoSuchEntity(f"User {user.name} does not have a permissions boundary attached.")
    entities.change(call.store, user, user._replace(boundary=""))
    return {}
