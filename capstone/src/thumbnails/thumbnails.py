"""A picture came up: make its thumbnail, and note at the product that there is one.

The same picture twice makes the same thumbnail twice. What is no picture is left where it is and told to the log:
trying it again would not make it one.
"""

import io
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import S3EventBridgeNotificationEvent, event_source
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from PIL import Image, ImageOps, UnidentifiedImageError

from shop import table as shop

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])

EDGE = 256
FORMATS = ("JPEG", "PNG", "WEBP")
Image.MAX_IMAGE_PIXELS = 40_000_000  # a small file can unfold to more than the function's memory


@cache
def s3() -> "S3Client":
    """The connection that every invocation of this environment shares."""
    return boto3.client("s3")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
@event_source(data_class=S3EventBridgeNotificationEvent)
def handler(event: S3EventBridgeNotificationEvent, context: LambdaContext) -> None:
    """Make the thumbnail of the picture that the event is about."""
    bucket, key = event.detail.bucket.name, event.detail.object.key
    product_id = PurePosixPath(key).name
    picture = s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        thumbnail = reduced(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        metrics.add_metric("PicturesRefused", MetricUnit.Count, 1)
        logger.warning("no picture", extra={"product_id": product_id, "reason": str(error)})
        return
    s3().put_object(Bucket=bucket, Key=f"thumbnails/{product_id}", Body=thumbnail, ContentType="image/jpeg")
    note(product_id)
    metrics.add_metric("ThumbnailsMade", MetricUnit.Count, 1)
    logger.info("thumbnail made", extra={"product_id": product_id, "bytes": len(thumbnail)})


@tracer.capture_method(capture_response=False)
def reduced(picture: bytes) -> bytes:
    """The picture as a JPEG that fits into a small square."""
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        image.draft("RGB", (EDGE * 2, EDGE * 2))
        small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((EDGE, EDGE))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=80)
        return out.getvalue()


def note(product_id: str) -> None:
    """Say at the product that it has a picture, unless it is gone."""
    try:
        shop.retry_conflicts(
            lambda: shop.table().update_item(
                Key=shop.product_key(product_id),
                UpdateExpression="SET picture_at = :now",
                ConditionExpression=Attr("pk").exists(),
                ExpressionAttributeValues={":now": shop.now()},
            )
        )
    except ClientError as error:
        if shop.error_code(error) != "ConditionalCheckFailedException":
            raise
