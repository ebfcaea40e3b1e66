"""Sending: simple, raw and templated, one and many."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import outgoing, templates
from cloudarium.mail.desk import Desk
from cloudarium.mail.heavy import Steps, in_steps
from cloudarium.mail.message import Content
from cloudarium.mail.sending import Envelope
from cloudarium.services.sesv2 import resources
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
_MOST_BULK = 50
_REFUSED = ("FeedbackForwardingEmailAddressIdentityArn", "EndpointId", "TenantName", "ConfigurationOverrides")


def _told(call: Call, tags: list[Any] | None) -> Data:
    return {
        "ReplyToAddresses": call.input.get("ReplyToAddresses"),
        "ReturnPath": call.input.get("FeedbackForwardingEmailAddress"),
        "ConfigurationSetName": call.input.get("ConfigurationSetName"),
        "Tags": tags,
        "ListManagementOptions": call.input.get("ListManagementOptions"),
    }


def _envelope(desk: Desk, call: Call, destination: Data | None, tags: list[Any] | None) -> Envelope:
    source = call.input.get("FromEmailAddress")
    if not source:
        raise desk.invalid("FromEmailAddress is required.")
    owner = outgoing.owner(desk, call.input.get("FromEmailAddressIdentityArn"))
    return outgoing.envelope(desk, source, destination, _told(call, tags), call.operation_name, owner)


@operation("SendEmail", on=resources.sending, refuses=_REFUSED)
@in_steps
def send_email(call: Call) -> Steps[Data]:
    """Send a simple, raw or templated message."""
    desk, content = resources.desk(call), call.input["Content"]
    kinds = [name for name in ("Simple", "Raw", "Template") if content.get(name) is not None]
    if len(kinds) != 1:
        raise desk.invalid("Content must have exactly one of Simple, Raw and Template.")
    if kinds == ["Raw"]:
        return {"MessageId": (yield from _send_raw(desk, call, content["Raw"]["Data"]))}
    wanted = _envelope(desk, call, call.input.get("Destination"), call.input.get("EmailTags"))
    if kinds == ["Simple"]:
        made = outgoing.with_extras(desk, outgoing.simple(desk, content["Simple"]), content["Simple"])
        return {"MessageId": (yield from outgoing.send_content(desk, wanted, made, outgoing.MOST_NEWER))}
    name, parts, data = _template(desk, content["Template"])
    extra = outgoing.with_extras(desk, Content(""), content["Template"])
    values = templates.data_of(desk, name, data)
    sent = yield from outgoing.send_templated(desk, wanted, (name, parts), values, outgoing.MOST_NEWER, extra)
    return {"MessageId": sent}


def _send_raw(desk: Desk, call: Call, data: bytes) -> Steps[str]:
    given = call.input
    told = _told(call, given.get("EmailTags"))
    told |= {"Operation": call.operation_name}
    told["Owner"] = outgoing.owner(desk, given.get("FromEmailAddressIdentityArn"))
    where = given.get("Destination") or {}
    to = [each for name in ("ToAddresses", "CcAddresses", "BccAddresses") for each in where.get(name) or ()]
    source = given.get("FromEmailAddress") or ""
    return (yield from outgoing.send_raw(desk, source, to, data, told, outgoing.MOST_NEWER))


def _template(desk: Desk, given: Data) -> tuple[str, Data, str | None]:
    """(name, parts, data) of the template that is kept under a name or comes with the call."""
    if given.get("TemplateArn"):
        raise NotBuilt("sesv2: templates by TemplateArn")
    name, content = given.get("TemplateName"), given.get("TemplateContent")
    if (name is None) is (content is None):
        raise desk.invalid("Template must have exactly one of TemplateName and TemplateContent.")
    if content is not None:
        templates.check(desk, "", content)
        return "", content, given.get("TemplateData")
    return name or "", templates.find(desk, name or ""), given.get("TemplateData")


_STATUS = {
    "MessageRejected": "MESSAGE_REJECTED",
    "TooManyRequestsException": "ACCOUNT_THROTTLED",
    "LimitExceededException": "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "BadRequestException": "INVALID_PARAMETER",
    "SendingPausedException": "ACCOUNT_SENDING_PAUSED",
}


@operation("SendBulkEmail", on=resources.sending, refuses=_REFUSED)
@in_steps
def send_bulk_email(call: Call) -> Steps[Data]:
    """Send a template to many destinations, each with data of its own; each has a status of its own."""
    desk, given = resources.desk(call), call.input
    template = given["DefaultContent"].get("Template")
    if template is None:
        raise desk.invalid("DefaultContent must have a Template.")
    entries = given["BulkEmailEntries"]
    if not 1 <= len(entries) <= _MOST_BULK:
        raise desk.invalid(f"BulkEmailEntries must have 1 to {_MOST_BULK} entries.")
    name, parts, data = _template(desk, template)
    default = templates.data_of(desk, name, data)
    _envelope(desk, call, {}, given.get("DefaultEmailTags"))  # what is the same for all is refused as a whole
    found = []
    for each in entries:
        try:
            sent = yield from _send_one(desk, call, each, (name, parts, default))
            found.append({"Status": "SUCCESS", "MessageId": sent})
        except AwsError as error:
            if error.code not in _STATUS:
                raise
            found.append({"Status": _STATUS[error.code], "Error": error.message})
    return {"BulkEmailEntryResults": found}


def _send_one(desk: Desk, call: Call, entry: Data, template: tuple[str, Data, Data]) -> Steps[str]:
    name, parts, default = template
    replaced = ((entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}).get(
        "ReplacementTemplateData"
    )
    values = {**default, **templates.data_of(desk, name, replaced)}
    tags = [*(call.input.get("DefaultEmailTags") or []), *(entry.get("ReplacementTags") or [])]
    wanted = _envelope(desk, call, entry["Destination"], tags)
    common = call.input["DefaultContent"]["Template"]
    own = {each["Name"].lower(): each for each in entry.get("ReplacementHeaders") or ()}
    headers = [own.pop(each["Name"].lower(), each) for each in common.get("Headers") or ()]
    extra = outgoing.with_extras(
        desk, Content(""), {"Headers": [*headers, *own.values()], "Attachments": common.get("Attachments")}
    )
    return (yield from outgoing.send_templated(desk, wanted, (name, parts), values, outgoing.MOST_NEWER, extra))
