"""The operations of Amazon S3, split by what they work on."""

from cloudarium.services.s3.operations import (
    acls,
    buckets,
    configurations,
    copying,
    deleting,
    lifecycle,
    listing,
    metrics,
    multipart,
    notification,
    objects,
    policies,
    tagging,
    uploads,
    versions,
)

__all__ = [
    "acls",
    "buckets",
    "configurations",
    "copying",
    "deleting",
    "lifecycle",
    "listing",
    "metrics",
    "multipart",
    "notification",
    "objects",
    "policies",
    "tagging",
    "uploads",
    "versions",
]
