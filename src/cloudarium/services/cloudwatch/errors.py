"""The errors of CloudWatch."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the newer operations report about their input."""

    code = "ValidationException"


class InvalidValue(AwsError):
    """A parameter with a value that cannot be."""

    code = "InvalidParameterValueException"

    @classmethod
    def value(cls, value: object, parameter: str) -> InvalidValue:
        """A value that is none for its parameter."""
        return cls(f"The value {value} for parameter {parameter} is invalid.")


class InvalidCombination(AwsError):
    """Parameters that exclude each other, or ask for too much together."""

    code = "InvalidParameterCombinationException"

    @classmethod
    def both(cls, one: str, other: str) -> InvalidCombination:
        """Two parameters of which only one can be given."""
        return cls(f"The parameters {one} and {other} are mutually exclusive and you have specified both.")


class Missing(AwsError):
    """A parameter without which the call means nothing."""

    code = "MissingRequiredParameterException"

    def __init__(self, parameter: str) -> None:
        super().__init__(f"The parameter {parameter} is required.")


class InvalidFormat(AwsError):
    """A text that is not of the form it should have."""

    code = "InvalidFormatFault"


class InvalidToken(AwsError):
    """A page token that is none."""

    code = "InvalidNextToken"

    def __init__(self, message: str = "Invalid nextToken") -> None:
        super().__init__(message)


class NotFound(AwsError):
    """An alarm that is not there."""

    code = "ResourceNotFound"


class ResourceMissing(AwsError):
    """What a tagging call names is not there."""

    code = "ResourceNotFoundException"

    def __init__(self, arn: str) -> None:
        kind = "Dashboard" if ":dashboard/" in arn else "Alarm"
        super().__init__("Unknown", ResourceType=kind, ResourceId=arn)


class LimitExceeded(AwsError):
    """More than there can be."""

    code = "LimitExceededFault"


class DashboardInvalid(AwsError):
    """The body of a dashboard that cannot be drawn; says what is wrong and where."""

    code = "DashboardInvalidInputError"

    def __init__(self, message: str, messages: list[dict[str, str]] | None = None) -> None:
        super().__init__(message, dashboardValidationMessages=messages or [])


class DashboardMissing(AwsError):
    """A dashboard that is not there."""

    code = "DashboardNotFoundError"

    @classmethod
    def named(cls, name: str) -> DashboardMissing:
        """No dashboard of this name."""
        return cls(f"Dashboard {name} does not exist")


class TooMany(AwsError):
    """More than there can be, in the words of the newer operations."""

    code = "LimitExceededException"


class DetectorMissing(AwsError):
    """An anomaly detector that is not there."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified anomaly detector does not exist.")
