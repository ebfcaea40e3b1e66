"""Function URLs: a function's own HTTP endpoint."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import urls
from cloudarium.services.lambda_.records.urls import FunctionUrl
from cloudarium.shared import ids
from cloudarium.shared.clock import iso_millis

Data = dict[str, Any]
_NO_FUNCTION = "Function does not exist"
_NONE = "The resource you requested does not exist."


def _name(call: Call) -> resources.FunctionName:
    """The function or alias that is named, which must be there. Raises NotFound."""
    name = lookup.name_of(call)
    if name.qualifier == records.LATEST or name.qualifier.isdecimal():
        raise errors.InvalidParameter("Function URLs belong to functions and aliases, not to versions.")
    if lookup.resolve(call, name) is None:
        raise errors.NotFound(_NO_FUNCTION)
    return name


def _find(call: Call) -> FunctionUrl:
    name = lookup.name_of(call)
    found = urls.find(call.store, name.scope, name.name, name.qualifier)
    if found is None:
        raise errors.NotFound(_NONE)
    return found


def _shown(call: Call, one: FunctionUrl) -> Data:
    return {
        **one.data,
        "FunctionUrl": call.cloud.door_url("lambda-url", one.id) + "/",
        "FunctionArn": resources.function_arn(one.scope, one.name, one.qualifier),
        "CreationTime": iso_millis(one.created),
        "LastModifiedTime": iso_millis(one.modified),
    }


@operation("CreateFunctionUrlConfig", on=resources.qualified)
def create_function_url_config(call: Call) -> Data:
    """Give a function or alias a URL."""
    given = call.input
    name = _name(call)
    if urls.find(call.store, name.scope, name.name, name.qualifier) is not None:
        raise errors.Conflict(
            f"Failed to create function url config for [functionArn = {name.arn}]. Error message: "
            " FunctionUrlConfig exists for this Lambda function"
        )
    data = {"AuthType": given["AuthType"], "InvokeMode": given.get("InvokeMode") or "BUFFERED"}
    if "Cors" in given:
        data["Cors"] = given["Cors"]
    made = FunctionUrl(
        ids.lower(32), *name.scope, name.name, name.qualifier, orjson.dumps(data).decode(), call.now, call.now
    )
    urls.add(call.store, made)
    shown = _shown(call, made)
    del shown["LastModifiedTime"]
    return shown


@operation("GetFunctionUrlConfig", on=resources.qualified)
def get_function_url_config(call: Call) -> Data:
    """The URL of a function or alias."""
    return _shown(call, _find(call))


@operation("UpdateFunctionUrlConfig", on=resources.qualified)
def update_function_url_config(call: Call) -> Data:
    """Change the settings of a URL; what is not given stays."""
    _name(call)
    one = _find(call)
    given: Data = {member: call.input[member] for member in ("AuthType", "Cors", "InvokeMode") if member in call.input}
    data: Data = {**one.data, **given}
    if not data.get("Cors"):
        data.pop("Cors", None)  # an empty one takes it away
    urls.change(call.store, one, data, call.now)
    return _shown(call, _find(call))


@operation("DeleteFunctionUrlConfig", on=resources.qualified)
def delete_function_url_config(call: Call) -> Data:
    """Take the URL away; the next one will be another."""
    urls.remove(call.store, _find(call))
    return {}


@operation("ListFunctionUrlConfigs", on=resources.function)
def list_function_url_configs(call: Call) -> Data:
    """The URLs of a function and its aliases."""
    function = lookup.name_of(call)
    if records.find_function(call.store, function.scope, function.name) is None:
        raise errors.NotFound(_NO_FUNCTION)
    size = lookup.page_size(call)
    after = lookup.marker(call) or ""
    found = urls.of_function(call.store, function.scope, function.name, after, size + 2)
    found = [one for one in found if one.qualifier > after or not after]
    here, more = lookup.page(found[: size + 1], size, lambda one: one.qualifier)
    return {"FunctionUrlConfigs": [_shown(call, one) for one in here], **more}
