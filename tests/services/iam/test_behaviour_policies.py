"""Managed policies with versions, attachments, inline policies, AWS's own policies, sizes and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(client: Client) -> Any:
    return client("iam")


@pytest.fixture
def arn(iam: Any) -> str:
    return iam.create_policy(PolicyName="p", Path="/x/", Description="d", PolicyDocument=policy())["Policy"]["Arn"]


def test_a_managed_policy(iam: Any, arn: str, account: str) -> None:
    assert arn == f"arn:aws:iam::{account}:policy/x/p"
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert found["PolicyId"].startswith("ANPA")
    assert (found["DefaultVersionId"], found["AttachmentCount"], found["Description"]) == ("v1", 0, "d")
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"]["Statement"] == [allow("*")]
    assert version["IsDefaultVersion"]
    taken = "A policy called P already exists. Duplicate names are not allowed."
    with refused("EntityAlreadyExists", taken):
        iam.create_policy(PolicyName="P", PolicyDocument=policy())
    with refused("NoSuchEntity", f"Policy {arn}x was not found."):
        iam.get_policy(PolicyArn=f"{arn}x")
    with refused("NoSuchEntity"):
        iam.get_policy_version(PolicyArn=arn, VersionId="v9")
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity"):
        iam.get_policy(PolicyArn=arn)


def test_versions(iam: Any, arn: str) -> None:
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(), SetAsDefault=number == 3)
        assert made["PolicyVersion"]["VersionId"] == f"v{number}"
    with refused("LimitExceeded") as refusal:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy())
    assert refusal.message.startswith("A managed policy can have up to 5 versions.")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    with refused("DeleteConflict", "Cannot delete the default version of a policy."):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy())
    assert made["PolicyVersion"]["VersionId"] == "v6"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    found = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [one["VersionId"] for one in found] == ["v6", "v4", "v3", "v2", "v1"]
    assert [one["VersionId"] for one in found if one["IsDefaultVersion"]] == ["v1"]
    with refused("DeleteConflict") as refusal:
        iam.delete_policy(PolicyArn=arn)
    assert refusal.message.startswith("This policy has more than one version.")


def test_attachments(iam: Any, arn: str) -> None:
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    for _ in range(2):
        iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
    attached = iam.list_attached_role_policies(RoleName="r")["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["ReadOnlyAccess", "p"]
    assert iam.list_attached_role_policies(RoleName="r", PathPrefix="/x/")["AttachedPolicies"][0]["PolicyArn"] == arn
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 3
    found = iam.list_entities_for_policy(PolicyArn=arn)
    assert [len(found[name]) for name in ("PolicyUsers", "PolicyGroups", "PolicyRoles")] == [1, 1, 1]
    found = iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="Role")
    assert [len(found[name]) for name in ("PolicyUsers", "PolicyGroups", "PolicyRoles")] == [0, 0, 1]
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=arn)
    with refused("DeleteConflict", "Cannot delete entity, must detach all policies first."):
        iam.delete_role(RoleName="r")
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    with refused("NoSuchEntity", f"Policy {missing} does not exist or is not attachable."):
        iam.attach_role_policy(RoleName="r", PolicyArn=missing)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    with refused("NoSuchEntity", f"Policy {arn} was not found."):
        iam.detach_role_policy(RoleName="r", PolicyArn=arn)


def test_ten_policies_at_most(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    arns = [one["Arn"] for one in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arns[0])
    with refused("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName="r", PolicyArn=arns[10])


@pytest.mark.parametrize("noun", ["user", "group", "role"])
def test_inline_policies(iam: Any, noun: str) -> None:
    name = f"{noun.title()}Name"
    more = {"AssumeRolePolicyDocument": trust()} if noun == "role" else {}
    getattr(iam, f"create_{noun}")(**{name: "x"}, **more)

    def do(verb: str, **given: Any) -> Any:
        return getattr(iam, f"{verb}_{noun}_{'policies' if verb == 'list' else 'policy'}")(**{name: "x"}, **given)

    do("put", PolicyName="b", PolicyDocument=policy(allow("s3:*")))
    do("put", PolicyName="a", PolicyDocument=policy())
    do("put", PolicyName="b", PolicyDocument=policy(allow("sqs:*")))
    assert do("get", PolicyName="b")["PolicyDocument"]["Statement"] == [allow("sqs:*")]
    assert do("list")["PolicyNames"] == ["a", "b"]
    assert do("list", MaxItems=1)["IsTruncated"]
    with refused("DeleteConflict", "Cannot delete entity, must delete policies first."):
        getattr(iam, f"delete_{noun}")(**{name: "x"})
    with refused("NoSuchEntity", f"The {noun} policy with name z cannot be found."):
        do("get", PolicyName="z")
    do("delete", PolicyName="a")
    with refused("NoSuchEntity", f"The {noun} policy with name a cannot be found."):
        do("delete", PolicyName="a")


def test_sizes_do_not_count_white_space(iam: Any) -> None:
    iam.create_user(UserName="bob")
    large = policy(allow([f"s3:Action{number}" for number in range(150)]))
    with refused("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user bob") as refusal:
        iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=large)
    assert refusal.status == 409
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy().replace(":", ":" + " " * 1000, 1))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy(PolicyName="p", PolicyDocument=policy(allow([f"s3:Action{n:04}" for n in range(500)])))
    with refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048"):
        accounts = [f"{number:012}" for number in range(200)]
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": accounts}))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{}", "Syntax errors in policy."),
        (policy({"Effect": "Allow", "Action": "s3:Get"}), "Policy statement must contain resources."),
        (policy(allow("get")), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (policy(allow("s3:Get", "bucket")), 'Resource bucket must be in ARN format or "*".'),
        (policy(allow("s3:Get", Principal="*")), "Policy document should not specify a principal."),
    ],
)
def test_malformed_documents_change_nothing(iam: Any, document: str, message: str) -> None:
    with refused("MalformedPolicyDocument", message) as refusal:
        iam.create_policy(PolicyName="p", PolicyDocument=document)
    assert refusal.status == 400
    assert iam.list_policies(Scope="Local")["Policies"] == []


# ---- AWS's own ------------------------------------------------------------------------------------------------------


def test_managed_by_aws(iam: Any, account: str) -> None:
    found = iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")["Policy"]
    version = iam.get_policy_version(PolicyArn=found["Arn"], VersionId=found["DefaultVersionId"])["PolicyVersion"]
    assert "logs:PutLogEvents" in version["Document"]["Statement"][0]["Action"]
    assert iam.list_policy_versions(PolicyArn=found["Arn"])["Versions"][0]["IsDefaultVersion"]
    with refused("AccessDenied") as refusal:
        iam.delete_policy(PolicyArn=found["Arn"])
    assert refusal.message == (
        f"User: arn:aws:iam::{account}:root is not authorized to perform: iam:DeletePolicy on resource: policy "
        f"{found['Arn']}"
    )


def test_lists_of_policies(iam: Any, arn: str) -> None:
    iam.create_user(UserName="bob")
    iam.attach_user_policy(UserName="bob", PolicyArn=READ_ONLY)
    assert [one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"]] == [arn]
    assert [one["Arn"] for one in iam.list_policies(OnlyAttached=True)["Policies"]] == [READ_ONLY]
    assert iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"] == []
    every = [one["Arn"] for page in iam.get_paginator("list_policies").paginate() for one in page["Policies"]]
    assert len(every) == len(set(every)) > 100
    assert {arn, READ_ONLY} <= set(every)


def test_account_details(iam: Any, arn: str) -> None:
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="bob")
    iam.put_group_policy(GroupName="g", PolicyName="in", PolicyDocument=policy())
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.attach_role_policy(RoleName="r", PolicyArn=READ_ONLY)
    found = iam.get_account_authorization_details()
    assert found["UserDetailList"][0]["GroupList"] == ["g"]
    assert found["GroupDetailList"][0]["GroupPolicyList"][0]["PolicyDocument"]["Statement"] == [allow("*")]
    assert found["RoleDetailList"][0]["AttachedManagedPolicies"][0]["PolicyArn"] == READ_ONLY
    assert [one["PolicyName"] for one in found["Policies"]] == ["ReadOnlyAccess", "p"]
    only = iam.get_account_authorization_details(Filter=["Role"])
    assert (only["UserDetailList"], only["Policies"]) == ([], [])
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) == 3
