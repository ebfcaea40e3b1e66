"""How asynchronous events are treated: retries, age, destinations."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources, running
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LATEST, Function, InvokeConfig
from cloudarium.services.lambda_.rules import events
from cloudarium.shared import arn as arns

_MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_SIDES = ("OnSuccess", "OnFailure")
_PLACES = ("sqs", "sns", "lambda", "events", "s3")
_NO_FUNCTION = "The function doesn't exist."


def _target(call: Call) -> tuple[Function, str]:
    """The function and the qualifier that are to be set. Raises NotFound."""
    name = lookup.name_of(call)
    function = records.find_function(call.store, name.scope, name.name)
    if function is None or lookup.resolve(call, name) is None:
        raise errors.NotFound(_NO_FUNCTION)
    return function, name.qualifier or LATEST


def _existing(call: Call) -> tuple[resources.FunctionName, InvokeConfig]:
    """The settings that a call names; that there is no function is the same to AWS as that there are no settings."""
    name = lookup.name_of(call)
    name = name._replace(qualifier=name.qualifier or LATEST)
    found = records.find_invoke_config(call.store, name.scope, name.name, name.qualifier)
    if found is None:
        raise errors.NotFound(f"The function {name.arn} doesn't have an EventInvokeConfig")
    return name, found


def _shown(arn: str, config: InvokeConfig) -> dict[str, Any]:
    given = config.config
    return {
        **given,
        "LastModified": config.modified,
        "FunctionArn": arn,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}, **given.get("DestinationConfig", {})},
    }


def _given(call: Call) -> dict[str, Any]:
    given = {name: call.input[name] for name in _MEMBERS if name in call.input}
    if not given:
        raise errors.InvalidParameter("You must specify at least one of error handling or destination setting.")
    return given


def _check_destinations(call: Call, function: Function, given: dict[str, Any]) -> None:
    """Each destination must be of a kind that there is; a function must be there and another one."""
    for side in _SIDES:
        target = (given.get(side) or {}).get("Destination")
        if not target:
            continue
        place = arns.parse(target)
        if place is None or place.service not in _PLACES:
            raise errors.InvalidParameter(
                f"The provided destination config {events.destinations_text(given)} is invalid."
            )
        if place.service == "s3" and side == "OnSuccess":
            raise errors.InvalidParameter(
                f"The provided destination config {events.destinations_text(given)} is invalid."
            )
        if place.service == "lambda":
            name = resources.parse_function(target, call.scope)
            if (name.scope, name.name) == (function.scope, function.name):
                raise errors.InvalidParameter("You can't specify the function as a destination for itself.")
            if records.find_function(call.store, name.scope, name.name) is None:
                raise errors.InvalidParameter(f"The destination ARN {target} is invalid.")


async def _check_role(call: Call, function: Function, qualifier: str, given: dict[str, Any]) -> None:
    """The function's role must be allowed to tell each destination. Raises InvalidParameter."""
    targets = [target for side in _SIDES if (target := (given.get(side) or {}).get("Destination"))]
    if not targets:
        return
    name = resources.FunctionName(function.scope, function.name, qualifier)
    found = lookup.resolve(call, name)
    role = found.config["Role"] if found is not None else ""
    caller = await running.role_session(call.cloud, name._replace(qualifier="").arn, role, function.scope)
    for target in targets:
        if caller is None:
            raise errors.InvalidParameter(running.NOT_ASSUMABLE)
        action, resource = events.telling(target)
        if not lookup.role_may(call, caller, action, resource):
            verb = action.partition(":")[2]
            raise errors.InvalidParameter(
                f"The function's execution role does not have permissions to call {verb} on {target}"
            )


async def _put(call: Call, change: bool) -> dict[str, Any]:
    function, qualifier = _target(call)
    if change:
        _existing(call)
    given = _given(call)
    _check_destinations(call, function, given.get("DestinationConfig") or {})
    await _check_role(call, function, qualifier, given.get("DestinationConfig") or {})
    with call.transaction():
        function, qualifier = _target(call)
        config = {**_existing(call)[1].config, **given} if change else given
        records.put_invoke_config(call.store, function.scope, function.name, qualifier, config, call.now)
        name, made = _existing(call)
    return _shown(name.arn, made)


@operation("PutFunctionEventInvokeConfig", on=resources.qualified)
async def put_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """Set all of it; what is not given falls back to AWS's defaults."""
    return await _put(call, change=False)


@operation("UpdateFunctionEventInvokeConfig", on=resources.qualified)
async def update_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """Change some of it."""
    return await _put(call, change=True)


@operation("GetFunctionEventInvokeConfig", on=resources.qualified)
def get_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """The settings of a function, version or alias."""
    name, found = _existing(call)
    return _shown(name.arn, found)


@operation("DeleteFunctionEventInvokeConfig", on=resources.qualified)
def delete_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """Go back to the defaults."""
    name, _ = _existing(call)
    records.delete_invoke_config(call.store, name.scope, name.name, name.qualifier)
    return {}


@operation("ListFunctionEventInvokeConfigs", on=resources.function)
def list_function_event_invoke_configs(call: Call) -> dict[str, Any]:
    """The settings of a function and all its versions and aliases."""
    name = lookup.name_of(call)
    function = records.find_function(call.store, name.scope, name.name)
    if function is None:
        raise errors.NotFound(_NO_FUNCTION)
    size = lookup.page_size(call)
    rows = records.invoke_configs(call.store, function.scope, function.name, lookup.marker(call) or "", size + 1)
    here, more = lookup.page(rows, size, lambda config: config.qualifier)
    made = [_shown(name._replace(qualifier=config.qualifier).arn, config) for config in here]
    return {"FunctionEventInvokeConfigs": made, **more}
