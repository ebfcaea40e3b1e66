"""Telling others of what happened to an object: event notifications leave by the outbox."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.happenings import tell as tell_happening
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import Object
from cloudarium.services.s3.rules import bridge, notifications
from cloudarium.store import Store
from cloudarium.traces import header

BY_S3 = notifications.Cause("s3.amazonaws.com", "s3.amazonaws.com", "")


def cause_of(call: Call) -> notifications.Cause:
    """Who makes this call, from where."""
    origin = call
    while origin.request is None and origin.parent is not None:
        origin = origin.parent
    principal = call.principal
    if principal.kind in ("root", "anonymous"):
        name = notifications.customer_id(principal.account)
    elif principal.kind == "service":
        name = principal.name
    else:
        name = f"AWS:{principal.id}"
    requester = principal.name if principal.kind == "service" else principal.account
    return notifications.Cause(name, origin.request.peer if origin.request else "", call.request_id, requester)


def _trace_header(cause: notifications.Cause | Call) -> str | None:
    """The trace header that a client sent, which goes on to queues."""
    request = cause.request if isinstance(cause, Call) else None
    return None if request is None else header.passed_on(request.headers.get(header.NAME))


def tell(
    store: Store,
    bucket: Bucket,
    event: str,
    about: Object,
    cause: notifications.Cause | Call,
    now: float,
    trace: str = "",
    *,
    with_content: bool = True,
    more: dict[str, Any] | None = None,
) -> None:
    """Leave `event` for every destination of the bucket that wants it; part of the present transaction."""
    configuration = bucket.get("notification")
    if not configuration:
        return
    if "EventBridgeConfiguration" in configuration:
        _tell_bridge(store, bucket, event, about, cause, now, trace, with_content, more)
    for target in notifications.targets(configuration, event, about.key):
        record = notifications.record(
            event,
            bucket=bucket.name,
            owner=bucket.account,
            region=bucket.region,
            now=now,
            cause=cause_of(cause) if isinstance(cause, Call) else cause,
            key=about.key,
            size=about.size if with_content and not about.marker else None,
            etag=about.etag if with_content else None,
            version=about.version if bucket.versioning is not None else None,
            more=more,
        )
        record["s3"]["configurationId"] = target.id
        payload = {"bucket": bucket.name, "arn": target.arn, "record": record, "header": _trace_header(cause)}
        onward = cause.onward if isinstance(cause, Call) else trace
        store.outbox.put("s3", "Notification", bucket.scope, payload, now, trace=onward)


def _tell_bridge(
    store: Store,
    bucket: Bucket,
    event: str,
    about: Object,
    cause: notifications.Cause | Call,
    now: float,
    trace: str,
    with_content: bool,
    more: dict[str, Any] | None,
) -> None:
    """Leave the event for the default bus of the bucket's owner, in the bucket's region."""
    item: dict[str, Any] = {"key": about.key}
    if with_content and not about.marker:
        item.update({"size": about.size, "etag": about.etag})
    if bucket.versioning is not None:
        item["version-id"] = about.version
    by = cause_of(cause) if isinstance(cause, Call) else cause
    kind, detail = bridge.happening(event, bucket=bucket.name, cause=by, now=now, item=item, more=more)
    tell_happening(store, bucket.scope, "aws.s3", kind, detail, [bucket.arn], now, trace)
