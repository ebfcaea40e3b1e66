"""The ARNs of the second API, the identities' policies, and the condition keys of sending."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.mail import permissions
from cloudarium.mail.desk import Desk
from cloudarium.services.sesv2 import errors


def desk(call: Call) -> Desk:
    """The desk of a call."""
    return Desk.of(call, errors.CODES)


def identity(call: Call) -> str:
    """The identity that a call names; its tags are kept under its ARN."""
    return permissions.identity_arn(desk(call), call.input.get("EmailIdentity"))


def template(call: Call) -> str:
    """The template that a call names."""
    return permissions.named_arn(desk(call), "template", call.input.get("TemplateName"))


def configuration_set(call: Call) -> str:
    """The configuration set that a call names."""
    return permissions.named_arn(desk(call), "configuration-set", call.input.get("ConfigurationSetName"))


def contact_list(call: Call) -> str:
    """The contact list that a call names."""
    return permissions.named_arn(desk(call), "contact-list", call.input.get("ContactListName"))


def custom_template(call: Call) -> str:
    """The custom verification template that a call names."""
    return permissions.named_arn(desk(call), "custom-verification-email-template", call.input.get("TemplateName"))


def identity_and_set(call: Call) -> list[str]:
    """The identity, and the configuration set that it is to have."""
    return [identity(call), configuration_set(call)] if call.input.get("ConfigurationSetName") else [identity(call)]


def tagged(call: Call) -> str:
    """The resource whose tags a call is about."""
    return str(call.input.get("ResourceArn", "*"))


def _part(given: Any, *names: str) -> Any:
    for name in names:
        given = given.get(name) if isinstance(given, dict) else None
    return given


def _content(call: Call) -> Any:
    return call.input.get("Content") or call.input.get("DefaultContent")


def sending(call: Call) -> list[str]:
    """What a call sends from and with."""
    given = call.input
    source = given.get("FromEmailAddress") or permissions.of_raw(_part(_content(call), "Raw", "Data"))[0]
    named = {
        "Template": _part(_content(call), "Template", "TemplateName"),
        "Set": given.get("ConfigurationSetName"),
        "Arn": given.get("FromEmailAddressIdentityArn"),
    }
    return permissions.sending(desk(call), source, named)


def conditions(call: Call) -> dict[str, Any]:
    """ses:ApiVersion and, of what sends, who to whom."""
    given = call.input
    from_, to = permissions.of_raw(_part(_content(call), "Raw", "Data"))
    recipients = permissions.of_destination(given.get("Destination")) or to
    feedback = given.get("FeedbackForwardingEmailAddress")
    return {
        "ses:ApiVersion": "2",
        **permissions.conditions(given.get("FromEmailAddress") or from_, recipients, feedback),
    }
