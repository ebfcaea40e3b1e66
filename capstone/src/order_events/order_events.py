"""From the table's stream to the queue: every order that was placed gets its confirmation queued.

The stream is in the same transaction as the order, so none is forgotten; it may say one twice, and the confirmation
knows that. A record that cannot be queued is tried again from there, and at last goes to the dead letters.
"""

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)


@cache
def sqs() -> "SQSClient":
    """The connection that every invocation of this environment shares."""
    return boto3.client("sqs")


@tracer.capture_method(capture_response=False)
def queue_confirmation(record: DynamoDBRecord) -> None:
    """Queue the confirmation of the order that this record is about."""
    assert record.dynamodb is not None
    order = record.dynamodb.new_image
    message = {"order_id": order["id"], "customer_id": order["customer_id"]}
    sqs().send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(message))
    logger.info("confirmation queued", extra=message)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work off a batch of the stream; the answer names the record to go on from."""
    return process_partial_response(
        event=event, record_handler=queue_confirmation, processor=processor, context=context
    )
