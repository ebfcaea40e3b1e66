"""The resource policies of functions, versions and aliases."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LATEST, Alias, Version
from cloudarium.services.lambda_.rules import configuration, permissions

_NONE = "The resource you requested does not exist."


def _holder(call: Call, name: resources.FunctionName) -> Version | Alias:
    """The function ($LATEST stands for it), version or alias whose policy is meant. Raises NotFound, each its own."""
    qualifier = name.qualifier
    if qualifier == LATEST:
        raise errors.InvalidParameter(
            "We currently do not support adding policies for $LATEST."  # only the unqualified function has one
        )
    if records.find_function(call.store, name.scope, name.name) is None:
        raise errors.FunctionNotFound(name._replace(qualifier="").arn)
    if configuration.is_alias(qualifier):
        alias = records.find_alias(call.store, name.scope, name.name, qualifier)
        if alias is None:
            raise errors.NotFound(f"Cannot find alias arn: {name.arn}")
        return alias
    version = records.find_version(call.store, name.scope, name.name, qualifier or LATEST)
    if version is None:
        raise errors.FunctionNotFound(name.arn)
    return version


def _put(call: Call, arn: str, holder: Version | Alias, statements: list[dict[str, Any]]) -> None:
    """Set a policy. It has no revision of its own: its holder's is the policy's too, and changes with it."""
    records.put_policy(call.store, arn, statements)
    if isinstance(holder, Alias):
        records.put_alias(
            call.store, holder.scope, holder.name, holder.alias, holder.version, holder.description, holder.weights
        )
    else:
        records.touch(call.store, holder)


def _check_revision(call: Call, holder: Version | Alias) -> None:
    lookup.check_revision(call, holder.shown_revision, "GetFunction/GetAlias")


@operation("AddPermission", on=resources.qualified)
def add_permission(call: Call) -> dict[str, Any]:
    """Add a statement: who may use the function, from which source."""
    name = lookup.name_of(call)
    holder = _holder(call, name)
    _check_revision(call, holder)
    policy = records.find_policy(call.store, name.arn)
    statement = permissions.statement(call.input, name.arn)
    permissions.check_exists(statement, call.cloud.directory.exists)
    statements = permissions.add(policy.statements if policy else [], statement)
    if len(orjson.dumps(statements)) > permissions.POLICY_BYTES:
        raise errors.PolicyTooLong("The final policy size is bigger than the limit (20480).")
    _put(call, name.arn, holder, statements)
    return {"Statement": orjson.dumps(statement).decode()}


@operation("RemovePermission", on=resources.qualified)
def remove_permission(call: Call) -> dict[str, Any]:
    """Take a statement away."""
    name = lookup.name_of(call)
    if records.find_function(call.store, name.scope, name.name) is None:
        raise errors.NotFound(f"No policy found for: {name.arn}")
    holder = _holder(call, name)
    policy = records.find_policy(call.store, name.arn)
    if policy is None:
        raise errors.NotFound("No policy is associated with the given resource.")
    left = permissions.remove(policy.statements, call.input["StatementId"])
    _check_revision(call, holder)
    _put(call, name.arn, holder, left)
    return {}


@operation("GetPolicy", on=resources.qualified)
def get_policy(call: Call) -> dict[str, Any]:
    """The whole policy, with its holder's revision."""
    name = lookup.name_of(call)
    if records.find_function(call.store, name.scope, name.name) is None:
        raise errors.FunctionNotFound(name._replace(qualifier="").arn)
    policy = records.find_policy(call.store, name.arn)
    if policy is None:
        raise errors.NotFound(_NONE)
    return {"Policy": resources.policy_text(policy), "RevisionId": _holder(call, name).shown_revision}
