"""Identities, templates, configuration sets and tags of the second API."""

from __future__ import annotations

import base64
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.services.ses.conftest import Mailer, refused


def verifies(mailer: Mailer, raw: bytes, domain: str) -> bool:
    """Whether dkimpy finds the signature good by the records of the domain."""
    names: dict[str, str] = {each["Name"]: each["Value"] for each in mailer.identity(domain)["records"]}

    def dns(name: bytes, timeout: float = 0) -> bytes:
        found = names[name.decode().rstrip(".")]
        return names.get(found, found).encode()

    return bool(dkim.verify(raw, dnsfunc=dns))


def test_an_address(mailer: Mailer) -> None:
    made = mailer.v2.create_email_identity(EmailIdentity="a@example.com", Tags=[{"Key": "k", "Value": "v"}])
    assert made["IdentityType"] == "EMAIL_ADDRESS" and made["DkimAttributes"]["Status"] == "NOT_STARTED"
    words = refused("AlreadyExistsException", mailer.v2.create_email_identity, EmailIdentity="a@example.com")
    assert words == "Email identity a@example.com already exist."
    mailer.verify("a@example.com")
    found = mailer.v2.get_email_identity(EmailIdentity="a@example.com")
    assert found["VerifiedForSendingStatus"] is True and found["VerificationStatus"] == "SUCCESS"
    assert found["FeedbackForwardingStatus"] is True and found["Tags"] == [{"Key": "k", "Value": "v"}]
    [listed] = mailer.v2.list_email_identities()["EmailIdentities"]
    assert listed == {
        "IdentityType": "EMAIL_ADDRESS", "IdentityName": "a@example.com", "SendingEnabled": True,
        "VerificationStatus": "SUCCESS",
    }  # fmt: skip
    mailer.v2.put_email_identity_feedback_attributes(EmailIdentity="a@example.com", EmailForwardingEnabled=False)
    assert mailer.v2.get_email_identity(EmailIdentity="a@example.com")["FeedbackForwardingStatus"] is False
    mailer.v2.delete_email_identity(EmailIdentity="a@example.com")
    refused("NotFoundException", mailer.v2.delete_email_identity, EmailIdentity="a@example.com")
    mailer.v2.create_email_identity(EmailIdentity="a@example.com")
    assert mailer.v2.get_email_identity(EmailIdentity="a@example.com")["Tags"] == []


def test_a_domain_has_dkim_from_the_start(mailer: Mailer) -> None:
    made = mailer.v2.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert (
        made["Status"] == "PENDING" and len(made["Tokens"]) == 3 and made["SigningHostedZone"] == "dkim.amazonses.com"
    )
    assert made["CurrentSigningKeyLength"] == "RSA_2048_BIT"
    refused("MessageRejected", mailer.send, source="a@example.com")
    mailer.verify_domain("example.com")
    found = mailer.v2.get_email_identity(EmailIdentity="EXAMPLE.com")
    assert found["DkimAttributes"]["Status"] == "SUCCESS" and found["VerifiedForSendingStatus"] is True
    assert verifies(mailer, mailer.raw(mailer.send("a@example.com")), "example.com")
    mailer.v2.put_email_identity_dkim_attributes(EmailIdentity="example.com", SigningEnabled=False)
    assert b"d=example.com;" not in mailer.raw(mailer.send("a@example.com"))


def test_a_key_of_one_s_own(mailer: Mailer) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )  # fmt: skip
    own = {"DomainSigningSelector": "mine", "DomainSigningPrivateKey": base64.b64encode(der).decode()}
    made = mailer.v2.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=own)
    assert made["DkimAttributes"]["SigningAttributesOrigin"] == "EXTERNAL"
    assert made["DkimAttributes"]["Tokens"] == ["mine"]
    mailer.verify_domain("example.com")
    raw = mailer.raw(mailer.send("a@example.com"))
    assert b"s=mine;" in raw and verifies(mailer, raw, "example.com")
    back = mailer.v2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="AWS_SES"
    )
    assert back["DkimStatus"] == "PENDING" and len(back["DkimTokens"]) == 3
    assert b"d=example.com;" not in mailer.raw(mailer.send("a@example.com"))
    refused(
        "BadRequestException", mailer.v2.put_email_identity_dkim_signing_attributes, EmailIdentity="example.com",
        SigningAttributesOrigin="EXTERNAL", SigningAttributes={**own, "DomainSigningPrivateKey": "bm9wZQ=="},
    )  # fmt: skip
    refused(
        "BadRequestException", mailer.v2.create_email_identity, EmailIdentity="a@example.com", DkimSigningAttributes=own
    )


@pytest.mark.parametrize("name", ["nonsense", "a@b", "-x.com", "a b@example.com", "x" * 300 + ".com"])
def test_what_is_no_identity(mailer: Mailer, name: str) -> None:
    refused("BadRequestException", mailer.v2.create_email_identity, EmailIdentity=name)
    assert mailer.v2.list_email_identities()["EmailIdentities"] == []


def test_the_identity_s_configuration_set(mailer: Mailer) -> None:
    refused(
        "NotFoundException", mailer.v2.create_email_identity, EmailIdentity="a@example.com", ConfigurationSetName="one"
    )
    mailer.v2.create_configuration_set(ConfigurationSetName="one")
    mailer.v2.create_email_identity(EmailIdentity="a@example.com", ConfigurationSetName="one")
    mailer.verify("a@example.com")
    assert mailer.mail(mailer.send("a@example.com"))["configuration_set"] == "one"
    mailer.v2.put_configuration_set_sending_options(ConfigurationSetName="one", SendingEnabled=False)
    refused("ConfigurationSetSendingPausedException", mailer.send, source="a@example.com")
    mailer.v2.put_email_identity_configuration_set_attributes(EmailIdentity="a@example.com")
    assert mailer.mail(mailer.send("a@example.com"))["configuration_set"] == ""


def test_configuration_sets(mailer: Mailer) -> None:
    api = mailer.v2
    api.create_configuration_set(ConfigurationSetName="one", DeliveryOptions={"TlsPolicy": "REQUIRE"})
    found = api.get_configuration_set(ConfigurationSetName="one")
    assert found["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"} and found["SendingOptions"] == {"SendingEnabled": True}
    refused("AlreadyExistsException", api.create_configuration_set, ConfigurationSetName="one")
    refused("BadRequestException", api.create_configuration_set, ConfigurationSetName="not allowed")
    archive = {"ArchiveArn": "arn:aws:ses:us-east-1:1:mailmanager-archive/a-abcdefghijklmnopqrstuvwxyz"}
    refused("NotImplemented", api.create_configuration_set, ConfigurationSetName="two", ArchivingOptions=archive)
    vdm = {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}
    refused("NotImplemented", api.create_configuration_set, ConfigurationSetName="two", VdmOptions=vdm)
    pool = {"SendingPoolName": "p"}
    refused("NotImplemented", api.create_configuration_set, ConfigurationSetName="two", DeliveryOptions=pool)
    assert api.list_configuration_sets()["ConfigurationSets"] == ["one"]
    assert mailer.v1.list_configuration_sets()["ConfigurationSets"] == [{"Name": "one"}]
    api.delete_configuration_set(ConfigurationSetName="one")
    refused("NotFoundException", api.delete_configuration_set, ConfigurationSetName="one")
    refused("NotFoundException", api.get_configuration_set, ConfigurationSetName="one")


def test_options_of_configuration_sets_are_the_same_in_both_apis(mailer: Mailer) -> None:
    v1, v2, named = mailer.v1, mailer.v2, {"ConfigurationSetName": "one"}
    tracking = {"CustomRedirectDomain": "links.example.com"}
    words = refused("BadRequestException", v2.create_configuration_set, **named, TrackingOptions=tracking)
    assert words == "Tracking domain <links.example.com> is not verified in Amazon SES."
    v1.verify_domain_identity(Domain="example.com")
    mailer.verify_domain("example.com")
    v2.create_configuration_set(
        **named, TrackingOptions={**tracking, "HttpsPolicy": "REQUIRE"}, DeliveryOptions={"MaxDeliverySeconds": 300},
        ReputationOptions={"ReputationMetricsEnabled": True},
    )  # fmt: skip
    asked = ["trackingOptions", "deliveryOptions", "reputationOptions"]
    shown = v1.describe_configuration_set(**named, ConfigurationSetAttributeNames=asked)
    assert shown["TrackingOptions"] == tracking and shown["DeliveryOptions"] == {"TlsPolicy": "Optional"}
    assert shown["ReputationOptions"] == {"SendingEnabled": True, "ReputationMetricsEnabled": True}
    options = {"TrackingOptions": tracking}
    refused("TrackingOptionsAlreadyExistsException", v1.create_configuration_set_tracking_options, **named, **options)
    v1.delete_configuration_set_tracking_options(**named)
    for change in (v1.delete_configuration_set_tracking_options, v1.update_configuration_set_tracking_options):
        given = {**named, **(options if change == v1.update_configuration_set_tracking_options else {})}
        refused("TrackingOptionsDoesNotExistException", change, **given)
    for domain in ("no domain", "links.example.org"):
        given = {**named, "TrackingOptions": {"CustomRedirectDomain": domain}}
        refused("InvalidTrackingOptions", v1.create_configuration_set_tracking_options, **given)
    v1.create_configuration_set_tracking_options(**named, **options)
    v1.put_configuration_set_delivery_options(**named, DeliveryOptions={"TlsPolicy": "Require"})
    v1.update_configuration_set_reputation_metrics_enabled(**named, Enabled=False)
    found = v2.get_configuration_set(**named)
    assert found["DeliveryOptions"] == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}
    assert found["TrackingOptions"] == {**tracking, "HttpsPolicy": "OPTIONAL"}
    assert found["ReputationOptions"] == {"ReputationMetricsEnabled": False}
    v2.put_configuration_set_tracking_options(**named)
    v2.put_configuration_set_delivery_options(**named, TlsPolicy="OPTIONAL")
    v2.put_configuration_set_reputation_options(**named, ReputationMetricsEnabled=True)
    v2.put_configuration_set_sending_options(**named, SendingEnabled=False)
    v2.put_configuration_set_sending_options(**named, SendingEnabled=True)
    found = v2.get_configuration_set(**named)
    assert "TrackingOptions" not in found and found["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL"}
    assert found["ReputationOptions"]["LastFreshStart"]
    refused("NotFoundException", v2.put_configuration_set_tracking_options, ConfigurationSetName="none")


def test_templates_are_the_first_api_s(mailer: Mailer) -> None:
    api = mailer.v2
    content = {"Subject": "Hi {{name}}", "Text": "t", "Html": "<p>{{name}}</p>"}
    api.create_email_template(TemplateName="t", TemplateContent=content)
    refused("AlreadyExistsException", api.create_email_template, TemplateName="t", TemplateContent=content)
    assert api.get_email_template(TemplateName="t")["TemplateContent"] == content
    assert mailer.v1.get_template(TemplateName="t")["Template"]["SubjectPart"] == "Hi {{name}}"
    shown = api.test_render_email_template(TemplateName="t", TemplateData='{"name": "Ann"}')["RenderedTemplate"]
    assert "Subject: Hi Ann\r\n" in shown and "<p>Ann</p>" in shown
    words = refused("BadRequestException", api.test_render_email_template, TemplateName="t", TemplateData="{}")
    assert words == "Attribute 'name' is not present in the rendering data."
    words = refused("MissingRenderingAttribute", mailer.v1.test_render_template, TemplateName="t", TemplateData="{}")
    assert words == "Attribute 'name' is not present in the rendering data."
    refused("InvalidRenderingParameter", mailer.v1.test_render_template, TemplateName="t", TemplateData="[1]")
    api.update_email_template(TemplateName="t", TemplateContent={"Subject": "New"})
    assert api.get_email_template(TemplateName="t")["TemplateContent"] == {"Subject": "New"}
    bad: list[dict[str, Any]] = [{}, {"Subject": "{{a"}, {"Subject": "{{#if a}}x"}, {"Subject": "x" * 600_000}]
    for each in bad:
        refused("BadRequestException", api.create_email_template, TemplateName="bad", TemplateContent=each)
    v1 = {"TemplateName": "bad", "SubjectPart": "{{#each}}"}
    refused("InvalidTemplate", mailer.v1.create_template, Template=v1)
    assert [each["TemplateName"] for each in api.list_email_templates()["TemplatesMetadata"]] == ["t"]
    api.delete_email_template(TemplateName="t")
    refused("NotFoundException", api.delete_email_template, TemplateName="t")
    mailer.v1.delete_template(TemplateName="t")


def test_tags(mailer: Mailer) -> None:
    arn = f"arn:aws:ses:us-east-1:{mailer.account}:configuration-set/one"
    refused("NotFoundException", mailer.v2.list_tags_for_resource, ResourceArn=arn)
    mailer.v2.create_configuration_set(ConfigurationSetName="one", Tags=[{"Key": "a", "Value": "1"}])
    mailer.v2.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    mailer.v2.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert mailer.v2.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    refused("BadRequestException", mailer.v2.tag_resource, ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": "2"}])
    refused("BadRequestException", mailer.v2.tag_resource, ResourceArn="nonsense", Tags=[])
