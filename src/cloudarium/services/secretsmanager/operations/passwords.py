"""Random passwords."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager.rules import passwords


@operation("GetRandomPassword")
def get_random_password(call: Call) -> dict[str, Any]:
    """A password of the characters and the length that are asked for."""
    return {"RandomPassword": passwords.password(call.input)}
