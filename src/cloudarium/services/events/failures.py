"""Why an event did not reach a target, and whether trying again may help.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.shared.errors import AwsError

DEFAULT_ATTEMPTS, DEFAULT_AGE = 185, 86_400
_LONGEST_PAUSE = 465.0  # 185 attempts fill 24 hours

_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "KMSAccessDeniedException")
_THROTTLED = (
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "RequestThrottled",
    "LimitExceededException",
)


class Failure(Exception):
    """One attempt that failed, with AWS's code for a dead letter; `again` when another may succeed."""

    def __init__(self, code: str, message: str, again: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.again = code, message, again

    @classmethod
    def of(cls, error: AwsError) -> Failure:
        """What an error of the target's service means."""
        status = error.status or 400
        if error.code in _THROTTLED or status == 429:
            return cls("THROTTLING", error.message, again=True)
        if error.code in _DENIED or status == 403:
            return cls("NO_PERMISSIONS", error.message)
        if "NotFound" in error.code or "NonExistent" in error.code or "DoesNotExist" in error.code or status == 404:
            return cls("NO_RESOURCE", error.message)
        if error.code == "NotImplemented":
            return cls("SDK_CLIENT_ERROR", error.message)
        if status >= 500:
            return cls("INTERNAL_ERROR", error.message, again=True)
        return cls("SDK_CLIENT_ERROR", error.message)


def pause(attempts: int, chance: float) -> float:
    """The seconds until the next attempt: ever more, and never quite the same."""
    return float(min(2.0 ** min(attempts, 20), _LONGEST_PAUSE)) * (0.5 + chance / 2)


def exhausted(policy: dict[str, Any], attempts: int, age: float) -> str | None:
    """Which condition of a retry policy forbids one more attempt, after so many retries at this age of the event."""
    if attempts >= policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS):
        return "MaximumRetryAttempts"
    if age > policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE):
        return "MaximumEventAgeInSeconds"
    return None


def letter(payload: dict[str, Any], failure: Failure, condition: str | None) -> dict[str, Any]:
    """The dead letter of an event: the event, and in attributes why it is one."""
    texts = {
        "RULE_ARN": payload["Rule"],
        "TARGET_ARN": payload["Target"]["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message or failure.code,
    }
    if condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = condition
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    attributes["RETRY_ATTEMPTS"] = {"DataType": "Number", "StringValue": str(payload["Attempts"])}
    return {"MessageBody": payload["Event"], "MessageAttributes": attributes}
