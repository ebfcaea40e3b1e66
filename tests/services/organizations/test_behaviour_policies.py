"""Policies as things: made, changed, attached, listed; and what AWS refuses of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.organizations.conftest import ALL, World, deny, document
from tests.services.organizations.test_behaviour_tree import refused

SCP = "SERVICE_CONTROL_POLICY"


def test_policy_types_are_put_in_and_out_of_force(world: World) -> None:
    unit, account = world.new_unit(), world.new_account()
    world.policy(deny("s3:*"))  # may be made before
    refused("PolicyTypeNotEnabledException", world.policy, on=unit)
    types = world.api.enable_policy_type(RootId=world.root, PolicyType=SCP)["Root"]["PolicyTypes"]
    assert types == [{"Type": SCP, "Status": "ENABLED"}]
    refused("PolicyTypeAlreadyEnabledException", world.enable)
    refused("RootNotFoundException", world.api.enable_policy_type, RootId="r-zzzz", PolicyType=SCP)
    targets = world.api.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]
    assert {(one["TargetId"], one["Type"]) for one in targets} == {
        (world.root, "ROOT"),
        (unit, "ORGANIZATIONAL_UNIT"),
        (account, "ACCOUNT"),
        (world.account, "ACCOUNT"),
    }
    later = world.new_unit("later")
    attached = world.api.list_policies_for_target(TargetId=later, Filter=SCP)["Policies"]
    assert [one["Id"] for one in attached] == ["p-FullAWSAccess"]
    world.api.disable_policy_type(RootId=world.root, PolicyType=SCP)
    assert world.api.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"] == []
    refused("PolicyTypeNotEnabledException", world.api.disable_policy_type, RootId=world.root, PolicyType=SCP)


def test_other_types_refuse_by_name(world: World) -> None:
    error = refused("NotImplemented", world.api.enable_policy_type, RootId=world.root, PolicyType="TAG_POLICY")
    assert "TAG_POLICY" in error["Error"]["Message"]
    refused("NotImplemented", world.api.list_policies, Filter="BACKUP_POLICY")
    refused("NotImplemented", world.api.describe_effective_policy, PolicyType="TAG_POLICY")


def test_consolidated_billing_has_no_policies(cloud: Any, account: str) -> None:
    world = World(cloud, account, "CONSOLIDATED_BILLING")
    assert "AvailablePolicyTypes" not in world.api.describe_organization()["Organization"]
    refused("PolicyTypeNotAvailableForOrganizationException", world.enable)
    refused("PolicyTypeNotAvailableForOrganizationException", world.policy)
    member = world.new_account()
    error = refused("ConstraintViolationException", world.api.close_account, AccountId=member)
    assert error["Reason"] == "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"


def test_a_policy_is_made_changed_and_deleted(limited: World) -> None:
    api, content = limited.api, document(deny("s3:*"))
    given = {"Name": "no s3", "Description": "d", "Type": SCP, "Content": content, "Tags": [{"Key": "k", "Value": "v"}]}
    made = api.create_policy(**given)["Policy"]
    summary = made["PolicySummary"]
    id = summary["Id"]
    where = f"arn:aws:organizations::{limited.account}:policy/{limited.id}/service_control_policy/{id}"
    assert summary == {
        "Id": id, "Arn": where, "Name": "no s3", "Description": "d", "Type": SCP, "AwsManaged": False
    }  # fmt: skip
    assert made["Content"] == content
    refused("DuplicatePolicyException", api.create_policy, **given)
    changed = api.update_policy(PolicyId=id, Name="none of s3")["Policy"]
    assert (changed["PolicySummary"]["Name"], changed["PolicySummary"]["Description"]) == ("none of s3", "d")
    assert changed["Content"] == content
    refused("DuplicatePolicyException", api.update_policy, PolicyId=id, Name="FullAWSAccess")
    refused("MalformedPolicyDocumentException", api.update_policy, PolicyId=id, Content="{}")
    assert {one["Id"] for one in api.list_policies(Filter=SCP)["Policies"]} == {"p-FullAWSAccess", id}
    assert api.list_tags_for_resource(ResourceId=id)["Tags"] == [{"Key": "k", "Value": "v"}]
    api.attach_policy(PolicyId=id, TargetId=limited.root)
    refused("DuplicatePolicyAttachmentException", api.attach_policy, PolicyId=id, TargetId=limited.root)
    refused("PolicyInUseException", api.delete_policy, PolicyId=id)
    api.detach_policy(PolicyId=id, TargetId=limited.root)
    refused("PolicyNotAttachedException", api.detach_policy, PolicyId=id, TargetId=limited.root)
    api.delete_policy(PolicyId=id)
    refused("PolicyNotFoundException", api.describe_policy, PolicyId=id)
    refused("TargetNotFoundException", api.list_tags_for_resource, ResourceId=id)


def test_aws_own_policy_cannot_be_changed(limited: World) -> None:
    own = limited.api.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]
    assert own["PolicySummary"]["Arn"] == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    assert own["PolicySummary"]["AwsManaged"] is True
    assert json.loads(own["Content"])["Statement"] == [ALL]
    for call in (limited.api.update_policy, limited.api.delete_policy):
        assert refused("InvalidInputException", call, PolicyId="p-FullAWSAccess")["Reason"] == "IMMUTABLE_POLICY"


def test_the_last_policy_stays(limited: World) -> None:
    error = refused(
        "ConstraintViolationException", limited.api.detach_policy, PolicyId="p-FullAWSAccess", TargetId=limited.root
    )
    assert error["Reason"] == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert error["Error"]["Message"] == (
        "You cannot remove the last policy attached to the specified target. You must have at least one attached at "
        "all times."
    )


def test_a_target_has_ten_policies_at_most(limited: World) -> None:
    for _ in range(9):
        limited.policy(deny("s3:*"), on=limited.root)
    error = refused("ConstraintViolationException", limited.policy, on=limited.root)
    assert error["Reason"] == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert error["Error"]["Message"] == "You have attached the maximum number of policies to the specified target."


def test_what_is_attached_to_nothing(limited: World) -> None:
    policy = limited.policy()
    refused("TargetNotFoundException", limited.api.attach_policy, PolicyId=policy, TargetId="999999999999")
    refused("TargetNotFoundException", limited.api.list_policies_for_target, TargetId="ou-abcd-12345678", Filter=SCP)
    refused("PolicyNotFoundException", limited.api.attach_policy, PolicyId="p-12345678", TargetId=limited.root)
    refused("InvalidInputException", limited.api.attach_policy, PolicyId="nonsense", TargetId=limited.root)


def test_a_unit_that_goes_takes_its_attachments_along(limited: World) -> None:
    unit = limited.new_unit()
    policy = limited.policy(deny("s3:*"), on=unit)
    limited.api.delete_organizational_unit(OrganizationalUnitId=unit)
    assert limited.api.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    limited.api.delete_policy(PolicyId=policy)


# ---- documents ------------------------------------------------------------------------------------------------------

FULL: dict[str, Any] = {"Version": "2012-10-17", "Statement": ALL}
SCP_DOCUMENTS = [
    (FULL, True),
    ({"Version": "2012-10-17", "Statement": [ALL, deny("iam:*")]}, True),
    # Since September 2025 the whole language of IAM, but for principals.
    ({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}, True),
    ({"Version": "2012-10-17", "Statement": {**ALL, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}, True),
    ({**FULL, "Statement": {"Effect": "Deny", "Action": "s3:*Bucket", "NotResource": "arn:aws:s3:::b"}}, True),
    ({"Statement": ALL}, False),
    ({"Version": "2008-10-17", "Statement": ALL}, False),
    ({**FULL, "Statement": {**ALL, "Principal": "*"}}, False),
    ({**FULL, "Statement": {**ALL, "NotPrincipal": {"AWS": "123456789012"}}}, False),
    ({**FULL, "Statement": {"Effect": "Allow", "Action": "*"}}, False),
    ({**FULL, "Statement": {"Effect": "Deny", "Resource": "*"}}, False),
    ({**FULL, "Statement": {**ALL, "Effect": "Maybe"}}, False),
    ({**FULL, "Statement": {**ALL, "Action": "GetObject"}}, False),
    ({**FULL, "Statement": {**ALL, "Sid": "not alphanumeric"}}, False),
    ({**FULL, "Statement": [{**ALL, "Sid": "a"}, {**ALL, "Sid": "a"}]}, False),
    ({**FULL, "Statement": []}, False),
    ({**FULL, "Extra": 1}, False),
    ([], False),
]  # fmt: skip


def test_service_control_documents(world: World) -> None:
    for place, (content, good) in enumerate(SCP_DOCUMENTS):
        given = {"Name": str(place), "Description": "", "Type": SCP, "Content": json.dumps(content)}
        if good:
            assert world.api.create_policy(**given)["Policy"]["Content"] == given["Content"]
            continue
        error = refused("MalformedPolicyDocumentException", world.api.create_policy, **given)
        assert error["Error"]["Message"] == (
            "The provided policy document does not meet the requirements of the specified policy type."
        )
    twice = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}'
    )
    given = {"Name": "twice", "Description": "", "Type": SCP, "Content": twice}
    refused("MalformedPolicyDocumentException", world.api.create_policy, **given)


RESOURCE_DENIAL = deny("s3:*", Principal="*")
RCP_STATEMENTS = [
    (RESOURCE_DENIAL, True),
    ({**RESOURCE_DENIAL, "Principal": {"AWS": "*"}, "Action": ["sqs:SendMessage", "kms:Decrypt"]}, True),
    ({**RESOURCE_DENIAL, "Effect": "Allow"}, False),
    ({**RESOURCE_DENIAL, "Principal": {"AWS": "123456789012"}}, False),
    (deny("s3:*"), False),
    ({**RESOURCE_DENIAL, "Action": "*"}, False),
    ({**RESOURCE_DENIAL, "Action": "ec2:*"}, False),
    ({"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}, False),
    ({"Effect": "Deny", "Principal": "*", "Action": "s3:*"}, False),
]


@pytest.mark.parametrize(("statement", "good"), RCP_STATEMENTS)
def test_resource_control_documents(world: World, statement: dict[str, Any], good: bool) -> None:
    if good:
        assert world.policy(statement, kind="RESOURCE_CONTROL_POLICY")
    else:
        with pytest.raises(world.api.exceptions.MalformedPolicyDocumentException):
            world.policy(statement, kind="RESOURCE_CONTROL_POLICY")


@pytest.mark.parametrize(("kind", "most"), [(SCP, 10240), ("RESOURCE_CONTROL_POLICY", 5120)])
def test_how_long_a_document_may_be(world: World, kind: str, most: int) -> None:
    """All characters count, also blanks; the limit of service control policies is that of May 2026."""
    content = document(RESOURCE_DENIAL if kind != SCP else deny("s3:*"))
    given = {"Name": "long", "Description": "", "Type": kind}
    error = refused("ConstraintViolationException", world.api.create_policy, **given, Content=content.ljust(most + 1))
    assert error["Reason"] == "POLICY_CONTENT_LIMIT_EXCEEDED"
    assert world.api.create_policy(**given, Content=content.ljust(most))


# ---- tags -----------------------------------------------------------------------------------------------------------


def test_tags(limited: World) -> None:
    api, policy = limited.api, limited.policy()
    for id in (limited.root, limited.account, policy, limited.new_unit()):
        api.tag_resource(ResourceId=id, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}])
        api.tag_resource(ResourceId=id, Tags=[{"Key": "b", "Value": "2"}])
        assert api.list_tags_for_resource(ResourceId=id)["Tags"] == [
            {"Key": "a", "Value": ""},
            {"Key": "b", "Value": "2"},
        ]
        api.untag_resource(ResourceId=id, TagKeys=["a", "unknown"])
        assert api.list_tags_for_resource(ResourceId=id)["Tags"] == [{"Key": "b", "Value": "2"}]
    twice = [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]
    assert (
        refused("InvalidInputException", api.tag_resource, ResourceId=policy, Tags=twice)["Reason"]
        == "DUPLICATE_TAG_KEY"
    )
    system = [{"Key": "aws:x", "Value": "1"}]
    error = refused("InvalidInputException", api.tag_resource, ResourceId=policy, Tags=system)
    assert error["Reason"] == "INVALID_SYSTEM_TAGS_PARAMETER"
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    error = refused("ConstraintViolationException", api.tag_resource, ResourceId=policy, Tags=many)
    assert error["Reason"] == "MAX_TAG_LIMIT_EXCEEDED"
    refused("TargetNotFoundException", api.tag_resource, ResourceId="p-FullAWSAccess", Tags=[])
