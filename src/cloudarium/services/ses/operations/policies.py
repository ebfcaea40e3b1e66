"""Policies of identities."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import identities, policies
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import resources

Data = dict[str, Any]


def _found(desk: Desk, call: Call) -> Data:
    name = call.input["Identity"]
    found = identities.find(desk, name)
    if found is None:
        raise desk.invalid(f"Identity {name[:320]} does not exist.")
    return found


@operation("PutIdentityPolicy")
def put_identity_policy(call: Call) -> Data:
    """Add a policy to an identity, or put another in its place."""
    desk, given = resources.desk(call), call.input
    policies.put(desk, given["Identity"], _found(desk, call), given["PolicyName"], given["Policy"])
    return {}


@operation("GetIdentityPolicies")
def get_identity_policies(call: Call) -> Data:
    """The asked policies of an identity; those that are not there are left out."""
    kept = _found(resources.desk(call), call).get("Policies", {})
    return {"Policies": {name: kept[name] for name in call.input["PolicyNames"] if name in kept}}


@operation("ListIdentityPolicies")
def list_identity_policies(call: Call) -> Data:
    """The names of an identity's policies."""
    return {"PolicyNames": sorted(_found(resources.desk(call), call).get("Policies", {}))}


@operation("DeleteIdentityPolicy")
def delete_identity_policy(call: Call) -> Data:
    """Delete a policy; one that is not there is no error."""
    desk = resources.desk(call)
    policies.remove(desk, call.input["Identity"], _found(desk, call), call.input["PolicyName"])
    return {}
