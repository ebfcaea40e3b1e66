"""Service-linked roles: AWS's services make and own them, the account only asks for them."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt


@operation("CreateServiceLinkedRole", on=resources.new_linked_role)
def create_service_linked_role(call: Call) -> dict[str, Any]:
    """Make the role by which a service works in the account, with the policy that AWS wrote for it."""
    service, suffix = call.input["AWSServiceName"], call.input.get("CustomSuffix")
    name = rules.linked_name(service, suffix or "")
    if name is None:
        raise NotBuilt(f"iam:CreateServiceLinkedRole AWSServiceName {service}")
    if suffix and service not in rules.SUFFIXED:
        raise errors.InvalidInput(f"Custom suffix is not allowed for {service}")
    if entities.taken(call.store, call.account, "role", name):
        raise errors.InvalidInput(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    statement = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": [service]}}
    role = Entity(
        call.account,
        "role",
        name,
        f"{rules.LINKED_PATH}{service}/",
        "AROA" + ids.upper(17),
        call.now,
        trust=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        description=call.input.get("Description"),
    )
    entities.add(call.store, role)
    policies.attach(call.store, role, f"arn:aws:iam::aws:policy{rules.LINKED_PATH}{rules.LINKED_ROLES[service][1]}")
    return {"Role": shapes.new_role(call, role)}


@operation("DeleteServiceLinkedRole", on=resources.role)
def delete_service_linked_role(call: Call) -> dict[str, Any]:
    """Give a service's role back; nothing here is in its use, so that it goes at once."""
    role = shapes.the(call, "role", call.input["RoleName"])
    if not rules.is_linked(role.path):
        raise errors.InvalidInput(f"The role {role.name} is not a service-linked role.")
    for arn in policies.attached(call.store, role.account, "role", role.name):
        policies.detach(call.store, role, arn)
    entities.remove(call.store, role)
    call.cloud.directory.renamed(role.arn, role.id)
    return {"DeletionTaskId": f"task{role.path}{role.name}/{ids.uuid()}"}


@operation("GetServiceLinkedRoleDeletionStatus", on=resources.deleted_linked_role)
def get_service_linked_role_deletion_status(call: Call) -> dict[str, Any]:
    """How far a deletion has come: each was done at once."""
    task = call.input["DeletionTaskId"]
    name = rules.deleted_role(task)
    if name is None or entities.find(call.store, call.account, "role", name) is not None:
        raise errors.NoSuchEntity(f"The deletion task {task} cannot be found.")
    return {"Status": "SUCCEEDED"}
