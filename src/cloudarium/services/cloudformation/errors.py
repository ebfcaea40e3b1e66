"""The errors CloudFormation answers, with AWS's own texts."""

from __future__ import annotations

from collections.abc import Iterable

from cloudarium.shared.errors import AwsError


class ValidationError(AwsError):
    """CloudFormation's answer to nearly everything that is wrong with a request or a template."""

    code = "ValidationError"
    status = 400


class StackNotFound(ValidationError):
    """`Stack with id X does not exist`: what describing, listing and reading answer (the CLIs look for this text)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Stack with id {name} does not exist")


class StackMissing(ValidationError):
    """`Stack [X] does not exist`: what changing operations and the list of events answer."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Stack [{name}] does not exist")


class StackExists(AwsError):
    """The name belongs to a live stack."""

    code = "AlreadyExistsException"

    def __init__(self, name: str) -> None:
        super().__init__(f"Stack [{name}] already exists")


class InsufficientCapabilities(AwsError):
    """The template makes identities or uses macros, and the request does not acknowledge it."""

    code = "InsufficientCapabilitiesException"

    def __init__(self, capabilities: Iterable[str]) -> None:
        super().__init__(f"Requires capabilities : [{', '.join(capabilities)}]")


class ChangeSetNotFound(AwsError):
    """No change set of this name or ARN."""

    code = "ChangeSetNotFound"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"ChangeSet [{name}] does not exist")


class ChangeSetStatus(AwsError):
    """The change set is not in a status that allows the request."""

    code = "InvalidChangeSetStatus"

    def __init__(self, arn: str, what: str, status: str) -> None:
        super().__init__(f"ChangeSet [{arn}] cannot be {what} in its current status of [{status}]")


class TokenReused(AwsError):
    """The client request token belongs to another operation."""

    code = "TokenAlreadyExistsException"

    def __init__(self, token: str) -> None:
        super().__init__(f"ClientRequestToken [{token}] has already been used for a different operation")
