"""The errors of EventBridge."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the model cannot forbid."""

    code = "ValidationException"

    @classmethod
    def parameter(cls, name: str, reason: str = "") -> Invalid:
        """A parameter is not valid."""
        return cls(f"Parameter {name} is not valid." + (f" Reason: {reason}" if reason else ""))


class InvalidEventPattern(AwsError):
    """A text that is no event pattern."""

    code = "InvalidEventPatternException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}")


class NotFound(AwsError):
    """What a call names is not there."""

    code = "ResourceNotFoundException"

    @classmethod
    def bus(cls, name: str) -> NotFound:
        """No such bus."""
        return cls(f"Event bus {name} does not exist.")

    @classmethod
    def rule(cls, name: str, bus: str) -> NotFound:
        """No such rule on a bus."""
        return cls(f"Rule {name} does not exist on EventBus {bus}.")

    @classmethod
    def archive(cls, name: str) -> NotFound:
        """No such archive."""
        return cls(f"Archive {name} does not exist.")

    @classmethod
    def replay(cls, name: str) -> NotFound:
        """No such replay."""
        return cls(f"Replay {name} does not exist.")

    @classmethod
    def connection(cls, name: str, wanted: str) -> NotFound:
        """No such connection, said for what was wanted of it."""
        return cls(f"Failed to {wanted} the connection(s). Connection '{name}' does not exist.")

    @classmethod
    def destination(cls, name: str, wanted: str) -> NotFound:
        """No such API destination, said for what was wanted of it."""
        return cls(f"Failed to {wanted} the api-destination(s). An api-destination '{name}' does not exist.")


class Exists(AwsError):
    """What a call would make is there already."""

    code = "ResourceAlreadyExistsException"


class LimitExceeded(AwsError):
    """More than there can be."""

    code = "LimitExceededException"

    def __init__(self, message: str = "The requested resource exceeds the maximum number allowed.") -> None:
        super().__init__(message)


class AccessDenied(AwsError):
    """What another service does not let EventBridge, or the caller, do."""

    code = "AccessDeniedException"

    @classmethod
    def call(cls, operation: str, reason: str) -> AccessDenied:
        """KMS does not allow one of its operations."""
        return cls(f"Access to call kms:{operation} is denied. Reason: {reason}")


class IllegalStatus(AwsError):
    """What the state of a resource does not allow."""

    code = "IllegalStatusException"


class ManagedRule(AwsError):
    """The rule is EventBridge's own."""

    code = "ManagedRuleException"

    @classmethod
    def changed(cls, name: str) -> ManagedRule:
        """No call changes it."""
        return cls(f"{name} is a managed rule.")

    @classmethod
    def unforced(cls, name: str) -> ManagedRule:
        """It can be taken away, but only by force."""
        return cls(f"{name} is a managed rule. Set 'force' parameter to true to override.")

    @classmethod
    def tagged(cls, name: str) -> ManagedRule:
        """It has no tags."""
        return cls(f"Tag related operations on the managed rule {name} is not allowed.")


class PolicyTooLong(AwsError):
    """The policy of a bus would be longer than it can be."""

    code = "PolicyLengthExceededException"

    def __init__(self) -> None:
        super().__init__("The policy length exceeds the maximum allowed.")
