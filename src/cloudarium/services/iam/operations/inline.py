"""Inline policies of users, groups and roles."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.services.iam.records.policies import Inline


def _present(call: Call, entity: Entity) -> list[Inline]:
    return policies.inline(call.store, entity.account, entity.kind, entity.name)


def _put(call: Call, entity: Entity) -> dict[str, Any]:
    policy = Inline(call.input["PolicyName"], call.input["PolicyDocument"])
    others = [one.document for one in _present(call, entity) if one.policy != policy.policy]
    rules.check_inline_policy(entity.kind, entity.name, policy.document, others)
    policies.put_inline(call.store, entity, policy)
    return {}


def _get(call: Call, entity: Entity) -> dict[str, Any]:
    name = call.input["PolicyName"]
    for policy in _present(call, entity):
        if policy.policy == name:
            noun = entity.kind.title()
            return {f"{noun}Name": entity.name, "PolicyName": name, "PolicyDocument": rules.encoded(policy.document)}
    raise errors.NoSuchEntity.inline(entity.kind, name)


def _delete(call: Call, entity: Entity) -> dict[str, Any]:
    if not policies.remove_inline(call.store, entity, call.input["PolicyName"]):
        raise errors.NoSuchEntity.inline(entity.kind, call.input["PolicyName"])
    return {}


def _list(call: Call, entity: Entity) -> dict[str, Any]:
    chosen, more = rules.page(call.input, [policy.policy for policy in _present(call, entity)], lambda name: name)
    return {"PolicyNames": chosen, **more}


@operation("PutUserPolicy", on=resources.user)
def put_user_policy(call: Call) -> dict[str, Any]:
    """Give a user an inline policy, in place of one of that name."""
    return _put(call, shapes.the(call, "user", call.input["UserName"]))


@operation("PutGroupPolicy", on=resources.group)
def put_group_policy(call: Call) -> dict[str, Any]:
    """Give a group an inline policy, in place of one of that name."""
    return _put(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("PutRolePolicy", on=resources.role)
def put_role_policy(call: Call) -> dict[str, Any]:
    """Give a role an inline policy, in place of one of that name."""
    return _put(call, shapes.modifiable(shapes.the(call, "role", call.input["RoleName"])))


@operation("GetUserPolicy", on=resources.user)
def get_user_policy(call: Call) -> dict[str, Any]:
    """An inline policy of a user."""
    return _get(call, shapes.the(call, "user", call.input["UserName"]))


@operation("GetGroupPolicy", on=resources.group)
def get_group_policy(call: Call) -> dict[str, Any]:
    """An inline policy of a group."""
    return _get(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("GetRolePolicy", on=resources.role)
def get_role_policy(call: Call) -> dict[str, Any]:
    """An inline policy of a role."""
    return _get(call, shapes.the(call, "role", call.input["RoleName"]))


@operation("DeleteUserPolicy", on=resources.user)
def delete_user_policy(call: Call) -> dict[str, Any]:
    """Take an inline policy from a user."""
    return _delete(call, shapes.the(call, "user", call.input["UserName"]))


@operation("DeleteGroupPolicy", on=resources.group)
def delete_group_policy(call: Call) -> dict[str, Any]:
    """Take an inline policy from a group."""
    return _delete(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("DeleteRolePolicy", on=resources.role)
def delete_role_policy(call: Call) -> dict[str, Any]:
    """Take an inline policy from a role."""
    return _delete(call, shapes.modifiable(shapes.the(call, "role", call.input["RoleName"])))


@operation("ListUserPolicies", on=resources.user)
def list_user_policies(call: Call) -> dict[str, Any]:
    """The names of a user's inline policies."""
    return _list(call, shapes.the(call, "user", call.input["UserName"]))


@operation("ListGroupPolicies", on=resources.group)
def list_group_policies(call: Call) -> dict[str, Any]:
    """The names of a group's inline policies."""
    return _list(call, shapes.the(call, "group", call.input["GroupName"]))


@operation("ListRolePolicies", on=resources.role)
def list_role_policies(call: Call) -> dict[str, Any]:
    """The names of a role's inline policies."""
    return _list(call, shapes.the(call, "role", call.input["RoleName"]))
