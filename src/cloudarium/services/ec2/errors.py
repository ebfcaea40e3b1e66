"""The errors of EC2, in AWS's words."""

from __future__ import annotations

from cloudarium.services.ec2.kinds import NAT_GATEWAY, Kind
from cloudarium.shared.errors import AwsError


class DryRun(AwsError):
    """The call would have succeeded, and was only tried."""

    code = "DryRunOperation"
    status = 412

    def __init__(self) -> None:
        super().__init__("Request would have succeeded, but DryRun flag is set.")


class NotFound(AwsError):
    """No such thing."""

    def __init__(self, kind: Kind, id: str) -> None:
        if kind is NAT_GATEWAY:
            super().__init__(f"NatGateway {id} was not found", code="NatGatewayNotFound")
        else:
            super().__init__(f"The {kind.noun} '{id}' does not exist", code=f"{kind.code}.NotFound")


class Malformed(AwsError):
    """An id of another kind."""

    def __init__(self, kind: Kind, id: str) -> None:
        super().__init__(f'Invalid id: "{id}" (expecting "{kind.prefix}-...")', code=kind.malformed)


class Missing(AwsError):
    """A parameter that must be there; EC2 names it as it goes over the wire."""

    code = "MissingParameter"

    def __init__(self, name: str) -> None:
        super().__init__(f"The request must contain the parameter {name}")


class Invalid(AwsError):
    """A parameter's value is not right."""

    code = "InvalidParameterValue"

    @classmethod
    def value(cls, value: object, name: str, reason: str = "") -> Invalid:
        """The usual form: which value of which parameter, and what is wrong with it."""
        return cls(f"Value ({value}) for parameter {name} is invalid. {reason}".rstrip())


class Combination(AwsError):
    """Parameters that do not go together."""

    code = "InvalidParameterCombination"


class InUse(AwsError):
    """Something still depends on what is to go."""

    code = "DependencyViolation"


class Conflict(AwsError):
    """What is asked for is there already, or does not go with what is; each case has a code of its own."""


class LimitExceeded(AwsError):
    """An account may have no more of these."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


class Unsupported(AwsError):
    """AWS does not do this either."""

    code = "UnsupportedOperation"
