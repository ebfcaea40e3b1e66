"""The lifecycle configuration; background.py acts on it."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import bodies, errors, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.rules import lifecycle


@operation("PutBucketLifecycleConfiguration", on=resources.bucket)
def put_bucket_lifecycle_configuration(call: Call) -> dict[str, Any]:
    """Set the lifecycle rules; they are looked at every midnight."""
    bucket = buckets.of(call)
    bodies.check(call)
    sizes = call.input.get("TransitionDefaultMinimumObjectSize") or lifecycle.SIZE_RULES[0]
    if sizes not in lifecycle.SIZE_RULES:
        raise errors.InvalidArgument(
            "Invalid value for x-amz-transition-default-minimum-object-size",
            "x-amz-transition-default-minimum-object-size",
            sizes,
        )
    rules = lifecycle.check((call.input.get("LifecycleConfiguration") or {}).get("Rules") or [])
    buckets.configure(call.store, bucket, "lifecycle", {"rules": rules, "sizes": sizes})
    due = lifecycle.next_look(lifecycle.enabled(rules), call.now)
    if due is None:
        call.store.outbox.cancel("s3", "Lifecycle", bucket.scope, bucket.name)
    else:
        call.store.outbox.put("s3", "Lifecycle", bucket.scope, {"bucket": bucket.name}, due, bucket.name)
    return {"TransitionDefaultMinimumObjectSize": sizes}


@operation("GetBucketLifecycleConfiguration", on=resources.bucket)
def get_bucket_lifecycle_configuration(call: Call) -> dict[str, Any]:
    """The lifecycle rules."""
    bucket = buckets.of(call)
    configuration = bucket.get("lifecycle")
    if configuration is None:
        raise errors.NoSuchConfiguration(
            "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", bucket.name
        )
    return {"Rules": configuration["rules"], "TransitionDefaultMinimumObjectSize": configuration["sizes"]}


@operation("DeleteBucketLifecycle", on=resources.bucket)
def delete_bucket_lifecycle(call: Call) -> dict[str, Any]:
    """Take the lifecycle rules away."""
    bucket = buckets.of(call)
    buckets.configure(call.store, bucket, "lifecycle", None)
    call.store.outbox.cancel("s3", "Lifecycle", bucket.scope, bucket.name)
    return {}
