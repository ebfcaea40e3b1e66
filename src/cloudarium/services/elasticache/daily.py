"""Automatic snapshots: one a day, when the cache's window begins, kept for as many days as the cache says."""

from __future__ import annotations

from cloudarium.gateway.background import Event, Retry
from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import records
from cloudarium.services.elasticache.operations import serverless_snapshots, snapshots
from cloudarium.services.elasticache.records import SERVERLESS, SERVERLESS_SNAPSHOT, SNAPSHOT, Data
from cloudarium.services.elasticache.rules import windows
from cloudarium.shared.clock import iso

_DAY = 86400.0


def schedule(call: Call, kind: str, id: str, data: Data) -> None:
    """Have a cache copied daily from now on, or no more; part of a transaction."""
    key = f"{kind}/{id}"
    if data["SnapshotRetentionLimit"]:
        call.later("Daily", {"Kind": kind, "Id": id}, due=windows.next_daily(call.now, _window(data)), key=key)
    else:
        call.not_later("Daily", key)


def _window(data: Data) -> str:
    return str(data["SnapshotWindow"] if "SnapshotWindow" in data else data["DailySnapshotTime"])


def copy(event: Event) -> Retry | None:
    """Begin today's snapshot of a cache, and forget those that are too old."""
    kind, id = event.payload["Kind"], event.payload["Id"]
    with event.transaction():
        data = records.find(event.store, event.scope, kind, id)
        if data is None or not data["SnapshotRetentionLimit"]:
            return None
        if data["_State"] == "open":
            name = f"automatic.{id}-{iso(event.now)[:16].replace('T', '-').replace(':', '-')}"
            _begin(event, kind, data, name)
            _forget(event, kind, id, event.now - data["SnapshotRetentionLimit"] * _DAY)
    return Retry(windows.next_daily(event.now, _window(data)))


def _begin(event: Event, kind: str, data: Data, name: str) -> None:
    own = SERVERLESS_SNAPSHOT if kind == SERVERLESS else SNAPSHOT
    if records.find(event.store, event.scope, own, name) is not None:
        return
    if kind == SERVERLESS:
        serverless_snapshots.begin(event, data, name, "automated")
    else:
        snapshots.begin(event, kind, data, name, "automated")


def _forget(event: Event, kind: str, id: str, before: float) -> None:
    own = SERVERLESS_SNAPSHOT if kind == SERVERLESS else SNAPSHOT
    for data in records.every(event.store, event.scope, own):
        automatic = data.get("SnapshotSource", data.get("SnapshotType")) == "automated"
        if automatic and data["_Of"] == [kind, id] and data["_At"] <= before:
            (serverless_snapshots if kind == SERVERLESS else snapshots).drop(event, data)
