"""What Organizations does after it has answered: accounts that are made, and accounts that are closed."""

from __future__ import annotations

import json

import orjson

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.policy.principal import Principal
from cloudarium.services.organizations import resources, rules
from cloudarium.services.organizations.records import joining, members, policies
from cloudarium.services.organizations.records.joining import Request
from cloudarium.services.organizations.records.members import Account, Organization
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@delivery("CreateAccount")
async def create_account(event: Event) -> Retry | None:
    """Make the account of a request: first the role by which the management account enters, then the membership."""
    request = joining.find_request(event.store, event.payload["RequestId"])
    organization = members.organization(event.store, request.organization) if request is not None else None
    if request is None or organization is None or request.state != "IN_PROGRESS":
        return None
    failure = _failure(event, request)
    if not failure:
        await _make_role(event, request, organization)
    with event.transaction():
        _finish(event, request, organization, failure or _failure(event, request))
    return None


def _failure(event: Event, request: Request) -> str:
    if members.email_taken(event.store, request.email):
        return "EMAIL_ALREADY_EXISTS"
    if len(members.accounts(event.store, request.organization)) >= rules.ACCOUNTS:
        return "ACCOUNT_LIMIT_EXCEEDED"
    return ""


async def _make_role(event: Event, request: Request, organization: Organization) -> None:
    """The role in the new account that trusts the management account; a second attempt may find it made."""
    account = event.payload["AccountId"]
    root, scope = Principal.root(account), Scope(account, event.scope.region)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{organization.management}:root"},
        "Action": "sts:AssumeRole",
    }
    role = {
        "RoleName": request.role,
        "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    }
    try:
        await event.send("iam", "CreateRole", role, as_=root, scope=scope)
    except AwsError as error:
        if error.code != "EntityAlreadyExistsException":
            raise
    attached = {"RoleName": request.role, "PolicyArn": _ADMINISTRATOR}
    await event.send("iam", "AttachRolePolicy", attached, as_=root, scope=scope)


def _finish(event: Event, request: Request, organization: Organization, failure: str) -> None:
    if failure:
        ended = request._replace(state="FAILED", failure=failure, completed=event.now)
        joining.change_request(event.store, ended)
        return
    id = event.payload["AccountId"]
    account = Account(
        id, organization.id, organization.root, request.name, request.email, "ACTIVE", "CREATED", event.now
    )
    members.add_account(event.store, account)
    policies.attach_defaults(event.store, organization.id, id)
    event.tags.put(resources.arn(organization, id), orjson.loads(request.tags))
    joining.change_request(event.store, request._replace(account=id, state="SUCCEEDED", completed=event.now))


@delivery("CloseAccount")
async def close_account(event: Event) -> Retry | None:
    """Close an account whose closure was asked for."""
    with event.transaction():
        account = members.find_account(event.store, event.payload["AccountId"])
        if account is not None and account.state == "PENDING_CLOSURE":
            members.change_account(event.store, account._replace(state="CLOSED"))
    return None
