"""Roles: their trust policies, sessions' length and boundaries."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy import principals
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.shared import ids


def _trust(call: Call, document: str) -> str:
    """The trust policy, checked; the users and roles it names must exist."""
    rules.check_trust_policy(document)
    for name in principals.named(document):
        if not call.cloud.directory.exists(name):
            raise errors.MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{name}"')
    return document


def _modifiable(call: Call) -> Entity:
    return shapes.modifiable(shapes.the(call, "role", call.input["RoleName"]))


@operation("CreateRole", on=resources.new_role)
def create_role(call: Call) -> dict[str, Any]:
    """Make a role that whoever the trust policy names may assume."""
    name = call.input["RoleName"]
    trust = _trust(call, call.input["AssumeRolePolicyDocument"])
    tags, boundary = shapes.new_tags(call, caseless=True), shapes.boundary(call)
    if entities.taken(call.store, call.account, "role", name):
        raise errors.EntityAlreadyExists.named("role", name)
    role = Entity(
        call.account,
        "role",
        name,
        call.input.get("Path", "/"),
        "AROA" + ids.upper(17),
        call.now,
        boundary,
        trust,
        call.input.get("Description"),
        call.input.get("MaxSessionDuration", 3600),
    )
    entities.add(call.store, role)
    call.tags.put(role.arn, tags)
    return {"Role": shapes.new_role(call, role)}


@operation("GetRole", on=resources.role)
def get_role(call: Call) -> dict[str, Any]:
    """A role with its trust policy."""
    return {"Role": shapes.role(call, shapes.the(call, "role", call.input["RoleName"]))}


@operation("ListRoles", on=resources.roles)
def list_roles(call: Call) -> dict[str, Any]:
    """The roles under a path, by name."""
    found = entities.every(call.store, call.account, "role", call.input.get("PathPrefix", "/"))
    chosen, more = rules.page(call.input, found, lambda role: role.name)
    return {"Roles": [shapes.listed_role(role) for role in chosen], **more}


@operation("UpdateRole", on=resources.role)
def update_role(call: Call) -> dict[str, Any]:
    """Change a role's description and its longest session; what is left out stays. A linked role has a description."""
    role = _modifiable(call) if "MaxSessionDuration" in call.input else shapes.the(call, "role", call.input["RoleName"])
    description = call.input.get("Description", role.description)
    longest = call.input.get("MaxSessionDuration", role.max_session)
    entities.change(call.store, role, role._replace(description=description, max_session=longest))
    return {}


@operation("UpdateRoleDescription", on=resources.role)
def update_role_description(call: Call) -> dict[str, Any]:
    """Change a role's description, also a service-linked one's."""
    role = shapes.the(call, "role", call.input["RoleName"])
    changed = role._replace(description=call.input["Description"])
    entities.change(call.store, role, changed)
    return {"Role": {**shapes.new_role(call, changed), **shapes.described(changed)}}


@operation("UpdateAssumeRolePolicy", on=resources.role)
def update_assume_role_policy(call: Call) -> dict[str, Any]:
    """Change who may assume a role."""
    role = _modifiable(call)
    entities.change(call.store, role, role._replace(trust=_trust(call, call.input["PolicyDocument"])))
    return {}


@operation("DeleteRole", on=resources.role)
def delete_role(call: Call) -> dict[str, Any]:
    """Delete a role that has no policies and is in no instance profile."""
    role = _modifiable(call)
    if entities.containers(call.store, call.account, "instance-profile", role.name):
        raise errors.DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    if policies.attached(call.store, call.account, "role", role.name):
        raise errors.DeleteConflict("Cannot delete entity, must detach all policies first.")
    if policies.inline(call.store, call.account, "role", role.name):
        raise errors.DeleteConflict("Cannot delete entity, must delete policies first.")
    entities.remove(call.store, role)
    call.cloud.directory.renamed(role.arn, role.id)
    return {}


@operation("PutRolePermissionsBoundary", on=resources.role)
def put_role_permissions_boundary(call: Call) -> dict[str, Any]:
    """Set the policy that bounds a role's permissions."""
    role = _modifiable(call)
    entities.change(call.store, role, role._replace(boundary=shapes.boundary(call)))
    return {}


@operation("DeleteRolePermissionsBoundary", on=resources.role)
def delete_role_permissions_boundary(call: Call) -> dict[str, Any]:
    """Take a role's permissions boundary away."""
    role = _modifiable(call)
    if not role.boundary:
        raise errors.NoSuchEntity(f"Role {role.name} does not have a permissions boundary attached.")
    entities.change(call.store, role, role._replace(boundary=""))
    return {}
