"""How an error is put into words for a protocol, before the protocol writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloudarium.model import ErrorShape, ServiceModel, Shape
from cloudarium.shared.auth_errors import ProtocolError, Wire, wire_of
from cloudarium.shared.errors import AwsError


@dataclass(slots=True)
class Problem:
    """An error ready to be written: everything that a protocol needs, already looked up."""

    code: str
    error: ErrorShape | None
    message: str
    status: int
    sender: bool
    fields: dict[str, Any]
    headers: dict[str, str]

    @property
    def query_code(self) -> str:
        """The code as the query protocol has it."""
        return self.error.query_code if self.error else self.code

    @property
    def name(self) -> str:
        """The code as the JSON protocols have it: the error shape's name."""
        return self.error.name if self.error else self.code

    @property
    def shape(self) -> Shape | None:
        """The shape of the error's members, if the model knows the error."""
        return self.error.shape if self.error else None

    @property
    def message_member(self) -> str | None:
        """How this error's shape spells its message member; None where it has none."""
        return next((name for name in self.error.members if name.lower() == "message"), None) if self.error else None


def problem(service: ServiceModel, protocol: str, error: AwsError) -> Problem:
    """Look an error up: a neutral one becomes the protocol's own, the status comes from the model where none is set."""
    if protocol == "rest-xml" and isinstance(error, ProtocolError) and error.instead is not None:
        error = error.instead
    code, message, status = error.code, error.message, error.status
    neutral = wire_of(error, protocol)
    if neutral is not None:
        neutral = _override(service, code, neutral)
        code, message, status = neutral.code, message or neutral.message, neutral.status
    shape = service.error_shape(code)
    if status is None:
        status = shape.status if shape else 400
    sender = shape.sender_fault if shape and status < 500 else status < 500
    return Problem(code, shape, message, status, sender, error.fields, error.headers)


def _override(service: ServiceModel, code: str, wire: Wire) -> Wire:
    """A service may word a neutral error differently from its protocol: corrections' `metadata.errors`."""
    own = service.metadata.get("errors", {}).get(code)
    return (
        Wire(own.get("code", wire.code), own.get("status", wire.status), own.get("message", wire.message))
        if own
        else wire
    )
