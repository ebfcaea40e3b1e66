"""The errors of SQS. Both protocols name them differently; the model's corrections know both names."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class QueueDoesNotExist(AwsError):
    """No such queue; the query protocol still speaks of its WSDL."""

    code = "QueueDoesNotExist"

    def __init__(self, protocol: str = "json") -> None:
        super().__init__(f"The specified queue does not exist{' for this wsdl version' * (protocol == 'query')}.")


class QueueNameExists(AwsError):
    """A queue of this name has other attributes."""

    code = "QueueNameExists"

    def __init__(self, attribute: str) -> None:
        super().__init__(f"A queue already exists with the same name and a different value for attribute {attribute}")


class QueueDeletedRecently(AwsError):
    """A name is free again 60 seconds after its queue was deleted."""

    code = "QueueDeletedRecently"

    def __init__(self) -> None:
        super().__init__(
            "You must wait 60 seconds after deleting a queue before you can create another with the same name."
        )


class PurgeQueueInProgress(AwsError):
    """One purge in 60 seconds."""

    code = "PurgeQueueInProgress"

    def __init__(self, name: str) -> None:
        super().__init__(f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.")


class MissingParameter(AwsError):
    """A parameter that the call cannot do without."""

    code = "MissingRequiredParameterException"

    def __init__(self, name: str) -> None:
        super().__init__(f"The request must contain the parameter {name}.")


class InvalidParameterValue(AwsError):
    """A parameter's value is not right; the message says which and why."""

    code = "InvalidParameterValueException"

    @classmethod
    def of(cls, value: object, name: str, reason: str) -> InvalidParameterValue:
        """The usual sentence."""
        return cls(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


class InvalidAttributeName(AwsError):
    """A queue has no such attribute, or not one that can be set so."""

    code = "InvalidAttributeName"

    @classmethod
    def unknown(cls, name: str) -> InvalidAttributeName:
        """An attribute that this kind of queue does not have."""
        return cls(f"Unknown Attribute {name}.")


class InvalidAttributeValue(AwsError):
    """A queue's attribute cannot have this value."""

    code = "InvalidAttributeValue"

    @classmethod
    def of(cls, name: str, reason: str = "") -> InvalidAttributeValue:
        """The usual sentence."""
        return cls(f"Invalid value for the parameter {name}." + (f" Reason: {reason}" if reason else ""))


class InvalidMessageContents(AwsError):
    """A body with a character that XML cannot have."""

    code = "InvalidMessageContents"

    def __init__(self) -> None:
        super().__init__(
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to "
            "#xFFFD | #x10000 to #x10FFFF"
        )


class ReceiptHandleIsInvalid(AwsError):
    """This was never a receipt handle of the queue."""

    code = "ReceiptHandleIsInvalid"

    def __init__(self, handle: str) -> None:
        super().__init__(f'The input receipt handle "{handle[:2000]}" is not a valid receipt handle.')


class OverLimit(AwsError):
    """More than a queue, or a call, may have."""

    code = "OverLimit"


class ResourceNotFound(AwsError):
    """What a message move task speaks of is not there."""

    code = "ResourceNotFoundException"
    status = 404


class InvalidAction(AwsError):
    """At the URL of a queue, only what is done to a queue can be asked."""

    code = "InvalidAction"

    def __init__(self, name: str) -> None:
        super().__init__(f"The action {name} is not valid for this endpoint.")


class EmptyBatchRequest(AwsError):
    """A batch needs entries."""

    code = "EmptyBatchRequest"

    def __init__(self, entry: str) -> None:
        super().__init__(f"There should be at least one {entry} in the request.")


class TooManyEntries(AwsError):
    """A batch has at most ten entries."""

    code = "TooManyEntriesInBatchRequest"

    def __init__(self, number: int) -> None:
        super().__init__(f"Maximum number of entries per request are 10. You have sent {number}.")


class InvalidBatchEntryId(AwsError):
    """An entry's id is not one."""

    code = "InvalidBatchEntryId"

    def __init__(self) -> None:
        super().__init__(
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 "
            "letters long."
        )


class IdsNotDistinct(AwsError):
    """Two entries have the same id."""

    code = "BatchEntryIdsNotDistinct"

    def __init__(self, id: str) -> None:
        super().__init__(f"Id {id} repeated.")


class BatchRequestTooLong(AwsError):
    """The entries of a batch are too long together."""

    code = "BatchRequestTooLong"

    def __init__(self, limit: int, size: int) -> None:
        super().__init__(f"Batch requests cannot be longer than {limit} bytes. You have sent {size} bytes.")


_OF_KMS = {
    "AccessDenied": "KmsAccessDenied",
    "AccessDeniedException": "KmsAccessDenied",
    "NotFoundException": "KmsNotFound",
    "DisabledException": "KmsDisabled",
    "KMSInvalidStateException": "KmsInvalidState",
    "InvalidKeyUsageException": "KmsInvalidKeyUsage",
    "InvalidCiphertextException": "KmsInvalidState",
}


def of_kms(error: AwsError) -> AwsError:
    """What KMS refused, as SQS says it."""
    code = _OF_KMS.get(error.code)
    return error if code is None else AwsError(error.message, code=code, status=400)
