"""IAM's errors, in AWS's words."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError

_CANNOT_BE_FOUND = {
    "user": "The user with name {0} cannot be found.",
    "group": "The group with name {0} cannot be found.",
    "role": "The role with name {0} cannot be found.",
    "instance-profile": "Instance Profile {0} cannot be found.",
}
_ALREADY_EXISTS = {
    "user": "User with name {0} already exists.",
    "group": "Group with name {0} already exists.",
    "role": "Role with name {0} already exists.",
    "instance-profile": "Instance Profile {0} already exists.",
}


class NoSuchEntity(AwsError):
    """Something that was named does not exist."""

    code = "NoSuchEntityException"
    status = 404

    @classmethod
    def named(cls, kind: str, name: str) -> NoSuchEntity:
        """No user, group, role or instance profile of that name."""
        return cls(_CANNOT_BE_FOUND[kind].format(name))

    @classmethod
    def inline(cls, kind: str, name: str) -> NoSuchEntity:
        """No inline policy of that name."""
        return cls(f"The {kind} policy with name {name} cannot be found.")

    @classmethod
    def policy(cls, arn: str) -> NoSuchEntity:
        """No managed policy with that ARN."""
        return cls(f"Policy {arn} was not found.")

    @classmethod
    def attachable(cls, arn: str) -> NoSuchEntity:
        """No managed policy with that ARN to attach."""
        return cls(f"Policy {arn} does not exist or is not attachable.")

    @classmethod
    def version(cls, arn: str, version: str) -> NoSuchEntity:
        """No such version of a managed policy."""
        return cls(f"Policy {arn} version {version} does not exist or is not attachable.")

    @classmethod
    def access_key(cls, key: str) -> NoSuchEntity:
        """No access key with that id."""
        return cls(f"The Access Key with id {key} cannot be found.")

    @classmethod
    def login_profile(cls, user: str) -> NoSuchEntity:
        """The user has no password."""
        return cls(f"Login Profile for User {user} cannot be found.")


class EntityAlreadyExists(AwsError):
    """The name is taken."""

    code = "EntityAlreadyExistsException"
    status = 409

    @classmethod
    def named(cls, kind: str, name: str) -> EntityAlreadyExists:
        """A user, group, role or instance profile has that name, in any case of its letters."""
        return cls(_ALREADY_EXISTS[kind].format(name))


class DeleteConflict(AwsError):
    """Something still depends on what should go."""

    code = "DeleteConflictException"
    status = 409


class LimitExceeded(AwsError):
    """An account's quota is used up."""

    code = "LimitExceededException"
    status = 409

    @classmethod
    def quota(cls, name: str, most: int) -> LimitExceeded:
        """AWS's usual sentence for a quota."""
        return cls(f"Cannot exceed quota for {name}: {most}")


class MalformedPolicyDocument(AwsError):
    """The policy document is not one that AWS takes."""

    code = "MalformedPolicyDocumentException"
    status = 400


class UnmodifiableEntity(AwsError):
    """A service-linked role belongs to its service."""

    code = "UnmodifiableEntityException"
    status = 400

    def __init__(self, role: str) -> None:
        super().__init__(
            f"Cannot perform the operation on the protected role '{role}' - this role is only modifiable by AWS"
        )


class InvalidInput(AwsError):
    """The input contradicts itself or the state."""

    code = "InvalidInputException"
    status = 400


class ValidationError(AwsError):
    """What the model does not say but AWS refuses all the same."""

    code = "ValidationError"
    status = 400


class PasswordPolicyViolation(AwsError):
    """The password does not meet the account's password policy."""

    code = "PasswordPolicyViolationException"
    status = 400


class InvalidUserType(AwsError):
    """Only an IAM user may do this for himself."""

    code = "InvalidUserTypeException"
    status = 400


class PolicyNotAttachable(AwsError):
    """The policy exists but cannot be attached here."""

    code = "PolicyNotAttachableException"
    status = 400


class HiddenAccessKey(AwsError):
    """The key is nobody's in this account: AWS says only that the caller may not ask."""

    code = "AccessDenied"
    status = 403

    def __init__(self, principal: str, key: str) -> None:
        super().__init__(
            f"User: {principal} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {key}"
        )


class ManagedByAws(AwsError):
    """An AWS-managed policy belongs to AWS: nobody else may change it."""

    code = "AccessDenied"
    status = 403

    def __init__(self, principal: str, operation: str, arn: str) -> None:
        super().__init__(f"User: {principal} is not authorized to perform: iam:{operation} on resource: policy {arn}")
