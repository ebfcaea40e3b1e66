"""GetAccountAuthorizationDetails: everything about who may do what in the account, in one answer."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import managed, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.services.iam.records.policies import Policy

_FILTERS = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")


@operation("GetAccountAuthorizationDetails")
def get_account_authorization_details(call: Call) -> dict[str, Any]:
    """Users, groups, roles and managed policies with everything about their permissions; AWS's only as far as used."""
    wanted = call.input.get("Filter") or _FILTERS
    items: list[tuple[list[str], Any]] = []
    for kind in ("User", "Group", "Role"):
        if kind in wanted:
            found = entities.every(call.store, call.account, kind.lower())
            items += [([kind, entity.name], entity) for entity in found]
    items += [(["Policy", policy.name, policy.arn], policy) for policy in _policies(call, wanted)]
    items.sort(key=lambda item: item[0])
    chosen, more = rules.page(call.input, items, lambda item: item[0])
    shape: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for (kind, *_), item in chosen:
        if kind == "Policy":
            shape["Policies"].append(_policy(call, item))
        else:
            shape[f"{kind}DetailList"].append(_entity(call, item))
    return {**shape, **more}


def _policies(call: Call, wanted: Any) -> list[Policy]:
    found = policies.every(call.store, call.account) if "LocalManagedPolicy" in wanted else []
    if "AWSManagedPolicy" in wanted:
        attachments, boundaries = policies.counts(call.store, call.account)
        used = (managed.find(arn) for arn in {**attachments, **boundaries})
        found += [policy for policy in used if policy is not None]
    return found


def _entity(call: Call, entity: Entity) -> dict[str, Any]:
    where = (call.account, entity.kind, entity.name)
    shape = {
        **shapes.basics(entity),
        f"{entity.kind.title()}PolicyList": [
            {"PolicyName": one.policy, "PolicyDocument": rules.encoded(one.document)}
            for one in policies.inline(call.store, *where)
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in policies.attached(call.store, *where)
        ],
    }
    if entity.kind == "group":
        return shape
    shape |= {**shapes.with_boundary(entity), "Tags": shapes.tags_of(call, entity.arn)}
    if entity.kind == "user":
        if not shape["UserPolicyList"]:  # of users alone AWS leaves an empty list away
            del shape["UserPolicyList"]
        groups = entities.containers(call.store, call.account, "group", entity.name)
        return {**shape, "GroupList": [group.name for group in groups]}
    profiles = entities.containers(call.store, call.account, "instance-profile", entity.name)
    return {
        **shape,
        "AssumeRolePolicyDocument": rules.encoded(entity.trust),
        "RoleLastUsed": shapes.last_used(call, entity),
        "InstanceProfileList": [shapes.profile(call, profile) for profile in profiles],
    }


def _policy(call: Call, policy: Policy) -> dict[str, Any]:
    if policy.account == "aws":
        texts = [(policy.default_version, managed.document(policy.arn), policy.updated)]
    else:
        texts = [(one.version, one.document, one.created) for one in policies.versions(call.store, policy.arn)]
    versions = [
        {
            "VersionId": f"v{number}",
            "Document": rules.encoded(document),
            "IsDefaultVersion": number == policy.default_version,
            "CreateDate": created,
        }
        for number, document, created in texts
    ]
    return {**shapes.policy(call, policy), "PolicyVersionList": versions}
