"""Instance profiles: the containers in which EC2 instances get a role."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import entities
from cloudarium.services.iam.records.entities import Entity
from cloudarium.shared import ids

KIND = "instance-profile"


@operation("CreateInstanceProfile", on=resources.new_profile)
def create_instance_profile(call: Call) -> dict[str, Any]:
    """Make an empty instance profile."""
    name = call.input["InstanceProfileName"]
    tags = shapes.new_tags(call)
    if entities.taken(call.store, call.account, KIND, name):
        raise errors.EntityAlreadyExists.named(KIND, name)
    path = call.input.get("Path", "/")
    profile = Entity(call.account, KIND, name, path, "AIPA" + ids.upper(17), call.now)
    entities.add(call.store, profile)
    call.tags.put(profile.arn, tags)
    return {"InstanceProfile": {**shapes.profile(call, profile), **shapes.with_tags(call, profile.arn)}}


@operation("GetInstanceProfile", on=resources.profile)
def get_instance_profile(call: Call) -> dict[str, Any]:
    """An instance profile with its role."""
    profile = shapes.the(call, KIND, call.input["InstanceProfileName"])
    return {"InstanceProfile": {**shapes.profile(call, profile), "Tags": shapes.tags_of(call, profile.arn)}}


@operation("ListInstanceProfiles", on=resources.profiles)
def list_instance_profiles(call: Call) -> dict[str, Any]:
    """The instance profiles under a path, by name."""
    found = entities.every(call.store, call.account, KIND, call.input.get("PathPrefix", "/"))
    chosen, more = rules.page(call.input, found, lambda profile: profile.name)
    return {"InstanceProfiles": [shapes.profile(call, profile) for profile in chosen], **more}


@operation("ListInstanceProfilesForRole", on=resources.role)
def list_instance_profiles_for_role(call: Call) -> dict[str, Any]:
    """The instance profiles that a role is in."""
    role = shapes.the(call, "role", call.input["RoleName"])
    found = entities.containers(call.store, call.account, KIND, role.name)
    chosen, more = rules.page(call.input, found, lambda profile: profile.name)
    return {"InstanceProfiles": [shapes.profile(call, profile) for profile in chosen], **more}


@operation("DeleteInstanceProfile", on=resources.profile)
def delete_instance_profile(call: Call) -> dict[str, Any]:
    """Delete an instance profile without a role."""
    profile = shapes.the(call, KIND, call.input["InstanceProfileName"])
    if entities.members(call.store, profile):
        raise errors.DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    entities.remove(call.store, profile)
    return {}


@operation("AddRoleToInstanceProfile", on=resources.profile_and_passed_role)
def add_role_to_instance_profile(call: Call) -> dict[str, Any]:
    """Put a role into an instance profile, which holds one at most."""
    profile = shapes.the(call, KIND, call.input["InstanceProfileName"])
    role = shapes.the(call, "role", call.input["RoleName"])
    if entities.members(call.store, profile):
        raise errors.LimitExceeded.quota("InstanceSessionsPerInstanceProfile", 1)
    entities.put_member(call.store, profile, role.name)
    return {}


@operation("RemoveRoleFromInstanceProfile", on=resources.profile)
def remove_role_from_instance_profile(call: Call) -> dict[str, Any]:
    """Take the role out of an instance profile."""
    profile = shapes.the(call, KIND, call.input["InstanceProfileName"])
    role = shapes.the(call, "role", call.input["RoleName"])
    if not entities.take_member(call.store, profile, role.name):
        raise errors.NoSuchEntity(f"Role {role.name} in Instance Profile {profile.name} cannot be found.")
    return {}
