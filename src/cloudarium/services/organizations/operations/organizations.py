"""Organisations: made by the account that manages them, and ended by it."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources
from cloudarium.services.organizations.operations.lookup import managed, own
from cloudarium.services.organizations.records import members
from cloudarium.services.organizations.records.members import Account, Organization
from cloudarium.shared import ids


@operation("CreateOrganization")
def create_organization(call: Call) -> dict[str, Any]:
    """Make an organisation that the caller's account manages, with a root that holds it."""
    if members.find_account(call.store, call.account) is not None:
        raise errors.Conflict.already_in_organization()
    # An account here has no address of its own, and the answer has to tell one.
    email = f"root@{call.account}.cloudarium.localhost"
    features = call.input.get("FeatureSet", "ALL")
    made = Organization(f"o-{ids.lower(10)}", f"r-{ids.lower(4)}", call.account, email, features)
    members.add_organization(call.store, made)
    account = Account(call.account, made.id, made.root, call.account, email, "ACTIVE", "INVITED", call.now)
    members.add_account(call.store, account)
    return {"Organization": _shape(made)}


@operation("DescribeOrganization")
def describe_organization(call: Call) -> dict[str, Any]:
    """The organisation of the caller's account."""
    return {"Organization": _shape(own(call))}


@operation("DeleteOrganization")
def delete_organization(call: Call) -> dict[str, Any]:
    """End an organisation that has no member but its management account."""
    found = managed(call)
    if len(members.accounts(call.store, found.id)) > 1:
        raise errors.Conflict.organization_not_empty()
    for prefix in ("root", "ou", "account", "policy"):
        where = f"arn:aws:organizations::{found.management}:{prefix}/{found.id}/"
        for arn in call.tags.matching(where):
            call.tags.drop(arn)
    members.remove_organization(call.store, found.id)
    return {}


def _shape(found: Organization) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "Id": found.id,
        "Arn": resources.organization_arn(found),
        "FeatureSet": found.features,
        "MasterAccountArn": resources.arn(found, found.management),
        "MasterAccountId": found.management,
        "MasterAccountEmail": found.email,
    }
    if found.features == "ALL":
        # AWS keeps answering this and says not to read it: ListRoots tells which types are in force.
        shape["AvailablePolicyTypes"] = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    return shape
