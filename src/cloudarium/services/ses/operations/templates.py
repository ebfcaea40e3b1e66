"""Templates."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records, templates
from cloudarium.services.ses import resources

Data = dict[str, Any]


def _parts(given: Data) -> Data:
    return {part: given.get(f"{part}Part") for part in ("Subject", "Text", "Html")}


@operation("CreateTemplate")
def create_template(call: Call) -> Data:
    """Make a template."""
    given = call.input["Template"]
    templates.add(resources.desk(call), given["TemplateName"], _parts(given))
    return {}


@operation("UpdateTemplate")
def update_template(call: Call) -> Data:
    """Put another content into a template."""
    given = call.input["Template"]
    templates.change(resources.desk(call), given["TemplateName"], _parts(given))
    return {}


@operation("GetTemplate")
def get_template(call: Call) -> Data:
    """One template."""
    name = call.input["TemplateName"]
    found = templates.find(resources.desk(call), name)
    parts = {f"{part}Part": found[part] for part in ("Subject", "Text", "Html") if part in found}
    return {"Template": {"TemplateName": name, **parts}}


@operation("ListTemplates")
def list_templates(call: Call) -> Data:
    """The names of the templates, a page at a time."""
    desk = resources.desk(call)
    after = listing.after(desk, call.input.get("NextToken"))
    found = records.every(desk.store, desk.scope, templates.KIND, after)
    page, token = listing.page(found, min(call.input.get("MaxItems") or 10, 100))
    shown = [{"Name": name, "CreatedTimestamp": data["Created"]} for name, data in page]
    return {"TemplatesMetadata": shown, "NextToken": token}


@operation("DeleteTemplate")
def delete_template(call: Call) -> Data:
    """Delete a template; one that is not there is no error."""
    desk = resources.desk(call)
    records.remove(desk.store, desk.scope, templates.KIND, call.input["TemplateName"])
    return {}


@operation("TestRenderTemplate")
def test_render_template(call: Call) -> Data:
    """The message that a template makes of data, headers and all."""
    shown = templates.try_out(resources.desk(call), call.input["TemplateName"], call.input["TemplateData"])
    return {"RenderedTemplate": shown}
