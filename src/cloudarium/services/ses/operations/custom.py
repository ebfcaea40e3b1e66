"""Custom verification mails: their templates, and sending one."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import custom, listing, permissions, records
from cloudarium.services.ses import resources

Data = dict[str, Any]
_CODES = custom.Codes(
    unknown="CustomVerificationEmailTemplateDoesNotExistException",
    exists="CustomVerificationEmailTemplateAlreadyExistsException",
    unverified="FromEmailAddressNotVerifiedException",
    invalid="CustomVerificationEmailInvalidContentException",
    sandbox="ProductionAccessNotGrantedException",
)
_PARTS = {
    "From": "FromEmailAddress", "Subject": "TemplateSubject", "Content": "TemplateContent",
    "Success": "SuccessRedirectionURL", "Failure": "FailureRedirectionURL",
}  # fmt: skip


def _template(call: Call) -> str:
    return permissions.named_arn(resources.desk(call), custom.KIND, call.input.get("TemplateName"))


def _given(call: Call) -> Data:
    return {part: call.input.get(member) for part, member in _PARTS.items()}


def _shown(name: str, data: Data) -> Data:
    return {"TemplateName": name, **{member: data[part] for part, member in _PARTS.items()}}


@operation("CreateCustomVerificationEmailTemplate", on=_template)
def create_custom_verification_email_template(call: Call) -> Data:
    """Make a template."""
    custom.add(resources.desk(call), _CODES, call.input["TemplateName"], _given(call))
    return {}


@operation("UpdateCustomVerificationEmailTemplate", on=_template)
def update_custom_verification_email_template(call: Call) -> Data:
    """Change a template."""
    custom.change(resources.desk(call), _CODES, call.input["TemplateName"], _given(call))
    return {}


@operation("GetCustomVerificationEmailTemplate", on=_template)
def get_custom_verification_email_template(call: Call) -> Data:
    """One template."""
    name = call.input["TemplateName"]
    return _shown(name, custom.find(resources.desk(call), _CODES, name))


@operation("DeleteCustomVerificationEmailTemplate", on=_template)
def delete_custom_verification_email_template(call: Call) -> Data:
    """Delete a template; one that is not there is no error."""
    desk, name = resources.desk(call), call.input["TemplateName"]
    records.remove(desk.store, desk.scope, custom.KIND, name)
    return {}


@operation("ListCustomVerificationEmailTemplates")
def list_custom_verification_email_templates(call: Call) -> Data:
    """The templates without their content, a page at a time."""
    desk = resources.desk(call)
    every = records.every(desk.store, desk.scope, custom.KIND, listing.after(desk, call.input.get("NextToken")))
    page, token = listing.page(every, min(call.input.get("MaxResults") or 50, 50))
    shown = [_shown(name, data) for name, data in page]
    for each in shown:
        del each["TemplateContent"]
    return {"CustomVerificationEmailTemplates": shown, "NextToken": token}


@operation("SendCustomVerificationEmail", on=_template)
def send_custom_verification_email(call: Call) -> Data:
    """Ask the owner of an address in a template's words whether it is his."""
    desk, given = resources.desk(call), call.input
    told = (given["EmailAddress"], given["TemplateName"], given.get("ConfigurationSetName"), call.operation_name)
    return {"MessageId": custom.send(desk, _CODES, *told)}
