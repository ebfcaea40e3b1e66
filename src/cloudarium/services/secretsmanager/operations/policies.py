"""Resource policies of secrets: who may use them beside those whose own policies say so, also from other accounts."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy import principals
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.services.secretsmanager.records import secrets
from cloudarium.services.secretsmanager.rules import policies

Data = dict[str, Any]


def _check(call: Call, text: str) -> None:
    policies.check(text)
    if not all(map(call.cloud.directory.exists, principals.named(text))):
        raise errors.MalformedPolicy("This resource policy contains an unsupported principal.")


@operation("PutResourcePolicy", on=resources.secret, refuses=("PolicyName",))
def put_resource_policy(call: Call) -> Data:
    """Set the policy of a secret."""
    found = lookup.to_change(call)
    text = call.input["ResourcePolicy"]
    _check(call, text)
    if call.input.get("BlockPublicPolicy") and policies.is_public(text):
        raise errors.PublicPolicy
    secrets.put(call.store, found._replace(policy=text))
    return lookup.named(found)


@operation("GetResourcePolicy", on=resources.secret, refuses=("PolicyName",))
def get_resource_policy(call: Call) -> Data:
    """The policy of a secret, if it has one."""
    found = lookup.live_secret(call)
    return lookup.named(found, **({"ResourcePolicy": found.policy} if found.policy else {}))


@operation("DeleteResourcePolicy", on=resources.secret, refuses=("PolicyName",))
def delete_resource_policy(call: Call) -> Data:
    """Take the policy of a secret away."""
    found = lookup.to_change(call)
    secrets.put(call.store, found._replace(policy=None))
    return lookup.named(found)


@operation("ValidateResourcePolicy", on=resources.validated)
def validate_resource_policy(call: Call) -> Data:
    """Whether a policy may be put with BlockPublicPolicy; what is no policy at all is an error."""
    if call.input.get("SecretId"):
        lookup.live_secret(call)
    text = call.input["ResourcePolicy"]
    _check(call, text)
    if not policies.is_public(text):
        return {"PolicyValidationPassed": True, "ValidationErrors": []}
    problem = {"CheckName": "BlockPublicPolicy", "ErrorMessage": errors.PublicPolicy().message}
    return {"PolicyValidationPassed": False, "ValidationErrors": [problem]}
