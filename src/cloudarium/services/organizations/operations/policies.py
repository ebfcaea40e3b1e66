"""Policies: their documents, where they are attached, and which types are in force."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources, rules
from cloudarium.services.organizations.operations.lookup import is_target, managed
from cloudarium.services.organizations.operations.tree import root
from cloudarium.services.organizations.records import members, policies
from cloudarium.services.organizations.records.members import Organization
from cloudarium.services.organizations.records.policies import Policy
from cloudarium.shared import ids

# ---- types ----------------------------------------------------------------------------------------------------------


@operation("EnablePolicyType", on=resources.root)
def enable_policy_type(call: Call) -> dict[str, Any]:
    """Put a type of policies in force; AWS's own policy of it is attached everywhere."""
    found, type = _root(call), call.input["PolicyType"]
    if found.features != "ALL":
        raise errors.Conflict.not_available()
    rules.policy_type(type)
    if type in policies.enabled(call.store, found.id):
        raise errors.Conflict.enabled()
    units = [unit.id for unit in members.units(call.store, found.id)]
    accounts = [account.id for account in members.accounts(call.store, found.id)]
    policies.enable(call.store, found.id, type, [found.root, *units, *accounts])
    return {"Root": root(call, found)}


@operation("DisablePolicyType", on=resources.root)
def disable_policy_type(call: Call) -> dict[str, Any]:
    """Put a type of policies out of force; all policies of it are detached."""
    found, type = _root(call), call.input["PolicyType"]
    rules.policy_type(type)
    if type not in policies.enabled(call.store, found.id):
        raise errors.Conflict.not_enabled()
    policies.disable(call.store, found.id, type)
    return {"Root": root(call, found)}


def _root(call: Call) -> Organization:
    found = managed(call)
    if call.input["RootId"] != found.root:
        raise errors.NotFound.root()
    return found


# ---- policies -------------------------------------------------------------------------------------------------------


@operation("CreatePolicy", on=resources.new_policy)
def create_policy(call: Call) -> dict[str, Any]:
    """Make a policy, which limits nobody before it is attached."""
    found, given = managed(call), call.input
    if found.features != "ALL":
        raise errors.Conflict.not_available()
    type = given["Type"]
    rules.check_policy(type, given["Content"])
    tags = rules.check_tags(given.get("Tags"), {})
    present = policies.of_type(call.store, found.id, type)
    if any(one.name == given["Name"] for one in present):
        raise errors.Conflict.policy_name()
    if len(present) > rules.POLICIES:
        raise errors.Violation("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of policies allowed.")
    made = Policy(f"p-{ids.lower(8)}", found.id, type, given["Name"], given["Description"], given["Content"])
    policies.add(call.store, made)
    call.tags.put(resources.policy_arn(found, made), tags)
    return {"Policy": _shape(found, made)}


@operation("DescribePolicy", on=resources.policy)
def describe_policy(call: Call) -> dict[str, Any]:
    """A policy with its document."""
    found = managed(call)
    return {"Policy": _shape(found, _the(call, found))}


@operation("UpdatePolicy", on=resources.policy)
def update_policy(call: Call) -> dict[str, Any]:
    """Change a policy's name, description or document; what is left out stays. It takes effect at once."""
    found, given = managed(call), call.input
    policy = _modifiable(call, found)
    if "Content" in given:
        rules.check_policy(policy.type, given["Content"])
    name = given.get("Name", policy.name)
    others = [one.name for one in policies.of_type(call.store, found.id, policy.type) if one.id != policy.id]
    if name in others:
        raise errors.Conflict.policy_name()
    changed = policy._replace(
        name=name,
        description=given.get("Description", policy.description),
        content=given.get("Content", policy.content),
    )
    policies.change(call.store, changed)
    return {"Policy": _shape(found, changed)}


@operation("DeletePolicy", on=resources.policy)
def delete_policy(call: Call) -> dict[str, Any]:
    """Delete a policy that is attached nowhere."""
    found = managed(call)
    policy = _modifiable(call, found)
    if policies.targets(call.store, found.id, policy.id):
        raise errors.Conflict.policy_in_use()
    policies.remove(call.store, policy)
    call.tags.drop(resources.policy_arn(found, policy))
    return {}


@operation("ListPolicies")
def list_policies(call: Call) -> dict[str, Any]:
    """The policies of a type, AWS's own among them."""
    found = managed(call)
    rules.policy_type(call.input["Filter"])
    listed = policies.of_type(call.store, found.id, call.input["Filter"])
    chosen, more = rules.page(call.input, listed, lambda policy: policy.id)
    return {"Policies": [_summary(found, policy) for policy in chosen], **more}


def _the(call: Call, organization: Organization) -> Policy:
    found = policies.find(call.store, organization.id, call.input["PolicyId"])
    if found is None:
        raise errors.NotFound.policy()
    return found


def _modifiable(call: Call, organization: Organization) -> Policy:
    policy = _the(call, organization)
    if policy.managed:
        raise errors.InvalidInput(
            "IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified."
        )
    return policy


def _summary(organization: Organization, policy: Policy) -> dict[str, Any]:
    return {
        "Id": policy.id,
        "Arn": resources.policy_arn(organization, policy),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.managed,
    }


def _shape(organization: Organization, policy: Policy) -> dict[str, Any]:
    return {"PolicySummary": _summary(organization, policy), "Content": policy.content}


# ---- attachments ----------------------------------------------------------------------------------------------------


@operation("AttachPolicy", on=resources.attachment)
def attach_policy(call: Call) -> dict[str, Any]:
    """Attach a policy to the root, a unit or an account: it limits every account below."""
    found, policy, target = _attachment(call)
    present = policies.attached(call.store, found.id, target, policy.type)
    if policy.id in present:
        raise errors.Conflict.attached()
    rules.check_attachable(policy.type, present)
    policies.attach(call.store, found.id, target, policy.id, policy.type)
    return {}


@operation("DetachPolicy", on=resources.attachment)
def detach_policy(call: Call) -> dict[str, Any]:
    """Take a policy from a target, unless it is the last one there."""
    found, policy, target = _attachment(call)
    present = policies.attached(call.store, found.id, target, policy.type)
    if policy.id not in present:
        raise errors.NotFound.attachment()
    rules.check_detachable(policy.id, present)
    policies.detach(call.store, found.id, target, policy.id)
    return {}


def _attachment(call: Call) -> tuple[Organization, Policy, str]:
    found, target = managed(call), call.input["TargetId"]
    policy = _the(call, found)
    if not is_target(call, found, target):
        raise errors.NotFound.target()
    if policy.type not in policies.enabled(call.store, found.id):
        raise errors.Conflict.not_enabled()
    return found, policy, target


@operation("ListPoliciesForTarget", on=resources.target)
def list_policies_for_target(call: Call) -> dict[str, Any]:
    """The policies of a type that are attached directly to a target."""
    found, target = managed(call), call.input["TargetId"]
    rules.policy_type(call.input["Filter"])
    if not is_target(call, found, target):
        raise errors.NotFound.target()
    attached = policies.attached(call.store, found.id, target, call.input["Filter"])
    listed = [one for id in attached if (one := policies.find(call.store, found.id, id)) is not None]
    chosen, more = rules.page(call.input, listed, lambda policy: policy.id)
    return {"Policies": [_summary(found, policy) for policy in chosen], **more}


@operation("ListTargetsForPolicy", on=resources.policy)
def list_targets_for_policy(call: Call) -> dict[str, Any]:
    """Everything that a policy is attached to directly."""
    found = managed(call)
    listed = policies.targets(call.store, found.id, _the(call, found).id)
    chosen, more = rules.page(call.input, listed, lambda id: id)
    return {"Targets": [_target(call, found, id) for id in chosen], **more}


def _target(call: Call, organization: Organization, id: str) -> dict[str, Any]:
    unit, account = members.find_unit(call.store, organization.id, id), members.find_account(call.store, id)
    named = unit or account
    type = "ORGANIZATIONAL_UNIT" if unit is not None else "ACCOUNT" if account is not None else "ROOT"
    name = named.name if named is not None else "Root"
    return {"TargetId": id, "Arn": resources.arn(organization, id), "Name": name, "Type": type}
