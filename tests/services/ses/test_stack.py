"""Receipt rules by CloudFormation, with the bucket they write into."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.services.ses.conftest import Mailer


def template(account: str, actions: bool = True, cidr: str = "10.0.0.0/24", after: bool = False) -> str:
    store = {"S3Action": {"BucketName": {"Ref": "Bucket"}, "ObjectKeyPrefix": "in/"}}
    statement = {
        "Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}, "Condition": {"StringEquals": {"AWS:SourceAccount": account}},
    }  # fmt: skip
    rule: dict[str, Any] = {
        "RuleSetName": {"Ref": "Set"},
        "Rule": {"Name": "one", "Enabled": True, "Actions": [store] if actions else []},
    }
    if after:
        rule["After"] = {"Ref": "Two"}
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        },
        "Set": {"Type": "AWS::SES::ReceiptRuleSet"},
        "One": {"Type": "AWS::SES::ReceiptRule", "DependsOn": "Policy", "Properties": rule},
        "Two": {
            "Type": "AWS::SES::ReceiptRule",
            "Properties": {"RuleSetName": {"Ref": "Set"}, "Rule": {"Actions": [{"StopAction": {"Scope": "RuleSet"}}]}},
        },
        "Filter": {
            "Type": "AWS::SES::ReceiptFilter",
            "Properties": {"Filter": {"IpFilter": {"Policy": "Block", "Cidr": cidr}}},
        },
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Set", "One", "Two", "Filter", "Bucket")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_receipt_rules_of_a_stack(mailer: Mailer, account: str) -> None:
    stacks = mailer.cloud.client("cloudformation", key=account)

    def deploy(operation: str, **more: Any) -> dict[str, str]:
        getattr(stacks, operation)(StackName="mail", TemplateBody=template(account, **more))
        waiter = stacks.get_waiter(f"stack_{operation.partition('_')[0]}_complete")
        waiter.wait(StackName="mail", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        [found] = stacks.describe_stacks(StackName="mail")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    def rules(made: dict[str, str]) -> list[dict[str, Any]]:
        return list(mailer.v1.describe_receipt_rule_set(RuleSetName=made["Set"])["Rules"])

    made = deploy("create_stack")
    assert made["One"] == "one" and made["Set"].startswith("mail-Set-") and made["Two"].startswith("mail-Two-")
    found = {each["Name"]: each for each in rules(made)}
    assert found.keys() == {"one", made["Two"]} and found["one"]["Enabled"]
    assert found["one"]["Actions"] == [{"S3Action": {"BucketName": made["Bucket"], "ObjectKeyPrefix": "in/"}}]
    [kept] = mailer.v1.list_receipt_filters()["Filters"]
    assert kept == {"Name": made["Filter"], "IpFilter": {"Policy": "Block", "Cidr": "10.0.0.0/24"}}
    changed = deploy("update_stack", actions=False, cidr="10.1.0.0/24", after=True)
    assert [each["Name"] for each in rules(changed)] == [made["Two"], "one"]
    assert rules(changed)[1]["Actions"] == []
    assert mailer.v1.list_receipt_filters()["Filters"][0]["IpFilter"]["Cidr"] == "10.1.0.0/24"
    mailer.cloud.client("s3", key=account).delete_object(Bucket=made["Bucket"], Key="in/AMAZON_SES_SETUP_NOTIFICATION")
    stacks.delete_stack(StackName="mail")
    stacks.get_waiter("stack_delete_complete").wait(StackName="mail", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert mailer.v1.list_receipt_rule_sets()["RuleSets"] == [] == mailer.v1.list_receipt_filters()["Filters"]


def test_a_rule_that_cannot_write_fails_the_stack(mailer: Mailer, account: str) -> None:
    stacks = mailer.cloud.client("cloudformation", key=account)
    body = json.loads(template(account))
    del body["Resources"]["Policy"], body["Resources"]["One"]["DependsOn"]
    stacks.create_stack(StackName="mail", TemplateBody=json.dumps(body), OnFailure="DELETE")
    with pytest.raises(WaiterError):
        stacks.get_waiter("stack_create_complete").wait(StackName="mail", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    [stack] = stacks.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    events = stacks.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
    assert any("Could not write to bucket" in each.get("ResourceStatusReason", "") for each in events)
