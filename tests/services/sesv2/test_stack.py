"""Identities, templates and configuration sets made by CloudFormation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services.ses.conftest import Mailer
from tests.services.ses.standins import StandInCloud


@pytest.fixture
def fresh_told_mailer(tmp_path_factory: pytest.TempPathFactory, account: str) -> Iterator[Mailer]:
    """An account of a cloud whose topics and metrics are stand-ins."""
    folder = tmp_path_factory.mktemp("told")
    running = StandInCloud(folder)
    yield Mailer(running, account)
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


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


TOPICS = [{"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}]


def telling(topics: list[Any], types: list[str], watched: bool, account: str) -> str:
    dimension = {"DimensionName": "d", "DimensionValueSource": "messageTag", "DefaultDimensionValue": "v"}
    topic = {"TopicARN": f"arn:aws:sns:us-east-1:{account}:open"}
    destination = {"Name": "told", "Enabled": True, "MatchingEventTypes": types, "SnsDestination": topic}
    if watched:
        del destination["SnsDestination"]
        destination["CloudWatchDestination"] = {"DimensionConfigurations": [dimension]}
    resources = {
        "List": {"Type": "AWS::SES::ContactList", "Properties": {"ContactListName": "all", "Topics": topics}},
        "Set": {
            "Type": "AWS::SES::ConfigurationSet",
            "Properties": {"Name": "one", "DeliveryOptions": {"TlsPolicy": "OPTIONAL" if watched else "REQUIRE"}},
        },
        "Told": {
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "Properties": {"ConfigurationSetName": {"Ref": "Set"}, "EventDestination": destination},
        },
    }
    return json.dumps({"Resources": resources})


def test_destinations_and_contact_lists_in_a_template(fresh_told_mailer: Mailer) -> None:
    mailer = fresh_told_mailer
    cloudformation, api = mailer.cloud.client("cloudformation", key=mailer.account), mailer.v2

    def status() -> str:
        mailer.cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        return str(stack["StackStatus"])

    def destinations() -> list[Any]:
        return list(api.get_configuration_set_event_destinations(ConfigurationSetName="one")["EventDestinations"])

    types = ["send", "renderingFailure", "deliveryDelay"]
    cloudformation.create_stack(StackName="s", TemplateBody=telling(TOPICS, types, False, mailer.account))
    assert status() == "CREATE_COMPLETE"
    topic = {"TopicArn": f"arn:aws:sns:us-east-1:{mailer.account}:open"}
    assert destinations() == [
        {
            "Name": "told", "Enabled": True, "MatchingEventTypes": ["DELIVERY_DELAY", "RENDERING_FAILURE", "SEND"],
            "SnsDestination": topic,
        }
    ]  # fmt: skip
    assert api.get_contact_list(ContactListName="all")["Topics"] == TOPICS
    assert api.get_configuration_set(ConfigurationSetName="one")["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    cloudformation.update_stack(StackName="s", TemplateBody=telling([], ["bounce"], True, mailer.account))
    assert status() == "UPDATE_COMPLETE"
    [found] = destinations()
    assert found["MatchingEventTypes"] == ["BOUNCE"] and "SnsDestination" not in found
    assert found["CloudWatchDestination"]["DimensionConfigurations"][0]["DimensionValueSource"] == "MESSAGE_TAG"
    assert api.get_contact_list(ContactListName="all")["Topics"] == []
    assert api.get_configuration_set(ConfigurationSetName="one")["DeliveryOptions"]["TlsPolicy"] == "OPTIONAL"
    cloudformation.delete_stack(StackName="s")
    mailer.cloud.settle()
    assert api.list_configuration_sets()["ConfigurationSets"] == api.list_contact_lists()["ContactLists"] == []


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
