"""From the queue to the customer: one mail for each order that was placed.

A queue delivers at least once, and a batch may fail in part. What was sent is remembered under the order's id, so a
message that comes again sends nothing; what failed comes again, and after five times goes to the dead letters.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Key

from shop import mail
from shop import table as shop

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])
processor = BatchProcessor(event_type=EventType.SQS)
repeats = IdempotencyConfig(event_key_jmespath="order_id", expires_after_seconds=14 * 24 * 60 * 60)


@tracer.capture_method(capture_response=False)
def confirm(record: SQSRecord) -> None:
    """Confirm the order that this message names."""
    confirm_once(message=record.json_body)


@idempotent_function(
    data_keyword_argument="message",
    config=repeats,
    persistence_store=DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE_NAME"]),
    key_prefix="confirm-order",
)
def confirm_once(message: dict[str, Any]) -> dict[str, Any]:
    """Send the confirmation unless its record says that it was sent."""
    order_id = message["order_id"]
    items = shop.table().query(
        KeyConditionExpression=Key("pk").eq(shop.order_key(order_id)["pk"]), ConsistentRead=True
    )["Items"]
    head = shop.plain(next(item for item in items if item["sk"] == "ORDER"))
    lines = [shop.plain(item) for item in items if str(item["sk"]).startswith("LINE#")]
    customer = shop.table().get_item(Key=shop.customer_key(head["customer_id"]))["Item"]
    data = {
        "name": customer["name"],
        "order": order_id[:8],
        "total": f"€{head['total_cents'] / 100:,.2f}",
        "lines": [{"quantity": line["quantity"], "name": line["name"]} for line in lines],
    }
    message_id = mail.send(str(customer["email"]), data)
    metrics.add_metric("ConfirmationsSent", MetricUnit.Count, 1)
    logger.info("order confirmed", extra={"order_id": order_id, "message_id": message_id})
    return {"message_id": message_id}


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work off a batch of the queue; the answer names the messages that shall come again."""
    repeats.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=confirm, processor=processor, context=context)
