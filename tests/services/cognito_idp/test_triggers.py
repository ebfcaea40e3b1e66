"""How often a pool's function is asked: three times when it is slow or Lambda is busy, once when it cannot be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cloudarium.services.cognito_idp import errors, triggers
from cloudarium.shared.errors import AwsError

BUSY = AwsError("Rate Exceeded.", code="TooManyRequestsException", status=429)
GONE = AwsError("Function not found", code="ResourceNotFoundException", status=404)
DENIED = AwsError("no", code="AccessDeniedException", status=403)


def asked(monkeypatch: pytest.MonkeyPatch, *happens: Any) -> tuple[Any, int]:
    """(what comes of a function to which this happens in turn, how often it was asked); None: it never answers."""
    left = list(happens)

    async def send(*_: Any) -> Any:
        one = left.pop(0)
        if one is None:
            await asyncio.Event().wait()
        if isinstance(one, AwsError):
            raise one
        return one

    monkeypatch.setattr(triggers, "_send", send)
    monkeypatch.setattr(triggers, "_SECONDS", 0.01)
    nothing: Any = None
    try:
        found = asyncio.run(triggers._answered(nothing, nothing, "PreSignUp", "f", {}))
    except errors.LambdaFailed as failed:
        found = (failed.code, failed.message)
    return found, len(happens) - len(left)


def test_a_slow_or_busy_function_is_asked_three_times(monkeypatch):
    answer = {"Payload": b"{}"}
    assert asked(monkeypatch, answer) == (answer, 1)
    assert asked(monkeypatch, None, BUSY, answer) == (answer, 3)
    said = "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."
    assert asked(monkeypatch, None, None, None, answer) == (("UnexpectedLambdaException", said), 3)


@pytest.mark.parametrize(("error", "named"), [(GONE, "ResourceNotFoundException"), (DENIED, "AccessDeniedException")])
def test_a_function_that_cannot_be_asked_is_asked_once(monkeypatch, error, named):
    said = f"PreSignUp invocation failed due to error {named}."
    assert asked(monkeypatch, error, {}) == (("UnexpectedLambdaException", said), 1)
