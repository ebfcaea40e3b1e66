"""Keys and aliases made by CloudFormation."""

from __future__ import annotations

import json


def test_a_key_with_its_alias(client, account, cloud):
    cloudformation, kms = client("cloudformation"), client("kms")

    def template(**more):
        statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*"}
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
        return json.dumps(
            {
                "Resources": {
                    "Key": {
                        "Type": "AWS::KMS::Key",
                        "Properties": {"KeyPolicy": policy, "PendingWindowInDays": 7, **more},
                    },
                    "Alias": {
                        "Type": "AWS::KMS::Alias",
                        "Properties": {"AliasName": "alias/of-the-stack", "TargetKeyId": {"Ref": "Key"}},
                    },
                },
                "Outputs": {
                    "Id": {"Value": {"Ref": "Key"}},
                    "Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}},
                    "Alias": {"Value": {"Ref": "Alias"}},
                },
            }
        )

    def outputs():
        cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), stack
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    first = {"Description": "one", "EnableKeyRotation": True, "Tags": [{"Key": "k", "Value": "1"}]}
    cloudformation.create_stack(StackName="s", TemplateBody=template(**first))
    made = outputs()
    assert made["Alias"] == "alias/of-the-stack" and made["Arn"].endswith(f"key/{made['Id']}")
    assert kms.describe_key(KeyId="alias/of-the-stack")["KeyMetadata"]["Description"] == "one"
    assert kms.get_key_rotation_status(KeyId=made["Id"])["KeyRotationEnabled"]
    assert {"TagKey": "k", "TagValue": "1"} in kms.list_resource_tags(KeyId=made["Id"])["Tags"]
    second = {"Description": "two", "Enabled": False, "Tags": [{"Key": "k", "Value": "2"}]}
    cloudformation.update_stack(StackName="s", TemplateBody=template(**second))
    assert outputs()["Id"] == made["Id"]
    shown = kms.describe_key(KeyId=made["Id"])["KeyMetadata"]
    assert (shown["Description"], shown["KeyState"]) == ("two", "Disabled")
    assert not kms.get_key_rotation_status(KeyId=made["Id"])["KeyRotationEnabled"]
    assert {"TagKey": "k", "TagValue": "2"} in kms.list_resource_tags(KeyId=made["Id"])["Tags"]
    cloudformation.delete_stack(StackName="s")
    cloud.settle()
    assert kms.describe_key(KeyId=made["Id"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert kms.list_aliases()["Aliases"] == []


def test_another_kind_of_key_is_another_key(client, cloud):
    cloudformation = client("cloudformation")

    def template(spec):
        properties = {"KeySpec": spec, "KeyUsage": "GENERATE_VERIFY_MAC"}
        return json.dumps({"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": properties}}})

    def id():
        cloud.settle()
        return cloudformation.describe_stack_resource(StackName="s", LogicalResourceId="Key")["StackResourceDetail"][
            "PhysicalResourceId"
        ]

    cloudformation.create_stack(StackName="s", TemplateBody=template("HMAC_256"))
    old = id()
    cloudformation.update_stack(StackName="s", TemplateBody=template("HMAC_512"))
    new = id()
    states = {each: client("kms").describe_key(KeyId=each)["KeyMetadata"]["KeyState"] for each in (old, new)}
    assert states == {old: "PendingDeletion", new: "Enabled"}
