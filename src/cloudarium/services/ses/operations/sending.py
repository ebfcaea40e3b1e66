"""Sending: simple, raw, templated and bulk."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import account, outgoing, templates
from cloudarium.mail.desk import Desk
from cloudarium.mail.heavy import Steps, in_steps
from cloudarium.mail.sending import Envelope
from cloudarium.services.ses import resources
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_MOST_BULK = 50
_REFUSED = ("ReturnPathArn",)


def _envelope(desk: Desk, call: Call, destination: Data | None = None, **more: Any) -> Envelope:
    given = call.input
    owner = outgoing.owner(desk, given.get("SourceArn"))
    told = {name: given.get(name) for name in ("ReplyToAddresses", "ReturnPath", "ConfigurationSetName", "Tags")}
    where = given.get("Destination") if destination is None else destination
    return outgoing.envelope(desk, given["Source"], where, {**told, **more}, call.operation_name, owner)


@operation("SendEmail", on=resources.sending, refuses=_REFUSED)
@in_steps
def send_email(call: Call) -> Steps[Data]:
    """Send a message of subject and body."""
    desk = resources.desk(call)
    content = outgoing.simple(desk, call.input["Message"])
    sent = yield from outgoing.send_content(desk, _envelope(desk, call), content, outgoing.MOST_SIMPLE)
    return {"MessageId": sent}


@operation("SendRawEmail", on=resources.sending, refuses=(*_REFUSED, "FromArn"))
@in_steps
def send_raw_email(call: Call) -> Steps[Data]:
    """Send a message as it is, with headers and attachments of its own."""
    desk, given = resources.desk(call), call.input
    told = {name: given.get(name) for name in ("ConfigurationSetName", "Tags")}
    told |= {"Operation": call.operation_name, "Owner": outgoing.owner(desk, given.get("SourceArn"))}
    data, to = given["RawMessage"]["Data"], given.get("Destinations")
    most = outgoing.MOST_NEWER if call.protocol == "smtp" else outgoing.MOST_SIMPLE
    sent = yield from outgoing.send_raw(desk, given.get("Source", ""), to, data, told, most)
    return {"MessageId": sent}


@operation("SendTemplatedEmail", on=resources.sending, refuses=(*_REFUSED, "TemplateArn"))
@in_steps
def send_templated_email(call: Call) -> Steps[Data]:
    """Send what a template makes of data."""
    desk, given = resources.desk(call), call.input
    parts = templates.find(desk, given["Template"])
    data = templates.data_of(desk, given["Template"], given["TemplateData"])
    template = (given["Template"], parts)
    sent = yield from outgoing.send_templated(desk, _envelope(desk, call), template, data, outgoing.MOST_SIMPLE)
    return {"MessageId": sent}


_STATUS = {
    "MessageRejected": "MessageRejected",
    "Throttling": "AccountThrottled",
    "InvalidParameterValue": "InvalidParameterValue",
    "InvalidRenderingParameterException": "InvalidParameterValue",
}


@operation("SendBulkTemplatedEmail", on=resources.sending, refuses=(*_REFUSED, "TemplateArn"))
@in_steps
def send_bulk_templated_email(call: Call) -> Steps[Data]:
    """Send a template to many destinations, each with data of its own; each has a status of its own."""
    desk, given = resources.desk(call), call.input
    if len(given["Destinations"]) > _MOST_BULK:
        raise desk.invalid(f"Destinations must not be more than {_MOST_BULK}.")
    parts = templates.find(desk, given["Template"])
    default = templates.data_of(desk, given["Template"], given["DefaultTemplateData"])
    _envelope(desk, call, {})  # what is the same for all is refused as a whole
    found = []
    for each in given["Destinations"]:
        try:
            own = templates.data_of(desk, given["Template"], each.get("ReplacementTemplateData"))
            tags = [*(given.get("DefaultTags") or []), *(each.get("ReplacementTags") or [])]
            wanted = _envelope(desk, call, each["Destination"], Tags=tags)
            sent = yield from outgoing.send_templated(
                desk, wanted, (given["Template"], parts), {**default, **own}, outgoing.MOST_SIMPLE
            )
            found.append({"Status": "Success", "MessageId": sent})
        except AwsError as error:
            if error.code not in _STATUS:
                raise
            status = "AccountDailyQuotaExceeded" if error.message == account.DAILY else _STATUS[error.code]
            found.append({"Status": status, "Error": error.message})
    return {"Status": found}
