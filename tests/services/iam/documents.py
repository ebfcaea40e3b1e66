"""Policy documents and refusals that IAM's tests share."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def policy(*statements: dict[str, Any]) -> str:
    """An identity policy; without statements it allows everything."""
    found = list(statements) or [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    return json.dumps({"Version": "2012-10-17", "Statement": found})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal: Any = None, **more: Any) -> str:
    """A trust policy, for Lambda unless told otherwise."""
    principal = principal or {"Service": "lambda.amazonaws.com"}
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


class Refusal:
    """What AWS answered instead."""

    code = ""
    message = ""
    status = 0


class refused:  # noqa: N801 - reads as a statement: `with refused("NoSuchEntity") as refusal`
    """A block that AWS must refuse with this code (and message, when given)."""

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code, self.message = code, message
        self.refusal = Refusal()
        self._raises = pytest.raises(ClientError)

    def __enter__(self) -> Refusal:
        self._info = self._raises.__enter__()
        return self.refusal

    def __exit__(self, *exception: Any) -> bool | None:
        swallowed = self._raises.__exit__(*exception)
        answer = self._info.value.response
        self.refusal.code = answer["Error"]["Code"]
        self.refusal.message = answer["Error"].get("Message", "")
        self.refusal.status = answer["ResponseMetadata"]["HTTPStatusCode"]
        assert self.refusal.code == self.code, answer["Error"]
        if self.message is not None:
            assert self.refusal.message == self.message
        return swallowed
