"""What EventBridge is told of objects, in buckets that have it told.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.services.s3.rules.notifications import Cause

_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_OTHERS = {
    "s3:ObjectTagging:Put": "Object Tags Added",
    "s3:ObjectTagging:Delete": "Object Tags Deleted",
    "s3:ObjectAcl:Put": "Object ACL Updated",
    "s3:LifecycleTransition": "Object Storage Class Changed",
}


def happening(
    event: str, *, bucket: str, cause: Cause, now: float, item: dict[str, Any], more: dict[str, Any] | None
) -> tuple[str, dict[str, Any]]:
    """detail-type and detail for an S3 event of this name; `item` has key, and size, etag and version-id if known."""
    detail: dict[str, Any] = {"version": "0", "bucket": {"name": bucket}, "object": item}
    if event in _REASONS:
        kind, detail["reason"] = "Object Created", _REASONS[event]
    elif event in _OTHERS:
        kind = _OTHERS[event]
        item.pop("size", None)
    else:
        kind = "Object Deleted"
        detail["reason"] = "Lifecycle Expiration" if event.startswith("s3:Lifecycle") else "DeleteObject"
        marked = event.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if marked else "Permanently Deleted"
        item.pop("size", None)
    if kind in ("Object Created", "Object Deleted"):
        item["sequencer"] = f"{int(now * 1_000_000):018X}"
    if more is not None:
        detail["destination-storage-class"] = more["lifecycleEventData"]["transitionEventData"][
            "destinationStorageClass"
        ]
    detail.update({"request-id": cause.request_id, "requester": cause.requester})
    if cause.requester != cause.address:
        detail["source-ip-address"] = cause.address
    return kind, detail
