"""The errors of Secrets Manager."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the model cannot forbid."""

    code = "ValidationException"


class InvalidName(Invalid):
    """A name with characters that no name has."""

    def __init__(self) -> None:
        super().__init__(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        )


class InvalidParameter(AwsError):
    """Parameters that are wrong, or do not go together."""

    code = "InvalidParameterException"


class InvalidRequest(AwsError):
    """What the secret's state does not allow."""

    code = "InvalidRequestException"

    @classmethod
    def deleted(cls) -> InvalidRequest:
        """The secret waits for its deletion."""
        return cls("You can't perform this operation on the secret because it was marked for deletion.")

    @classmethod
    def owned(cls, owner: str) -> InvalidRequest:
        """Another service keeps the secret, and alone changes it."""
        return cls(f"Operation is not allowed on secret owned by {owner}")

    @classmethod
    def name_deleted(cls) -> InvalidRequest:
        """A secret of that name waits for its deletion."""
        return cls("You can't create this secret because a secret with this name is already scheduled for deletion.")


class NotFound(AwsError):
    """No such secret, or no such version of it."""

    code = "ResourceNotFoundException"

    def __init__(self, message: str = "Secrets Manager can't find the specified secret.") -> None:
        super().__init__(message)

    @classmethod
    def stage(cls, stage: str) -> NotFound:
        """No version has this staging label."""
        return cls(f"Secrets Manager can't find the specified secret value for staging label: {stage}")

    @classmethod
    def version(cls, id: str) -> NotFound:
        """The secret has no such version, or that has no value yet."""
        return cls(f"Secrets Manager can't find the specified secret value for VersionId: {id}")


class Exists(AwsError):
    """What a call would make is there already."""

    code = "ResourceExistsException"

    @classmethod
    def secret(cls, name: str) -> Exists:
        """A secret of that name is there."""
        return cls(f"The operation failed because the secret {name} already exists.")

    @classmethod
    def version(cls, id: str, arn: str) -> Exists:
        """The token is that of a version with other content."""
        return cls(
            f"You can't use ClientRequestToken {id} because that value is already in use for a version of secret {arn}."
        )


class LimitExceeded(AwsError):
    """More than a secret can have."""

    code = "LimitExceededException"


class InvalidNextToken(AwsError):
    """The token is none of ours."""

    code = "InvalidNextTokenException"

    def __init__(self) -> None:
        super().__init__("The NextToken is invalid.")


class MalformedPolicy(AwsError):
    """A text that is no resource policy of a secret."""

    code = "MalformedPolicyDocumentException"


class PublicPolicy(AwsError):
    """BlockPublicPolicy was asked for, and the policy lets anybody in."""

    code = "PublicPolicyException"

    def __init__(self) -> None:
        super().__init__(
            "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to "
            "the secret."
        )


class KeyFailure(AwsError):
    """KMS could not encrypt or decrypt; it says in its own log why."""

    @classmethod
    def encrypting(cls) -> KeyFailure:
        """The key cannot be used to encrypt."""
        return cls(
            "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS "
            "key is available, enabled, and not in an invalid state.",
            code="EncryptionFailure",
        )

    @classmethod
    def decrypting(cls) -> KeyFailure:
        """The key cannot be used to decrypt."""
        return cls(
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            code="DecryptionFailure",
        )

    @classmethod
    def denied(cls) -> KeyFailure:
        """The caller may not use the key."""
        return cls("Access to KMS is not allowed", code="AccessDeniedException")


class MayNotInvoke(AwsError):
    """The rotation function's policy does not let Secrets Manager in."""

    code = "AccessDeniedException"

    def __init__(self) -> None:
        super().__init__(
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            "access to the principal secretsmanager.amazonaws.com."
        )
