"""The errors of EventBridge Scheduler."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the model cannot forbid."""

    code = "ValidationException"


class NotAssumable(Invalid):
    """The role does not trust Scheduler, or is not there."""

    def __init__(self) -> None:
        super().__init__("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


class NotFound(AwsError):
    """What a call names is not there."""

    code = "ResourceNotFoundException"

    @classmethod
    def schedule(cls, name: str) -> NotFound:
        """No such schedule."""
        return cls(f"Schedule {name} does not exist.")

    @classmethod
    def group(cls, name: str) -> NotFound:
        """No such group."""
        return cls(f"Schedule group {name} does not exist.")


class Conflict(AwsError):
    """What a call would make is there already, or is about to go."""

    code = "ConflictException"


class AccessDenied(AwsError):
    """The caller may not use a key."""

    code = "AccessDeniedException"
    status = 403


class QuotaExceeded(AwsError):
    """More than there can be."""

    code = "ServiceQuotaExceededException"
