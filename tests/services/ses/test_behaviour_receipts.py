"""Receipt rule sets, rules and filters by boto3: their order, their limits, and AWS's errors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.ses.conftest import Mailer, refused

STOP = {"StopAction": {"Scope": "RuleSet"}}


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Actions": [STOP], **more}


def names(mailer: Mailer, set_name: str = "set") -> list[str]:
    return [each["Name"] for each in mailer.v1.describe_receipt_rule_set(RuleSetName=set_name)["Rules"]]


def test_rule_sets(mailer: Mailer) -> None:
    ses = mailer.v1
    ses.create_receipt_rule_set(RuleSetName="set")
    refused("AlreadyExists", ses.create_receipt_rule_set, RuleSetName="set")
    refused("InvalidParameterValue", ses.create_receipt_rule_set, RuleSetName="-set")
    refused("RuleSetDoesNotExist", ses.describe_receipt_rule_set, RuleSetName="none")
    refused("RuleSetDoesNotExist", ses.set_active_receipt_rule_set, RuleSetName="none")
    refused("RuleSetDoesNotExist", ses.clone_receipt_rule_set, RuleSetName="copy", OriginalRuleSetName="none")
    assert "Rules" not in ses.describe_active_receipt_rule_set() and "Metadata" not in (
        ses.describe_active_receipt_rule_set()
    )
    ses.create_receipt_rule(RuleSetName="set", Rule=rule("one", Enabled=True))
    ses.set_active_receipt_rule_set(RuleSetName="set")
    found = ses.describe_active_receipt_rule_set()
    assert found["Metadata"]["Name"] == "set" and [each["Name"] for each in found["Rules"]] == ["one"]
    refused("CannotDelete", ses.delete_receipt_rule_set, RuleSetName="set")
    ses.clone_receipt_rule_set(RuleSetName="copy", OriginalRuleSetName="set")
    assert names(mailer, "copy") == ["one"]
    assert [each["Name"] for each in ses.list_receipt_rule_sets()["RuleSets"]] == ["copy", "set"]
    ses.set_active_receipt_rule_set()
    ses.delete_receipt_rule_set(RuleSetName="set")
    ses.delete_receipt_rule_set(RuleSetName="set")
    for number in range(39):
        ses.create_receipt_rule_set(RuleSetName=f"set{number}")
    refused("LimitExceeded", ses.create_receipt_rule_set, RuleSetName="more")


def test_rules_and_their_order(mailer: Mailer) -> None:
    ses = mailer.v1
    ses.create_receipt_rule_set(RuleSetName="set")
    ses.create_receipt_rule(RuleSetName="set", Rule=rule("b"))
    ses.create_receipt_rule(RuleSetName="set", Rule=rule("a"))  # in front of all
    ses.create_receipt_rule(RuleSetName="set", Rule=rule("c", Recipients=["example.com"]), After="b")
    assert names(mailer) == ["a", "b", "c"]
    refused("AlreadyExists", ses.create_receipt_rule, RuleSetName="set", Rule=rule("a"))
    refused("RuleDoesNotExist", ses.create_receipt_rule, RuleSetName="set", Rule=rule("d"), After="none")
    refused("RuleSetDoesNotExist", ses.create_receipt_rule, RuleSetName="none", Rule=rule("d"))
    found = ses.describe_receipt_rule(RuleSetName="set", RuleName="c")["Rule"]
    assert found == {
        "Name": "c", "Enabled": False, "TlsPolicy": "Optional", "Recipients": ["example.com"], "Actions": [STOP],
        "ScanEnabled": False,
    }  # fmt: skip
    refused("RuleDoesNotExist", ses.describe_receipt_rule, RuleSetName="set", RuleName="none")
    refused("RuleSetDoesNotExist", ses.describe_receipt_rule, RuleSetName="none", RuleName="c")
    ses.set_receipt_rule_position(RuleSetName="set", RuleName="a", After="c")
    assert names(mailer) == ["b", "c", "a"]
    ses.set_receipt_rule_position(RuleSetName="set", RuleName="c")
    assert names(mailer) == ["c", "b", "a"]
    refused("RuleDoesNotExist", ses.set_receipt_rule_position, RuleSetName="set", RuleName="c", After="none")
    ses.reorder_receipt_rule_set(RuleSetName="set", RuleNames=["a", "b", "c"])
    assert names(mailer) == ["a", "b", "c"]
    refused("RuleDoesNotExist", ses.reorder_receipt_rule_set, RuleSetName="set", RuleNames=["a", "b", "x"])
    refused("InvalidParameterValue", ses.reorder_receipt_rule_set, RuleSetName="set", RuleNames=["a", "b"])
    ses.update_receipt_rule(RuleSetName="set", Rule=rule("b", Enabled=True, TlsPolicy="Require", ScanEnabled=True))
    changed = ses.describe_receipt_rule(RuleSetName="set", RuleName="b")["Rule"]
    assert (changed["Enabled"], changed["TlsPolicy"], changed["ScanEnabled"]) == (True, "Require", True)
    refused("RuleDoesNotExist", ses.update_receipt_rule, RuleSetName="set", Rule=rule("none"))
    ses.delete_receipt_rule(RuleSetName="set", RuleName="b")
    ses.delete_receipt_rule(RuleSetName="set", RuleName="b")
    assert names(mailer) == ["a", "c"]


HEADER = {"HeaderName": "X-Shop", "HeaderValue": "one"}
BOUNCE = {"SmtpReplyCode": "550", "StatusCode": "5.1.1", "Message": "no", "Sender": "me@example.com"}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Recipients": ["no address at all"]}, "InvalidParameterValue"),
        ({"Recipients": ["a@b@example.com"]}, "InvalidParameterValue"),
        ({"Recipients": [f"a{number}@example.com" for number in range(101)]}, "InvalidParameterValue"),
        ({"Actions": [STOP] * 11}, "InvalidParameterValue"),
        ({"Actions": [{**STOP, "AddHeaderAction": HEADER}]}, "InvalidParameterValue"),
        ({"Actions": [{"AddHeaderAction": {**HEADER, "HeaderValue": "a\r\nBcc: x@a.test"}}]}, "InvalidParameterValue"),
        ({"Actions": [{"AddHeaderAction": {**HEADER, "HeaderName": "X Shop"}}]}, "InvalidParameterValue"),
        ({"Actions": [{"BounceAction": {**BOUNCE, "SmtpReplyCode": "250"}}]}, "InvalidParameterValue"),
        ({"Actions": [{"BounceAction": {**BOUNCE, "Message": "a\r\nb"}}]}, "InvalidParameterValue"),
        ({"Actions": [{"BounceAction": {**BOUNCE, "Sender": "nobody"}}]}, "InvalidParameterValue"),
        ({"Actions": [{"S3Action": {"BucketName": "none-such-bucket-here"}}]}, "InvalidS3Configuration"),
        (
            {"Actions": [{"LambdaAction": {"FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:none"}}]},
            "InvalidLambdaFunction",
        ),
        ({"Actions": [{"LambdaAction": {"FunctionArn": "none"}}]}, "InvalidLambdaFunction"),
        (
            {"Actions": [{"WorkmailAction": {"OrganizationArn": "arn:aws:workmail:us-east-1:1:organization/m-1"}}]},
            "NotImplemented",
        ),
        (
            {"Actions": [{"S3Action": {"BucketName": "b", "KmsKeyArn": "arn:aws:kms:us-east-1:1:key/1"}}]},
            "NotImplemented",
        ),
    ],
)
def test_rules_that_are_refused(mailer: Mailer, more: dict[str, Any], code: str) -> None:
    mailer.v1.create_receipt_rule_set(RuleSetName="set")
    refused(code, mailer.v1.create_receipt_rule, RuleSetName="set", Rule=rule("a", **more))
    assert names(mailer) == []


def test_filters(mailer: Mailer) -> None:
    ses = mailer.v1
    given = {"Name": "office", "IpFilter": {"Policy": "Block", "Cidr": "10.0.0.0/24"}}
    ses.create_receipt_filter(Filter=given)
    refused("AlreadyExists", ses.create_receipt_filter, Filter=given)
    bad = {"Name": "bad", "IpFilter": {"Policy": "Block", "Cidr": "10.0.0.0/99"}}
    refused("InvalidParameterValue", ses.create_receipt_filter, Filter=bad)
    assert ses.list_receipt_filters()["Filters"] == [given]
    ses.delete_receipt_filter(FilterName="office")
    ses.delete_receipt_filter(FilterName="office")
    assert ses.list_receipt_filters()["Filters"] == []
