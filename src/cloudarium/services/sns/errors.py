"""The errors of SNS."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class InvalidParameter(AwsError):
    """A parameter that SNS does not take; AWS begins nearly all of these sentences alike."""

    code = "InvalidParameterException"

    def __init__(self, what: str, *, bare: bool = False) -> None:
        super().__init__(what if bare else f"Invalid parameter: {what}")


class ParameterValueInvalid(AwsError):
    """A message attribute that is none."""

    code = "InvalidParameterValueException"


class NotFound(AwsError):
    """No such topic, subscription or phone number."""

    code = "NotFoundException"

    @classmethod
    def topic(cls) -> NotFound:
        """No such topic."""
        return cls("Topic does not exist")

    @classmethod
    def subscription(cls) -> NotFound:
        """No such subscription."""
        return cls("Subscription does not exist")


class ResourceNotFound(AwsError):
    """The ARN of a tagging call, or a phone number, leads to nothing."""

    code = "ResourceNotFoundException"

    def __init__(self, message: str = "Resource does not exist") -> None:
        super().__init__(message)


class TagLimitExceeded(AwsError):
    """A topic has at most 50 tags."""

    code = "TagLimitExceededException"

    def __init__(self) -> None:
        super().__init__("Could not complete request: tag quota of per resource exceeded")


class FilterPolicyLimitExceeded(AwsError):
    """A topic has at most 200 filter policies."""

    code = "FilterPolicyLimitExceededException"

    def __init__(self) -> None:
        super().__init__("Filter policy limit exceeded for the topic")


class BatchError(AwsError):
    """A batch that is refused as a whole."""

    @classmethod
    def empty(cls) -> BatchError:
        """No entry."""
        return cls("The batch request doesn't contain any entries.", code="EmptyBatchRequestException")

    @classmethod
    def too_many(cls) -> BatchError:
        """More than ten entries."""
        return cls(
            "The batch request contains more entries than permissible.", code="TooManyEntriesInBatchRequestException"
        )

    @classmethod
    def same_ids(cls) -> BatchError:
        """Two entries of one id."""
        return cls(
            "Two or more batch entries in the request have the same Id.", code="BatchEntryIdsNotDistinctException"
        )

    @classmethod
    def bad_id(cls) -> BatchError:
        """An id with other signs than letters, digits, hyphens and underscores."""
        return cls(
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
            code="InvalidBatchEntryIdException",
        )

    @classmethod
    def too_long(cls) -> BatchError:
        """Messages that are too long together."""
        return cls(
            "The length of all the messages put together is more than the limit.", code="BatchRequestTooLongException"
        )


class OptedOut(AwsError):
    """The phone's owner does not want messages."""

    code = "OptedOutException"


class UserError(AwsError):
    """A number of the SMS sandbox that cannot be added twice."""

    code = "UserErrorException"


class VerificationFailed(AwsError):
    """A one-time password that is wrong or too old."""

    code = "VerificationException"


class KmsFailed(AwsError):
    """KMS did not let the topic's key be used; its codes are those of SNS."""

    _CODES = {
        "AccessDeniedException": "KMSAccessDeniedException",
        "AccessDenied": "KMSAccessDeniedException",
        "DisabledException": "KMSDisabledException",
        "NotFoundException": "KMSNotFoundException",
        "KMSInvalidStateException": "KMSInvalidStateException",
        "ThrottlingException": "KMSThrottlingException",
    }

    @classmethod
    def of(cls, error: AwsError) -> KmsFailed:
        """SNS's error for one of KMS."""
        return cls(error.message, code=cls._CODES.get(error.code, "KMSInvalidStateException"))
