"""The HTTP edge that every function shares: routing, validation, and errors as problem documents (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

PROBLEM = "application/problem+json"
STAFF = "staff"


class Problem(Exception):
    """Something that the caller is told: a status, what happened, and the details that help."""

    status = HTTPStatus.BAD_REQUEST
    headers: dict[str, str] = {}

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class Invalid(Problem):
    """The request makes no sense."""


class Forbidden(Problem):
    """The caller is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """There is no such thing."""

    status = HTTPStatus.NOT_FOUND


class Conflict(Problem):
    """The request is sound, but what is stored stands against it."""

    status = HTTPStatus.CONFLICT


class Unprocessable(Problem):
    """The request reads well, but what it says cannot be done."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Busy(Problem):
    """Too many want the same thing at once: the same request can work a moment later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": "1"}


class Caller(NamedTuple):
    """Who calls, as the authorizer has read it in their access token."""

    id: str
    is_staff: bool

    def must_be_staff(self) -> None:
        """Refuse whoever does not work here."""
        if not self.is_staff:
            raise Forbidden("Only the shop's staff may do this.")

    def may_see_of(self, customer_id: str) -> bool:
        """Whether the caller may see what belongs to a customer."""
        return self.is_staff or self.id == customer_id


def caller(app: APIGatewayHttpResolver) -> Caller:
    """Who makes the present request. A route without an authorizer has no caller, so asking there is a mistake."""
    claims = app.current_event.request_context.authorizer.jwt_claim
    # An HTTP API hands a list in a token on as a text: "[staff editors]".
    groups = str(claims.get("cognito:groups", "")).strip("[]").split()
    return Caller(claims["sub"], STAFF in groups)


def problem(status: HTTPStatus, detail: str, **members: Any) -> Response[str]:
    """A problem document as an answer."""
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **members}
    return Response(status.value, content_type=PROBLEM, body=json.dumps(document))


def created(resource: BaseModel, location: str) -> Response[dict[str, Any]]:
    """201 with the new resource and where it lives."""
    return Response(
        HTTPStatus.CREATED.value,
        content_type="application/json",
        body=resource.model_dump(mode="json"),
        headers={"Location": location},
    )


def no_content() -> Response[Any]:
    """204: done, and there is nothing to say."""
    return Response(HTTPStatus.NO_CONTENT.value, body="")


def api(logger: Logger) -> APIGatewayHttpResolver:
    """An app that checks requests by their types and tells every error as a problem document."""
    app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=_read_json)

    @app.exception_handler(Problem)
    def tell(error: Problem) -> Response[str]:
        logger.info("refused", extra={"status": error.status.value, "detail": error.detail})
        told = problem(error.status, error.detail, **error.members)
        told.headers.update(error.headers)
        return told

    @app.exception_handler(RequestValidationError)
    def tell_validation(error: RequestValidationError) -> Response[str]:
        found = [_validation_error(each) for each in error.errors()]
        if any(each["code"].startswith("json_") for each in found):
            return problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.", errors=found)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The request does not have the right form.", errors=found)

    @app.exception_handler(UnicodeDecodeError)
    def tell_encoding(_: UnicodeDecodeError) -> Response[str]:
        return problem(HTTPStatus.BAD_REQUEST, "The body is not UTF-8.")

    @app.not_found
    def tell_not_found(_: NotFoundError) -> Response[str]:
        return problem(HTTPStatus.NOT_FOUND, "There is no such resource.")

    @app.exception_handler(ServiceError)
    def tell_service_error(error: ServiceError) -> Response[str]:
        return problem(HTTPStatus(error.status_code), str(error.msg))

    @app.exception_handler(Exception)
    def tell_failure(_: Exception) -> Response[str]:
        # The caller learns nothing of our insides; the log has the whole story under the correlation id.
        logger.exception("unexpected failure")
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")

    return app


def answer(app: APIGatewayHttpResolver, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer an HTTP API's event; the caller gets the id under which the logs tell this request's story."""
    response = app.resolve(event, context) if _is_json(event) else _not_json()
    response.setdefault("headers", {})["X-Correlation-Id"] = event["requestContext"]["requestId"]
    return response


def _is_json(event: dict[str, Any]) -> bool:
    kind = event.get("headers", {}).get("content-type", "application/json")
    return not event.get("body") or kind.partition(";")[0].strip().lower() == "application/json"


def _not_json() -> dict[str, Any]:
    told = problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    return {"statusCode": told.status_code, "headers": {"Content-Type": PROBLEM}, "body": told.body}


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:  # nested without end, or a number of thousands of digits
        raise json.JSONDecodeError("More than a request may hold", "", 0) from error


def _validation_error(error: dict[str, Any]) -> dict[str, str]:
    path = ".".join(str(part) for part in error.get("loc", ()))
    return {"field": path, "code": str(error["type"]), "message": str(error.get("msg", ""))}
