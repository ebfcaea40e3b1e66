"""Policies of identities."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import policies
from cloudarium.services.sesv2 import errors, resources
from cloudarium.services.sesv2.operations.identities import found

Data = dict[str, Any]


@operation("CreateEmailIdentityPolicy", on=resources.identity)
def create_email_identity_policy(call: Call) -> Data:
    """Add a policy to an identity."""
    desk, given = resources.desk(call), call.input
    data = found(desk, call)
    if given["PolicyName"] in data.get("Policies", {}):
        raise errors.AlreadyExists(f"Policy {given['PolicyName']} already exists.")
    policies.put(desk, given["EmailIdentity"], data, given["PolicyName"], given["Policy"])
    return {}


@operation("UpdateEmailIdentityPolicy", on=resources.identity)
def update_email_identity_policy(call: Call) -> Data:
    """Put another policy in a policy's place."""
    desk, given = resources.desk(call), call.input
    data = found(desk, call)
    if given["PolicyName"] not in data.get("Policies", {}):
        raise errors.NotFound(f"Policy {given['PolicyName']} does not exist.")
    policies.put(desk, given["EmailIdentity"], data, given["PolicyName"], given["Policy"])
    return {}


@operation("GetEmailIdentityPolicies", on=resources.identity)
def get_email_identity_policies(call: Call) -> Data:
    """The policies of an identity."""
    return {"Policies": found(resources.desk(call), call).get("Policies", {})}


@operation("DeleteEmailIdentityPolicy", on=resources.identity)
def delete_email_identity_policy(call: Call) -> Data:
    """Delete a policy; one that is not there is no error."""
    desk = resources.desk(call)
    policies.remove(desk, call.input["EmailIdentity"], found(desk, call), call.input["PolicyName"])
    return {}
