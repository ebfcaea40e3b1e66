"""Tags of APIs and stages."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.operations.apis import put_tags
from cloudarium.shared import arn

Data = dict[str, Any]


def _wanted(call: Call) -> str:
    """The ARN of the API or stage to tag. Raises NotFound."""
    given = call.input["ResourceArn"]
    parsed = arn.parse(given)
    parts = parsed.resource.split("/") if parsed is not None and parsed.service == "apigateway" else []
    if parsed is None or parts[:2] != ["", "apis"] or len(parts) not in (3, 5) or parsed.region != call.region:
        raise errors.BadRequest(f"Invalid resource ARN: {given}")
    found = records.find_api(call.store, call.scope, parts[2])
    if found is not None and len(parts) == 5:
        found = records.find_part(call.store, parts[2], "stage", parts[4]) if parts[3] == "stages" else None
    if found is None:
        raise errors.NotFound("resource", given)
    return given


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> Data:
    """Add tags to an API or a stage, or change their values."""
    put_tags(call, _wanted(call), call.input.get("Tags"))
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> Data:
    """Take tags away from an API or a stage."""
    call.tags.remove(_wanted(call), call.input["TagKeys"])
    return {}


@operation("GetTags", on=resources.tagged)
def get_tags(call: Call) -> Data:
    """The tags of an API or a stage."""
    return {"Tags": call.tags.of(_wanted(call))}
