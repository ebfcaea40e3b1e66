"""Data protection policies of groups and accounts."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources
from cloudarium.services.logs.operations.groups import identified_group, milliseconds
from cloudarium.services.logs.protection import policy_of
from cloudarium.services.logs.records import protections
from cloudarium.services.logs.records.protections import AccountPolicy, KeptPolicy
from cloudarium.shared.errors import NotBuilt

_KIND = "DATA_PROTECTION_POLICY"
# What delivering findings to a log group needs beside the policy's own permission:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-protection-policy-permissions.html
_DELIVERING = ("CreateLogDelivery", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")


@operation("PutDataProtectionPolicy", on=resources.group)
def put_data_protection_policy(call: Call) -> dict[str, Any]:
    """Keep a group's policy: data that it names is masked in events that come from now on."""
    group = identified_group(call)
    document, now = call.input["policyDocument"], milliseconds(call)
    _check(call, document)
    protections.put_group_policy(call.store, group, KeptPolicy(document, now))
    return {
        "logGroupIdentifier": call.input["logGroupIdentifier"],
        "policyDocument": document,
        "lastUpdatedTime": now,
    }


def _check(call: Call, document: str) -> None:
    """Raise unless the document is a policy whose findings can be delivered."""
    policy = policy_of(document)
    if policy.findings is None:
        return
    for action in _DELIVERING:
        call.require(f"logs:{action}", "*")
    if records.find_group(call.store, call.account, call.region, policy.findings) is None:
        raise errors.InvalidParameter(f"The log group {policy.findings} of the findings does not exist.")


@operation("GetDataProtectionPolicy", on=resources.group)
def get_data_protection_policy(call: Call) -> dict[str, Any]:
    """A group's own policy; without one only the group is named."""
    kept = protections.group_policy(call.store, identified_group(call).id)
    shown = {"logGroupIdentifier": call.input["logGroupIdentifier"]}
    if kept is None or kept.document is None:
        return shown
    return {**shown, "policyDocument": kept.document, "lastUpdatedTime": kept.updated}


@operation("DeleteDataProtectionPolicy", on=resources.group)
def delete_data_protection_policy(call: Call) -> dict[str, Any]:
    """Delete a group's policy; what it has masked stays so."""
    group = identified_group(call)
    kept = protections.group_policy(call.store, group.id)
    if kept is not None and kept.document is not None:
        protections.put_group_policy(call.store, group, KeptPolicy(None, milliseconds(call)))
    return {}


# ---- Accounts --------------------------------------------------------------------------------------------------------


def _refuse_kind(call: Call) -> None:
    kind = call.input["policyType"]
    if kind != _KIND:
        raise NotBuilt(f"logs:{call.operation_name} policyType {kind}")


@operation("PutAccountPolicy", refuses=("dryRun",))
def put_account_policy(call: Call) -> dict[str, Any]:
    """Keep the account's data protection policy, which holds for all its groups beside their own; there is one."""
    _refuse_kind(call)
    if call.input.get("selectionCriteria"):
        raise errors.InvalidParameter("selectionCriteria cannot be used with a data protection policy.")
    _check(call, call.input["policyDocument"])
    name = call.input["policyName"]
    if any(policy.name != name for policy in protections.account_policies(call.store, call.scope)):
        raise errors.LimitExceeded
    policy = AccountPolicy(name, call.input["policyDocument"], milliseconds(call))
    protections.put_account_policy(call.store, call.scope, policy)
    return {"accountPolicy": _shown(call, policy)}


@operation("DescribeAccountPolicies", ignores={"nextToken": "all policies of a type fit one page"})
def describe_account_policies(call: Call) -> dict[str, Any]:
    """The account's data protection policy; there are none of the other types."""
    if set(call.input.get("accountIdentifiers") or ()) - {call.account}:
        raise NotBuilt("logs:DescribeAccountPolicies accountIdentifiers")
    if call.input["policyType"] != _KIND:
        return {"accountPolicies": []}
    name = call.input.get("policyName")
    found = [each for each in protections.account_policies(call.store, call.scope) if name in (None, each.name)]
    return {"accountPolicies": [_shown(call, each) for each in found]}


@operation("DeleteAccountPolicy", refuses=("dryRun",))
def delete_account_policy(call: Call) -> dict[str, Any]:
    """Delete the account's data protection policy."""
    _refuse_kind(call)
    if not protections.remove_account_policy(call.store, call.scope, call.input["policyName"]):
        raise errors.PolicyNotFound(call.input["policyName"])
    return {}


def _shown(call: Call, policy: AccountPolicy) -> dict[str, Any]:
    return {
        "policyName": policy.name,
        "policyDocument": policy.document,
        "lastUpdatedTime": policy.updated,
        "policyType": _KIND,
        "scope": "ALL",
        "accountId": call.account,
    }
