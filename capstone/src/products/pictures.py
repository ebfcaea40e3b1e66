"""Products' pictures: straight between a browser and S3, by requests that this function has signed for one purpose.

Nothing of a picture passes through the function. What it signs says which key, which type and how many bytes at most,
and ends after some minutes.
"""

import os
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from product_models import Upload

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MOST_BYTES = 5 * 1024 * 1024
UPLOAD_SECONDS = 300
LOOK_SECONDS = 900


@cache
def s3() -> "S3Client":
    """The connection that every invocation of this environment shares; it signs and sends nothing."""
    region = os.environ["AWS_REGION"]
    return boto3.client("s3", region_name=region, config=Config(signature_version="s3v4"))


def upload(product_id: str, content_type: str) -> Upload:
    """A form that takes one picture of one type for this product."""
    form = s3().generate_presigned_post(
        os.environ["PICTURES_BUCKET"],
        f"pictures/{product_id}",
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MOST_BYTES]],
        ExpiresIn=UPLOAD_SECONDS,
    )
    return Upload.model_validate(form)


def urls(product_id: str) -> dict[str, str]:
    """Where a product's picture and its thumbnail can be looked at for a while."""
    return {"picture_url": _url(f"pictures/{product_id}"), "thumbnail_url": _url(f"thumbnails/{product_id}")}


def _url(key: str) -> str:
    where = {"Bucket": os.environ["PICTURES_BUCKET"], "Key": key}
    return s3().generate_presigned_url("get_object", Params=where, ExpiresIn=LOOK_SECONDS)
