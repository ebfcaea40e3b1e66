"""Calls of SES's first API that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.rooms import room
from tests.permissions.example import Also, Case, Examples, Fails, Stage

EXAMPLES = Examples()
WITH_SET = "The reference names the configuration set among the resources; it is asked for when the call names one."


def verified(at: Stage) -> str:
    """A domain of this operation's own that may send."""
    name = f"{at.name}.example.com"
    at.root("ses").verify_domain_identity(Domain=name)
    at.cloud.control("mail/identities", {"account": at.account, "region": at.region, "identity": name})
    return name


def configuration_set(at: Stage) -> str:
    """A configuration set of this operation's own."""
    at.root("ses").create_configuration_set(ConfigurationSet={"Name": at.name})
    return at.name


def template(at: Stage) -> str:
    """A template of this operation's own."""
    at.root("ses").create_template(Template={"TemplateName": at.name, "SubjectPart": "Hi {{n}}", "TextPart": "x"})
    return at.name


def sends(at: Stage, *more: str) -> list[str]:
    return [at.arn(f"identity/{at.name}.example.com"), *(at.arn(each) for each in more)]


TO = {"ToAddresses": ["success@simulator.amazonses.com"]}
BODY = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}


@EXAMPLES("SendEmail")
def send_email(at: Stage) -> Case:
    source = f"me@{verified(at)}"
    given = {"Source": source, "Destination": TO, "Message": BODY, "ConfigurationSetName": configuration_set(at)}
    return Case(given, sends(at, f"configuration-set/{at.name}"))


@EXAMPLES("SendRawEmail")
def send_raw_email(at: Stage) -> Case:
    raw = f"From: me@{verified(at)}\r\nTo: success@simulator.amazonses.com\r\nSubject: s\r\n\r\nt"
    given = {"RawMessage": {"Data": raw.encode()}, "ConfigurationSetName": configuration_set(at)}
    return Case(given, sends(at, f"configuration-set/{at.name}"))


@EXAMPLES("SendTemplatedEmail")
def send_templated_email(at: Stage) -> Case:
    source = f"me@{verified(at)}"
    given = {"Source": source, "Destination": TO, "Template": template(at), "TemplateData": '{"n": "1"}'}
    return Case(given, sends(at, f"template/{at.name}"))


@EXAMPLES("SendBulkTemplatedEmail")
def send_bulk_templated_email(at: Stage) -> Case:
    source = f"me@{verified(at)}"
    given = {
        "Source": source, "Destinations": [{"Destination": TO}], "Template": template(at),
        "DefaultTemplateData": '{"n": "1"}',
    }  # fmt: skip
    return Case(given, sends(at, f"template/{at.name}"))


@EXAMPLES("VerifyEmailIdentity", "VerifyEmailAddress", "DeleteVerifiedEmailAddress")
def address(at: Stage) -> Case:
    return Case({"EmailAddress": f"{at.name}@example.com"})


@EXAMPLES("VerifyDomainIdentity", "VerifyDomainDkim")
def domain(at: Stage) -> Case:
    return Case({"Domain": f"{at.name}.example.com"})


@EXAMPLES(
    "ListIdentities", "ListVerifiedEmailAddresses", "GetSendQuota", "GetSendStatistics", "GetAccountSendingEnabled",
    "ListTemplates", "ListConfigurationSets",
)  # fmt: skip
def nothing(at: Stage) -> Case:
    return Case()


@EXAMPLES("UpdateAccountSendingEnabled")
def update_account_sending_enabled(at: Stage) -> Case:
    return Case({"Enabled": True})


@EXAMPLES("DeleteIdentity", "ListIdentityPolicies")
def identity(at: Stage) -> Case:
    return Case({"Identity": verified(at)})


@EXAMPLES(
    "GetIdentityVerificationAttributes", "GetIdentityDkimAttributes", "GetIdentityMailFromDomainAttributes",
    "GetIdentityNotificationAttributes",
)  # fmt: skip
def identities(at: Stage) -> Case:
    return Case({"Identities": [verified(at)]})


@EXAMPLES("SetIdentityDkimEnabled")
def set_identity_dkim_enabled(at: Stage) -> Case:
    name = verified(at)
    at.root("ses").verify_domain_dkim(Domain=name)
    return Case({"Identity": name, "DkimEnabled": False})


@EXAMPLES("SetIdentityFeedbackForwardingEnabled")
def set_identity_feedback_forwarding_enabled(at: Stage) -> Case:
    return Case({"Identity": verified(at), "ForwardingEnabled": True})


@EXAMPLES("SetIdentityMailFromDomain")
def set_identity_mail_from_domain(at: Stage) -> Case:
    name = verified(at)
    return Case({"Identity": name, "MailFromDomain": f"bounce.{name}"})


def policy(at: Stage) -> dict[str, Any]:
    """Parameters of a policy for an identity of this operation's own."""
    arn = at.arn(f"identity/{at.name}.example.com")
    statement = {"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "ses:SendEmail", "Resource": arn}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {"Identity": verified(at), "PolicyName": "p", "Policy": text}


@EXAMPLES("PutIdentityPolicy")
def put_identity_policy(at: Stage) -> Case:
    return Case(policy(at))


@EXAMPLES("DeleteIdentityPolicy", "GetIdentityPolicies")
def identity_policy(at: Stage) -> Case:
    given = policy(at)
    at.root("ses").put_identity_policy(**given)
    if at.operation == "GetIdentityPolicies":
        return Case({"Identity": given["Identity"], "PolicyNames": ["p"]})
    return Case({"Identity": given["Identity"], "PolicyName": "p"})


@EXAMPLES("CreateTemplate")
def create_template(at: Stage) -> Case:
    return Case({"Template": {"TemplateName": at.name, "SubjectPart": "s"}})


@EXAMPLES("UpdateTemplate")
def update_template(at: Stage) -> Case:
    return Case({"Template": {"TemplateName": template(at), "SubjectPart": "s"}})


@EXAMPLES("GetTemplate", "DeleteTemplate")
def by_template(at: Stage) -> Case:
    return Case({"TemplateName": template(at)})


@EXAMPLES("TestRenderTemplate")
def test_render_template(at: Stage) -> Case:
    return Case({"TemplateName": template(at), "TemplateData": '{"n": "1"}'})


@EXAMPLES("CreateConfigurationSet")
def create_configuration_set(at: Stage) -> Case:
    return Case({"ConfigurationSet": {"Name": at.name}}, at.arn(f"configuration-set/{at.name}"))


@EXAMPLES("DeleteConfigurationSet")
def delete_configuration_set(at: Stage) -> Case:
    return Case({"ConfigurationSetName": configuration_set(at)}, at.arn(f"configuration-set/{at.name}"))


@EXAMPLES("DescribeConfigurationSet")
def describe_configuration_set(at: Stage) -> Case:
    return Case({"ConfigurationSetName": configuration_set(at)})


@EXAMPLES("CreateConfigurationSetEventDestination")
def create_event_destination(at: Stage) -> Case:
    dimension = {"DimensionName": "d", "DimensionValueSource": "messageTag", "DefaultDimensionValue": "v"}
    destination = {
        "Name": "d", "MatchingEventTypes": ["send"], "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
    }  # fmt: skip
    given = {"ConfigurationSetName": configuration_set(at), "EventDestination": destination}
    return Case(given, at.arn(f"configuration-set/{at.name}"), fails=NO_METRICS)


NO_METRICS = Fails("NotImplemented", "the cloud has no metrics yet") if room("cloudwatch") is None else None


@EXAMPLES("UpdateConfigurationSetEventDestination", "DeleteConfigurationSetEventDestination")
def by_event_destination(at: Stage) -> Case:
    given: dict[str, Any] = {"ConfigurationSetName": configuration_set(at)}
    if at.operation.startswith("Update"):
        topic = {"TopicARN": f"arn:aws:sns:{at.region}:123456789012:t"}
        given["EventDestination"] = {"Name": "d", "MatchingEventTypes": ["send"], "SNSDestination": topic}
    else:
        given["EventDestinationName"] = "d"
    gone = Fails("EventDestinationDoesNotExist", "a destination needs a service that is told")
    return Case(given, at.arn(f"configuration-set/{at.name}"), fails=gone)


@EXAMPLES("PutConfigurationSetDeliveryOptions")
def put_delivery_options(at: Stage) -> Case:
    given = {"ConfigurationSetName": configuration_set(at), "DeliveryOptions": {"TlsPolicy": "Require"}}
    return Case(given, at.arn(f"configuration-set/{at.name}"))


@EXAMPLES(
    "CreateConfigurationSetTrackingOptions", "UpdateConfigurationSetTrackingOptions",
    "DeleteConfigurationSetTrackingOptions",
)  # fmt: skip
def tracking_options(at: Stage) -> Case:
    given = {
        "ConfigurationSetName": configuration_set(at),
        "TrackingOptions": {"CustomRedirectDomain": f"links.{verified(at)}"},
    }
    if at.operation.startswith("Create"):
        return Case(given)
    at.root("ses").create_configuration_set_tracking_options(**given)
    if at.operation.startswith("Delete"):
        del given["TrackingOptions"]
    return Case(given)


@EXAMPLES("UpdateConfigurationSetSendingEnabled", "UpdateConfigurationSetReputationMetricsEnabled")
def update_configuration_set_sending_enabled(at: Stage) -> Case:
    return Case({"ConfigurationSetName": configuration_set(at), "Enabled": True})


# ---- Receiving -------------------------------------------------------------------------------------------------------


def rule_set(at: Stage) -> str:
    """A rule set of this operation's own, with a rule "rule"."""
    at.root("ses").create_receipt_rule_set(RuleSetName=at.name)
    at.root("ses").create_receipt_rule(RuleSetName=at.name, Rule={"Name": "rule"})
    return at.name


@EXAMPLES("CreateReceiptRuleSet")
def create_receipt_rule_set(at: Stage) -> Case:
    return Case({"RuleSetName": at.name})


@EXAMPLES("CloneReceiptRuleSet")
def clone_receipt_rule_set(at: Stage) -> Case:
    return Case({"RuleSetName": f"{at.name}-2", "OriginalRuleSetName": rule_set(at)})


@EXAMPLES("DescribeReceiptRuleSet", "DeleteReceiptRuleSet", "SetActiveReceiptRuleSet")
def by_rule_set(at: Stage) -> Case:
    return Case({"RuleSetName": rule_set(at)})


@EXAMPLES("ListReceiptRuleSets", "DescribeActiveReceiptRuleSet", "ListReceiptFilters")
def of_receiving(at: Stage) -> Case:
    return Case()


@EXAMPLES("ReorderReceiptRuleSet")
def reorder_receipt_rule_set(at: Stage) -> Case:
    return Case({"RuleSetName": rule_set(at), "RuleNames": ["rule"]})


@EXAMPLES("DescribeReceiptRule", "DeleteReceiptRule", "SetReceiptRulePosition")
def by_receipt_rule(at: Stage) -> Case:
    return Case({"RuleSetName": rule_set(at), "RuleName": "rule"})


@EXAMPLES("CreateReceiptRule")
def create_receipt_rule(at: Stage) -> Case:
    return Case({"RuleSetName": rule_set(at), "Rule": {"Name": "new"}})


@EXAMPLES("UpdateReceiptRule")
def update_receipt_rule(at: Stage) -> Case:
    return Case({"RuleSetName": rule_set(at), "Rule": {"Name": "rule", "Enabled": True}})


@EXAMPLES("CreateReceiptRule", variant="role")
def create_receipt_rule_with_a_role(at: Stage) -> Case:
    bucket = f"{at.name}-{at.account}"
    at.root("s3").create_bucket(Bucket=bucket)
    trust = {"Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = at.root("iam").create_role(
        RoleName=at.name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    at.root("iam").put_role_policy(RoleName=at.name, PolicyName="p", PolicyDocument=text)
    rule = {"Name": "new", "Actions": [{"S3Action": {"BucketName": bucket, "IamRoleArn": role}}]}
    passing = Also("iam:PassRole", role, "A role that is handed to a service is passed: S3Action, developer guide.")
    return Case({"RuleSetName": rule_set(at), "Rule": rule}, also=[passing])


@EXAMPLES("CreateReceiptFilter")
def create_receipt_filter(at: Stage) -> Case:
    return Case({"Filter": {"Name": at.name, "IpFilter": {"Policy": "Block", "Cidr": "10.0.0.0/24"}}})


@EXAMPLES("DeleteReceiptFilter")
def delete_receipt_filter(at: Stage) -> Case:
    given = {"Name": at.name, "IpFilter": {"Policy": "Block", "Cidr": "10.0.0.0/24"}}
    at.root("ses").create_receipt_filter(Filter=given)
    return Case({"FilterName": at.name})


@EXAMPLES("SendBounce")
def send_bounce(at: Stage) -> Case:
    recipients = [{"Recipient": "a@example.com", "BounceType": "DoesNotExist"}]
    given = {"OriginalMessageId": "x", "BounceSender": f"me@{verified(at)}", "BouncedRecipientInfoList": recipients}
    return Case(given, sends(at), fails=Fails("MessageRejected", "no mail was received"))


@EXAMPLES("SetIdentityNotificationTopic")
def set_identity_notification_topic(at: Stage) -> Case:
    return Case({"Identity": verified(at), "NotificationType": "Bounce"})


@EXAMPLES("SetIdentityHeadersInNotificationsEnabled")
def set_identity_headers_in_notifications_enabled(at: Stage) -> Case:
    return Case({"Identity": verified(at), "NotificationType": "Bounce", "Enabled": True})


# ---- Custom verification mails ---------------------------------------------------------------------------------------


def custom(at: Stage) -> dict[str, Any]:
    """A custom verification template of this operation's own, that may be made."""
    return {
        "TemplateName": at.name, "FromEmailAddress": f"me@{verified(at)}", "TemplateSubject": "s",
        "TemplateContent": "c", "SuccessRedirectionURL": "https://example.com/", "FailureRedirectionURL": "https://e.com/",
    }  # fmt: skip


def custom_arn(at: Stage) -> str:
    return at.arn(f"custom-verification-email-template/{at.name}", service="ses")


@EXAMPLES("CreateCustomVerificationEmailTemplate")
def create_custom(at: Stage) -> Case:
    return Case(custom(at), custom_arn(at))


@EXAMPLES(
    "GetCustomVerificationEmailTemplate", "UpdateCustomVerificationEmailTemplate",
    "DeleteCustomVerificationEmailTemplate", "SendCustomVerificationEmail",
)  # fmt: skip
def by_custom(at: Stage) -> Case:
    given = custom(at)
    at.root().create_custom_verification_email_template(**given)
    if at.operation.startswith("Update"):
        return Case(given, custom_arn(at))
    if at.operation.startswith("Send"):
        at.root("sesv2").put_account_details(
            MailType="MARKETING", WebsiteURL="https://example.com", ProductionAccessEnabled=True
        )
        return Case({"TemplateName": at.name, "EmailAddress": f"{at.name}@example.org"}, custom_arn(at))
    return Case({"TemplateName": at.name}, custom_arn(at))


@EXAMPLES("ListCustomVerificationEmailTemplates")
def list_custom(at: Stage) -> Case:
    return Case()
