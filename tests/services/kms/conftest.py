"""What the tests of KMS share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    """The root's client."""
    return client("kms", parameter_validation=False)


@pytest.fixture
def key(kms: Any) -> Callable[..., str]:
    """Makes keys; their ids."""
    return lambda **given: kms.create_key(**given)["KeyMetadata"]["KeyId"]


def refused(code: str, call: Callable[..., Any], **given: Any) -> str:
    """The message of the error with this code in which the call ends."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == (501 if code == "NotImplemented" else 400)
    return caught.value.response["Error"]["Message"]
