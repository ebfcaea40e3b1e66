"""The tree: roots, what is in what, and accounts that move."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources, rules
from cloudarium.services.organizations.operations.lookup import is_parent, managed, the_account
from cloudarium.services.organizations.records import members, policies
from cloudarium.services.organizations.records.members import Organization


@operation("ListRoots")
def list_roots(call: Call) -> dict[str, Any]:
    """The one root of the organisation."""
    found = managed(call)
    chosen, more = rules.page(call.input, [found], lambda one: one.root)
    return {"Roots": [root(call, one) for one in chosen], **more}


def root(call: Call, organization: Organization) -> dict[str, Any]:
    """The root of an organisation, with the types of policies that are in force."""
    types = [{"Type": type, "Status": "ENABLED"} for type in policies.enabled(call.store, organization.id)]
    arn = resources.arn(organization, organization.root)
    return {"Id": organization.root, "Arn": arn, "Name": "Root", "PolicyTypes": types}


@operation("ListParents", on=resources.child)
def list_parents(call: Call) -> dict[str, Any]:
    """What a unit or an account is directly in."""
    found, child = managed(call), call.input["ChildId"]
    unit = members.find_unit(call.store, found.id, child)
    account = members.find_account(call.store, child)
    inside = unit or (account if account is not None and account.organization == found.id else None)
    if inside is None:
        raise errors.NotFound.child()
    chosen, more = rules.page(call.input, [inside.parent], lambda id: id)
    return {"Parents": [{"Id": id, "Type": _type(id)} for id in chosen], **more}


def _type(id: str) -> str:
    return "ROOT" if id.startswith("r-") else "ORGANIZATIONAL_UNIT"


@operation("ListChildren", on=resources.parent)
def list_children(call: Call) -> dict[str, Any]:
    """The units, or the accounts, directly in the root or a unit."""
    found, parent, kind = managed(call), call.input["ParentId"], call.input["ChildType"]
    if not is_parent(call, found, parent):
        raise errors.NotFound.parent()
    children = members.accounts if kind == "ACCOUNT" else members.units
    ids = [one.id for one in children(call.store, found.id, parent)]
    chosen, more = rules.page(call.input, ids, lambda id: id)
    return {"Children": [{"Id": id, "Type": kind} for id in chosen], **more}


@operation("MoveAccount", on=resources.moved)
def move_account(call: Call) -> dict[str, Any]:
    """Move an account from the root or a unit to another."""
    found, given = managed(call), call.input
    account = the_account(call, found, given["AccountId"])
    if account.parent != given["SourceParentId"]:
        raise errors.NotFound.source()
    if not is_parent(call, found, given["DestinationParentId"]):
        raise errors.NotFound.destination()
    if account.parent == given["DestinationParentId"]:
        raise errors.Conflict.duplicate_account()
    members.change_account(call.store, account._replace(parent=given["DestinationParentId"]))
    return {}
