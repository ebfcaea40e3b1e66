"""Why a resource failed, in the words of CloudFormation's resource handlers."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.stacks import ResourceFailed

_CODES = (
    ("AlreadyExists", ("alreadyexists", "alreadyowned", "nameexists", "resourceinuse", "conflict", "duplicate")),
    ("NotFound", ("notfound", "nosuch", "nonexistent", "doesnotexist")),
    ("AccessDenied", ("accessdenied", "unauthorized", "forbidden", "notauthorized")),
    ("Throttling", ("throttl", "toomanyrequests", "slowdown")),
    ("ServiceLimitExceeded", ("limitexceeded", "quotaexceeded", "toomany")),
    ("InvalidRequest", ("validation", "invalid", "malformed", "badrequest", "missing")),
)


class CallFailed(AwsError):
    """An error another room answered, with the service that answered it."""

    def __init__(self, service: str, error: AwsError) -> None:
        super().__init__(error.message, code=error.code, status=error.status, headers=error.headers, **error.fields)
        self.service = service


def handler_code(error: Exception) -> str:
    """AWS's HandlerErrorCode for an error."""
    if isinstance(error, ResourceFailed):
        return error.handler_code
    if not isinstance(error, AwsError):
        return "InternalFailure"
    code = error.code.lower()
    for name, parts in _CODES:
        if any(part in code for part in parts):
            return name
    return "ServiceInternalError" if (error.status or 400) >= 500 else "GeneralServiceException"


def reason(error: Exception, token: str, request_id: str) -> str:
    """The status reason of a resource that failed with `error`."""
    if isinstance(error, NotBuilt) or (isinstance(error, AwsError) and error.code == NotBuilt.code):
        return str(error)
    if isinstance(error, CallFailed):
        status = error.status or 400
        message = f"{error.message} (Service: {error.service}, Status Code: {status}, Request ID: {request_id})"
    elif isinstance(error, ResourceFailed):
        message = error.message
    elif isinstance(error, AwsError):
        return error.message
    else:
        message = "Internal Failure"
    return (
        f'Resource handler returned message: "{message}" (RequestToken: {token}, '
        f"HandlerErrorCode: {handler_code(error)})"
    )
