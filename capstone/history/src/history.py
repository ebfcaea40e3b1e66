"""The worker: takes a day's report from S3 into the history, one item a day, as often as it is told the same."""

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import S3EventBridgeNotificationEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_s3 import S3Client

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])
processor = BatchProcessor(event_type=EventType.SQS)


FIELDS = ("day", "orders", "revenue_cents", "customers", "cancelled")  # of a day's report, as the shop writes it


@cache
def s3() -> "S3Client":
    """The connection that every invocation of this environment shares."""
    return boto3.client("s3")


@cache
def history() -> "Table":
    """The table of days."""
    return boto3.resource("dynamodb").Table(os.environ["HISTORY_TABLE"])


@tracer.capture_method(capture_response=False)
def take(record: SQSRecord) -> None:
    """Take the report that this message names into the history."""
    written = S3EventBridgeNotificationEvent(record.json_body).detail
    content = s3().get_object(Bucket=written.bucket.name, Key=written.object.key)["Body"].read()
    report = json.loads(content)
    day = {name: report[name] for name in FIELDS}
    history().put_item(Item={"month": day["day"][:7], **day})
    metrics.add_metric("DaysKept", MetricUnit.Count, 1)
    logger.info("day kept", extra={"day": day["day"]})


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work off a batch of the queue; the answer names the messages that shall come again."""
    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
