"""Accounts of an organisation: made, described, closed, let go."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources, rules
from cloudarium.services.organizations.operations.lookup import is_parent, managed, own, path, the_account
from cloudarium.services.organizations.records import joining, members
from cloudarium.services.organizations.records.joining import Request
from cloudarium.services.organizations.records.members import Account, Organization
from cloudarium.shared import ids

_ROLE = "OrganizationAccountAccessRole"
_STATUS = {"CLOSED": "SUSPENDED"}  # how the older field tells of a state

# ---- made -----------------------------------------------------------------------------------------------------------


@operation(
    "CreateAccount",
    on=resources.new_account,
    ignores={"IamUserAccessToBilling": "There is no billing console here that users could be let into."},
)
def create_account(call: Call) -> dict[str, Any]:
    """Ask for a new account; it is made in the background, with a role by which the management account enters."""
    found, given = managed(call), call.input
    role = given.get("RoleName", _ROLE)
    rules.check_role(role)
    tags = orjson.dumps(rules.check_tags(given.get("Tags"), {})).decode()
    request = Request(
        f"car-{ids.hex(32)}",
        found.id,
        "",
        given["AccountName"],
        given["Email"],
        role,
        tags,
        "IN_PROGRESS",
        "",
        call.now,
        None,
    )
    joining.add_request(call.store, request)
    call.later("CreateAccount", {"RequestId": request.id, "AccountId": str(ids.integer(10**11, 10**12 - 1))})
    return {"CreateAccountStatus": _progress(request)}


@operation("DescribeCreateAccountStatus")
def describe_create_account_status(call: Call) -> dict[str, Any]:
    """How far a request for an account has come."""
    found = managed(call)
    request = joining.find_request(call.store, call.input["CreateAccountRequestId"])
    if request is None or request.organization != found.id:
        raise errors.NotFound.request()
    return {"CreateAccountStatus": _progress(request)}


@operation("ListCreateAccountStatus")
def list_create_account_status(call: Call) -> dict[str, Any]:
    """The requests for accounts, all or those in given states."""
    found, states = managed(call), call.input.get("States")
    listed = [one for one in joining.requests(call.store, found.id) if not states or one.state in states]
    chosen, more = rules.page(call.input, listed, lambda request: request.id)
    return {"CreateAccountStatuses": [_progress(request) for request in chosen], **more}


def _progress(request: Request) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "Id": request.id,
        "AccountName": request.name,
        "State": request.state,
        "RequestedTimestamp": request.requested,
    }
    if request.completed is not None:
        shape["CompletedTimestamp"] = request.completed
    if request.account:
        shape["AccountId"] = request.account
    if request.failure:
        shape["FailureReason"] = request.failure
    return shape


# ---- described ------------------------------------------------------------------------------------------------------


@operation("DescribeAccount", on=resources.account)
def describe_account(call: Call) -> dict[str, Any]:
    """A member by its account id."""
    found = managed(call)
    return {"Account": _shape(call, found, the_account(call, found, call.input["AccountId"]))}


@operation("ListAccounts")
def list_accounts(call: Call) -> dict[str, Any]:
    """All members."""
    found = managed(call)
    chosen, more = rules.page(call.input, members.accounts(call.store, found.id), lambda account: account.id)
    return {"Accounts": [_shape(call, found, account) for account in chosen], **more}


@operation("ListAccountsForParent", on=resources.parent)
def list_accounts_for_parent(call: Call) -> dict[str, Any]:
    """The members directly in the root or a unit."""
    found, parent = managed(call), call.input["ParentId"]
    if not is_parent(call, found, parent):
        raise errors.NotFound.parent()
    listed = members.accounts(call.store, found.id, parent)
    chosen, more = rules.page(call.input, listed, lambda account: account.id)
    return {"Accounts": [_shape(call, found, account) for account in chosen], **more}


def _shape(call: Call, organization: Organization, account: Account) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Arn": resources.arn(organization, account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": _STATUS.get(account.state, account.state),
        "State": account.state,
        "Paths": [path(call, organization, account.parent, account.id)],
        "JoinedMethod": account.method,
        "JoinedTimestamp": account.joined,
    }


# ---- closed, let go -------------------------------------------------------------------------------------------------


@operation("CloseAccount", on=resources.account)
def close_account(call: Call) -> dict[str, Any]:
    """Close a member: from then on nobody can do anything in it."""
    found = managed(call)
    account = the_account(call, found, call.input["AccountId"])
    if account.id == found.management:
        raise errors.Violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You can't close the management account.")
    if found.features != "ALL":
        raise errors.Violation(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "To close an account the organization must have all features."
        )
    if account.state != "ACTIVE":
        raise errors.Conflict.closed()
    members.change_account(call.store, account._replace(state="PENDING_CLOSURE"))
    call.later("CloseAccount", {"AccountId": account.id})
    return {}


@operation("RemoveAccountFromOrganization", on=resources.account)
def remove_account_from_organization(call: Call) -> dict[str, Any]:
    """Let a member go: it stands alone, and no policy of the organisation reaches it."""
    found = managed(call)
    _let_go(call, found, the_account(call, found, call.input["AccountId"]))
    return {}


@operation("LeaveOrganization")
def leave_organization(call: Call) -> dict[str, Any]:
    """Take the caller's own account out of its organisation."""
    found = own(call)
    _let_go(call, found, the_account(call, found, call.account))
    return {}


def _let_go(call: Call, organization: Organization, account: Account) -> None:
    if account.id == organization.management:
        raise errors.Conflict.management_cannot_leave()
    if account.state != "ACTIVE":
        message = "You can't perform the specified operation on that target entity."
        raise errors.InvalidInput("TARGET_NOT_SUPPORTED", message)
    if account.method == "CREATED" and call.now < account.joined + rules.WAIT:
        raise errors.Violation(
            "WAIT_PERIOD_ACTIVE",
            "You must wait until at least seven days after the account was created before it can leave.",
        )
    members.remove_account(call.store, account)
    call.tags.drop(resources.arn(organization, account.id))
