"""The ARNs of Organizations, and what each call touches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.organizations import rules
from cloudarium.services.organizations.records import joining, members, policies
from cloudarium.services.organizations.records.members import Organization
from cloudarium.services.organizations.records.policies import Policy

_KINDS = {"r-": "root", "ou-": "ou"}


def arn(organization: Organization, id: str) -> str:
    """The ARN of a root, a unit or an account of an organisation, which their ids tell apart."""
    kind = next((kind for prefix, kind in _KINDS.items() if id.startswith(prefix)), "account")
    return f"arn:aws:organizations::{organization.management}:{kind}/{organization.id}/{id}"


def organization_arn(organization: Organization) -> str:
    """The ARN of an organisation."""
    return f"arn:aws:organizations::{organization.management}:organization/{organization.id}"


def policy_arn(organization: Organization, policy: Policy) -> str:
    """The ARN of a policy; AWS's own belong to no account."""
    where = f"{policy.type.lower()}/{policy.id}"
    if policy.managed:
        return f"arn:aws:organizations::aws:policy/{where}"
    return f"arn:aws:organizations::{organization.management}:policy/{organization.id}/{where}"


def handshake_arn(organization: Organization, id: str) -> str:
    """The ARN of an invitation."""
    return f"arn:aws:organizations::{organization.management}:handshake/{organization.id}/invite/{id}"


def owner(call: Call, resource: str) -> str:
    """Who owns a resource to the caller: the service itself refuses what is not its account's to do."""
    return call.account


# ---- what calls touch -----------------------------------------------------------------------------------------------


def _arn_of(call: Call, id: object) -> str:
    """The ARN of what an id of any kind names; "*" where the caller's account is in no organisation."""
    found = members.organization_of(call.store, call.account)
    if found is None or not isinstance(id, str) or not id:
        return "*"
    if not id.startswith("p-"):
        return arn(found, id)
    policy = policies.find(call.store, found.id, id)
    if policy is None:
        return f"arn:aws:organizations::{found.management}:policy/{found.id}/*/{id}"
    return policy_arn(found, policy)


def _named(*inputs: str) -> Callable[[Call], list[str | Need]]:
    """What a call touches that names things by these members of its input."""

    def on(call: Call) -> list[str | Need]:
        return [_arn_of(call, call.input.get(member)) for member in inputs]

    return on


account, child, parent, root = _named("AccountId"), _named("ChildId"), _named("ParentId"), _named("RootId")
unit, policy, target = _named("OrganizationalUnitId"), _named("PolicyId"), _named("TargetId")
tagged, attachment = _named("ResourceId"), _named("PolicyId", "TargetId")
moved = _named("AccountId", "SourceParentId", "DestinationParentId")


def handshake(call: Call) -> str:
    """The handshake that a call names, by the ARN that its organisation gave it."""
    id = call.input.get("HandshakeId")
    found = joining.find_handshake(call.store, id) if isinstance(id, str) else None
    organization = members.organization(call.store, found.organization) if found is not None else None
    if found is None or organization is None:
        return f"arn:aws:organizations::{call.account}:handshake/*/{id}"
    return handshake_arn(organization, found.id)


def invited(call: Call) -> list[str | Need]:
    """The account that a call invites."""
    given = call.input.get("Target")
    return _tagging(call, _arn_of(call, given.get("Id") if isinstance(given, dict) else None))


def new_account(call: Call) -> list[str | Need]:
    """A new account; to tag it on the way needs the permission to tag."""
    return _tagging(call, "*", _arn_of(call, "*"))


def new_unit(call: Call) -> list[str | Need]:
    """A new unit in its parent."""
    return _tagging(call, _arn_of(call, call.input.get("ParentId")), _arn_of(call, "ou-*"))


def new_policy(call: Call) -> list[str | Need]:
    """A new policy."""
    found = members.organization_of(call.store, call.account)
    kind = str(call.input.get("Type", "*")).lower()
    made = "*" if found is None else f"arn:aws:organizations::{found.management}:policy/{found.id}/{kind}/p-*"
    return _tagging(call, "*", made)


def _tagging(call: Call, touched: str, made: str = "") -> list[str | Need]:
    needs: list[str | Need] = [touched]
    if call.input.get("Tags"):
        needs.append(Need("organizations:TagResource", made or touched))
    return needs


def conditions(call: Call) -> dict[str, Any]:
    """The key organizations:PolicyType: the type that a call names, or that of its policy."""
    given = call.input
    if "Filter" in given and not isinstance(given["Filter"], str):
        return {}
    found = given.get("PolicyType") or given.get("Type") or given.get("Filter")
    id = given.get("PolicyId") or given.get("ResourceId")
    if found is None and isinstance(id, str):
        organization = members.organization_of(call.store, call.account)
        policy = policies.find(call.store, organization.id, id) if organization is not None else None
        found = policy.type if policy is not None else None
    return {"organizations:PolicyType": found} if isinstance(found, str) and found in rules.TYPES else {}
