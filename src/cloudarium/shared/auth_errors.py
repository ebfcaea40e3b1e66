"""Errors of signing, routing and reading that each protocol words in its own way.

The gateway raises the neutral class; the codec of the call's protocol looks up code, message and status here. A message
given at the raise wins over the table's.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

from cloudarium.shared.errors import AccessDenied, AwsError


class Wire(NamedTuple):
    """An error as one protocol sends it."""

    code: str
    status: int
    message: str = ""


class ProtocolError(AwsError):
    """An error whose code depends on the protocol; `wire` has an entry per protocol, `*` for the rest."""

    wire: ClassVar[dict[str, Wire]] = {}
    instead: AwsError | None = None  # what is said in REST-XML in its place: S3 words these mistakes more finely

    def in_xml(self, message: str, code: str = "", status: int | None = None, **fields: Any) -> Self:
        """This error, with another message (and code, status and fields) in REST-XML."""
        own = self.wire["rest-xml"]
        self.instead = AwsError(message, code=code or own.code, status=status or own.status, **fields)
        return self

    @classmethod
    def on(cls, protocol: str) -> Wire:
        """The code, status and message on a protocol."""
        return cls.wire.get(protocol) or cls.wire["*"]


_INVALID = "The security token included in the request is invalid."
_EC2 = Wire("AuthFailure", 401, "AWS was not able to validate the provided access credentials")
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class MissingAuthentication(ProtocolError):
    """The request is not signed."""

    code = "MissingAuthentication"
    wire = {
        "*": Wire("MissingAuthenticationTokenException", 403, "Missing Authentication Token"),
        "json": Wire(
            "MissingAuthenticationTokenException",
            400,
            "Request must contain either a valid (registered) AWS access key ID or X.509 certificate.",
        ),
        "query": Wire("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        "ec2": Wire("MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId"),
        "rest-xml": Wire("AccessDenied", 403, "Access Denied"),
    }


class InvalidAccessKey(ProtocolError):
    """No active access key has that id."""

    code = "InvalidAccessKey"
    wire = {
        "*": Wire("UnrecognizedClientException", 403, _INVALID),
        "json": Wire("UnrecognizedClientException", 400, _INVALID),
        "query": Wire("InvalidClientTokenId", 403, _INVALID),
        "ec2": _EC2,
        "rest-xml": Wire(
            "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."
        ),
    }


class UnrecognizedClient(ProtocolError):
    """The session token is missing, malformed or not of this access key."""

    code = "UnrecognizedClient"
    wire = {
        **InvalidAccessKey.wire,
        "rest-xml": Wire("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
    }


class ExpiredToken(ProtocolError):
    """The temporary credentials have expired."""

    code = "ExpiredToken"
    wire = {
        "*": Wire("ExpiredTokenException", 403, "The security token included in the request is expired"),
        "json": Wire("ExpiredTokenException", 400, "The security token included in the request is expired"),
        "query": Wire("ExpiredToken", 403, "The security token included in the request is expired"),
        "ec2": Wire("RequestExpired", 400, "Request has expired."),
        "rest-xml": Wire("ExpiredToken", 400, "The provided token has expired."),
    }


class SignatureMismatch(ProtocolError):
    """The signature is not the one that the secret key makes of the request."""

    code = "SignatureMismatch"
    wire = {
        "*": Wire("InvalidSignatureException", 403, _MISMATCH),
        "json": Wire("InvalidSignatureException", 400, _MISMATCH),
        "query": Wire("SignatureDoesNotMatch", 403, _MISMATCH),
        "ec2": _EC2,
        "rest-xml": Wire(
            "SignatureDoesNotMatch",
            403,
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        ),
    }


class HeadersNotSigned(ProtocolError):
    """Headers came along that the signature does not cover."""

    code = "HeadersNotSigned"
    wire = {
        **SignatureMismatch.wire,
        "rest-xml": Wire("AccessDenied", 403, "There were headers present in the request which were not signed"),
    }


class RequestExpired(ProtocolError):
    """The signature's time is too far from the server's; give the message `Signature expired: … is now earlier …`."""

    code = "RequestExpired"
    wire = {
        "*": Wire("InvalidSignatureException", 403, "Signature expired"),
        "json": Wire("InvalidSignatureException", 400, "Signature expired"),
        "query": Wire("SignatureDoesNotMatch", 403, "Signature expired"),
        "ec2": Wire("RequestExpired", 400, "Request has expired."),
        "rest-xml": Wire(
            "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."
        ),
    }


class PresignedExpired(ProtocolError):
    """A presigned URL is past its `X-Amz-Expires`."""

    code = "PresignedExpired"
    wire = {**RequestExpired.wire, "rest-xml": Wire("AccessDenied", 403, "Request has expired")}


class WrongScope(ProtocolError):
    """The credential scope names another region, service or date; give AWS's message."""

    code = "WrongScope"
    wire = {
        **SignatureMismatch.wire,
        "rest-xml": Wire("AuthorizationHeaderMalformed", 400, "The authorization header is malformed."),
    }


class IncompleteSignature(ProtocolError):
    """The Authorization header or the presigned parameters lack something."""

    code = "IncompleteSignature"
    wire = {
        "*": Wire("IncompleteSignatureException", 403, "The request signature does not conform to AWS standards."),
        "json": Wire("IncompleteSignatureException", 400, "The request signature does not conform to AWS standards."),
        "query": Wire("IncompleteSignature", 400, "The request signature does not conform to AWS standards."),
        "ec2": Wire("IncompleteSignature", 400, "The request signature does not conform to AWS standards."),
        "rest-xml": Wire("AuthorizationHeaderMalformed", 400, "The authorization header is malformed."),
    }


class QueryAuthError(ProtocolError):
    """The parameters of a presigned URL are incomplete or out of bounds; give AWS's message."""

    code = "QueryAuthError"
    wire = {
        **IncompleteSignature.wire,
        "rest-xml": Wire("AuthorizationQueryParametersError", 400, "Error parsing the X-Amz-Credential parameter."),
    }


class BodyMismatch(ProtocolError):
    """The body's SHA-256 is not the one that was signed."""

    code = "BodyMismatch"
    wire = {
        **SignatureMismatch.wire,
        "rest-xml": Wire(
            "XAmzContentSHA256Mismatch",
            400,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ),
    }


class UnknownOperation(ProtocolError):
    """The request names no operation of the service."""

    code = "UnknownOperation"
    wire = {
        "*": Wire("UnknownOperationException", 404),
        "json": Wire("UnknownOperationException", 400),
        "query": Wire("InvalidAction", 400, "Could not find operation for this version"),
        "ec2": Wire("InvalidAction", 400, "The action is not valid for this web service."),
        "rest-xml": Wire("MethodNotAllowed", 405, "The specified method is not allowed against this resource."),
    }


class NoOperation(UnknownOperation):
    """The request does not try to name an operation; a service of JSON answers it as no client of it would ask."""

    wire = {**UnknownOperation.wire, "json": Wire("UnknownOperationException", 404)}


class InternalFailure(ProtocolError):
    """A bug in Cloudarium; AWS's words for its own."""

    code = "InternalFailure"
    wire = {
        "*": Wire("InternalFailure", 500, "The request processing has failed because of an unknown error."),
        "json": Wire("InternalServerError", 500, "The request processing has failed because of an unknown error."),
        "ec2": Wire("InternalError", 500, "An internal error has occurred"),
        "rest-xml": Wire("InternalError", 500, "We encountered an internal error. Please try again."),
    }


class Throttled(ProtocolError):
    """Too many calls."""

    code = "Throttled"
    wire = {
        "*": Wire("ThrottlingException", 429, "Rate exceeded"),
        "json": Wire("ThrottlingException", 400, "Rate exceeded"),
        "query": Wire("Throttling", 400, "Rate exceeded"),
        "ec2": Wire("RequestLimitExceeded", 503, "Request limit exceeded."),
        "rest-xml": Wire("SlowDown", 503, "Please reduce your request rate."),
    }


class Malformed(ProtocolError):
    """The request cannot be read as the operation's input."""

    code = "SerializationException"
    wire = {
        "*": Wire("SerializationException", 400),
        "query": Wire("MalformedInput", 400),
        "ec2": Wire("InvalidParameterValue", 400),
        "rest-xml": Wire(
            "MalformedXML",
            400,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
    }


class MalformedQuery(ProtocolError):
    """The form of a query request has a syntax error or too many parameters."""

    code = "MalformedQueryString"
    wire = {"*": Wire("MalformedQueryString", 400, "The query string contains a syntax error")}


class BadArgument(ProtocolError):
    """A header, path label or query parameter is not a value of its type."""

    code = "BadArgument"
    wire = {
        "*": Wire("SerializationException", 400),
        "rest-xml": Wire("InvalidArgument", 400),
    }


class BadUri(ProtocolError):
    """The path cannot be decoded."""

    code = "BadUri"
    wire = {
        "*": Wire("SerializationException", 400, "Couldn't parse the specified URI."),
        "rest-xml": Wire("InvalidURI", 400, "Couldn't parse the specified URI."),
    }


_DENIED = {
    "*": Wire("AccessDeniedException", 403),
    "json": Wire("AccessDeniedException", 400),
    "query": Wire("AccessDenied", 403),
    "ec2": Wire("UnauthorizedOperation", 403, "You are not authorized to perform this operation."),
    "rest-xml": Wire("AccessDenied", 403, "Access Denied"),
}


def wire_of(error: AwsError, protocol: str) -> Wire | None:
    """How a neutral error or AccessDenied looks on a protocol; None for an error that has its own code."""
    if isinstance(error, ProtocolError):
        return error.on(protocol)
    if isinstance(error, AccessDenied) and error.code == AccessDenied.code:
        return _DENIED.get(protocol) or _DENIED["*"]
    return None
