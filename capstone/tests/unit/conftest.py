"""Set-up of the unit tests: an environment as Lambda gives it, and a stubbed table."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any

os.environ |= {
    "AWS_ACCESS_KEY_ID": "unit",
    "AWS_SECRET_ACCESS_KEY": "unit",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "unit",
    "TABLE_NAME": "shop",
    "IDEMPOTENCY_TABLE_NAME": "requests",
    "POWERTOOLS_SERVICE_NAME": "unit",
    "POWERTOOLS_METRICS_NAMESPACE": "Shop",
    "POWERTOOLS_IDEMPOTENCY_DISABLED": "true",
}

import pytest  # noqa: E402
from botocore.stub import Stubber  # noqa: E402

from shop import table  # noqa: E402


class CopyingStubber(Stubber):
    """A stubber that leaves the test's own items alone: boto3's resource turns answers into plain values in place."""

    def add_response(self, method: str, service_response: Any, expected_params: Any = None) -> None:
        """Answer the next call of this method so."""
        super().add_response(method, copy.deepcopy(service_response), expected_params)


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """The table's connection, answering what the test lays in and refusing anything else."""
    with CopyingStubber(table.dynamodb().meta.client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
