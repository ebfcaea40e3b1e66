"""The roles that EventBridge acts as for its targets."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.events import errors
from cloudarium.shared.errors import AwsError

SERVICE = "events.amazonaws.com"


def service(account: str) -> Principal:
    """EventBridge itself, working for an account."""
    return Principal.service(SERVICE, account)


async def check(call: Call, role: str) -> None:
    """Raise ValidationException unless EventBridge may be this role."""
    try:
        await session(call, role)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise errors.Invalid(f"Provided role '{role}' cannot be assumed by principal '{SERVICE}'.") from None


async def session(call: Call, role: str) -> Principal:
    """A session of a role, made as EventBridge: the role must trust it. Raises the AwsError of STS."""
    return await call.cloud.assume(call, role, "EventBridge", service(call.account), DurationSeconds=900)
