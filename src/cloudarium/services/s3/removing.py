"""Taking objects away: what a delete means in a bucket with, without and with suspended versioning."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.s3 import notices
from cloudarium.services.s3.records import objects, uploads
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import NULL, Object
from cloudarium.services.s3.rules import conditions, names, notifications
from cloudarium.store import Store


class Gone(NamedTuple):
    """What a delete did: the version it made or removed (None: never versioned), and whether that is a marker."""

    version: str | None
    is_marker: bool


def remove(
    store: Store,
    bucket: Bucket,
    key: str,
    version: str | None,
    cause: Call | notifications.Cause,
    now: float,
    trace: str = "",
    if_match: str | None = None,
    events: str = "s3:ObjectRemoved",
) -> Gone:
    """Delete `key`, or one version of it, and leave the notifications. Inside the caller's transaction.

    Raises NoSuchKey or PreconditionFailed when `if_match` does not hold.
    """
    newest = objects.newest(store, bucket.name, key)
    if if_match is not None:
        target = newest if version is None else objects.version(store, bucket.name, key, version)
        conditions.check_delete(if_match, key, target.etag if target is not None and not target.marker else None)
    uploads.touch(store, bucket.name, key)
    if version is not None:
        return _remove_version(store, bucket, key, version, cause, now, trace, events)
    if bucket.versioning is None:
        if newest is not None:
            objects.remove(store, newest)
            notices.tell(store, bucket, f"{events}:Delete", newest, cause, now, trace, with_content=False)
        return Gone(None, False)
    marker = _marker(bucket, key, now, newest)
    stored = objects.put(store, marker, newest)
    notices.tell(store, bucket, f"{events}:DeleteMarkerCreated", stored, cause, now, trace)
    return Gone(stored.version, True)


def _remove_version(
    store: Store,
    bucket: Bucket,
    key: str,
    version: str,
    cause: Call | notifications.Cause,
    now: float,
    trace: str,
    events: str,
) -> Gone:
    old = objects.version(store, bucket.name, key, version)
    if old is None:
        return Gone(version, False)
    objects.remove(store, old)
    notices.tell(store, bucket, f"{events}:Delete", old, cause, now, trace, with_content=False)
    return Gone(version, bool(old.marker))


def _marker(bucket: Bucket, key: str, now: float, previous: Object | None) -> Object:
    enabled = bucket.versioning == "Enabled"
    version = names.new_version_id(objects.next_age(previous)) if enabled else NULL
    empty = "d41d8cd98f00b204e9800998ecf8427e"  # what S3's events call the ETag of a delete marker
    return Object(bucket.name, key, 0, version, 1, 0, empty, now, "STANDARD", "", "", "", None, None, None, None, None)
