"""Organizations' answers to the gateway: where an account belongs, and which policies reach it from above.

A management account is never limited, nor what is in it.
"""

from __future__ import annotations

from cloudarium.policy.principal import Membership
from cloudarium.services.organizations import resources
from cloudarium.services.organizations.records import members, policies
from cloudarium.services.organizations.records.members import Account, Organization
from cloudarium.store import Store

Texts = tuple[tuple[str, str], ...]


def membership(store: Store, account: str) -> Membership | None:
    """The organisation of an account and its path there."""
    found = members.find_account(store, account)
    if found is None:
        return None
    line = members.ancestors(store, found.organization, found.parent)
    return Membership(found.organization, "/".join((found.organization, *line, "")))


def service_control(store: Store, account: str) -> tuple[Texts, ...] | None:
    """What limits every identity of an account, from the root of the organisation down to the account itself.

    A closed account may do nothing: it has a level that allows nothing.
    """
    known = store.known("organizations")
    if ("identities", account) not in known:
        found = members.find_account(store, account)
        known["identities", account] = None if found is None else _service_control(store, found)
    return known["identities", account]


def _service_control(store: Store, account: Account) -> tuple[Texts, ...] | None:
    if account.state != "ACTIVE":
        return ((),)
    levels = _levels(store, account, "SERVICE_CONTROL_POLICY")
    only = policies.find(store, account.organization, "p-FullAWSAccess")
    if only is None or all(len(level) == 1 and level[0][1] == only.content for level in levels):
        return None
    return levels


def resource_control(store: Store, account: str) -> Texts | None:
    """What guards every resource of an account; AWS's own policy there denies nothing."""
    known = store.known("organizations")
    if ("resources", account) not in known:
        found = members.find_account(store, account)
        levels = () if found is None else _levels(store, found, "RESOURCE_CONTROL_POLICY")
        kept = tuple(one for level in levels for one in level if not one[0].endswith("/p-RCPFullAWSAccess"))
        known["resources", account] = kept or None
    return known["resources", account]


def _levels(store: Store, account: Account, type: str) -> tuple[Texts, ...]:
    found = members.organization(store, account.organization)
    if found is None or found.management == account.id or type not in policies.enabled(store, found.id):
        return ()
    line = [*members.ancestors(store, found.id, account.parent), account.id]
    return tuple(_attached(store, found, target, type) for target in line)


def _attached(store: Store, organization: Organization, target: str, type: str) -> Texts:
    ids = policies.attached(store, organization.id, target, type)
    found = (policies.find(store, organization.id, id) for id in ids)
    return tuple((resources.policy_arn(organization, one), one.content) for one in found if one is not None)
