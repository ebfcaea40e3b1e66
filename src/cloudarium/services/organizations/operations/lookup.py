"""What most operations begin with: the caller's organisation, and whether the caller may manage it."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.organizations import errors
from cloudarium.services.organizations.records import members
from cloudarium.services.organizations.records.members import Account, Organization


def own(call: Call) -> Organization:
    """The organisation of the caller's account."""
    found = members.organization_of(call.store, call.account)
    if found is None:
        raise errors.NotInUse
    return found


def managed(call: Call) -> Organization:
    """The organisation that the caller's account manages; a member may not do what a management account does."""
    found = own(call)
    if found.management != call.account:
        raise errors.NotManagement
    return found


def the_account(call: Call, organization: Organization, id: str) -> Account:
    """The member with this id."""
    found = members.find_account(call.store, id)
    if found is None or found.organization != organization.id:
        raise errors.NotFound.account()
    return found


def is_parent(call: Call, organization: Organization, id: str) -> bool:
    """Whether this is the root or a unit of the organisation."""
    return id == organization.root or members.find_unit(call.store, organization.id, id) is not None


def is_target(call: Call, organization: Organization, id: str) -> bool:
    """Whether this is the root, a unit or an account of the organisation."""
    if is_parent(call, organization, id):
        return True
    found = members.find_account(call.store, id)
    return found is not None and found.organization == organization.id


def path(call: Call, organization: Organization, parent: str, *below: str) -> str:
    """The path from the organisation's id by the root down to a root or unit, and what is `below` that."""
    line = members.ancestors(call.store, organization.id, parent)
    return "/".join((organization.id, *line, *below, ""))
