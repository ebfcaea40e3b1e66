"""The log of a pool's messages that could not be delivered, where one is configured."""

from __future__ import annotations

import logging

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.cognito_idp import triggers
from cloudarium.services.cognito_idp.records import settings
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

KIND = "delivery"
_STREAM = "NotificationDelivery"
_WRITER = Principal.service("delivery.logs.amazonaws.com")
log = logging.getLogger("cloudarium")


async def note(call: Call, pool: Pool, details: str) -> None:
    """Write why a message was not delivered; a group that does not let it be written has nothing."""
    found = settings.find(call.store, pool.id, KIND) or {"LogConfigurations": []}
    for one in found["LogConfigurations"]:
        group = arn.parse(one["CloudWatchLogsConfiguration"]["LogGroupArn"])
        if group is None:
            continue
        told = {
            "eventTimestamp": str(int(call.now * 1000)),
            "eventSource": "USER_NOTIFICATION",
            "logLevel": "ERROR",
            "message": {"details": details},
            "logSourceId": {"userPoolId": pool.id},
        }
        where = {"logGroupName": group.resource.split(":")[1], "logStreamName": _STREAM}
        await _write(call, pool, Scope(group.account, group.region), where, orjson.dumps(told).decode())


async def _write(call: Call, pool: Pool, scope: Scope, where: dict[str, str], text: str) -> None:
    context = triggers.behalf_of(pool)
    events = {"logEvents": [{"timestamp": int(call.now * 1000), "message": text}]}
    try:
        await call.send("logs", "CreateLogStream", where, as_=_WRITER, context=context, scope=scope)
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            log.info("cognito-idp: the log group %s cannot be written: %s", where["logGroupName"], error.code)
            return
    try:
        await call.send("logs", "PutLogEvents", {**where, **events}, as_=_WRITER, context=context, scope=scope)
    except AwsError as error:
        log.info("cognito-idp: the log group %s cannot be written: %s", where["logGroupName"], error.code)
