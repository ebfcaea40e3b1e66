"""Who may do what with networks."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


def allow(*statements):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": action, "Resource": resource, **condition}
            for action, resource, *rest in statements
            for condition in [{"Condition": rest[0]} if rest else {}]
        ],
    }


def denied(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    error = caught.value.response["Error"]
    assert error["Code"] == "UnauthorizedOperation"
    return error["Message"]


def dry(call, **given):
    """The call would do what it should."""
    with pytest.raises(ClientError) as caught:
        call(**given, DryRun=True)
    assert caught.value.response["Error"]["Code"] == "DryRunOperation"


def test_a_denial_is_in_ec2s_words(iam_user, account):
    ec2 = iam_user()("ec2")
    assert denied(ec2.describe_vpcs).partition(". Encoded authorization failure message: ")[0] == (
        f"You are not authorized to perform this operation. User: arn:aws:iam::{account}:user/someone is not "
        "authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action"
    )
    message = denied(ec2.delete_vpc, VpcId="vpc-12345678")
    assert f"ec2:DeleteVpc on resource: arn:aws:ec2:us-east-1:{account}:vpc/vpc-12345678 because" in message


def test_what_a_denial_encodes_is_read_by_who_may_decode_it(iam_user, client, cloud, account):
    statements = [
        {"Effect": "Allow", "Action": "sts:DecodeAuthorizationMessage", "Resource": "*"},
        {"Sid": "Never", "Effect": "Deny", "Action": "ec2:DeleteVpc", "Resource": "*",
         "Condition": {"StringEquals": {"ec2:Region": "us-east-1"}}},
    ]  # fmt: skip
    clients = iam_user({"Version": "2012-10-17", "Statement": statements})
    ec2, sts = clients("ec2"), clients("sts")
    vpc = client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    _, _, message = denied(ec2.delete_vpc, VpcId=vpc).rpartition(" ")
    told = json.loads(sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"]) == (False, True)
    (statement,) = told["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"]) == ("Never", "DENY")
    context = told["context"]
    assert context["principal"]["arn"] == f"arn:aws:iam::{account}:user/someone"
    assert (context["action"], context["resource"]) == ("ec2:DeleteVpc", f"arn:aws:ec2:us-east-1:{account}:vpc/{vpc}")
    keys = {one["key"]: [value["value"] for value in one["values"]["items"]] for one in context["conditions"]["items"]}
    assert keys["ec2:VpcID"] == [vpc] and keys["ec2:Region"] == ["us-east-1"]
    _, _, other = denied(ec2.describe_vpcs).rpartition(" ")
    told = json.loads(sts.decode_authorization_message(EncodedMessage=other)["DecodedMessage"])
    assert told["explicitDeny"] is False and told["matchedStatements"]["items"] == []
    for wrong, who in (
        (message[:-2] + "AA", sts),
        ("AAAA", sts),
        ("ü", sts),
        (message, cloud.client("sts", key="1" * 12)),
    ):
        with pytest.raises(ClientError) as caught:
            who.decode_authorization_message(EncodedMessage=wrong)
        assert caught.value.response["Error"]["Code"] == "InvalidAuthorizationMessageException"


def test_a_dry_run_asks_who_may(iam_user):
    ec2 = iam_user(allow(("ec2:CreateVpc", "*")))("ec2")
    dry(ec2.create_vpc, CidrBlock="10.0.0.0/16")
    denied(ec2.describe_vpcs, DryRun=True)


def test_a_vpc_may_be_made_only_with_tags_and_only_then_tagged(iam_user, client):
    wanted = {"StringEquals": {"aws:RequestTag/team": "red"}}
    at_creation = {"StringEquals": {"ec2:CreateAction": "CreateVpc"}}
    ec2 = iam_user(allow(("ec2:CreateVpc", "*", wanted), ("ec2:CreateTags", "*", at_creation)))("ec2")
    make = lambda value: {  # noqa: E731
        "CidrBlock": "10.0.0.0/16",
        "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": value}]}],
    }
    denied(ec2.create_vpc, CidrBlock="10.0.0.0/16")
    denied(ec2.create_vpc, **make("blue"))
    vpc = ec2.create_vpc(**make("red"))["Vpc"]["VpcId"]
    denied(ec2.create_tags, Resources=[vpc], Tags=[{"Key": "team", "Value": "red"}])


def test_a_condition_on_the_vpc_of_what_is_named(iam_user, net, account):
    mine = {"ArnEquals": {"ec2:Vpc": f"arn:aws:ec2:us-east-1:{account}:vpc/{net.vpc}"}}
    ec2 = iam_user(allow((["ec2:DeleteSecurityGroup", "ec2:CreateSecurityGroup"], "*", mine)))("ec2")
    dry(ec2.delete_security_group, GroupId=net.group("web"))
    other = net.ec2.create_security_group(GroupName="other", Description="d")["GroupId"]
    denied(ec2.delete_security_group, GroupId=other)
    denied(ec2.delete_security_group, GroupName="other")
    denied(ec2.delete_security_group, GroupId="sg-12345678")


def test_rules_are_changed_by_their_group_and_their_own_tags(iam_user, net, account):
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    group = net.group("web")
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "team", "Value": "red"}]}]
    made = net.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule], TagSpecifications=tags)
    red = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    rule["IpRanges"] = [{"CidrIp": "172.16.0.0/12"}]
    made = net.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    plain = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    place = f"arn:aws:ec2:us-east-1:{account}:security-group"
    ours = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    ec2 = iam_user(
        allow(("ec2:ModifySecurityGroupRules", f"{place}/*"), ("ec2:ModifySecurityGroupRules", f"{place}-rule/*", ours))
    )("ec2")
    new = {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, "CidrIpv4": "10.0.0.0/8"}
    change = lambda id: {"SecurityGroupRuleId": id, "SecurityGroupRule": new}  # noqa: E731
    dry(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[change(red)])
    denied(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[change(plain)])
    denied(ec2.modify_security_group_rules, GroupId=group, SecurityGroupRules=[change(red), change(plain)])


def test_an_attribute_that_may_be_changed(iam_user, net):
    names = {"StringEquals": {"ec2:Attribute/EnableDnsHostnames": "true"}}
    ec2 = iam_user(allow(("ec2:ModifyVpcAttribute", "*", names)))("ec2")
    ec2.modify_vpc_attribute(VpcId=net.vpc, EnableDnsHostnames={"Value": True})
    denied(ec2.modify_vpc_attribute, VpcId=net.vpc, EnableDnsHostnames={"Value": False})
    denied(ec2.modify_vpc_attribute, VpcId=net.vpc, EnableDnsSupport={"Value": True})


def test_another_account_finds_nothing(net, cloud):
    other = cloud.client("ec2", key="100000000000")
    with pytest.raises(ClientError) as caught:
        other.describe_vpcs(VpcIds=[net.vpc])
    assert caught.value.response["Error"]["Code"] == "InvalidVpcID.NotFound"
