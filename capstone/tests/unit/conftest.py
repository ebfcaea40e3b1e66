"""Set-up of the unit tests: an environment as Lambda gives it, and a stubbed table."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ |= {
    "AWS_ACCESS_KEY_ID": "unit",
    "AWS_SECRET_ACCESS_KEY": "unit",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "unit",
    "TABLE_NAME": "shop",
    "IDEMPOTENCY_TABLE_NAME": "requests",
    "AWS_REGION": "us-east-1",
    "CACHE_HOST": "cache",
    "CACHE_PORT": "6379",
    "CACHE_SECRET": "cache",
    "CACHE_USER_ID": "shop-catalogue",
    "CATALOGUE_SECONDS": "60",
    "HISTORY_TABLE": "history",
    "MAIL_FROM": "shop@example.com",
    "MAIL_TEMPLATE": "template",
    "PAYMENT_SECRET": "payment",
    "PICTURES_BUCKET": "pictures",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/confirmations",
    "REPORTS_BUCKET": "reports",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "unit",
    "POWERTOOLS_METRICS_NAMESPACE": "Shop",
    "POWERTOOLS_IDEMPOTENCY_DISABLED": "true",
}

import pytest  # noqa: E402
from botocore.stub import Stubber  # noqa: E402

from shop import mail, table  # noqa: E402
from stubs import stubbed  # noqa: E402


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """The table's connection."""
    with stubbed(table.dynamodb().meta.client) as stubber:
        yield stubber


@pytest.fixture
def ses() -> Iterator[Stubber]:
    """The connection to SES."""
    with stubbed(mail.ses()) as stubber:
        yield stubber
