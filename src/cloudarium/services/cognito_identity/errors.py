"""The errors of identity pools, in AWS's words."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the model does not say but AWS refuses all the same."""

    code = "InvalidParameterException"


class NotFound(AwsError):
    """No such pool or identity."""

    code = "ResourceNotFoundException"

    @classmethod
    def pool(cls, id: str) -> NotFound:
        """No such pool."""
        return cls(f"IdentityPool '{id}' not found.")

    @classmethod
    def identity(cls, id: str) -> NotFound:
        """No such identity."""
        return cls(f"Identity '{id}' not found.")


class NotAuthorized(AwsError):
    """A login does not prove what it should."""

    code = "NotAuthorizedException"

    @classmethod
    def login(cls, reason: str) -> NotAuthorized:
        """The token of a login is not valid."""
        return cls(f"Invalid login token. {reason}")

    @classmethod
    def guests(cls) -> NotAuthorized:
        """Nobody may come without a login."""
        return cls("Unauthenticated access is not supported for this identity pool.")

    @classmethod
    def forbidden(cls, id: str) -> NotAuthorized:
        """The identity has logins, and none of them was proved."""
        return cls(f"Access to Identity '{id}' is forbidden.")

    @classmethod
    def other_logins(cls) -> NotAuthorized:
        """Logins were proved, but none of them is the identity's."""
        return cls("Logins don't match. Please include at least one valid login for this identity or identity pool.")


class Conflict(AwsError):
    """A login is somebody else's."""

    code = "ResourceConflictException"


class DeveloperUserRegistered(AwsError):
    """A user of the developer's is another identity already."""

    code = "DeveloperUserAlreadyRegisteredException"


class InvalidConfiguration(AwsError):
    """The pool has no role for this identity, or the role does not let it in."""

    code = "InvalidIdentityPoolConfigurationException"

    def __init__(self) -> None:
        super().__init__("Invalid identity pool configuration. Check assigned IAM roles for this pool.")


class ExternalService(AwsError):
    """A login's provider does not answer."""

    code = "ExternalServiceException"


class LimitExceeded(AwsError):
    """An account has at most a thousand pools."""

    code = "LimitExceededException"
