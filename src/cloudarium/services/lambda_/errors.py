"""The errors of Lambda. Each says whose fault it is in `Type`, as AWS does."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.errors import AwsError


class LambdaError(AwsError):
    """An error with AWS's `Type`: the caller's fault (User) or the service's (Service)."""

    type = "User"

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message, Type=self.type, **fields)


class InvalidParameter(LambdaError):
    """What the model cannot forbid."""

    code = "InvalidParameterValueException"


class Constraint(LambdaError):
    """A limit that is tighter than the model's, in the words of the model's own check."""

    code = "ValidationException"

    def __init__(self, value: object, name: str, rule: str) -> None:
        super().__init__(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must {rule}"
        )


class NotFound(LambdaError):
    """Nothing of that name."""

    code = "ResourceNotFoundException"


class FunctionNotFound(NotFound):
    """No such function, version or alias."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Function not found: {arn}")


class Conflict(LambdaError):
    """The name is taken, or something is still in use."""

    code = "ResourceConflictException"


class RevisionMismatch(LambdaError):
    """The resource has changed since the caller looked."""

    code = "PreconditionFailedException"

    def __init__(self, call: str) -> None:
        super().__init__(
            "The Revision Id provided does not match the latest Revision Id."
            f" Call the {call} API to retrieve the latest Revision Id"
        )


class InUse(LambdaError):
    """An event source mapping is on its way from one state to another."""

    code = "ResourceInUseException"

    def __init__(self, verb: str) -> None:
        super().__init__(f"Cannot {verb} the event source mapping because it is in use.")


class CodeTooLarge(InvalidParameter):
    """The unzipped package is over the limit."""


class NoSigningConfig(LambdaError):
    """No code signing configuration has this ARN."""

    code = "CodeSigningConfigNotFoundException"

    def __init__(self, arn: str) -> None:
        super().__init__(
            "The code signing configuration cannot be found. Check that the provided configuration is not deleted:"
            f" {arn}."
        )


class CodeVerificationFailed(LambdaError):
    """A package must be signed, and is not."""

    code = "CodeVerificationFailedException"

    def __init__(self, name: str) -> None:
        super().__init__(
            "Lambda cannot deploy the function. The function or layer might be signed using a signature that the"
            f" client is not configured to accept. Check the provided signature for {name}."
        )


class NoProvisionedConcurrency(LambdaError):
    """No concurrency is provisioned for the version or alias."""

    code = "ProvisionedConcurrencyConfigNotFoundException"

    def __init__(self) -> None:
        super().__init__("No Provisioned Concurrency Config found for this function")


class TooManyRequests(LambdaError):
    """The concurrency that the function or the machine may use is used up."""

    code = "TooManyRequestsException"

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.", Reason=reason)


class RecursiveInvocation(LambdaError):
    """The function has run too often in one chain of invocations."""

    code = "RecursiveInvocationException"

    def __init__(self) -> None:
        super().__init__(
            "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped"
            " your function's invocation."
        )


class RequestTooLarge(LambdaError):
    """The event is larger than Lambda takes."""

    code = "RequestTooLargeException"


class InvalidRequestContent(LambdaError):
    """The event is not JSON."""

    code = "InvalidRequestContentException"


class ServiceFailure(LambdaError):
    """The runtime itself broke."""

    code = "ServiceException"
    type = "Service"


class AccessDenied(AwsError):
    """Another service said no on the caller's behalf."""

    code = "AccessDeniedException"
    status = 403


class KeyFailure(LambdaError):
    """KMS does not open a function's environment: KMSAccessDeniedException and its kin."""

    status = 502
    type = "Service"

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class PolicyTooLong(LambdaError):
    """The resource policy is over 20 KB."""

    code = "PolicyLengthExceededException"
