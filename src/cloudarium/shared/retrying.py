"""Deliveries that EventBridge and its Scheduler try again: which failures are worth it, when, and how often."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.errors import AwsError

DEFAULT_ATTEMPTS, DEFAULT_AGE = 185, 86_400
_LONGEST_PAUSE = 465.0  # 185 attempts fill 24 hours

_DENIED = (
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "KMSAccessDeniedException",
    "KmsAccessDenied",
)  # fmt: skip
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling", "RequestThrottled")


class Failure(Exception):
    """One attempt that failed; `again` when another may succeed.

    `code` is what EventBridge writes into a dead letter, `origin` the error code of the target's own service.
    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """

    def __init__(self, code: str, message: str, again: bool = False, origin: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.again, self.origin = code, message, again, origin or code

    @classmethod
    def of(cls, error: AwsError) -> Failure:
        """What an error of the target's service means."""
        status = error.status or 400
        code, again = "SDK_CLIENT_ERROR", False
        if error.code in _THROTTLED or status == 429:
            code, again = "THROTTLING", True
        elif error.code in _DENIED or status == 403:
            code = "NO_PERMISSIONS"
        elif "NotFound" in error.code or "NonExistent" in error.code or "DoesNotExist" in error.code or status == 404:
            code = "NO_RESOURCE"
        elif status >= 500 and error.code != "NotImplemented":
            code, again = "INTERNAL_ERROR", True
        return cls(code, error.message, again, error.code)


def pause(attempts: int, chance: float) -> float:
    """The seconds until the next attempt: ever more, and by chance (from 0 to 1) never quite the same."""
    return float(min(2.0 ** min(attempts, 20), _LONGEST_PAUSE)) * (0.5 + chance / 2)


def exhausted(policy: dict[str, Any], attempts: int, age: float) -> str | None:
    """Which condition of a retry policy forbids one more attempt, after so many retries at this age of the event."""
    if attempts >= policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS):
        return "MaximumRetryAttempts"
    if age > policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE):
        return "MaximumEventAgeInSeconds"
    return None
