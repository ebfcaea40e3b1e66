"""Thumbnails: small, the right way up, and only of pictures."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from PIL import Image

import thumbnails
from http_calls import context
from stubs import stubbed


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300), mode: str = "RGB") -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


def came(key: str) -> dict[str, Any]:
    """S3's event by EventBridge."""
    detail = {"version": "0", "bucket": {"name": "pictures"}, "object": {"key": key, "size": 1}}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "L"), ("WEBP", "RGB"), ("PNG", "P")])
def test_a_thumbnail_fits_into_its_square(kind: str, mode: str) -> None:
    with Image.open(io.BytesIO(thumbnails.reduced(picture(kind, mode=mode)))) as small:
        assert (small.format, small.size) == ("JPEG", (256, 128))


def test_a_picture_gets_its_thumbnail(stub: Stubber) -> None:
    content = picture()
    with stubbed(thumbnails.s3()) as s3:
        body = {"Body": StreamingBody(io.BytesIO(content), len(content))}
        s3.add_response("get_object", body, {"Bucket": "pictures", "Key": "pictures/p1"})
        wanted = {"Bucket": "pictures", "Key": "thumbnails/p1", "Body": ANY, "ContentType": "image/jpeg"}
        s3.add_response("put_object", {}, wanted)
        stub.add_response("update_item", {})
        thumbnails.handler(came("pictures/p1"), context())


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:60], picture("GIF")])
def test_what_is_no_picture_is_left_alone(content: bytes) -> None:
    with stubbed(thumbnails.s3()) as s3:
        s3.add_response("get_object", {"Body": StreamingBody(io.BytesIO(content), len(content))})
        thumbnails.handler(came("pictures/p1"), context())


def test_a_picture_of_nothing_is_noted_nowhere(stub: Stubber) -> None:
    stub.add_client_error("update_item", "ConditionalCheckFailedException")
    thumbnails.note("p1")
