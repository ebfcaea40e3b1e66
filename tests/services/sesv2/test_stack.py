"""Identities, templates and configuration sets made by CloudFormation."""

from __future__ import annotations

import json
from typing import Any

from tests.services.ses.conftest import Mailer


def template(subject: str, sending: bool, tag: str) -> str:
    tags = [{"Key": "k", "Value": tag}]
    resources: dict[str, Any] = {
        "Domain": {
            "Type": "AWS::SES::EmailIdentity",
            "Properties": {
                "EmailIdentity": "shop.example.com",
                "ConfigurationSetAttributes": {"ConfigurationSetName": {"Ref": "Set"}},
                "MailFromAttributes": {"MailFromDomain": "bounce.shop.example.com"},
                "FeedbackAttributes": {"EmailForwardingEnabled": sending},
                "Tags": tags,
            },
        },
        "Set": {
            "Type": "AWS::SES::ConfigurationSet",
            "Properties": {"SendingOptions": {"SendingEnabled": sending}, "Tags": tags},
        },
        "Welcome": {
            "Type": "AWS::SES::Template",
            "Properties": {"Template": {"TemplateName": "welcome", "SubjectPart": subject, "TextPart": "t"}},
        },
    }
    outputs = {
        "Set": {"Value": {"Ref": "Set"}},
        "Welcome": {"Value": {"Ref": "Welcome"}},
        "Name": {"Value": {"Fn::GetAtt": ["Domain", "DkimDNSTokenName1"]}},
        "Alias": {"Value": {"Fn::GetAtt": ["Domain", "DkimDNSTokenValue1"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_mail_in_a_template(mailer: Mailer) -> None:
    cloudformation, api = mailer.cloud.client("cloudformation", key=mailer.account), mailer.v2

    def outputs() -> dict[str, str]:
        mailer.cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), cloudformation.describe_stack_events(
            StackName="s"
        )["StackEvents"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    cloudformation.create_stack(StackName="s", TemplateBody=template("Hi", True, "one"))
    made = outputs()
    found = api.get_email_identity(EmailIdentity="shop.example.com")
    assert found["ConfigurationSetName"] == made["Set"] and made["Set"].startswith("s-Set-")
    assert found["MailFromAttributes"]["MailFromDomain"] == "bounce.shop.example.com"
    token = found["DkimAttributes"]["Tokens"][0]
    assert made["Name"] == f"{token}._domainkey.shop.example.com" and made["Alias"] == f"{token}.dkim.amazonses.com"
    assert {"Key": "k", "Value": "one"} in found["Tags"] and made["Welcome"] == "welcome"
    cloudformation.update_stack(StackName="s", TemplateBody=template("Ho", False, "two"))
    assert outputs() == made
    assert api.get_email_template(TemplateName="welcome")["TemplateContent"]["Subject"] == "Ho"
    changed = api.get_configuration_set(ConfigurationSetName=made["Set"])
    assert changed["SendingOptions"]["SendingEnabled"] is False and {"Key": "k", "Value": "two"} in changed["Tags"]
    found = api.get_email_identity(EmailIdentity="shop.example.com")
    assert found["FeedbackForwardingStatus"] is False and {"Key": "k", "Value": "two"} in found["Tags"]
    cloudformation.delete_stack(StackName="s")
    mailer.cloud.settle()
    assert api.list_email_identities()["EmailIdentities"] == [] and api.list_configuration_sets() != {}
    assert api.list_configuration_sets()["ConfigurationSets"] == []
    assert api.list_email_templates()["TemplatesMetadata"] == []
