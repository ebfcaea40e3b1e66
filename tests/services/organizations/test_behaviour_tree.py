"""Organisations, units and accounts: what is in what, and what must not be."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.organizations.conftest import World


def refused(code: str, call: Any, **given: Any) -> dict[str, Any]:
    """The error of a call that must fail with this code."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response


# ---- organisations --------------------------------------------------------------------------------------------------


def test_an_organization_is_made_described_and_deleted(world: World) -> None:
    found = world.api.describe_organization()["Organization"]
    assert found["Arn"] == f"arn:aws:organizations::{world.account}:organization/{world.id}"
    assert found["MasterAccountArn"] == f"arn:aws:organizations::{world.account}:account/{world.id}/{world.account}"
    assert (found["FeatureSet"], found["MasterAccountId"]) == ("ALL", world.account)
    root = world.api.list_roots()["Roots"][0]
    assert root == {
        "Id": world.root,
        "Arn": f"arn:aws:organizations::{world.account}:root/{world.id}/{world.root}",
        "Name": "Root",
        "PolicyTypes": [],
    }
    refused("AlreadyInOrganizationException", world.api.create_organization)
    world.api.delete_organization()
    refused("AWSOrganizationsNotInUseException", world.api.describe_organization)
    assert world.api.create_organization()["Organization"]["Id"] != world.id


def test_an_organization_with_members_stays(world: World) -> None:
    world.new_account()
    refused("OrganizationNotEmptyException", world.api.delete_organization)


def test_the_accounts_of_two_organizations_do_not_mix(world: World) -> None:
    other = World(world.cloud, str(int(world.account) ^ 1))
    stranger, unit = other.new_account(), other.new_unit()
    refused("AccountNotFoundException", world.api.describe_account, AccountId=stranger)
    refused("OrganizationalUnitNotFoundException", world.api.describe_organizational_unit, OrganizationalUnitId=unit)
    refused("ParentNotFoundException", world.api.create_organizational_unit, ParentId=other.root, Name="x")
    refused("ChildNotFoundException", world.api.list_parents, ChildId=stranger)
    refused("TargetNotFoundException", world.api.tag_resource, ResourceId=stranger, Tags=[])
    own = world.new_account()
    refused(
        "DestinationParentNotFoundException",
        world.api.move_account,
        AccountId=own,
        SourceParentId=world.root,
        DestinationParentId=unit,
    )
    assert [one["Id"] for one in world.api.list_accounts()["Accounts"]] == sorted([own, world.account])


# ---- units ----------------------------------------------------------------------------------------------------------


def test_units_are_made_renamed_listed_and_deleted(world: World) -> None:
    unit = world.api.create_organizational_unit(ParentId=world.root, Name="prod", Tags=[{"Key": "a", "Value": "b"}])
    unit = unit["OrganizationalUnit"]
    assert unit["Arn"] == f"arn:aws:organizations::{world.account}:ou/{world.id}/{unit['Id']}"
    assert unit["Path"] == f"{world.id}/{world.root}/{unit['Id']}/"
    assert unit["Id"].startswith(f"ou-{world.root[2:]}-")
    assert world.api.list_tags_for_resource(ResourceId=unit["Id"])["Tags"] == [{"Key": "a", "Value": "b"}]
    inner = world.new_unit("inner", unit["Id"])
    refused("DuplicateOrganizationalUnitException", world.new_unit, name="prod")
    assert world.new_unit("prod", unit["Id"])  # the same name in another parent
    refused(
        "DuplicateOrganizationalUnitException",
        world.api.update_organizational_unit,
        OrganizationalUnitId=inner,
        Name="prod",
    )
    renamed = world.api.update_organizational_unit(OrganizationalUnitId=inner, Name="deep")["OrganizationalUnit"]
    assert renamed["Name"] == "deep"
    listed = world.api.list_organizational_units_for_parent(ParentId=unit["Id"])["OrganizationalUnits"]
    assert {one["Name"] for one in listed} == {"deep", "prod"}
    refused(
        "OrganizationalUnitNotEmptyException", world.api.delete_organizational_unit, OrganizationalUnitId=unit["Id"]
    )
    world.api.delete_organizational_unit(OrganizationalUnitId=inner)
    refused("OrganizationalUnitNotFoundException", world.api.describe_organizational_unit, OrganizationalUnitId=inner)
    assert world.api.list_parents(ChildId=unit["Id"])["Parents"] == [{"Id": world.root, "Type": "ROOT"}]


def test_units_are_five_deep_at_most(world: World) -> None:
    parent = world.root
    for level in range(5):
        parent = world.new_unit(f"level {level}", parent)
    error = refused("ConstraintViolationException", world.new_unit, name="too deep", parent=parent)
    assert error["Reason"] == "OU_DEPTH_LIMIT_EXCEEDED"


def test_long_lists_come_in_pages(world: World) -> None:
    made = {world.new_unit(f"unit {number}") for number in range(5)}
    pages = world.api.get_paginator("list_organizational_units_for_parent")
    found = list(pages.paginate(ParentId=world.root, PaginationConfig={"PageSize": 2}))
    assert [len(page["OrganizationalUnits"]) for page in found] == [2, 2, 1]
    assert {one["Id"] for page in found for one in page["OrganizationalUnits"]} == made
    error = refused("InvalidInputException", world.api.list_roots, NextToken="nonsense")
    assert error["Reason"] == "INVALID_NEXT_TOKEN"


# ---- accounts -------------------------------------------------------------------------------------------------------


def test_an_account_is_made_with_a_role_to_enter_it(world: World) -> None:
    asked = {"Email": f"new@{world.account}.example.com", "AccountName": "new", "Tags": [{"Key": "k", "Value": "v"}]}
    request = world.api.create_account(**asked)["CreateAccountStatus"]
    assert (request["State"], request["AccountName"]) == ("IN_PROGRESS", "new")
    assert "AccountId" not in request
    world.cloud.settle()
    listed = world.api.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"]
    assert [one["Id"] for one in listed] == [request["Id"]]
    assert world.api.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"] == []
    account = listed[0]["AccountId"]
    found = world.api.describe_account(AccountId=account)["Account"]
    assert found["Arn"] == f"arn:aws:organizations::{world.account}:account/{world.id}/{account}"
    assert (found["Status"], found["State"], found["JoinedMethod"]) == ("ACTIVE", "ACTIVE", "CREATED")
    assert found["Paths"] == [f"{world.id}/{world.root}/{account}/"]
    assert world.api.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "k", "Value": "v"}]
    entering = world.user(world.account)("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="enter"
    )["Credentials"]
    inside = world.cloud.client(
        "iam", key=entering["AccessKeyId"], secret=entering["SecretAccessKey"], token=entering["SessionToken"]
    )
    assert inside.create_user(UserName="made")["User"]["Arn"] == f"arn:aws:iam::{account}:user/made"
    assert world.client("sts", account).get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"


def test_a_role_of_another_name_and_of_a_services_name(world: World) -> None:
    account = world.new_account(RoleName="Enter")
    assert world.client("iam", account).get_role(RoleName="Enter")["Role"]["RoleName"] == "Enter"
    error = refused("InvalidInputException", world.new_account, RoleName="AWSServiceRoleForX")
    assert error["Reason"] == "INVALID_ROLE_NAME"


def test_an_address_is_used_once(world: World) -> None:
    email = f"one@{world.account}.example.com"
    world.new_account(Email=email)
    request = world.api.create_account(Email=email.upper(), AccountName="again")["CreateAccountStatus"]["Id"]
    world.cloud.settle()
    status = world.api.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert len(world.api.list_accounts()["Accounts"]) == 2


def test_ten_accounts_are_the_limit(world: World) -> None:
    for _ in range(9):
        world.new_account()
    request = world.api.create_account(Email=f"z@{world.account}.example.com", AccountName="z")["CreateAccountStatus"]
    world.cloud.settle()
    status = world.api.describe_create_account_status(CreateAccountRequestId=request["Id"])["CreateAccountStatus"]
    assert status["FailureReason"] == "ACCOUNT_LIMIT_EXCEEDED"
    error = refused(
        "HandshakeConstraintViolationException",
        world.api.invite_account_to_organization,
        Target={"Id": "999999999999", "Type": "ACCOUNT"},
    )
    assert error["Reason"] == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"


def test_accounts_move(world: World) -> None:
    account, unit = world.new_account(), world.new_unit()
    move = {"AccountId": account, "SourceParentId": world.root, "DestinationParentId": unit}
    refused("SourceParentNotFoundException", world.api.move_account, **{**move, "SourceParentId": unit})
    refused("DuplicateAccountException", world.api.move_account, **{**move, "DestinationParentId": world.root})
    world.api.move_account(**move)
    refused("SourceParentNotFoundException", world.api.move_account, **move)
    assert world.api.list_parents(ChildId=account)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    children = world.api.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": account, "Type": "ACCOUNT"}]
    assert world.api.list_children(ParentId=unit, ChildType="ORGANIZATIONAL_UNIT")["Children"] == []
    assert [one["Id"] for one in world.api.list_accounts_for_parent(ParentId=unit)["Accounts"]] == [account]
    assert [one["Id"] for one in world.api.list_accounts_for_parent(ParentId=world.root)["Accounts"]] == [world.account]


def test_a_created_account_leaves_after_a_week(fresh_world: World) -> None:
    account = fresh_world.new_account()
    error = refused("ConstraintViolationException", fresh_world.api.remove_account_from_organization, AccountId=account)
    assert error["Reason"] == "WAIT_PERIOD_ACTIVE"
    refused("ConstraintViolationException", fresh_world.client("organizations", account).leave_organization)
    fresh_world.cloud.clock_advance(7 * 86400)
    fresh_world.api.remove_account_from_organization(AccountId=account)
    refused("AccountNotFoundException", fresh_world.api.describe_account, AccountId=account)
    refused("AWSOrganizationsNotInUseException", fresh_world.client("organizations", account).describe_organization)
    refused(
        "MasterCannotLeaveOrganizationException",
        fresh_world.api.remove_account_from_organization,
        AccountId=fresh_world.account,
    )
    refused("MasterCannotLeaveOrganizationException", fresh_world.api.leave_organization)


def test_a_closed_account_is_of_no_use(world: World) -> None:
    account = world.new_account()
    user = world.user(account)
    assert user("logs").describe_log_groups()["logGroups"] == []
    error = refused("ConstraintViolationException", world.api.close_account, AccountId=world.account)
    assert error["Reason"] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
    world.api.close_account(AccountId=account)
    world.cloud.settle()
    found = world.api.describe_account(AccountId=account)["Account"]
    assert (found["Status"], found["State"]) == ("SUSPENDED", "CLOSED")
    refused("AccountAlreadyClosedException", world.api.close_account, AccountId=account)
    error = refused("InvalidInputException", world.api.remove_account_from_organization, AccountId=account)
    assert error["Reason"] == "TARGET_NOT_SUPPORTED"
    refused("AccessDeniedException", user("logs").describe_log_groups)
    refused("AccessDeniedException", world.client("logs", account).describe_log_groups)


def test_an_organization_survives_a_crash(fresh_world: World) -> None:
    request = fresh_world.api.create_account(Email="late@example.com", AccountName="late")["CreateAccountStatus"]["Id"]
    fresh_world.cloud.restart()
    fresh_world.cloud.settle()
    api = fresh_world.client("organizations", fresh_world.account)
    status = api.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    assert len(api.list_accounts()["Accounts"]) == 2


# ---- handshakes -----------------------------------------------------------------------------------------------------


def invite(world: World, account: str, **more: Any) -> dict[str, Any]:
    """An invitation."""
    return world.api.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"}, **more)["Handshake"]


def stranger_of(world: World) -> str:
    """An account in no organisation."""
    return str(int(world.account) ^ 2)


def test_an_invited_account_joins(world: World) -> None:
    stranger = stranger_of(world)
    made = invite(world, stranger, Notes="come", Tags=[{"Key": "a", "Value": "b"}])
    assert (made["State"], made["Action"]) == ("OPEN", "INVITE")
    assert made["Parties"] == [{"Id": world.id, "Type": "ORGANIZATION"}, {"Id": stranger, "Type": "ACCOUNT"}]
    assert (made["ExpirationTimestamp"] - made["RequestedTimestamp"]).days == 15
    refused("DuplicateHandshakeException", invite, world=world, account=stranger)
    theirs = world.client("organizations", stranger)
    assert [one["Id"] for one in theirs.list_handshakes_for_account()["Handshakes"]] == [made["Id"]]
    assert theirs.describe_handshake(HandshakeId=made["Id"])["Handshake"]["Id"] == made["Id"]
    assert theirs.accept_handshake(HandshakeId=made["Id"])["Handshake"]["State"] == "ACCEPTED"
    refused("HandshakeConstraintViolationException", theirs.accept_handshake, HandshakeId=made["Id"])
    assert theirs.describe_organization()["Organization"]["Id"] == world.id
    found = world.api.describe_account(AccountId=stranger)["Account"]
    assert found["JoinedMethod"] == "INVITED"
    assert world.api.list_tags_for_resource(ResourceId=stranger)["Tags"] == [{"Key": "a", "Value": "b"}]
    refused("HandshakeConstraintViolationException", invite, world=world, account=stranger)
    theirs.leave_organization()  # who was invited may leave at once
    refused("AWSOrganizationsNotInUseException", theirs.describe_organization)


def test_an_invitation_is_answered_by_whom_it_is_for(world: World) -> None:
    made = invite(world, stranger_of(world))["Id"]
    third = world.client("organizations", str(int(world.account) ^ 4))
    for call in (third.accept_handshake, third.decline_handshake, third.describe_handshake):
        refused("HandshakeNotFoundException", call, HandshakeId=made)
    refused("AWSOrganizationsNotInUseException", third.cancel_handshake, HandshakeId=made)
    refused("HandshakeNotFoundException", world.api.accept_handshake, HandshakeId=made)
    theirs = world.client("organizations", stranger_of(world))
    assert theirs.decline_handshake(HandshakeId=made)["Handshake"]["State"] == "DECLINED"
    refused("HandshakeAlreadyInStateException", theirs.decline_handshake, HandshakeId=made)
    refused("InvalidHandshakeTransitionException", theirs.accept_handshake, HandshakeId=made)
    refused("InvalidHandshakeTransitionException", world.api.cancel_handshake, HandshakeId=made)


def test_an_invitation_is_taken_back_or_grows_too_old(fresh_world: World) -> None:
    stranger = stranger_of(fresh_world)
    theirs = fresh_world.client("organizations", stranger)
    first = invite(fresh_world, stranger)["Id"]
    assert fresh_world.api.cancel_handshake(HandshakeId=first)["Handshake"]["State"] == "CANCELED"
    second = invite(fresh_world, stranger)["Id"]
    fresh_world.cloud.clock_advance(15 * 86400)
    assert fresh_world.api.describe_handshake(HandshakeId=second)["Handshake"]["State"] == "EXPIRED"
    refused("InvalidHandshakeTransitionException", theirs.accept_handshake, HandshakeId=second)
    listed = fresh_world.api.list_handshakes_for_organization(Filter={"ActionType": "INVITE"})["Handshakes"]
    assert {one["Id"] for one in listed} == {first, second}
    others = fresh_world.api.list_handshakes_for_organization(Filter={"ActionType": "ENABLE_ALL_FEATURES"})
    assert others["Handshakes"] == []
    fresh_world.cloud.clock_advance(30 * 86400)
    assert theirs.list_handshakes_for_account()["Handshakes"] == []


def test_who_cannot_be_invited(world: World) -> None:
    api = world.api
    error = refused("InvalidInputException", api.invite_account_to_organization, Target={"Id": "12", "Type": "ACCOUNT"})
    assert error["Reason"] == "INVALID_PATTERN"
    error = refused(
        "InvalidInputException", api.invite_account_to_organization, Target={"Id": "x", "Type": "ORGANIZATION"}
    )
    assert error["Reason"] == "INVALID_PARTY_TYPE_TARGET"
    refused("NotImplemented", api.invite_account_to_organization, Target={"Id": "a@b.com", "Type": "EMAIL"})
