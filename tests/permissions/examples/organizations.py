"""Calls of Organizations that succeed, and what they need."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from tests.permissions.example import Also, Case, Examples, Fails, Stage

EXAMPLES = Examples()

SCP = "SERVICE_CONTROL_POLICY"
CONTENT = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
TAGS = [{"Key": "a", "Value": "b"}]
TAGGED = "API reference: if the request includes tags, the requester must have organizations:TagResource."


def other(at: Stage, number: int) -> Any:
    """A client of the root of another account."""
    return at.cloud.client("organizations", key=str(int(at.account) ^ number))


def organization(at: Stage) -> SimpleNamespace:
    """The account's organisation; two others have invited the account before."""
    mine = {"Id": at.account, "Type": "ACCOUNT"}
    invitations = []
    for number in (1, 2):
        other(at, number).create_organization()
        made = other(at, number).invite_account_to_organization(Target=mine)["Handshake"]
        invitations.append((made["Id"], made["Arn"]))
    api = at.root()
    id = api.create_organization()["Organization"]["Id"]
    root = api.list_roots()["Roots"][0]["Id"]
    for kind in (SCP, "RESOURCE_CONTROL_POLICY"):
        api.enable_policy_type(RootId=root, PolicyType=kind)
    return SimpleNamespace(id=id, root=root, received=invitations, joined=2)


def member(at: Stage) -> str:
    """An account that has joined."""
    found = at.once(organization)
    found.joined += 1
    account = str(int(at.account) ^ (found.joined << 4))
    invitation = at.root().invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"})["Handshake"]["Id"]
    at.cloud.client("organizations", key=account).accept_handshake(HandshakeId=invitation)
    return account


def unit(at: Stage) -> str:
    """A new unit of the operation's name."""
    made = at.root().create_organizational_unit(ParentId=at.once(organization).root, Name=at.name)
    return made["OrganizationalUnit"]["Id"]


def policy(at: Stage) -> str:
    """A new policy of the operation's name."""
    at.once(organization)
    made = at.root().create_policy(Name=at.name, Description="", Type=SCP, Content=CONTENT)
    return made["Policy"]["PolicySummary"]["Id"]


def arn(at: Stage, kind: str, id: str) -> str:
    """The ARN of something in the organisation."""
    where = f"{at.once(organization).id}/service_control_policy" if kind == "policy" else at.once(organization).id
    return at.arn(f"{kind}/{where}/{id}", region="")


# ---- organisations --------------------------------------------------------------------------------------------------


@EXAMPLES("DescribeOrganization", "ListAccounts", "ListRoots", "ListCreateAccountStatus")
@EXAMPLES("ListHandshakesForAccount", "ListHandshakesForOrganization")
def of_the_organization(at: Stage) -> Case:
    at.once(organization)
    return Case()


@EXAMPLES("CreateOrganization")
def create_organization(at: Stage) -> Case:
    at.once(organization)
    return Case(fails=Fails("AlreadyInOrganizationException", "The other examples need the organisation."))


@EXAMPLES("DeleteOrganization")
def delete_organization(at: Stage) -> Case:
    member(at)
    return Case(fails=Fails("OrganizationNotEmptyException", "The other examples need the organisation."))


@EXAMPLES("LeaveOrganization")
def leave_organization(at: Stage) -> Case:
    at.once(organization)
    return Case(fails=Fails("MasterCannotLeaveOrganizationException", "The caller's account manages it."))


# ---- accounts -------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateAccount")
def create_account(at: Stage) -> Case:
    at.once(organization)
    given = {"Email": f"{at.account}@example.com", "AccountName": "new", "Tags": TAGS}
    return Case(given, also=[Also("organizations:TagResource", arn(at, "account", "*"), TAGGED)])


@EXAMPLES("DescribeCreateAccountStatus")
def describe_create_account_status(at: Stage) -> Case:
    at.once(organization)
    # The address is taken twice at most: the request may fail, and is described all the same.
    made = at.root().create_account(Email="taken@example.com", AccountName="x")["CreateAccountStatus"]["Id"]
    return Case({"CreateAccountRequestId": made})


@EXAMPLES("DescribeAccount")
def describe_account(at: Stage) -> Case:
    return Case({"AccountId": at.account}, arn(at, "account", at.account))


@EXAMPLES("CloseAccount", "RemoveAccountFromOrganization")
def end_of_an_account(at: Stage) -> Case:
    account = member(at)
    return Case({"AccountId": account}, arn(at, "account", account))


@EXAMPLES("MoveAccount")
def move_account(at: Stage) -> Case:
    root, to, account = at.once(organization).root, unit(at), member(at)
    given = {"AccountId": account, "SourceParentId": root, "DestinationParentId": to}
    return Case(given, [arn(at, "account", account), arn(at, "root", root), arn(at, "ou", to)])


# ---- the tree -------------------------------------------------------------------------------------------------------


@EXAMPLES("ListAccountsForParent", "ListOrganizationalUnitsForParent")
def by_parent(at: Stage) -> Case:
    root = at.once(organization).root
    return Case({"ParentId": root}, arn(at, "root", root))


@EXAMPLES("ListChildren")
def list_children(at: Stage) -> Case:
    parent = unit(at)
    return Case({"ParentId": parent, "ChildType": "ACCOUNT"}, arn(at, "ou", parent))


@EXAMPLES("ListParents")
def list_parents(at: Stage) -> Case:
    return Case({"ChildId": at.account}, arn(at, "account", at.account))


@EXAMPLES("CreateOrganizationalUnit")
def create_organizational_unit(at: Stage) -> Case:
    root = at.once(organization).root
    given = {"ParentId": root, "Name": at.name, "Tags": TAGS}
    return Case(given, arn(at, "root", root), also=[Also("organizations:TagResource", arn(at, "ou", "ou-*"), TAGGED)])


@EXAMPLES("DescribeOrganizationalUnit", "DeleteOrganizationalUnit")
def by_unit(at: Stage) -> Case:
    id = unit(at)
    return Case({"OrganizationalUnitId": id}, arn(at, "ou", id))


@EXAMPLES("UpdateOrganizationalUnit")
def update_organizational_unit(at: Stage) -> Case:
    id = unit(at)
    return Case({"OrganizationalUnitId": id, "Name": "renamed"}, arn(at, "ou", id))


# ---- policies -------------------------------------------------------------------------------------------------------


@EXAMPLES("EnablePolicyType")
def enable_policy_type(at: Stage) -> Case:
    root = at.once(organization).root
    reason = "The other examples need the types in force."
    given = {"RootId": root, "PolicyType": SCP}
    return Case(given, arn(at, "root", root), fails=Fails("PolicyTypeAlreadyEnabledException", reason))


@EXAMPLES("DisablePolicyType")
def disable_policy_type(at: Stage) -> Case:
    root = at.once(organization).root
    return Case({"RootId": root, "PolicyType": "RESOURCE_CONTROL_POLICY"}, arn(at, "root", root))


@EXAMPLES("CreatePolicy")
def create_policy(at: Stage) -> Case:
    given = {"Name": at.name, "Description": "", "Type": SCP, "Content": CONTENT, "Tags": TAGS}
    return Case(given, also=[Also("organizations:TagResource", arn(at, "policy", "p-*"), TAGGED)])


@EXAMPLES("DescribePolicy", "UpdatePolicy", "DeletePolicy", "ListTargetsForPolicy")
def by_policy(at: Stage) -> Case:
    id = policy(at)
    return Case({"PolicyId": id}, arn(at, "policy", id))


@EXAMPLES("ListPolicies")
def list_policies(at: Stage) -> Case:
    at.once(organization)
    return Case({"Filter": SCP})


@EXAMPLES("ListPoliciesForTarget")
def list_policies_for_target(at: Stage) -> Case:
    return Case({"TargetId": at.account, "Filter": SCP}, arn(at, "account", at.account))


@EXAMPLES("AttachPolicy")
def attach_policy(at: Stage) -> Case:
    id, target = policy(at), unit(at)
    return Case({"PolicyId": id, "TargetId": target}, [arn(at, "policy", id), arn(at, "ou", target)])


@EXAMPLES("DetachPolicy")
def detach_policy(at: Stage) -> Case:
    id, target = policy(at), unit(at)
    at.root().attach_policy(PolicyId=id, TargetId=target)
    return Case({"PolicyId": id, "TargetId": target}, [arn(at, "policy", id), arn(at, "ou", target)])


# ---- tags -----------------------------------------------------------------------------------------------------------


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    id = policy(at)
    return Case({"ResourceId": id, "Tags": TAGS}, arn(at, "policy", id))


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    id = unit(at)
    return Case({"ResourceId": id, "TagKeys": ["a"]}, arn(at, "ou", id))


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    return Case({"ResourceId": at.account}, arn(at, "account", at.account))


# ---- handshakes -----------------------------------------------------------------------------------------------------


@EXAMPLES("InviteAccountToOrganization")
def invite_account_to_organization(at: Stage) -> Case:
    at.once(organization)
    account = str(int(at.account) ^ 4)
    on = arn(at, "account", account)
    given = {"Target": {"Id": account, "Type": "ACCOUNT"}, "Tags": TAGS}
    return Case(given, on, also=[Also("organizations:TagResource", on, TAGGED)])


@EXAMPLES("CancelHandshake", "DescribeHandshake")
def by_handshake(at: Stage) -> Case:
    at.once(organization)
    account = str(int(at.account) ^ 8 ^ (at.operation == "CancelHandshake"))
    made = at.root().invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"})["Handshake"]
    return Case({"HandshakeId": made["Id"]}, made["Arn"])


@EXAMPLES("DeclineHandshake")
def decline_handshake(at: Stage) -> Case:
    id, where = at.once(organization).received[0]
    return Case({"HandshakeId": id}, where)


@EXAMPLES("AcceptHandshake")
def accept_handshake(at: Stage) -> Case:
    id, where = at.once(organization).received[1]
    reason = "The other examples need the account in its own organisation."
    return Case({"HandshakeId": id}, where, fails=Fails("HandshakeConstraintViolationException", reason))
