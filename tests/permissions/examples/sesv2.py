"""Calls of SES's second API that succeed, and what they need."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Case, Examples, Fails, Stage
from tests.permissions.examples import ses

EXAMPLES = Examples()
CONTENT = {"Subject": "Hi {{n}}", "Text": "t"}
SIMPLE = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def domain(at: Stage) -> str:
    return f"{at.name}.example.com"


def identity_arn(at: Stage) -> str:
    return at.arn(f"identity/{domain(at)}", service="ses")


def set_arn(at: Stage) -> str:
    return at.arn(f"configuration-set/{at.name}", service="ses")


def template_arn(at: Stage) -> str:
    return at.arn(f"template/{at.name}", service="ses")


@EXAMPLES("SendEmail")
def send_email(at: Stage) -> Case:
    given = {"FromEmailAddress": f"me@{ses.verified(at)}", "Destination": ses.TO, "Content": SIMPLE}
    return Case({**given, "ConfigurationSetName": ses.configuration_set(at)}, [identity_arn(at), set_arn(at)])


@EXAMPLES("SendEmail", variant="template")
def send_template(at: Stage) -> Case:
    content = {"Template": {"TemplateName": ses.template(at), "TemplateData": '{"n": "1"}'}}
    given = {"FromEmailAddress": f"me@{ses.verified(at)}", "Destination": ses.TO, "Content": content}
    return Case(given, [identity_arn(at), template_arn(at)])


@EXAMPLES("SendBulkEmail")
def send_bulk_email(at: Stage) -> Case:
    content = {"Template": {"TemplateName": ses.template(at), "TemplateData": '{"n": "1"}'}}
    entries = [{"Destination": ses.TO}]
    given = {"FromEmailAddress": f"me@{ses.verified(at)}", "DefaultContent": content, "BulkEmailEntries": entries}
    return Case(given, [identity_arn(at), template_arn(at)])


@EXAMPLES("CreateEmailIdentity")
def create_email_identity(at: Stage) -> Case:
    given = {"EmailIdentity": domain(at), "ConfigurationSetName": ses.configuration_set(at)}
    return Case(given, [identity_arn(at), set_arn(at)], outside=SET_TOO)


SET_TOO = "The configuration set is given to the identity: SES developer guide, configuration sets of identities."


@EXAMPLES("GetEmailIdentity", "DeleteEmailIdentity", "GetEmailIdentityPolicies", "PutEmailIdentityFeedbackAttributes")
def by_identity(at: Stage) -> Case:
    return Case({"EmailIdentity": ses.verified(at)}, identity_arn(at))


@EXAMPLES("PutEmailIdentityMailFromAttributes")
def mail_from(at: Stage) -> Case:
    return Case({"EmailIdentity": ses.verified(at), "MailFromDomain": f"b.{domain(at)}"}, identity_arn(at))


@EXAMPLES("PutEmailIdentityDkimAttributes")
def dkim(at: Stage) -> Case:
    at.root().create_email_identity(EmailIdentity=domain(at))
    return Case({"EmailIdentity": domain(at), "SigningEnabled": False}, identity_arn(at))


@EXAMPLES("PutEmailIdentityDkimSigningAttributes")
def dkim_signing(at: Stage) -> Case:
    return Case({"EmailIdentity": ses.verified(at), "SigningAttributesOrigin": "AWS_SES"}, identity_arn(at))


@EXAMPLES("PutEmailIdentityConfigurationSetAttributes")
def default_set(at: Stage) -> Case:
    given = {"EmailIdentity": ses.verified(at), "ConfigurationSetName": ses.configuration_set(at)}
    return Case(given, [identity_arn(at), set_arn(at)])


@EXAMPLES("CreateEmailIdentityPolicy")
def create_policy(at: Stage) -> Case:
    given = ses.policy(at)
    return Case({"EmailIdentity": given["Identity"], "PolicyName": "p", "Policy": given["Policy"]}, identity_arn(at))


@EXAMPLES("UpdateEmailIdentityPolicy", "DeleteEmailIdentityPolicy")
def by_policy(at: Stage) -> Case:
    given = ses.policy(at)
    at.root("ses").put_identity_policy(**given)
    named: dict[str, Any] = {"EmailIdentity": given["Identity"], "PolicyName": "p"}
    if at.operation == "UpdateEmailIdentityPolicy":
        named["Policy"] = given["Policy"]
    return Case(named, identity_arn(at))


@EXAMPLES(
    "ListEmailIdentities",
    "GetAccount",
    "ListEmailTemplates",
    "ListConfigurationSets",
    "ListSuppressedDestinations",
    "ListContactLists",
    "ListCustomVerificationEmailTemplates",
)
def nothing(at: Stage) -> Case:
    return Case()


@EXAMPLES("PutAccountDetails")
def put_account_details(at: Stage) -> Case:
    return Case({"MailType": "MARKETING", "WebsiteURL": "https://example.com"})


@EXAMPLES("PutAccountSendingAttributes")
def put_account_sending_attributes(at: Stage) -> Case:
    return Case({"SendingEnabled": True})


@EXAMPLES("PutAccountSuppressionAttributes")
def put_account_suppression_attributes(at: Stage) -> Case:
    return Case({"SuppressedReasons": ["BOUNCE"]})


@EXAMPLES("PutSuppressedDestination", "GetSuppressedDestination", "DeleteSuppressedDestination")
def suppressed(at: Stage) -> Case:
    given = {"EmailAddress": f"{at.name}@example.com", "Reason": "BOUNCE"}
    if at.operation == "PutSuppressedDestination":
        return Case(given)
    at.root().put_suppressed_destination(**given)
    return Case({"EmailAddress": given["EmailAddress"]})


@EXAMPLES("CreateEmailTemplate")
def create_template(at: Stage) -> Case:
    return Case({"TemplateName": at.name, "TemplateContent": CONTENT}, template_arn(at))


@EXAMPLES("UpdateEmailTemplate", "GetEmailTemplate", "DeleteEmailTemplate", "TestRenderEmailTemplate")
def by_template(at: Stage) -> Case:
    given: dict[str, Any] = {"TemplateName": ses.template(at)}
    if at.operation == "UpdateEmailTemplate":
        given["TemplateContent"] = CONTENT
    if at.operation == "TestRenderEmailTemplate":
        given["TemplateData"] = '{"n": "1"}'
    return Case(given, template_arn(at))


DESTINATION = {
    "MatchingEventTypes": ["SEND"],
    "CloudWatchDestination": {
        "DimensionConfigurations": [
            {"DimensionName": "d", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "v"}
        ]
    },
}


@EXAMPLES(
    "CreateConfigurationSetEventDestination", "UpdateConfigurationSetEventDestination",
    "DeleteConfigurationSetEventDestination",
)  # fmt: skip
def event_destination(at: Stage) -> Case:
    given: dict[str, Any] = {"ConfigurationSetName": ses.configuration_set(at), "EventDestinationName": "d"}
    if not at.operation.startswith("Delete"):
        given["EventDestination"] = DESTINATION
    gone = Fails("NotFoundException", "a destination needs a service that is told")
    return Case(given, set_arn(at), fails=ses.NO_METRICS if at.operation.startswith("Create") else gone)


@EXAMPLES("CreateConfigurationSet")
def create_configuration_set(at: Stage) -> Case:
    return Case({"ConfigurationSetName": at.name}, set_arn(at))


@EXAMPLES(
    "GetConfigurationSet", "DeleteConfigurationSet", "PutConfigurationSetSendingOptions",
    "PutConfigurationSetSuppressionOptions", "PutConfigurationSetTrackingOptions", "PutConfigurationSetDeliveryOptions",
    "PutConfigurationSetReputationOptions", "GetConfigurationSetEventDestinations", "UpdateConfigurationSet",
)  # fmt: skip
def by_set(at: Stage) -> Case:
    return Case({"ConfigurationSetName": ses.configuration_set(at)}, set_arn(at))


@EXAMPLES("TagResource", "UntagResource", "ListTagsForResource")
def tagging(at: Stage) -> Case:
    ses.configuration_set(at)
    given: dict[str, Any] = {"ResourceArn": set_arn(at)}
    if at.operation == "TagResource":
        given["Tags"] = [{"Key": "k", "Value": "v"}]
    if at.operation == "UntagResource":
        given["TagKeys"] = ["k"]
    return Case(given, set_arn(at))


# ---- Contact lists: an account has one at a time ---------------------------------------------------------------------


def contact_list(at: Stage) -> str:
    """The one list of the room's account, with one contact of this operation's own."""
    lists = at.root().list_contact_lists()["ContactLists"]
    name = lists[0]["ContactListName"] if lists else at.name
    if not lists:
        at.root().create_contact_list(ContactListName=name)
    return str(name)


@EXAMPLES("CreateContactList")
def create_contact_list(at: Stage) -> Case:
    for each in at.root().list_contact_lists()["ContactLists"]:
        at.root().delete_contact_list(ContactListName=each["ContactListName"])
    return Case({"ContactListName": at.name}, at.arn(f"contact-list/{at.name}", service="ses"))


@EXAMPLES("GetContactList", "UpdateContactList", "DeleteContactList", "ListContacts")
def by_contact_list(at: Stage) -> Case:
    name = contact_list(at)
    return Case({"ContactListName": name}, at.arn(f"contact-list/{name}", service="ses"))


@EXAMPLES("CreateContact", "GetContact", "UpdateContact", "DeleteContact")
def by_contact(at: Stage) -> Case:
    name = contact_list(at)
    given = {"ContactListName": name, "EmailAddress": f"{at.name}@example.com"}
    if at.operation != "CreateContact":
        at.root().create_contact(**given)
    return Case(given, at.arn(f"contact-list/{name}", service="ses"))


# ---- Custom verification mails ---------------------------------------------------------------------------------------


@EXAMPLES("CreateCustomVerificationEmailTemplate")
def create_custom(at: Stage) -> Case:
    given = ses.custom(at)
    return Case(given, ses.custom_arn(at))


@EXAMPLES(
    "GetCustomVerificationEmailTemplate", "UpdateCustomVerificationEmailTemplate",
    "DeleteCustomVerificationEmailTemplate", "SendCustomVerificationEmail",
)  # fmt: skip
def by_custom(at: Stage) -> Case:
    return ses.by_custom(at)
