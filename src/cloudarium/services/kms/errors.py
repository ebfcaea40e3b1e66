"""The errors of KMS."""

from __future__ import annotations

from cloudarium.shared.errors import AccessDenied, AwsError


class Invalid(AwsError):
    """What the model cannot forbid."""

    code = "ValidationException"


class NotFound(AwsError):
    """A key, an alias or a grant that is not there."""

    code = "NotFoundException"

    @classmethod
    def key(cls, arn: str) -> NotFound:
        """No key has this ARN."""
        return cls(f"Key '{arn}' does not exist")

    @classmethod
    def alias(cls, arn: str) -> NotFound:
        """No alias has this ARN."""
        return cls(f"Alias {arn} is not found.")

    @classmethod
    def no_id(cls, text: str) -> NotFound:
        """A text that is no key id."""
        return cls(f"Invalid keyId '{text}'")


class Disabled(AwsError):
    """The key is not enabled."""

    code = "DisabledException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"{arn} is disabled.")


class InvalidState(AwsError):
    """The key's state does not allow it."""

    code = "KMSInvalidStateException"


class InvalidKeyUsage(AwsError):
    """The key is for something else."""

    code = "InvalidKeyUsageException"

    @classmethod
    def for_operation(cls, arn: str, usage: str, operation: str) -> InvalidKeyUsage:
        """The key's usage is not the operation's."""
        return cls(f"{arn} key usage is {usage} which is not valid for {operation}.")

    @classmethod
    def algorithm(cls, algorithm: str, spec: str) -> InvalidKeyUsage:
        """The key's spec does not have that algorithm."""
        return cls(f"Algorithm {algorithm} is incompatible with key spec {spec}.")


class Unsupported(AwsError):
    """Keys of this kind do not take part in it."""

    code = "UnsupportedOperationException"


class AlreadyExists(AwsError):
    """The alias is taken."""

    code = "AlreadyExistsException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"An alias with the name {arn} already exists")


class ReservedAlias(AwsError):
    """Aliases below alias/aws/ are AWS's own; AWS says it without words, and its model has no such shape."""

    code = "NotAuthorizedException"


class LimitExceeded(AwsError):
    """A quota."""

    code = "LimitExceededException"


class MalformedPolicy(AwsError):
    """The key policy is none, or nobody could change it again."""

    code = "MalformedPolicyDocumentException"


class InvalidMarker(AwsError):
    """The marker is none of ours."""

    code = "InvalidMarkerException"


class InvalidArn(AwsError):
    """An ARN that cannot stand here."""

    code = "InvalidArnException"


class InvalidGrantToken(AwsError):
    """The grant token is none of ours."""

    code = "InvalidGrantTokenException"


class InvalidCiphertext(AwsError):
    """The ciphertext, or the encryption context, is not what was encrypted; AWS says it without words."""

    code = "InvalidCiphertextException"


class IncorrectKey(AwsError):
    """The key that was named is not the one that encrypted."""

    code = "IncorrectKeyException"

    def __init__(self) -> None:
        super().__init__("The key ID in the request does not identify a CMK that can perform this operation.")


class UnknownCiphertext(AccessDenied):
    """A ciphertext of a key that is not here: AWS does not say whether it ever was, not even to a root.

    Source of the words: a denial in https://github.com/onnela-lab/beiwe-backend/issues/363
    """

    code = "AccessDeniedException"
    status = 400

    def __init__(self, who: str, operation: str) -> None:
        super().__init__(
            f"User: {who} is not authorized to perform: kms:{operation} on the resource associated with this ciphertext"
            " because the resource does not exist in this Region, no resource-based policies allow access, or a"
            " resource-based policy explicitly denies access"
        )


class InvalidSignature(AwsError):
    """The signature is not the message's; AWS says it without words."""

    code = "KMSInvalidSignatureException"


class InvalidMac(AwsError):
    """The MAC is not the message's; AWS says it without words."""

    code = "KMSInvalidMacException"


class TagRefused(AwsError):
    """A tag that cannot be."""

    code = "TagException"


class DryRun(AwsError):
    """It would have succeeded."""

    code = "DryRunOperationException"

    def __init__(self) -> None:
        super().__init__("The request would have succeeded, but the DryRun option is set.")


class InvalidImportToken(AwsError):
    """The import token is none of this key's."""

    code = "InvalidImportTokenException"


class ExpiredImportToken(AwsError):
    """The import token is older than a day."""

    code = "ExpiredImportTokenException"


class IncorrectKeyMaterial(AwsError):
    """Not the material that was imported before."""

    code = "IncorrectKeyMaterialException"
