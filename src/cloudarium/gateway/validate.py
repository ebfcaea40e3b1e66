"""Step 5, validate: what the model knows to be wrong, in AWS's words, before a room sees it."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.model.validation import compile_validator
from cloudarium.shared.errors import AwsError

_MOST = 10  # AWS counts and lists no more


def validate(call: Call) -> None:
    """Raise the service's validation error when the input breaks a constraint of the model."""
    assert call.operation is not None and call.room is not None
    code = call.room.card.validation_error
    if code is None:
        return
    problems = compile_validator(call.operation)(call.input)[:_MOST]
    if problems:
        count = len(problems)
        text = f"{count} validation error{'' if count == 1 else 's'} detected: {'; '.join(problems)}"
        raise AwsError(text, code=code, status=400)
