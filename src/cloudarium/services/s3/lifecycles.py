"""Acting on lifecycle rules: one key with all its versions at a time."""

from __future__ import annotations

from typing import Any

from cloudarium.services.s3 import notices, removing
from cloudarium.services.s3.records import objects
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.records.objects import Object
from cloudarium.services.s3.rules import lifecycle
from cloudarium.services.s3.rules.lifecycle import Thing
from cloudarium.store import Store

_EVENTS = "s3:LifecycleExpiration"


def rules_of(bucket: Bucket) -> list[dict[str, Any]]:
    """The bucket's rules that are in force."""
    return lifecycle.enabled((bucket.get("lifecycle") or {}).get("rules"))


def apply(store: Store, bucket: Bucket, rules: list[dict[str, Any]], key: str, now: float) -> None:
    """Do with a key what the rules want done by `now`, in the caller's transaction."""
    versions = objects.versions(store, bucket.name, key)
    if not versions:
        return
    sizes = bucket.get("lifecycle")["sizes"]
    _apply_noncurrent(store, bucket, rules, versions, sizes, now)
    current = versions[0]
    thing = _thing(current, current.modified)
    if current.marker:
        alone = len(objects.versions(store, bucket.name, key)) == 1
        if alone and (lifecycle.removes_lone_markers(rules, thing) or _expired(rules, thing, now)):
            removing.remove(store, bucket, key, current.version, notices.BY_S3, now, events=_EVENTS)
        return
    if _expired(rules, thing, now):
        removing.remove(store, bucket, key, None, notices.BY_S3, now, events=_EVENTS)
        return
    _move(store, bucket, current, lifecycle.transition(rules, thing, sizes, now), now)


def _apply_noncurrent(
    store: Store, bucket: Bucket, rules: list[dict[str, Any]], versions: list[Object], sizes: str, now: float
) -> None:
    newer = 0  # noncurrent versions in front of the one that is looked at
    for successor, old in zip(versions, versions[1:], strict=False):
        thing = _thing(old, successor.modified)
        if lifecycle.noncurrent_expired(rules, thing, newer, now):
            removing.remove(store, bucket, old.key, old.version, notices.BY_S3, now, events=_EVENTS)
        elif not old.marker:
            _move(store, bucket, old, lifecycle.noncurrent_transition(rules, thing, newer, sizes, now), now)
        newer += not old.marker


def _expired(rules: list[dict[str, Any]], thing: Thing, now: float) -> bool:
    found = lifecycle.expiry(rules, thing)
    return found is not None and found[0] <= now


def _thing(version: Object, since: float) -> Thing:
    return Thing(version.key, version.size, version.tagging, since, version.storage_class)


def _move(store: Store, bucket: Bucket, version: Object, storage_class: str | None, now: float) -> None:
    if storage_class is None:
        return
    objects.set_class(store, version, storage_class)
    more = {"lifecycleEventData": {"transitionEventData": {"destinationStorageClass": storage_class}}}
    notices.tell(store, bucket, "s3:LifecycleTransition", version, notices.BY_S3, now, more=more)
