"""STS's errors, in AWS's words."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class ValidationError(AwsError):
    """What the model does not say but AWS refuses all the same."""

    code = "ValidationError"
    status = 400


class MalformedPolicyDocument(AwsError):
    """A session policy is not one that AWS takes."""

    code = "MalformedPolicyDocumentException"
    status = 400


class PackedPolicyTooLarge(AwsError):
    """Session policies and tags together are larger than AWS packs."""

    code = "PackedPolicyTooLargeException"
    status = 400


class InvalidParameterValue(AwsError):
    """A parameter's value is refused by name."""

    code = "InvalidParameterValue"
    status = 400


class NotAuthorized(AwsError):
    """The kind of caller may not do this, whatever its policies say."""

    code = "AccessDenied"
    status = 403


class InvalidAuthorizationMessage(AwsError):
    """Not a message that this cloud encoded."""

    code = "InvalidAuthorizationMessageException"
    status = 400

    def __init__(self) -> None:
        super().__init__("Message is not valid")


class InvalidIdentityToken(AwsError):
    """A web identity's token does not prove it."""

    code = "InvalidIdentityTokenException"


class ExpiredIdentityToken(AwsError):
    """A web identity's token holds no longer."""

    code = "ExpiredTokenException"


class IdpCommunicationError(AwsError):
    """The identity provider does not answer."""

    code = "IDPCommunicationErrorException"

    def __init__(self) -> None:
        super().__init__(
            "The request could not be fulfilled because the identity provider (IDP) that was asked to verify the "
            "incoming identity token could not be reached."
        )
