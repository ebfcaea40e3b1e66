"""The errors of Cognito user pools, in AWS's words."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the model cannot forbid."""

    code = "InvalidParameterException"


class NotFound(AwsError):
    """A pool, a client or a group that does not exist."""

    code = "ResourceNotFoundException"

    @classmethod
    def pool(cls, id: str) -> NotFound:
        """No such user pool."""
        return cls(f"User pool {id} does not exist.")

    @classmethod
    def client(cls, id: str) -> NotFound:
        """No such app client."""
        return cls(f"User pool client {id} does not exist.")

    @classmethod
    def group(cls) -> NotFound:
        """No such group."""
        return cls("Group not found.")


class UserNotFound(AwsError):
    """No such user."""

    code = "UserNotFoundException"

    def __init__(self, message: str = "User does not exist.") -> None:
        super().__init__(message)


class NotAuthorized(AwsError):
    """The password, the token, the secret or the state of the user does not allow it."""

    code = "NotAuthorizedException"

    @classmethod
    def wrong_password(cls) -> NotAuthorized:
        """Whether the name or the password was wrong is not told."""
        return cls("Incorrect username or password.")

    @classmethod
    def secret_hash(cls, client: str) -> NotAuthorized:
        """SECRET_HASH is not the one of this client and name."""
        return cls(f"Unable to verify secret hash for client {client}")

    @classmethod
    def access_token(cls) -> NotAuthorized:
        """The access token is none of ours, or none."""
        return cls("Invalid Access Token")

    @classmethod
    def refresh_token(cls) -> NotAuthorized:
        """The refresh token is none of this client's."""
        return cls("Invalid Refresh Token")

    @classmethod
    def session(cls) -> NotAuthorized:
        """The session of a sign-in is unknown, used or too old."""
        return cls("Invalid session for the user.")


class NotConfirmed(AwsError):
    """The user has not confirmed the sign-up."""

    code = "UserNotConfirmedException"

    def __init__(self) -> None:
        super().__init__("User is not confirmed.")


class ResetRequired(AwsError):
    """An administrator asked for a new password."""

    code = "PasswordResetRequiredException"

    def __init__(self) -> None:
        super().__init__("Password reset required for the user")


class UsernameExists(AwsError):
    """The name is taken."""

    code = "UsernameExistsException"

    def __init__(self, message: str = "User already exists") -> None:
        super().__init__(message)


class AliasExists(AwsError):
    """Another user signs in by that address."""

    code = "AliasExistsException"

    def __init__(self, kind: str) -> None:
        super().__init__(f"An account with the {kind} already exists.")


class InvalidPassword(AwsError):
    """The password does not follow the pool's policy."""

    code = "InvalidPasswordException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Password did not conform with policy: {reason}")


class CodeMismatch(AwsError):
    """The code is not the one that was sent."""

    code = "CodeMismatchException"

    def __init__(self, message: str = "Invalid verification code provided, please try again.") -> None:
        super().__init__(message)


class ExpiredCode(AwsError):
    """The code was right once, or none was sent."""

    code = "ExpiredCodeException"

    def __init__(self, message: str = "Invalid code provided, please request a code again.") -> None:
        super().__init__(message)


class LimitExceeded(AwsError):
    """Tried too often, or too many of something."""

    code = "LimitExceededException"

    def __init__(self, message: str = "Attempt limit exceeded, please try after some time.") -> None:
        super().__init__(message)


class GroupExists(AwsError):
    """The group's name is taken."""

    code = "GroupExistsException"

    def __init__(self) -> None:
        super().__init__("A group with the name already exists.")


class Duplicate(AwsError):
    """The name, or another name, of an identity provider is taken."""

    code = "DuplicateProviderException"


class SoftwareTokenNotFound(AwsError):
    """The user has no authenticator app."""

    code = "SoftwareTokenMFANotFoundException"

    def __init__(self) -> None:
        super().__init__("User has not set up software token mfa")


class EnableSoftwareToken(AwsError):
    """The code of a new authenticator app is wrong."""

    code = "EnableSoftwareTokenMFAException"

    def __init__(self) -> None:
        super().__init__("Code mismatch and fail enable Software Token MFA")


class TokenReused(AwsError):
    """A rotated refresh token came a second time after its grace period."""

    code = "RefreshTokenReuseException"

    def __init__(self) -> None:
        super().__init__("Refresh token has been invalidated by rotation")


class Unsupported(AwsError):
    """Something of AWS that this user, client or token cannot have; the code says what."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


class NotInTier(AwsError):
    """A feature that the pool's feature plan does not have."""

    code = "FeatureUnavailableInTierException"

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature} is not available in the feature plan of this user pool.")


class PasswordUsed(AwsError):
    """The password is one of the latest that the user had."""

    code = "PasswordHistoryPolicyViolationException"

    def __init__(self) -> None:
        super().__init__("Password has previously been used.")


class LambdaFailed(AwsError):
    """A trigger said no, answered nonsense or could not be run."""

    @classmethod
    def refused(cls, trigger: str, message: str) -> LambdaFailed:
        """The function raised."""
        return cls(f"{trigger} failed with error {message}.", code="UserLambdaValidationException")

    @classmethod
    def nonsense(cls) -> LambdaFailed:
        """The answer is not the event with a response."""
        return cls("Unrecognizable lambda output", code="InvalidLambdaResponseException")

    @classmethod
    def unreachable(cls, message: str) -> LambdaFailed:
        """The function cannot be invoked."""
        return cls(message, code="UnexpectedLambdaException")
