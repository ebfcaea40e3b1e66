"""The errors of CloudWatch Logs."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class InvalidParameter(AwsError):
    """What the model cannot forbid: combinations, tokens, batches."""

    code = "InvalidParameterException"


class Invalid(AwsError):
    """Two ways of naming one thing, both used."""

    code = "ValidationException"


class MalformedQuery(AwsError):
    """A query of Logs Insights that cannot be compiled, and where."""

    code = "MalformedQueryException"

    def __init__(self, message: str, start: int, end: int) -> None:
        where = {"startCharOffset": start, "endCharOffset": end}
        super().__init__(message, queryCompileError={"location": where, "message": message})


class LimitExceeded(AwsError):
    """A region has at most ten resource policies."""

    code = "LimitExceededException"

    def __init__(self) -> None:
        super().__init__("Resource limit exceeded.")


class PolicyNotFound(AwsError):
    """No resource policy of that name."""

    code = "ResourceNotFoundException"

    def __init__(self, name: str) -> None:
        super().__init__(f"Policy with name [{name}] does not exist.")


class GroupNotFound(AwsError):
    """No such log group in this account and region."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified log group does not exist.")


class QueriedGroupNotFound(AwsError):
    """A query names a group that does not exist."""

    code = "ResourceNotFoundException"

    def __init__(self, group: str, account: str, request: str) -> None:
        # AWS's own answer has the words of the client inside of the service.
        super().__init__(
            f"Log group '{group}' does not exist for account ID '{account}' (Service: AWSLogs; Status Code: 400; "
            f"Error Code: ResourceNotFoundException; Request ID: {request}; Proxy: null)"
        )


class QueryNotFound(AwsError):
    """No query of that id, or none any more."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("Query does not exist.")


class DefinitionNotFound(AwsError):
    """No saved query of that id."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified query definition does not exist.")


class TooManyQueries(AwsError):
    """More queries at a time than an account may run."""

    code = "LimitExceededException"

    def __init__(self, most: int) -> None:
        super().__init__(f"Account maximum query concurrency limit of [{most}] reached.")


class FilterNotFound(AwsError):
    """No filter of that kind and name."""

    code = "ResourceNotFoundException"

    def __init__(self, kind: str) -> None:
        super().__init__(f"The specified {kind} filter does not exist.")


class ExportNotFound(AwsError):
    """No export task of that id."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified export task does not exist.")


class InvalidOperation(AwsError):
    """What the group's class does not have."""

    code = "InvalidOperationException"


class Denied(AwsError):
    """What no policy could allow."""

    code = "AccessDeniedException"


class StreamNotFound(AwsError):
    """No such log stream in the group."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified log stream does not exist.")


class ResourceNotFound(AwsError):
    """The ARN of a tagging call leads to nothing."""

    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified resource does not exist.")


class GroupExists(AwsError):
    """The name is taken."""

    code = "ResourceAlreadyExistsException"

    def __init__(self) -> None:
        super().__init__("The specified log group already exists")


class StreamExists(AwsError):
    """The name is taken within the group."""

    code = "ResourceAlreadyExistsException"

    def __init__(self) -> None:
        super().__init__("The specified log stream already exists")


class DeletionProtected(AwsError):
    """The group refuses to be deleted, with all that is in it."""

    code = "ValidationException"

    def __init__(self) -> None:
        super().__init__("The log group has deletion protection enabled. Disable it before you delete the log group.")


class TooManyTags(AwsError):
    """A log group has at most 50 tags."""

    code = "TooManyTagsException"

    def __init__(self, arn: str) -> None:
        super().__init__("A resource can have no more than 50 tags.", resourceName=arn)
