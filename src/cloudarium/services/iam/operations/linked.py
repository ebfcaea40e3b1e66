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

# service: (the end of its role's name, its managed policy)
_ROLES = {
    "autoscaling.amazonaws.com": ("AutoScaling", "AutoScalingServiceRolePolicy"),
    "cloudtrail.amazonaws.com": ("CloudTrail", "CloudTrailServiceRolePolicy"),
    "dynamodb.application-autoscaling.amazonaws.com": (
        "ApplicationAutoScaling_DynamoDBTable",
        "AWSApplicationAutoscalingDynamoDBTablePolicy",
    ),
    "ecs.amazonaws.com": ("ECS", "AmazonECSServiceRolePolicy"),
    "ecs.application-autoscaling.amazonaws.com": (
        "ApplicationAutoScaling_ECSService",
        "AWSApplicationAutoscalingECSServicePolicy",
    ),
    "elasticache.amazonaws.com": ("ElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticloadbalancing.amazonaws.com": ("ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    "lambda.application-autoscaling.amazonaws.com": (
        "ApplicationAutoScaling_LambdaConcurrency",
        "AWSApplicationAutoscalingLambdaConcurrencyPolicy",
    ),
    "ops.apigateway.amazonaws.com": ("APIGateway", "APIGatewayServiceRolePolicy"),
    "rds.amazonaws.com": ("RDS", "AmazonRDSServiceRolePolicy"),
    "replication.dynamodb.amazonaws.com": ("DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"),
    "ssm.amazonaws.com": ("AmazonSSM", "AmazonSSMServiceRolePolicy"),
}
_SUFFIXED = ("autoscaling.amazonaws.com",)


@operation("CreateServiceLinkedRole", on=resources.new_linked_role)
def create_service_linked_role(call: Call) -> dict[str, Any]:
    """Make the role by which a service works in the account, with the policy that AWS wrote for it."""
    service, suffix = call.input["AWSServiceName"], call.input.get("CustomSuffix")
    if service not in _ROLES:
        raise NotBuilt(f"iam:CreateServiceLinkedRole AWSServiceName {service}")
    noun, managed = _ROLES[service]
    if suffix and service not in _SUFFIXED:
        raise errors.InvalidInput(f"Custom suffix is not allowed for {service}")
    name = f"AWSServiceRoleFor{noun}" + (f"_{suffix}" if suffix else "")
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
    policies.attach(call.store, role, f"arn:aws:iam::aws:policy{rules.LINKED_PATH}{managed}")
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
    return {"DeletionTaskId": f"task{role.path}{role.name}/{ids.uuid()}"}


@operation("GetServiceLinkedRoleDeletionStatus")
def get_service_linked_role_deletion_status(call: Call) -> dict[str, Any]:
    """How far a deletion has come: each was done at once."""
    task = call.input["DeletionTaskId"]
    name = rules.deleted_role(task)
    if name is None or entities.find(call.store, call.account, "role", name) is not None:
        raise errors.NoSuchEntity(f"The deletion task {task} cannot be found.")
    return {"Status": "SUCCEEDED"}
