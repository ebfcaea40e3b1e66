"""Handshakes: an organisation invites an account, and the account answers."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources, rules
from cloudarium.services.organizations.operations.lookup import managed
from cloudarium.services.organizations.records import joining, members, policies
from cloudarium.services.organizations.records.joining import Handshake
from cloudarium.services.organizations.records.members import Account, Organization
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

_SHOWN = 30 * rules.DAY  # how long one that has ended is still told of


@operation("InviteAccountToOrganization", on=resources.invited)
def invite_account_to_organization(call: Call) -> dict[str, Any]:
    """Invite an account by its id; the invitation waits fifteen days for an answer."""
    found, target = managed(call), call.input["Target"]
    if target["Type"] == "EMAIL":
        raise NotBuilt("organizations:InviteAccountToOrganization by email: accounts here have no address")
    if target["Type"] != "ACCOUNT":
        raise errors.InvalidInput("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity as a party.")
    account = target["Id"]
    if len(account) != 12 or not (account.isascii() and account.isdecimal()):
        raise errors.InvalidInput("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
    tags = rules.check_tags(call.input.get("Tags"), {})
    if members.find_account(call.store, account) is not None:
        raise errors.HandshakeViolation(
            "ALREADY_IN_AN_ORGANIZATION", "The specified account is already a member of an organization."
        )
    waiting = [one for one in joining.handshakes_of(call.store, found.id) if _state(call, one) == "OPEN"]
    if any(one.account == account for one in waiting):
        raise errors.Conflict.handshake_exists()
    _check_room(call, found, len(waiting))
    made = Handshake(
        f"h-{ids.hex(32)}",
        found.id,
        account,
        call.input.get("Notes", ""),
        orjson.dumps(tags).decode(),
        "OPEN",
        call.now,
        call.now + rules.INVITATION,
    )
    joining.add_handshake(call.store, made)
    return {"Handshake": _shape(call, made)}


def _check_room(call: Call, organization: Organization, waiting: int) -> None:
    if len(members.accounts(call.store, organization.id)) + waiting >= rules.ACCOUNTS:
        message = "You have exceeded the allowed number of AWS accounts."
        raise errors.HandshakeViolation("ACCOUNT_NUMBER_LIMIT_EXCEEDED", message)


# ---- answers --------------------------------------------------------------------------------------------------------


@operation("AcceptHandshake", on=resources.handshake)
def accept_handshake(call: Call) -> dict[str, Any]:
    """Join the organisation that invites: its policies limit the account from now on."""
    found = _received(call)
    if members.find_account(call.store, call.account) is not None:
        raise errors.HandshakeViolation(
            "ALREADY_IN_AN_ORGANIZATION", "The specified account is already a member of an organization."
        )
    organization = members.organization(call.store, found.organization)
    if organization is None:
        raise errors.NotFound.handshake()
    answer = _end(call, found, "ACCEPTED")
    email = f"root@{call.account}.cloudarium.localhost"
    account = Account(
        call.account, organization.id, organization.root, call.account, email, "ACTIVE", "INVITED", call.now
    )
    members.add_account(call.store, account)
    policies.attach_defaults(call.store, organization.id, account.id)
    call.tags.put(resources.arn(organization, account.id), orjson.loads(found.tags))
    return answer


@operation("DeclineHandshake", on=resources.handshake)
def decline_handshake(call: Call) -> dict[str, Any]:
    """Refuse an invitation."""
    return _end(call, _received(call), "DECLINED")


@operation("CancelHandshake", on=resources.handshake)
def cancel_handshake(call: Call) -> dict[str, Any]:
    """Take an invitation back."""
    organization = managed(call)
    found = _the(call)
    if found.organization != organization.id:
        raise errors.NotFound.handshake()
    return _end(call, found, "CANCELED")


def _end(call: Call, handshake: Handshake, state: str) -> dict[str, Any]:
    now = _state(call, handshake)
    if now == state:
        raise errors.Conflict.handshake_done()
    if now != "OPEN":
        raise errors.Conflict.handshake_transition()
    ended = handshake._replace(state=state)
    joining.change_handshake(call.store, ended)
    return {"Handshake": _shape(call, ended)}


# ---- seen -----------------------------------------------------------------------------------------------------------


@operation("DescribeHandshake", on=resources.handshake)
def describe_handshake(call: Call) -> dict[str, Any]:
    """A handshake, to either side of it."""
    found = _the(call)
    organization = members.organization(call.store, found.organization)
    if call.account not in (found.account, organization.management if organization is not None else ""):
        raise errors.NotFound.handshake()
    return {"Handshake": _shape(call, found)}


@operation("ListHandshakesForAccount")
def list_handshakes_for_account(call: Call) -> dict[str, Any]:
    """The handshakes that the caller's account was asked for."""
    return _listed(call, joining.handshakes_to(call.store, call.account))


@operation("ListHandshakesForOrganization")
def list_handshakes_for_organization(call: Call) -> dict[str, Any]:
    """The handshakes that the organisation began."""
    return _listed(call, joining.handshakes_of(call.store, managed(call).id))


def _listed(call: Call, found: list[Handshake]) -> dict[str, Any]:
    wanted = call.input.get("Filter", {})
    if wanted.get("ParentHandshakeId") or wanted.get("ActionType", "INVITE") != "INVITE":
        found = []  # there are no others than invitations
    shown = [one for one in found if _state(call, one) == "OPEN" or call.now < one.expires + _SHOWN]
    chosen, more = rules.page(call.input, shown, lambda handshake: handshake.id)
    return {"Handshakes": [_shape(call, handshake) for handshake in chosen], **more}


def _the(call: Call) -> Handshake:
    found = joining.find_handshake(call.store, call.input["HandshakeId"])
    if found is None:
        raise errors.NotFound.handshake()
    return found


def _received(call: Call) -> Handshake:
    found = _the(call)
    if found.account != call.account:
        raise errors.NotFound.handshake()
    return found


def _state(call: Call, handshake: Handshake) -> str:
    return "EXPIRED" if handshake.state == "OPEN" and call.now >= handshake.expires else handshake.state


def _shape(call: Call, handshake: Handshake) -> dict[str, Any]:
    organization = members.organization(call.store, handshake.organization)
    if organization is None:
        raise errors.NotFound.handshake()
    master = [
        {"Type": "MASTER_EMAIL", "Value": organization.email},
        {"Type": "MASTER_NAME", "Value": organization.management},
        {"Type": "ORGANIZATION_FEATURE_SET", "Value": organization.features},
    ]
    described: list[dict[str, Any]] = [
        {"Type": "ORGANIZATION", "Value": organization.id, "Resources": master},
        {"Type": "ACCOUNT", "Value": handshake.account},
    ]
    if handshake.notes:
        described.append({"Type": "NOTES", "Value": handshake.notes})
    return {
        "Id": handshake.id,
        "Arn": resources.handshake_arn(organization, handshake.id),
        "Parties": [
            {"Id": organization.id, "Type": "ORGANIZATION"},
            {"Id": handshake.account, "Type": "ACCOUNT"},
        ],
        "State": _state(call, handshake),
        "RequestedTimestamp": handshake.requested,
        "ExpirationTimestamp": handshake.expires,
        "Action": "INVITE",
        "Resources": described,
    }
