"""Snapshots in the making: servers write what they hold, and new servers begin with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from cloudarium.gateway.background import Event
from cloudarium.runtime.caches import EngineFailed
from cloudarium.services.elasticache import lookup, records
from cloudarium.services.elasticache.records import Data
from cloudarium.services.elasticache.running import reading
from cloudarium.services.elasticache.running.cache import DUMP, has_begun
from cloudarium.services.elasticache.running.fleet import fleet
from cloudarium.services.elasticache.running.plans import Plan
from cloudarium.store.blobs import Blob

_CHUNK = 256 * 1024
MEGABYTE = 1024 * 1024


async def fill(event: Event, kind: str, name: str, snapshot: str, as_: str) -> None:
    """Have a snapshot (of the kind `as_`) hold what the primaries of a cache hold, and be available."""
    plan = reading.plan(event.store, event.scope, kind, name)
    data = records.find(event.store, event.scope, as_, snapshot)
    if data is None or data["_Blobs"]:
        return
    if plan is None:  # the cache has gone before it came to that
        with event.transaction():
            lookup.forget(event, as_, snapshot)
        return
    try:
        blobs = [await _saved(event, plan, node.id) for node in plan.nodes if node.primary]
    except (EngineFailed, TimeoutError):
        blobs = []
    with event.transaction():
        for blob in blobs:
            event.store.blobs.keep(blob.id)
        data["_Blobs"] = [blob.id for blob in blobs]
        _finished(event, data, blobs)
        lookup.keep(event, as_, snapshot, data)


def _finished(event: Event, data: Data, blobs: list[Blob]) -> None:
    status = "available" if blobs else "failed"
    if "SnapshotStatus" not in data:
        data |= {"Status": status, "BytesUsedForCache": str(sum(blob.size for blob in blobs))}
        return
    data["SnapshotStatus"] = status
    for node, blob in zip(data["NodeSnapshots"], blobs, strict=False):
        node |= {"CacheSize": f"{-(-blob.size // MEGABYTE)} MB", "SnapshotCreateTime": event.now}


async def _saved(event: Event, plan: Plan, node: str) -> Blob:
    cache = await fleet(event.cloud).open(plan)
    await cache.start()
    path = await cache.saved(node)
    try:
        return await event.store.blobs.write(_content(path))
    finally:
        path.unlink(missing_ok=True)


async def _content(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


async def lay_out(event: Event, data: Data, plan: Plan) -> None:
    """Put the files that a new cache begins with where its primaries look for them."""
    primaries = [node for node in plan.nodes if node.primary]
    for node, blob in zip(primaries, data.get("_Restore") or [], strict=False):
        if has_begun(node.folder):  # with it, before the cloud was stopped
            continue
        node.folder.mkdir(parents=True, exist_ok=True)
        with (node.folder / DUMP).open("wb") as file:
            async for chunk in event.store.blobs.read(blob):
                file.write(chunk)


def settled(event: Event, data: Data) -> None:
    """Let go of those files; part of a transaction."""
    for blob in data.pop("_Restore", None) or []:
        event.store.blobs.drop(blob)
