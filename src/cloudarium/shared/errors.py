"""The errors that AWS answers. A room's errors.py derives its own from `AwsError`."""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An error that goes back to the client in the protocol's own form.

    `code` is the error shape's name as botocore's model has it (a Query code like `NoSuchEntity` is derived from the
    model's error trait). `status` None means: what the model says for that shape, else 400. `fields` are further
    members of the error shape, `headers` go out as they are.
    """

    code = "InternalFailure"
    status: int | None = None

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status
        self.headers = headers or {}
        self.fields = fields


class NotBuilt(AwsError):
    """Something of AWS that Cloudarium does not have; says so by name (never an empty success)."""

    code = "NotImplemented"
    status = 501

    def __init__(self, what: str) -> None:
        super().__init__(f"Cloudarium has not built {what}. Nothing was changed.")


class AccessDenied(AwsError):
    """The policy engine's no; the wire code depends on the service's protocol (see gateway/protocols)."""

    code = "AccessDenied"
    status = 403
