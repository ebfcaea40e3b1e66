"""Fixtures of the S3 tests."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(client: Callable[..., Any]) -> Any:
    """A client of the account's root."""
    return client("s3")


@pytest.fixture
def name() -> str:
    """A bucket name that nobody has."""
    return f"tests-{random.SystemRandom().randrange(10**12)}"


@pytest.fixture
def bucket(s3: Any, name: str) -> str:
    """A new bucket in us-east-1."""
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:
    """A new bucket with versioning enabled."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


class Refusal:
    """What an error answered: code, message, status and further fields; `call` must raise."""

    def __init__(self, call: Callable[..., Any], **arguments: Any) -> None:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        self.response = caught.value.response
        self.error = self.response["Error"]
        self.code = self.error["Code"]
        self.message = self.error["Message"]
        self.status = self.response["ResponseMetadata"]["HTTPStatusCode"]
        self.headers = self.response["ResponseMetadata"]["HTTPHeaders"]


@pytest.fixture
def refused() -> type[Refusal]:
    """`refused(s3.get_object, Bucket=…).code`."""
    return Refusal
