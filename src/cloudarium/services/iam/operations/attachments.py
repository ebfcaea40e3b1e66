"""Managed policies attached to users, groups and roles."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import policies
from cloudarium.services.iam.records.entities import Entity


def _attach(call: Call, entity: Entity) -> dict[str, Any]:
    arn = call.input["PolicyArn"]
    try:
        shapes.the_policy(call, arn)
    except errors.NoSuchEntity:
        raise errors.NoSuchEntity.attachable(arn) from None
    present = policies.attached(call.store, entity.account, entity.kind, entity.name)
    if arn not in present and len(present) >= rules.ATTACHED_POLICIES:
        raise errors.LimitExceeded.quota(f"PoliciesPer{entity.kind.title()}", rules.ATTACHED_POLICIES)
    policies.attach(call.store, entity, arn)
    return {}


def _detach(call: Call, entity: Entity) -> dict[str, Any]:
    arn = call.input["PolicyArn"]
    if not policies.detach(call.store, entity, arn):
        raise errors.NoSuchEntity.policy(arn)
    return {}


def _list(call: Call, entity: Entity) -> dict[str, Any]:
    prefix = call.input.get("PathPrefix", "/")
    found = [
        {"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn}
        for arn in policies.attached(call.store, entity.account, entity.kind, entity.name)
        if path_of(arn).startswith(prefix)
    ]
    chosen, more = rules.page(call.input, found, lambda policy: [policy["PolicyName"], policy["PolicyArn"]])
    return {"AttachedPolicies": chosen, **more}


def path_of(arn: str) -> str:
    """The path in a managed policy's ARN: `/` in most."""
    inside = arn.split(":policy", 1)[-1]
    return inside[: inside.rfind("/") + 1]


@operation("AttachUserPolicy", on=resources.user)
def attach_user_policy(call: Call) -> dict[str, Any]:
    """Attach a managed policy to a user; again is no error."""
    return _attach(call, shapes.the(call, "user", call.input["UserName"]))


@operation("AttachGroupPolicy", on=resources.group)
def attach_group_policy(call: Call) -> dict[str, Any]:
    """Attach a managed policy to a group; again is no error."""
    return _attach(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("AttachRolePolicy", on=resources.role)
def attach_role_policy(call: Call) -> dict[str, Any]:
    """Attach a managed policy to a role; again is no error."""
    return _attach(call, shapes.modifiable(shapes.the(call, "role", call.input["RoleName"])))


@operation("DetachUserPolicy", on=resources.user)
def detach_user_policy(call: Call) -> dict[str, Any]:
    """Detach a managed policy from a user."""
    return _detach(call, shapes.the(call, "user", call.input["UserName"]))


@operation("DetachGroupPolicy", on=resources.group)
def detach_group_policy(call: Call) -> dict[str, Any]:
    """Detach a managed policy from a group."""
    return _detach(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("DetachRolePolicy", on=resources.role)
def detach_role_policy(call: Call) -> dict[str, Any]:
    """Detach a managed policy from a role."""
    return _detach(call, shapes.modifiable(shapes.the(call, "role", call.input["RoleName"])))


@operation("ListAttachedUserPolicies", on=resources.user)
def list_attached_user_policies(call: Call) -> dict[str, Any]:
    """The managed policies of a user."""
    return _list(call, shapes.the(call, "user", call.input["UserName"]))


@operation("ListAttachedGroupPolicies", on=resources.group)
def list_attached_group_policies(call: Call) -> dict[str, Any]:
    """The managed policies of a group."""
    return _list(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("ListAttachedRolePolicies", on=resources.role)
def list_attached_role_policies(call: Call) -> dict[str, Any]:
    """The managed policies of a role."""
    return _list(call, shapes.the(call, "role", call.input["RoleName"]))
