"""The ARNs of identity pools, and what calls touch."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.cognito_identity import records
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope

SERVICE = "cognito-identity.amazonaws.com"


def pool_arn(scope: Scope, id: str) -> str:
    """The ARN of a pool."""
    return arn.make("cognito-identity", scope, f"identitypool/{id}")


def pool(call: Call) -> str:
    """The pool that a call names."""
    return pool_arn(call.scope, str(call.input.get("IdentityPoolId", "")))


def new_pool(call: Call) -> list[str | Need]:
    """A new pool; tags on it need the permission to tag."""
    needs: list[str | Need] = ["*"]
    if call.input.get("IdentityPoolTags"):
        needs.append(Need("cognito-identity:TagResource", pool_arn(call.scope, "*")))
    return needs


def changed_pool(call: Call) -> list[str | Need]:
    """A pool to update; tags on it need the permission to tag."""
    own = pool(call)
    return [own, Need("cognito-identity:TagResource", own)] if call.input.get("IdentityPoolTags") else [own]


def passed_roles(call: Call) -> list[str | Need]:
    """The roles that a pool gets: whoever gives them passes them to Cognito."""
    found = {role: None for role in _roles(call.input) if isinstance(role, str)}
    return ["*", *(Need("iam:PassRole", role, {"iam:PassedToService": SERVICE}) for role in found)]


def _roles(given: dict[str, Any]) -> list[Any]:
    roles, mappings = given.get("Roles"), given.get("RoleMappings")
    found = list(roles.values()) if isinstance(roles, dict) else []
    for mapping in mappings.values() if isinstance(mappings, dict) else ():
        rules = mapping.get("RulesConfiguration") if isinstance(mapping, dict) else None
        listed = rules.get("Rules") if isinstance(rules, dict) else None
        found += [rule.get("RoleARN") for rule in listed if isinstance(rule, dict)] if isinstance(listed, list) else []
    return found


def tagged(call: Call) -> str:
    """The pool that a tagging call names by its ARN."""
    return str(call.input.get("ResourceArn", ""))


def request_tags(call: Call) -> dict[str, str] | None:
    """The tags of a request, where they have a name of their own."""
    return call.input.get("IdentityPoolTags")


def conditions(call: Call) -> dict[str, Any]:
    """The pool of the identities that a call names."""
    listed = call.input.get("IdentityIdsToDelete")
    named = listed[0] if isinstance(listed, list) and listed else call.input.get("IdentityId")
    found = records.find_identity(call.store, named) if isinstance(named, str) else None
    pool = records.find_pool(call.store, found.pool) if found is not None else None
    return {"cognito-identity:IdentityPoolArn": pool_arn(pool.scope, pool.id)} if pool is not None else {}
