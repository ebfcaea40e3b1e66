"""The errors of API Gateway v2."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError


class BadRequest(AwsError):
    """What the model cannot forbid."""

    code = "BadRequestException"


class Conflict(AwsError):
    """The name or key is taken, or what is to go is still in use."""

    code = "ConflictException"


class NotFound(AwsError):
    """No such thing; `kind` and `id` as the caller named it."""

    code = "NotFoundException"

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"Invalid {kind} identifier specified {id}")
