"""What S3 does by itself: it sends event notifications, and every midnight it acts on the lifecycle rules."""

from __future__ import annotations

import asyncio
from typing import Any

from cloudarium.gateway.background import Event, delivery
from cloudarium.services.s3 import lifecycles
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.rules import lifecycle
from cloudarium.services.s3.sending import send
from cloudarium.shared.errors import AwsError, NotBuilt

_AT_ONCE = 200  # keys looked at in one transaction


@delivery("Notification")
async def deliver_notification(event: Event) -> None:
    """Send the event's record, as S3. What the destination refuses for good is dropped, as on AWS."""
    given = event.payload
    arn = given.get("arn") or given["function"]
    try:
        await send(event, given["bucket"], event.account, arn, {"Records": [given["record"]]}, given.get("header"))
    except AwsError as error:
        if ((error.status or 400) >= 500 and not isinstance(error, NotBuilt)) or error.status == 429:
            raise  # the destination could not take it now; once it has, its own queue does the retrying


@delivery("Lifecycle")
async def deliver_lifecycle(event: Event) -> None:
    """Do what the bucket's rules want done by now, some keys at a time, and come again at the next midnight."""
    name = event.payload["bucket"]
    bucket = buckets.find(event.store, name)
    after: str | None = None
    while bucket is not None and (rules := lifecycles.rules_of(bucket)):
        keys = objects.keys_after(event.store, name, after, _AT_ONCE)
        with event.transaction():
            for key in keys:
                lifecycles.apply(event.store, bucket, rules, key, event.now)
        if len(keys) < _AT_ONCE:
            break
        after = keys[-1]
        await asyncio.sleep(0)
        bucket = buckets.find(event.store, name)
    if bucket is None:
        return
    _abort_uploads(event, bucket)
    due = lifecycle.next_look(lifecycles.rules_of(bucket), event.now)
    if due is not None:
        with event.transaction():
            event.later("Lifecycle", {"bucket": name}, due=due, key=name)


def _abort_uploads(event: Event, bucket: Any) -> None:
    rules = lifecycles.rules_of(bucket)
    with event.transaction():
        for upload in uploads.all_of(event.store, bucket.name):
            found = lifecycle.abort(rules, upload.key, upload.initiated)
            if found is not None and found[0] <= event.now:
                objects.drop_parts(event.store, upload.id)
                uploads.remove(event.store, upload.id)
