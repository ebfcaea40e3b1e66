"""The card of Amazon S3."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="s3",
    purpose="Objects of any size under keys in buckets: put, get, list, copy, versions, multipart, policies, events.",
    validation_error=None,
    virtual_hosts=("s3",),
    signs_path_once=True,
    anonymous=True,
    cors=True,
    form="post_object",
    query_headers=True,
    clock_skew=15 * 60,
)
