"""From the table's stream to the cache: when what the catalogue shows has changed, its cached pages are let go.

Orders move stock all the time. A page shows only whether a product is available, so an order lets go of pages only when
it takes the last one.
"""

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import event_source
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBStreamEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from shop import catalogue
from shop.cache import Gone, connected

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=DynamoDBStreamEvent)
def handler(event: DynamoDBStreamEvent, context: LambdaContext) -> None:
    """Let go of the catalogue's pages if one of these changes shows there."""
    changed = [str(record.dynamodb.keys["pk"]) for record in event.records if record.dynamodb and shows(record)]
    if not changed:
        return
    try:
        catalogue.forget(connected())
    except Gone:
        # Without a cache there are no pages to let go of; one that comes back has lost them, or ends them in time.
        metrics.add_metric("CacheGone", MetricUnit.Count, 1)
        return
    metrics.add_metric("CatalogueForgotten", MetricUnit.Count, 1)
    logger.info("catalogue forgotten", extra={"changed": changed})


def shows(record: DynamoDBRecord) -> bool:
    """Whether the catalogue looks different after this change."""
    change = record.dynamodb
    return change is not None and catalogue.shown(change.old_image or None) != catalogue.shown(change.new_image or None)
