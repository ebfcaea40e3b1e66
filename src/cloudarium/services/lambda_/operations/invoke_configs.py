"""How asynchronous events are treated: retries, age, destinations."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.operations.functions import check_target
from cloudarium.services.lambda_.records import LATEST, Function, InvokeConfig
from cloudarium.shared.errors import NotBuilt

_MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


def _target(call: Call) -> tuple[Function, str]:
    found = lookup.version_of(call)
    return found.function, found.qualifier or LATEST


def _shown(function: Function, config: InvokeConfig) -> dict[str, Any]:
    answer = {
        "LastModified": config.modified,
        "FunctionArn": resources.function_arn(function.scope, function.name, config.qualifier),
        **config.config,
    }
    answer.setdefault("DestinationConfig", {"OnSuccess": {}, "OnFailure": {}})
    return answer


def _find(call: Call, function: Function, qualifier: str) -> InvokeConfig:
    found = records.find_invoke_config(call.store, function.scope, function.name, qualifier)
    if found is None:
        arn = resources.function_arn(function.scope, function.name, qualifier)
        raise errors.NotFound(f"The function {arn} doesn't have an EventInvokeConfig")
    return found


def _put(call: Call, function: Function, qualifier: str, config: dict[str, Any]) -> dict[str, Any]:
    for side in ("OnSuccess", "OnFailure"):
        target = (config.get("DestinationConfig") or {}).get(side, {}).get("Destination")
        if target:
            if target.startswith("arn:aws:s3:"):
                raise NotBuilt("lambda: an S3 bucket as a destination")
            check_target(target, ("sqs", "sns", "lambda", "events"), f"{side} destination")
    records.put_invoke_config(call.store, function.scope, function.name, qualifier, config, call.now)
    return _shown(function, _find(call, function, qualifier))


@operation("PutFunctionEventInvokeConfig", on=resources.qualified)
def put_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """Set all of it; what is not given falls back to AWS's defaults."""
    function, qualifier = _target(call)
    config = {name: call.input[name] for name in _MEMBERS if name in call.input}
    return _put(call, function, qualifier, config)


@operation("UpdateFunctionEventInvokeConfig", on=resources.qualified)
def update_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """Change some of it."""
    function, qualifier = _target(call)
    given = {name: call.input[name] for name in _MEMBERS if name in call.input}
    config = {**_find(call, function, qualifier).config, **given}
    return _put(call, function, qualifier, config)


@operation("GetFunctionEventInvokeConfig", on=resources.qualified)
def get_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """The settings of a function, version or alias."""
    function, qualifier = _target(call)
    return _shown(function, _find(call, function, qualifier))


@operation("DeleteFunctionEventInvokeConfig", on=resources.qualified)
def delete_function_event_invoke_config(call: Call) -> dict[str, Any]:
    """Go back to the defaults."""
    function, qualifier = _target(call)
    _find(call, function, qualifier)
    records.delete_invoke_config(call.store, function.scope, function.name, qualifier)
    return {}


@operation("ListFunctionEventInvokeConfigs", on=resources.function)
def list_function_event_invoke_configs(call: Call) -> dict[str, Any]:
    """The settings of a function and all its versions and aliases."""
    function = lookup.function_of(call)
    size = lookup.page_size(call)
    rows = records.invoke_configs(call.store, function.scope, function.name, lookup.marker(call) or "", size + 1)
    here, more = lookup.page(rows, size, lambda config: config.qualifier)
    return {"FunctionEventInvokeConfigs": [_shown(function, config) for config in here], **more}
