"""Where a pool's own log goes: messages that could not be delivered."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.lookup import pool_of
from cloudarium.services.cognito_idp.records import settings
from cloudarium.services.cognito_idp.undelivered import KIND
from cloudarium.shared import arn
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]


@operation("SetLogDeliveryConfiguration", on=resources.pool)
def set_log_delivery_configuration(call: Call) -> Data:
    """Have a pool's log of undelivered messages written into a log group."""
    pool, given = pool_of(call), call.input["LogConfigurations"]
    sources = [one["EventSource"] for one in given]
    if len(set(sources)) != len(sources):
        raise errors.Invalid("Each event source can be configured once.")
    for one in given:
        _check(one)
    found = {"UserPoolId": pool.id, "LogConfigurations": given}
    settings.put(call.store, pool.id, KIND, found)
    return {"LogDeliveryConfiguration": found}


def _check(one: Data) -> None:
    if one["EventSource"] != "userNotification":
        raise NotBuilt("cognito-idp threat protection (the log userAuthEvents)")
    if one["LogLevel"] != "ERROR":
        raise errors.Invalid("The log level of userNotification must be ERROR.")
    for name in ("S3Configuration", "FirehoseConfiguration"):
        if one.get(name):
            raise errors.Invalid(f"{name} is not supported for userNotification.")
    group = (one.get("CloudWatchLogsConfiguration") or {}).get("LogGroupArn", "")
    parsed = arn.parse(group)
    if parsed is None or parsed.service != "logs" or not parsed.resource.startswith("log-group:"):
        raise errors.Invalid("A log of userNotification needs CloudWatchLogsConfiguration with a LogGroupArn.")


@operation("GetLogDeliveryConfiguration", on=resources.pool)
def get_log_delivery_configuration(call: Call) -> Data:
    """Where a pool's log goes."""
    pool = pool_of(call)
    nothing: Data = {"UserPoolId": pool.id, "LogConfigurations": []}
    return {"LogDeliveryConfiguration": settings.find(call.store, pool.id, KIND) or nothing}
