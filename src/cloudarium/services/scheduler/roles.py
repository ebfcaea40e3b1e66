"""The execution roles of schedules."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.scheduler import errors, resources
from cloudarium.shared.errors import AwsError


async def check(call: Call, role: str, group: str) -> None:
    """Raise ValidationException unless Scheduler may be this role."""
    try:
        await session(call, role, group)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise errors.NotAssumable from None


async def session(call: Call, role: str, group: str) -> Principal:
    """A session of a role, made as Scheduler for a group: that is what a trust policy may ask for.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    service = Principal.service(resources.SERVICE, call.account)
    context = {"aws:SourceArn": resources.group_arn(call.scope, group), "aws:SourceAccount": call.account}
    return await call.cloud.assume(
        call, role, "AmazonEventBridgeScheduler", service, context=context, DurationSeconds=900
    )
