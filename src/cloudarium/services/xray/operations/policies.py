"""Resource policies: which services may send traces into an account in a region."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.documents import MalformedPolicy, compile_document
from cloudarium.policy.engine import Policies, Question, Reason, decide
from cloudarium.services.xray import errors, records, resources
from cloudarium.services.xray.operations import tagging
from cloudarium.services.xray.records import Policy
from cloudarium.shared import arn as arns
from cloudarium.shared import paging

_MOST = 5
_LARGEST = 5 * 1024
_PAGE = 50


@operation("PutResourcePolicy", context=resources.policy_name)
def put_resource_policy(call: Call) -> dict[str, Any]:
    """Keep a policy in place of the one of that name; revision 0 says that there must be none yet."""
    name, document = call.input["PolicyName"], call.input["PolicyDocument"]
    if len(document.encode("utf-8", "surrogatepass")) > _LARGEST:
        raise errors.PolicyTooLarge
    _check(call, document)
    found = records.find_policy(call.store, call.scope, name)
    wanted = call.input.get("PolicyRevisionId")
    if wanted is not None and wanted != str(found.revision if found is not None else 0):
        raise errors.WrongRevision
    if found is None and len(records.policies(call.store, call.scope)) >= _MOST:
        raise errors.TooManyPolicies
    policy = Policy(name, document, (found.revision if found is not None else 0) + 1, call.now)
    records.put_policy(call.store, call.scope, policy)
    return {"ResourcePolicy": _shown(policy)}


def _check(call: Call, document: str) -> None:
    """Raises MalformedPolicy, and Lockout for a policy that forbids the caller to change it."""
    try:
        compiled = compile_document(document, "resource policy", "resource")
    except MalformedPolicy as error:
        raise errors.MalformedPolicy(str(error)) from None
    question = Question(call.principal, "xray:PutResourcePolicy", arns.make("xray", call.scope, "*"), {}, call.account)
    denied = decide(question, Policies(resource=compiled)).reason is Reason.EXPLICIT_DENY
    if denied and not call.input.get("BypassPolicyLockoutCheck"):
        raise errors.Lockout


@operation("ListResourcePolicies")
def list_resource_policies(call: Call) -> dict[str, Any]:
    """The policies of the account in the region, by name."""
    after = tagging.page_key(call)
    page = [policy for policy in records.policies(call.store, call.scope) if policy.name > after]
    more = {"NextToken": paging.encode(page[_PAGE - 1].name)} if len(page) > _PAGE else {}
    return {"ResourcePolicies": [_shown(policy) for policy in page[:_PAGE]], **more}


@operation("DeleteResourcePolicy", context=resources.policy_name)
def delete_resource_policy(call: Call) -> dict[str, Any]:
    """Delete a policy; one that is not there is gone."""
    found = records.find_policy(call.store, call.scope, call.input["PolicyName"])
    wanted = call.input.get("PolicyRevisionId")
    if wanted is not None and (found is None or wanted != str(found.revision)):
        raise errors.WrongRevision
    if found is not None:
        records.remove_policy(call.store, call.scope, found.name)
    return {}


def _shown(policy: Policy) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyDocument": policy.document,
        "PolicyRevisionId": str(policy.revision),
        "LastUpdatedTime": policy.updated,
    }
