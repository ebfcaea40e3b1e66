"""Resource policies: which services and other accounts may write to the log groups of an account in a region."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, rules
from cloudarium.services.logs.operations.groups import milliseconds, page_key
from cloudarium.services.logs.records import ResourcePolicy
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

_PAGE = 50
_OF_ONE_GROUP = ("resourceArn", "expectedRevisionId")  # policies of a single group are not built


@operation("PutResourcePolicy", refuses=_OF_ONE_GROUP)
def put_resource_policy(call: Call) -> dict[str, Any]:
    """Keep a policy in place of the one of that name; a region has ten at most."""
    name, document = call.input.get("policyName"), call.input.get("policyDocument")
    if not name or not document:
        raise errors.InvalidParameter("Both policyName and policyDocument must be provided.")
    rules.policy_document(document)
    present = [policy.name for policy in records.resource_policies(call.store, call.scope)]
    if name not in present and len(present) >= rules.RESOURCE_POLICIES:
        raise errors.LimitExceeded
    policy = ResourcePolicy(name, document, milliseconds(call))
    records.put_resource_policy(call.store, call.scope, policy)
    return {"resourcePolicy": _shown(policy, document)}


@operation("DescribeResourcePolicies", refuses=("resourceArn",))
def describe_resource_policies(call: Call) -> dict[str, Any]:
    """The policies of the account in the region, by name."""
    if call.input.get("policyScope") == "RESOURCE":
        raise NotBuilt("logs:DescribeResourcePolicies policyScope RESOURCE")
    limit = call.input.get("limit", _PAGE)
    found = records.resource_policies(call.store, call.scope, page_key(call), limit + 1)
    shown = [_shown(each, json.dumps(rules.canonical(json.loads(each.document)))) for each in found[:limit]]
    more = {"nextToken": paging.encode(found[limit - 1].name)} if len(found) > limit else {}
    return {"resourcePolicies": shown, **more}


@operation("DeleteResourcePolicy", refuses=_OF_ONE_GROUP)
def delete_resource_policy(call: Call) -> dict[str, Any]:
    """Delete a policy by its name."""
    name = call.input.get("policyName", "")
    if not records.remove_resource_policy(call.store, call.scope, name):
        raise errors.PolicyNotFound(name)
    return {}


def _shown(policy: ResourcePolicy, document: str) -> dict[str, Any]:
    return {
        "policyName": policy.name,
        "policyDocument": document,
        "lastUpdatedTime": policy.updated,
        "policyScope": "ACCOUNT",
    }
