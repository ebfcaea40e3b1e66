"""Event source mappings, and how far those of streams have read."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

DELETING = "Deleting"


class EventSource(NamedTuple):
    """A mapping: from the ARN `source` to the function `name` with its `qualifier`."""

    account: str
    region: str
    uuid: str
    name: str
    qualifier: str
    source: str
    state: str
    data_json: str
    modified: float

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)

    @property
    def data(self) -> dict[str, Any]:
        """Its settings in AWS's member names; a fresh copy each time."""
        return orjson.loads(self.data_json)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def put(
    store: Store,
    scope: Scope,
    uuid: str,
    name: str,
    qualifier: str,
    source: str,
    state: str,
    data: dict[str, Any],
    now: float,
) -> None:
    """Make or overwrite a mapping."""
    store.run(
        "INSERT OR REPLACE INTO lambda_event_sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*scope, uuid, name, qualifier, source, state, _json(data), now),
    )


def find(store: Store, scope: Scope, uuid: str) -> EventSource | None:
    """The mapping with this UUID."""
    sql = "SELECT * FROM lambda_event_sources WHERE account=? AND region=? AND uuid=?"
    return store.one(sql, (*scope, uuid), EventSource)


def listed(store: Store, scope: Scope, after: str, limit: int, name: str, source: str) -> list[EventSource]:
    """Mappings in order of UUID from behind `after`; of one function and one source where these are not empty."""
    return store.all(
        "SELECT * FROM lambda_event_sources WHERE account=? AND region=? AND uuid>? AND (?='' OR name=?)"
        " AND (?='' OR source=?) ORDER BY uuid LIMIT ?",
        (*scope, after, name, name, source, source, limit),
        EventSource,
    )


def everywhere(store: Store) -> list[EventSource]:
    """All mappings of the cloud."""
    return store.all("SELECT * FROM lambda_event_sources", (), EventSource)


def set_state(store: Store, one: EventSource, state: str, reason: str | None = None) -> None:
    """Change a mapping's state, and its StateTransitionReason where that is given."""
    data = one.data if reason is None else {**one.data, "StateTransitionReason": reason}
    store.run(
        "UPDATE lambda_event_sources SET state=?, data=? WHERE account=? AND region=? AND uuid=?",
        (state, _json(data), one.account, one.region, one.uuid),
    )


def set_result(store: Store, one: EventSource, result: str) -> None:
    """Say how a mapping's last processing ended."""
    store.run(
        "UPDATE lambda_event_sources SET data=json_set(data, '$.LastProcessingResult', ?)"
        " WHERE account=? AND region=? AND uuid=?",
        (result, one.account, one.region, one.uuid),
    )


def remove(store: Store, one: EventSource) -> None:
    """Forget a mapping and how far it has read."""
    where = (one.account, one.region, one.uuid)
    store.run("DELETE FROM lambda_event_sources WHERE account=? AND region=? AND uuid=?", where)
    store.run("DELETE FROM lambda_event_positions WHERE uuid=?", (one.uuid,))


# ---- streams ---------------------------------------------------------------------------------------------------------


def position(store: Store, uuid: str, shard: str) -> dict[str, Any] | None:
    """How far a mapping has read a shard, None before it began."""
    row = store.one("SELECT data FROM lambda_event_positions WHERE uuid=? AND shard=?", (uuid, shard))
    return orjson.loads(row[0]) if row is not None else None


def positions(store: Store, uuid: str) -> dict[str, dict[str, Any]]:
    """How far a mapping has read each shard."""
    rows = store.all("SELECT shard, data FROM lambda_event_positions WHERE uuid=?", (uuid,))
    return {shard: orjson.loads(data) for shard, data in rows}


def put_position(store: Store, uuid: str, shard: str, data: dict[str, Any]) -> None:
    """Remember how far a mapping has read a shard."""
    store.run("INSERT OR REPLACE INTO lambda_event_positions VALUES (?, ?, ?)", (uuid, shard, _json(data)))


def drop_position(store: Store, uuid: str, shard: str) -> None:
    """Forget a shard that is gone."""
    store.run("DELETE FROM lambda_event_positions WHERE uuid=? AND shard=?", (uuid, shard))
