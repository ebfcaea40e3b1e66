"""The errors of X-Ray."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What is wrong with a request; X-Ray has one code for nearly all of it."""

    code = "InvalidRequestException"


class TooManyRules(AwsError):
    """A region has at most 25 sampling rules of an account."""

    code = "RuleLimitExceededException"

    def __init__(self) -> None:
        super().__init__("You have reached the maximum number of sampling rules.")


class NotFound(AwsError):
    """The group or rule of an ARN, or an indexing rule, is not there."""

    code = "ResourceNotFoundException"

    def __init__(self, name: str) -> None:
        super().__init__(f"The resource {name} was not found.", ResourceName=name)


class TooManyTags(AwsError):
    """A group or rule has at most fifty tags."""

    code = "TooManyTagsException"

    def __init__(self, name: str) -> None:
        super().__init__(
            "You have exceeded the maximum number of tags you can apply to this resource.", ResourceName=name
        )


class MalformedPolicy(AwsError):
    """The resource policy is none."""

    code = "MalformedPolicyDocumentException"


class Lockout(AwsError):
    """The policy would keep its maker from changing it."""

    code = "LockoutPreventionException"

    def __init__(self) -> None:
        super().__init__(
            "The provided resource policy would prevent the principal in this request from calling "
            "PutResourcePolicy in the future."
        )


class WrongRevision(AwsError):
    """The policy has been changed since."""

    code = "InvalidPolicyRevisionIdException"

    def __init__(self) -> None:
        super().__init__("The policy revision id provided does not match the latest policy revision id.")


class PolicyTooLarge(AwsError):
    """A resource policy has at most 5 KB."""

    code = "PolicySizeLimitExceededException"

    def __init__(self) -> None:
        super().__init__("Resource policy exceeds the maximum size of 5 KB.")


class TooManyPolicies(AwsError):
    """A region has at most five resource policies of an account."""

    code = "PolicyCountLimitExceededException"

    def __init__(self) -> None:
        super().__init__("Exceeded the maximum number of resource policies for the account.")


class UnsignedSpans(AwsError):
    """Spans that nobody has signed; the text says where they are taken without a signature."""

    code = "MissingAuthenticationTokenException"
    status = 403

    def __init__(self, daemon: int | None) -> None:
        instead = f"; http://127.0.0.1:{daemon}/v1/traces takes them unsigned, as a collector does" if daemon else ""
        super().__init__(f"Missing Authentication Token: spans are signed for xray here{instead}")
