"""The errors of Parameter Store."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class Invalid(AwsError):
    """What the model cannot forbid."""

    code = "ValidationException"


class ReservedName(AwsError):
    """Names below /aws belong to AWS."""

    code = "AccessDeniedException"

    def __init__(self, name: str) -> None:
        super().__init__(f"No access to reserved parameter name: {name}.")


class ParameterNotFound(AwsError):
    """No such parameter; AWS says it without words."""

    code = "ParameterNotFound"


class VersionNotFound(AwsError):
    """The parameter has no such version or label."""

    code = "ParameterVersionNotFound"

    def __init__(self, name: str, selector: str) -> None:
        kind = "version" if selector.isdecimal() else "label"
        super().__init__(
            f"Systems Manager could not find {kind} {selector} of {name}. Verify the {kind} and try again."
        )


class AlreadyExists(AwsError):
    """The name is taken and `Overwrite` was not asked for."""

    code = "ParameterAlreadyExists"

    def __init__(self) -> None:
        super().__init__(
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
        )


class TypeMismatch(AwsError):
    """A parameter keeps its type."""

    code = "HierarchyTypeMismatchException"

    def __init__(self, old: str, new: str) -> None:
        super().__init__(
            f"Parameter Store doesn't support changing a parameter type. The parameter's type is {old}, not {new}."
        )


class TooDeep(AwsError):
    """A hierarchy has at most 15 levels."""

    code = "HierarchyLevelLimitExceededException"

    def __init__(self) -> None:
        super().__init__("A hierarchy can have a maximum of 15 levels.")


class PatternMismatch(AwsError):
    """The value does not fit the parameter's AllowedPattern."""

    code = "ParameterPatternMismatchException"

    def __init__(self, pattern: str) -> None:
        super().__init__(f"Parameter value, cannot be validated against allowedPattern: {pattern}")


class InvalidPattern(AwsError):
    """AllowedPattern is no regular expression, or one that takes too long."""

    code = "InvalidAllowedPatternException"

    def __init__(self, pattern: str) -> None:
        super().__init__(f"The request doesn't meet the regular expression requirement: {pattern}")


class OldestVersionLabelled(AwsError):
    """The oldest of 100 versions would go, but a label holds it."""

    code = "ParameterMaxVersionLimitExceeded"

    def __init__(self, name: str, version: int) -> None:
        super().__init__(
            f"You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. "
            f"Version {version}, the oldest version, can't be deleted because it has a label associated with it. "
            "Move the label to another version of the parameter, and try again."
        )


class TooManyParameters(AwsError):
    """An account has at most 10,000 standard parameters in a region."""

    code = "ParameterLimitExceeded"

    def __init__(self) -> None:
        super().__init__("You have exceeded the number of parameters for this Amazon Web Services account.")


class TooManyLabels(AwsError):
    """A version has at most ten labels."""

    code = "ParameterVersionLabelLimitExceeded"

    def __init__(self) -> None:
        super().__init__(
            "A parameter version can have maximum 10 labels. Move one or more labels to another version and try again."
        )


class InvalidFilterKey(AwsError):
    """This operation does not filter by that key."""

    code = "InvalidFilterKey"

    def __init__(self, key: str, allowed: str) -> None:
        super().__init__(f"The following filter key is not valid: {key}. Valid filter keys include: [{allowed}]")

    @staticmethod
    def twice(key: str) -> AwsError:
        """A key that more than one filter has."""
        return AwsError(
            f"The following filter is duplicated in the request: {key}. A request can contain only one occurrence of a "
            "specific filter.",
            code="InvalidFilterKey",
        )


class InvalidFilterOption(AwsError):
    """The filter's key does not know that option."""

    code = "InvalidFilterOption"

    def __init__(self, option: str, allowed: str) -> None:
        super().__init__(f"The following filter option is not valid: {option}. Valid options include: [{allowed}].")


class InvalidFilterValue(AwsError):
    """A filter's values are missing or doubled."""

    code = "InvalidFilterValue"


class InvalidNextToken(AwsError):
    """The token is none of ours."""

    code = "InvalidNextToken"

    def __init__(self) -> None:
        super().__init__("The specified token is not valid.")


class InvalidKeyId(AwsError):
    """KMS cannot use the key of a SecureString; in KMS's own words."""

    code = "InvalidKeyId"


class SecretNotFound(AwsError):
    """A parameter refers to a secret that is not there."""

    code = "ParameterNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {name} not found."
        )


class InvalidResourceId(AwsError):
    """The thing to tag does not exist."""

    code = "InvalidResourceId"


class TooManyTags(AwsError):
    """A parameter has at most 50 tags."""

    code = "TooManyTagsError"


class InvalidPolicy(AwsError):
    """A parameter policy is not right; the code says in which way."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)
