"""The resource policies of functions, versions and aliases."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.rules import permissions

_NONE = "The resource you requested does not exist."


def _target(call: Call) -> str:
    """The ARN whose policy is meant; the function, version or alias must be there."""
    found = lookup.version_of(call)
    if found.qualifier == records.LATEST:
        raise errors.InvalidParameter(
            "We currently do not support adding policies for $LATEST."  # only the unqualified function has one
        )
    return resources.function_arn(found.function.scope, found.function.name, found.qualifier)


@operation("AddPermission", on=resources.qualified)
def add_permission(call: Call) -> dict[str, Any]:
    """Add a statement: who may use the function, from which source."""
    arn = _target(call)
    policy = records.find_policy(call.store, arn)
    if policy is not None:
        lookup.check_revision(call, policy.revision, "GetPolicy")
    statement = permissions.statement(call.input, arn)
    statements = permissions.add(policy.statements if policy else [], statement)
    if len(orjson.dumps(statements)) > permissions.POLICY_BYTES:
        raise errors.PolicyTooLong("The final policy size is bigger than the limit (20480).")
    records.put_policy(call.store, arn, statements)
    return {"Statement": orjson.dumps(statement).decode()}


@operation("RemovePermission", on=resources.qualified)
def remove_permission(call: Call) -> dict[str, Any]:
    """Take a statement away."""
    arn = _target(call)
    policy = records.find_policy(call.store, arn)
    if policy is None:
        raise errors.NotFound("No policy is associated with the given resource.")
    lookup.check_revision(call, policy.revision, "GetPolicy")
    records.put_policy(call.store, arn, permissions.remove(policy.statements, call.input["StatementId"]))
    return {}


@operation("GetPolicy", on=resources.qualified)
def get_policy(call: Call) -> dict[str, Any]:
    """The whole policy."""
    policy = records.find_policy(call.store, _target(call))
    if policy is None:
        raise errors.NotFound(_NONE)
    return {"Policy": resources.policy_text(policy), "RevisionId": policy.revision}
