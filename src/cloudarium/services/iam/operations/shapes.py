"""Output shapes that several operations answer, and the look-ups that several of them begin with."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.iam import errors, managed, rules
from cloudarium.services.iam.records import entities, policies
from cloudarium.services.iam.records.entities import Entity
from cloudarium.services.iam.records.policies import Policy
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

_NAMES = {"user": "User", "group": "Group", "role": "Role", "instance-profile": "InstanceProfile"}


# ---- look-ups -------------------------------------------------------------------------------------------------------


def the(call: Call, kind: str, name: str) -> Entity:
    """The entity of that name; raises NoSuchEntity."""
    found = entities.find(call.store, call.account, kind, name)
    if found is None:
        raise errors.NoSuchEntity.named(kind, name)
    return found


def modifiable(entity: Entity) -> Entity:
    """The entity, when the account may change it; raises UnmodifiableEntity for a service-linked role."""
    if entity.kind == "role" and rules.is_linked(entity.path):
        raise errors.UnmodifiableEntity(entity.name)
    return entity


def user_name(call: Call) -> str:
    """The user a call names, or, when it names none, the user who calls."""
    name = call.input.get("UserName")
    if name is None and call.principal.kind == "user":
        name = call.principal.name
    if name is None and call.principal.kind == "root":
        raise NotBuilt(f"iam:{call.operation_name} for the root user itself; name a user")
    if name is None:
        raise errors.ValidationError("Must specify userName when calling with non-User credentials")
    return name


def the_policy(call: Call, arn: str) -> Policy:
    """The managed policy with this ARN, the customer's or AWS's; raises NoSuchEntity."""
    if not rules.is_policy_arn(arn):
        raise errors.ValidationError(f"ARN {arn} is not valid.")
    found = managed.find(arn) or policies.find(call.store, arn)
    if found is None or found.account not in ("aws", call.account):
        raise errors.NoSuchEntity.policy(arn)
    return found


def own_policy(call: Call, arn: str) -> Policy:
    """The customer's managed policy with this ARN; raises what AWS does for one of AWS's."""
    if managed.find(arn) is not None:
        raise errors.ManagedByAws(call.principal.arn, call.operation_name, arn)
    return the_policy(call, arn)


def boundary(call: Call) -> str:
    """The permissions boundary in the input, which must be a managed policy."""
    arn = call.input.get("PermissionsBoundary", "")
    if arn:
        if not rules.is_policy_arn(arn):
            raise errors.InvalidInput(f"ARN {arn} is not valid.")
        try:
            the_policy(call, arn)
        except errors.NoSuchEntity:
            raise errors.NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.") from None
    return arn


def new_tags(call: Call, caseless: bool = False) -> dict[str, str]:
    """The checked tags in the input of a call that makes something; of users and roles they are `caseless`."""
    return rules.new_tags(call.input.get("Tags"), {}, caseless)


# ---- shapes ---------------------------------------------------------------------------------------------------------


def basics(entity: Entity) -> dict[str, Any]:
    """What every kind of entity answers."""
    name = _NAMES[entity.kind]
    return {
        "Path": entity.path,
        f"{name}Name": entity.name,
        f"{name}Id": entity.id,
        "Arn": entity.arn,
        "CreateDate": entity.created,
    }


def with_boundary(entity: Entity) -> dict[str, Any]:
    """The member for an entity's permissions boundary, when it has one."""
    if not entity.boundary:
        return {}
    kept = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": entity.boundary}
    return {"PermissionsBoundary": kept}


def with_tags(call: Call, arn: str) -> dict[str, Any]:
    """The member for a resource's tags, when it has some."""
    found = tags_of(call, arn)
    return {"Tags": found} if found else {}


def tags_of(call: Call, arn: str) -> list[dict[str, str]]:
    """A resource's tags; some answers have an empty list where others leave the member out."""
    return tags.to_list(call.tags.of(arn))


def listed_user(entity: Entity) -> dict[str, Any]:
    """A user as lists answer it: without tags and boundary, as on AWS."""
    return basics(entity)


def user(call: Call, entity: Entity) -> dict[str, Any]:
    """A user in full."""
    return {**basics(entity), **with_boundary(entity), **with_tags(call, entity.arn)}


def trusting(entity: Entity) -> dict[str, Any]:
    """A role at its shortest, as instance profiles and account details show it."""
    return {**basics(entity), "AssumeRolePolicyDocument": rules.encoded(entity.trust)}


def listed_role(entity: Entity) -> dict[str, Any]:
    """A role as lists answer it: without tags, boundary and last use, as on AWS."""
    return {**trusting(entity), **described(entity), "MaxSessionDuration": entity.max_session}


def described(entity: Entity) -> dict[str, Any]:
    """The member for a role's description, when it has one."""
    return {} if entity.description is None else {"Description": entity.description}


def new_role(call: Call, entity: Entity) -> dict[str, Any]:
    """A role as CreateRole answers it: AWS leaves its description and longest session away."""
    return {**trusting(entity), **with_boundary(entity), **with_tags(call, entity.arn)}


def role(call: Call, entity: Entity) -> dict[str, Any]:
    """A role in full."""
    return {
        **listed_role(entity),
        **with_boundary(entity),
        **with_tags(call, entity.arn),
        "RoleLastUsed": last_used(call, entity),
    }


def last_used(call: Call, entity: Entity) -> dict[str, Any]:
    """When and where a session of the role last made a call, in the last 400 days; empty when none did."""
    sessions = f"arn:aws:sts::{entity.account}:assumed-role/{entity.name}/"
    found = call.cloud.journal.last_of_callers(sessions)
    if found is None or found.started < max(entity.created, call.now - rules.TRACKED_SECONDS):
        return {}
    return {"LastUsedDate": found.started, "Region": found.region}


def profile(call: Call, entity: Entity) -> dict[str, Any]:
    """An instance profile with its role."""
    found = (entities.find(call.store, entity.account, "role", name) for name in entities.members(call.store, entity))
    return {**basics(entity), "Roles": [trusting(one) for one in found if one is not None]}


def policy(call: Call, found: Policy) -> dict[str, Any]:
    """A managed policy with its counts."""
    attachments, boundaries = policies.counts(call.store, call.account)
    return listed_policy(found, attachments, boundaries)


def listed_policy(found: Policy, attachments: dict[str, int], boundaries: dict[str, int]) -> dict[str, Any]:
    """A managed policy as lists answer it."""
    return {
        "PolicyName": found.name,
        "PolicyId": found.id,
        "Arn": found.arn,
        "Path": found.path,
        "DefaultVersionId": f"v{found.default_version}",
        "AttachmentCount": attachments.get(found.arn, 0),
        "PermissionsBoundaryUsageCount": boundaries.get(found.arn, 0),
        "IsAttachable": True,
        "CreateDate": found.created,
        "UpdateDate": found.updated,
    }
