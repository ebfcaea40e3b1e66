"""Managed policies and their versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, managed, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.policies import Policy, Version
from cloudarium.shared import ids

_ENTITIES = {"User": "user", "Role": "role", "Group": "group"}


@operation("CreatePolicy", on=resources.new_policy)
def create_policy(call: Call) -> dict[str, Any]:
    """Make a managed policy with its first version, v1."""
    name, path = call.input["PolicyName"], call.input.get("Path", "/")
    rules.check_managed_policy(call.input["PolicyDocument"])
    tags = shapes.new_tags(call)
    if policies.taken(call.store, call.account, name):
        raise errors.EntityAlreadyExists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    arn = f"arn:aws:iam::{call.account}:policy{path}{name}"
    description = call.input.get("Description")
    policy = Policy(arn, call.account, name, path, "ANPA" + ids.upper(17), description, call.now, call.now, 1, 1)
    policies.add(call.store, policy, call.input["PolicyDocument"])
    call.tags.put(arn, tags)
    return {"Policy": {**shapes.policy(call, policy), **shapes.with_tags(call, arn)}}


@operation("GetPolicy", on=resources.policy)
def get_policy(call: Call) -> dict[str, Any]:
    """A managed policy without its text."""
    policy = shapes.the_policy(call, call.input["PolicyArn"])
    shape = {**shapes.policy(call, policy), "Tags": shapes.tags_of(call, policy.arn)}
    if policy.description is not None:
        shape["Description"] = policy.description
    return {"Policy": shape}


@operation("ListPolicies", on=resources.policies)
def list_policies(call: Call) -> dict[str, Any]:
    """The managed policies of the account, of AWS, or both; by name."""
    given = call.input
    scope = given.get("Scope", "All")
    found = [] if scope == "AWS" else policies.every(call.store, call.account)
    if scope != "Local":
        found += managed.everything()
    attachments, boundaries = policies.counts(call.store, call.account)
    usage = given.get("PolicyUsageFilter")
    counted = {"PermissionsPolicy": attachments, "PermissionsBoundary": boundaries}.get(usage or "", {})
    prefix = given.get("PathPrefix", "/")
    chosen = [
        policy
        for policy in found
        if policy.path.startswith(prefix)
        and (not given.get("OnlyAttached") or attachments.get(policy.arn) or boundaries.get(policy.arn))
        and (usage is None or counted.get(policy.arn))
    ]
    chosen.sort(key=_place)
    shown, more = rules.page(given, chosen, _place)
    return {"Policies": [shapes.listed_policy(policy, attachments, boundaries) for policy in shown], **more}


def _place(policy: Policy) -> list[str]:
    return [policy.name, policy.arn]


@operation("DeletePolicy", on=resources.policy)
def delete_policy(call: Call) -> dict[str, Any]:
    """Delete a managed policy that is attached nowhere and has only its default version."""
    policy = shapes.own_policy(call, call.input["PolicyArn"])
    users = policies.users_of(call.store, call.account, policy.arn)
    if users or policies.bounded_by(call.store, call.account, policy.arn):
        raise errors.DeleteConflict("Cannot delete a policy attached to entities.")
    if len(policies.versions(call.store, policy.arn)) > 1:
        raise errors.DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
    policies.remove(call.store, policy)
    return {}


# ---- versions -------------------------------------------------------------------------------------------------------


@operation("CreatePolicyVersion", on=resources.policy)
def create_policy_version(call: Call) -> dict[str, Any]:
    """Add a version to a managed policy, at most five, and perhaps make it the one in force."""
    policy = _attachable(call, shapes.own_policy)
    rules.check_managed_policy(call.input["PolicyDocument"])
    if len(policies.versions(call.store, policy.arn)) >= rules.POLICY_VERSIONS:
        raise errors.LimitExceeded(
            f"A managed policy can have up to {rules.POLICY_VERSIONS} versions. Before you create a new version, you "
            "must delete an existing version."
        )
    version = Version(policy.arn, policy.last_version + 1, call.input["PolicyDocument"], call.now)
    default = call.input.get("SetAsDefault", False)
    policies.add_version(call.store, version)
    changed = policy._replace(
        last_version=version.version,
        updated=call.now,
        default_version=version.version if default else policy.default_version,
    )
    policies.change(call.store, changed)
    return {"PolicyVersion": _version(version, changed)}


@operation("GetPolicyVersion", on=resources.policy)
def get_policy_version(call: Call) -> dict[str, Any]:
    """One version of a managed policy with its text."""
    policy, version = _versioned(call, shapes.the_policy)
    return {"PolicyVersion": {**_version(version, policy), "Document": rules.encoded(version.document)}}


@operation("ListPolicyVersions", on=resources.policy)
def list_policy_versions(call: Call) -> dict[str, Any]:
    """The versions of a managed policy, the newest first."""
    policy = shapes.the_policy(call, call.input["PolicyArn"])
    chosen, more = rules.page(call.input, _versions(call, policy), lambda version: -version.version)
    return {"Versions": [_version(version, policy) for version in chosen], **more}


@operation("SetDefaultPolicyVersion", on=resources.policy)
def set_default_policy_version(call: Call) -> dict[str, Any]:
    """Put a version of a managed policy in force."""
    policy, version = _versioned(call, shapes.own_policy)
    policies.change(call.store, policy._replace(default_version=version.version, updated=call.now))
    return {}


@operation("DeletePolicyVersion", on=resources.policy)
def delete_policy_version(call: Call) -> dict[str, Any]:
    """Delete a version that is not in force."""
    policy, version = _versioned(call, shapes.own_policy)
    if version.version == policy.default_version:
        raise errors.DeleteConflict("Cannot delete the default version of a policy.")
    policies.remove_version(call.store, policy.arn, version.version)
    return {}


def _versions(call: Call, policy: Policy) -> list[Version]:
    if policy.account == "aws":
        return [Version(policy.arn, policy.default_version, managed.document(policy.arn), policy.updated)]
    return policies.versions(call.store, policy.arn)


def _versioned(call: Call, find: Callable[[Call, str], Policy]) -> tuple[Policy, Version]:
    """The policy and its version that a call names; AWS does not tell which of both it missed."""
    arn, name = call.input["PolicyArn"], call.input["VersionId"]
    try:
        policy = find(call, arn)
    except errors.NoSuchEntity:
        raise errors.NoSuchEntity.version(arn, name) from None
    for version in _versions(call, policy):
        if f"v{version.version}" == name:
            return policy, version
    raise errors.NoSuchEntity.version(arn, name)


def _attachable(call: Call, find: Callable[[Call, str], Policy]) -> Policy:
    arn = call.input["PolicyArn"]
    try:
        return find(call, arn)
    except errors.NoSuchEntity:
        raise errors.NoSuchEntity.attachable(arn) from None


def _version(version: Version, policy: Policy) -> dict[str, Any]:
    return {
        "VersionId": f"v{version.version}",
        "IsDefaultVersion": version.version == policy.default_version,
        "CreateDate": version.created,
    }


# ---- who has it -----------------------------------------------------------------------------------------------------


@operation("ListEntitiesForPolicy", on=resources.policy)
def list_entities_for_policy(call: Call) -> dict[str, Any]:
    """The users, groups and roles that a managed policy is attached to or bounds."""
    given = call.input
    policy = _attachable(call, shapes.the_policy)
    usage = given.get("PolicyUsageFilter")
    found: set[tuple[str, str]] = set()
    if usage != "PermissionsBoundary":
        found.update(policies.users_of(call.store, call.account, policy.arn))
    if usage != "PermissionsPolicy":
        found.update(policies.bounded_by(call.store, call.account, policy.arn))
    # The filter's other two values say where a policy is managed: they leave no entity to list.
    wanted = given.get("EntityFilter")
    kinds = set(_ENTITIES.values()) if wanted is None else {_ENTITIES.get(wanted, "")}
    rows = [entities.find(call.store, call.account, kind, name) for kind, name in sorted(found) if kind in kinds]
    prefix = given.get("PathPrefix", "/")
    kept = [entity for entity in rows if entity is not None and entity.path.startswith(prefix)]
    chosen, more = rules.page(given, kept, lambda entity: [entity.kind, entity.name])
    shape: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for entity in chosen:
        noun = entity.kind.title()
        shape[f"Policy{noun}s"].append({f"{noun}Name": entity.name, f"{noun}Id": entity.id})
    return {**shape, **more}
