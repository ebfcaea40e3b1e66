"""Templates."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records, templates
from cloudarium.services.sesv2 import resources
from cloudarium.services.sesv2.operations import tags

Data = dict[str, Any]


@operation("CreateEmailTemplate", on=resources.template)
def create_email_template(call: Call) -> Data:
    """Make a template."""
    desk = resources.desk(call)
    wanted = tags.checked(desk, call.input.get("Tags"))
    templates.add(desk, call.input["TemplateName"], call.input["TemplateContent"])
    call.tags.put(resources.template(call), wanted)
    return {}


@operation("UpdateEmailTemplate", on=resources.template)
def update_email_template(call: Call) -> Data:
    """Put another content into a template."""
    templates.change(resources.desk(call), call.input["TemplateName"], call.input["TemplateContent"])
    return {}


@operation("GetEmailTemplate", on=resources.template)
def get_email_template(call: Call) -> Data:
    """One template."""
    name = call.input["TemplateName"]
    kept = templates.find(resources.desk(call), name)
    content = {part: kept[part] for part in ("Subject", "Text", "Html") if part in kept}
    return {"TemplateName": name, "TemplateContent": content, "Tags": tags.shown(call, resources.template(call))}


@operation("ListEmailTemplates")
def list_email_templates(call: Call) -> Data:
    """The names of the templates, a page at a time."""
    desk = resources.desk(call)
    after = listing.after(desk, call.input.get("NextToken"))
    page, token = listing.page(
        records.every(desk.store, desk.scope, templates.KIND, after), min(call.input.get("PageSize") or 10, 100)
    )
    shown = [{"TemplateName": name, "CreatedTimestamp": data["Created"]} for name, data in page]
    return {"TemplatesMetadata": shown, "NextToken": token}


@operation("DeleteEmailTemplate", on=resources.template)
def delete_email_template(call: Call) -> Data:
    """Delete a template."""
    desk = resources.desk(call)
    templates.find(desk, call.input["TemplateName"])
    records.remove(desk.store, desk.scope, templates.KIND, call.input["TemplateName"])
    call.tags.drop(resources.template(call))
    return {}


@operation("TestRenderEmailTemplate", on=resources.template)
def test_render_email_template(call: Call) -> Data:
    """The message that a template makes of data, headers and all."""
    shown = templates.try_out(resources.desk(call), call.input["TemplateName"], call.input["TemplateData"])
    return {"RenderedTemplate": shown}
