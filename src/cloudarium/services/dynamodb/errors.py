"""What DynamoDB answers when it refuses."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.errors import AwsError


class ValidationException(AwsError):
    """The request is wrong in itself or does not fit the table."""

    code = "ValidationException"


class AccessDenied(AwsError):
    """KMS does not let the caller use the table's key."""

    code = "AccessDeniedException"


class Invalid(ValidationException):
    """A ValidationException whose text starts as most of AWS's do."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"One or more parameter values were invalid: {detail}")


class ResourceNotFound(AwsError):
    """No such table; the calls on items do not name it, the calls on tables do."""

    code = "ResourceNotFoundException"

    def __init__(self, table: str | None = None) -> None:
        named = f": Table: {table} not found" if table is not None else ""
        super().__init__(f"Requested resource not found{named}")


class IndexNotFound(AwsError):
    """The table has no such global index."""

    code = "ResourceNotFoundException"

    def __init__(self, table: str, index: str) -> None:
        super().__init__(f"Requested resource not found: Index {index} for table {table}")


class StreamNotFound(AwsError):
    """No such stream."""

    code = "ResourceNotFoundException"

    def __init__(self, table: str, label: str) -> None:
        super().__init__(f"Requested resource not found: Stream: {label} not found for Table: {table}")


class TableNotFound(AwsError):
    """No such table, as the backup operations say it."""

    code = "TableNotFoundException"

    def __init__(self, table: str) -> None:
        super().__init__(f"Table not found: {table}")


class TableInUse(AwsError):
    """The name is taken."""

    code = "ResourceInUseException"

    def __init__(self, table: str) -> None:
        super().__init__(f"Table already exists: {table}")


class TableBusy(AwsError):
    """The table is not ready yet."""

    code = "ResourceInUseException"

    def __init__(self, table: str) -> None:
        super().__init__(f"Attempt to change a resource which is still in use: Table is being created: {table}")


class TableAlreadyExists(AwsError):
    """The name that a restored table shall have is taken."""

    code = "TableAlreadyExistsException"

    def __init__(self, table: str) -> None:
        super().__init__(f"Table already exists: {table}")


class BackupNotFound(AwsError):
    """No such backup."""

    code = "BackupNotFoundException"

    def __init__(self, backup: str) -> None:
        super().__init__(f"Backup not found: {backup}")


class BackupInUse(AwsError):
    """A table is being restored from the backup."""

    code = "BackupInUseException"

    def __init__(self, backup: str) -> None:
        super().__init__(f"Backup is being restored: {backup}")


class BackupsUnavailable(AwsError):
    """The table is not ready for backups yet."""

    code = "ContinuousBackupsUnavailableException"

    def __init__(self, table: str) -> None:
        super().__init__(f"Backups are being enabled for the table: {table}. Please retry later")


class RecoveryUnavailable(AwsError):
    """The table has no point-in-time recovery."""

    code = "PointInTimeRecoveryUnavailableException"

    def __init__(self, table: str) -> None:
        super().__init__(f"Point in time recovery is not enabled for table '{table}'")


class InvalidRestoreTime(AwsError):
    """The table cannot be restored as of this moment."""

    code = "InvalidRestoreTimeException"


class PolicyNotFound(AwsError):
    """The table has no policy, or another than the one that was expected."""

    code = "PolicyNotFoundException"

    def __init__(self, resource: str) -> None:
        super().__init__(f"Resource-based policy not found for the provided ResourceArn: {resource}")


class LimitExceeded(AwsError):
    """Too much at once, or too many."""

    code = "LimitExceededException"


class ConditionalCheckFailed(AwsError):
    """The condition does not hold; `item` is what is there when the caller asked for it."""

    code = "ConditionalCheckFailedException"

    def __init__(self, item: dict[str, Any] | None = None) -> None:
        super().__init__("The conditional request failed")
        if item is not None:
            self.fields["Item"] = item


class TransactionCanceled(AwsError):
    """A transaction that did nothing, with the reason for each of its actions."""

    code = "TransactionCanceledException"

    def __init__(self, reasons: list[dict[str, Any]]) -> None:
        codes = ", ".join(reason["Code"] for reason in reasons)
        super().__init__(
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
            CancellationReasons=reasons,
        )


class IdempotentParameterMismatch(AwsError):
    """The token was used with another request."""

    code = "IdempotentParameterMismatchException"

    def __init__(self) -> None:
        super().__init__("The ClientRequestToken was used with different request parameters within the last 10 minutes")
