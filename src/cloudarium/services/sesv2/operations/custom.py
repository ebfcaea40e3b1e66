"""Custom verification mails: their templates, and sending one."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import custom, listing, records
from cloudarium.services.sesv2 import resources
from cloudarium.services.sesv2.operations import tags

Data = dict[str, Any]
_CODES = custom.Codes(
    unknown="NotFoundException",
    exists="AlreadyExistsException",
    unverified="NotFoundException",
    invalid="BadRequestException",
    sandbox="BadRequestException",
)
_PARTS = {
    "From": "FromEmailAddress", "Subject": "TemplateSubject", "Content": "TemplateContent",
    "Success": "SuccessRedirectionURL", "Failure": "FailureRedirectionURL",
}  # fmt: skip


def _given(call: Call) -> Data:
    return {part: call.input.get(member) for part, member in _PARTS.items()}


def _shown(name: str, data: Data) -> Data:
    return {"TemplateName": name, **{member: data[part] for part, member in _PARTS.items()}}


@operation("CreateCustomVerificationEmailTemplate", on=resources.custom_template)
def create_custom_verification_email_template(call: Call) -> Data:
    """Make a template."""
    desk = resources.desk(call)
    wanted = tags.checked(desk, call.input.get("Tags"))
    custom.add(desk, _CODES, call.input["TemplateName"], _given(call))
    call.tags.put(resources.custom_template(call), wanted)
    return {}


@operation("UpdateCustomVerificationEmailTemplate", on=resources.custom_template)
def update_custom_verification_email_template(call: Call) -> Data:
    """Change a template."""
    custom.change(resources.desk(call), _CODES, call.input["TemplateName"], _given(call))
    return {}


@operation("GetCustomVerificationEmailTemplate", on=resources.custom_template)
def get_custom_verification_email_template(call: Call) -> Data:
    """One template."""
    name = call.input["TemplateName"]
    shown = _shown(name, custom.find(resources.desk(call), _CODES, name))
    return {**shown, "Tags": tags.shown(call, resources.custom_template(call))}


@operation("DeleteCustomVerificationEmailTemplate", on=resources.custom_template)
def delete_custom_verification_email_template(call: Call) -> Data:
    """Delete a template."""
    desk, name = resources.desk(call), call.input["TemplateName"]
    custom.find(desk, _CODES, name)
    records.remove(desk.store, desk.scope, custom.KIND, name)
    call.tags.drop(resources.custom_template(call))
    return {}


@operation("ListCustomVerificationEmailTemplates")
def list_custom_verification_email_templates(call: Call) -> Data:
    """The templates without their content, a page at a time."""
    desk = resources.desk(call)
    every = records.every(desk.store, desk.scope, custom.KIND, listing.after(desk, call.input.get("NextToken")))
    page, token = listing.page(every, min(call.input.get("PageSize") or 50, 50))
    shown = [_shown(name, data) for name, data in page]
    for each in shown:
        del each["TemplateContent"]
    return {"CustomVerificationEmailTemplates": shown, "NextToken": token}


@operation("SendCustomVerificationEmail", on=resources.custom_template)
def send_custom_verification_email(call: Call) -> Data:
    """Ask the owner of an address in a template's words whether it is his."""
    desk, given = resources.desk(call), call.input
    told = (given["EmailAddress"], given["TemplateName"], given.get("ConfigurationSetName"), call.operation_name)
    return {"MessageId": custom.send(desk, _CODES, *told)}
