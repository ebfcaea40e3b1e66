"""What DynamoDB Streams answers when it refuses."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class ValidationException(AwsError):
    """The request is wrong in itself."""

    code = "ValidationException"


class ResourceNotFound(AwsError):
    """No such stream or shard."""

    code = "ResourceNotFoundException"

    def __init__(self, detail: str) -> None:
        super().__init__(f"Requested resource not found: {detail}")


class StreamNotFound(ResourceNotFound):
    """No such stream."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Stream: {arn} not found")


class TrimmedDataAccess(AwsError):
    """What was to be read is older than a day."""

    code = "TrimmedDataAccessException"

    def __init__(self) -> None:
        super().__init__("The data you are trying to access has been trimmed")


class ExpiredIterator(AwsError):
    """The iterator is older than a quarter of an hour."""

    code = "ExpiredIteratorException"

    def __init__(self) -> None:
        super().__init__("Iterator expired")
