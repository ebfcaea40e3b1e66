"""Work of API Gateway v2 without a request: access log lines on their way to a log group."""

from __future__ import annotations

from cloudarium.gateway.background import Event, delivery
from cloudarium.policy.principal import Principal
from cloudarium.services.apigatewayv2.rules import access_log
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError

_DELIVERY = Principal.service("delivery.logs.amazonaws.com")


@delivery("AccessLog")
async def deliver_access_log(event: Event) -> None:
    """Write one line; a log group that is gone, or does not let AWS's delivery in, loses it as on AWS."""
    group = arn.parse(event.payload["Group"])
    if group is None:
        return
    name = group.resource.removeprefix("log-group:")
    stream = {"logGroupName": name, "logStreamName": event.payload["Stream"]}
    message = access_log.line(event.payload["Format"], event.payload["Values"])
    line = {**stream, "logEvents": [{"timestamp": event.payload["Timestamp"], "message": message}]}
    try:
        await _write(event, "PutLogEvents", line)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            return
        try:
            await _write(event, "CreateLogStream", stream)
            await _write(event, "PutLogEvents", line)
        except AwsError:
            return


async def _write(event: Event, operation: str, given: dict[str, object]) -> None:
    context = {"aws:SourceAccount": event.account}
    await event.send("logs", operation, given, as_=_DELIVERY, context=context, scope=event.scope)
