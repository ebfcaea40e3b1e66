"""What was sold on a day, written to S3 every night.

The schedule says when it runs, and the report is about the day before; `{"date": "2026-01-31"}` asks for a certain day.
A report of the same day replaces the one before.
"""

import datetime as dt
import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Key

from shop import table as shop

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])


class Wanted(BaseModel):
    """Which day: the one before the schedule's time, or this very one."""

    day: dt.datetime | None = None
    date: dt.date | None = None

    def of(self) -> dt.date:
        """The day that the report is about."""
        if self.date is not None:
            return self.date
        if self.day is None:
            raise ValueError("name a day or a date")
        return self.day.date() - dt.timedelta(days=1)


@cache
def s3() -> "S3Client":
    """The connection that every invocation of this environment shares."""
    return boto3.client("s3")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_parser(model=Wanted)
def handler(event: Wanted, context: LambdaContext) -> dict[str, Any]:
    """Write the report; the answer says where it is."""
    day = event.of().isoformat()
    placed, cancelled = _orders("placed", day), _orders("cancelled", day)
    report = {
        "day": day,
        "orders": len(placed),
        "revenue_cents": sum(order["total_cents"] for order in placed),
        "customers": len({order["customer_id"] for order in placed}),
        "cancelled": len(cancelled),
    }
    key = f"daily/{day}.json"
    s3().put_object(
        Bucket=os.environ["REPORTS_BUCKET"], Key=key, Body=json.dumps(report).encode(), ContentType="application/json"
    )
    metrics.add_metric("ReportsWritten", MetricUnit.Count, 1)
    logger.info("report written", extra=report)
    return {"key": key, **report}


@tracer.capture_method(capture_response=False)
def _orders(status: str, day: str) -> list[shop.Item]:
    """The orders of a day that stand so now."""
    found: list[shop.Item] = []
    cursor: str | None = None
    while True:
        page = shop.query_page(
            cursor,
            IndexName=shop.ORDERS_BY_STATUS,
            KeyConditionExpression=Key("status_pk").eq(f"STATUS#{status}") & Key("status_sk").begins_with(day),
        )
        found += page.items
        cursor = page.next
        if cursor is None:
            return found
