"""What happens without a request: items expire, indexes fill, tables empty or are
restored, streams and logs of changes are trimmed."""

from __future__ import annotations

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.dynamodb import measuring
from cloudarium.services.dynamodb.operations import backfills, copies
from cloudarium.services.dynamodb.operations.changes import present, write
from cloudarium.services.dynamodb.records import backups, changes, items, tables
from cloudarium.services.dynamodb.rules import recovery
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.streams import records as streams

_PATIENCE = 60.0  # seconds until a backup that is restored from is looked at again
_EXPIRY = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
_ROWS = ("dynamodb_items", "dynamodb_index_entries", "dynamodb_expiries", "dynamodb_changes")


@delivery("ExpireItems")
async def expire_items(event: Event) -> Retry | None:
    """Delete items whose time has come, a step at a time, and come back when the next is due."""
    with event.transaction():
        table = tables.by_id(event.store, event.payload["table"])
        if table is None or table.expiry is None:
            return None
        for due, key in items.expired(event.store, table, event.now, tables.MOST_STEPS):
            items.drop_expiry(event.store, table, due, key)
            old = present(event.store, table, key)
            if old is not None and table.due(old.item) == due:  # the item may have got another time since
                write(event, table, key, old, None, _EXPIRY)
                measuring.expired(event.cloud, event.now, table.scope, table.name)
        upcoming = items.next_expiry(event.store, table)
    return None if upcoming is None else Retry(max(upcoming, event.now))


@delivery("FillIndex")
async def fill_index(event: Event) -> None:
    """Put further items into a new index."""
    with event.transaction():
        table = tables.by_id(event.store, event.payload["table"])
        index = next((each for each in table.indexes if each.slot == event.payload["slot"]), None) if table else None
        if table is not None and index is not None and index.backfilling:
            backfills.advance_index(event, table, index, _place(event), event.payload.get("done", 0))


@delivery("FindExpiries")
async def find_expiries(event: Event) -> None:
    """Note when further items of a table expire."""
    with event.transaction():
        table = tables.by_id(event.store, event.payload["table"])
        if table is not None and table.expiry is not None:
            backfills.advance_expiries(event, table, _place(event))


def _place(event: Event) -> Key:
    hashed, ranged = event.payload["after"]
    return Key(bytes.fromhex(hashed), bytes.fromhex(ranged))


@delivery("EmptyTable")
async def empty_table(event: Event) -> Retry | None:
    """Remove some rows of a table that is gone."""
    with event.transaction():
        more = tables.empty_step(event.store, event.payload["table"], _ROWS)
    return Retry(event.now) if more else None


@delivery("EmptyIndex")
async def empty_index(event: Event) -> Retry | None:
    """Remove some entries of an index that is gone."""
    with event.transaction():
        more = tables.empty_step(event.store, event.payload["table"], _ROWS[1:2], event.payload["slot"])
    return Retry(event.now) if more else None


@delivery("ForgetExpiries")
async def forget_expiries(event: Event) -> Retry | None:
    """Remove some notes of when items expire, of a table whose items no longer do."""
    with event.transaction():
        table = tables.by_id(event.store, event.payload["table"])
        if table is None or table.expiry is not None:
            return None
        more = tables.empty_step(event.store, table.id, _ROWS[2:3])
    return Retry(event.now) if more else None


@delivery("TrimChanges")
async def trim_changes(event: Event) -> Retry | None:
    """Forget changes that point-in-time recovery no longer needs, or has no room for; come back when the next is."""
    with event.transaction():
        table = tables.by_id(event.store, event.payload["table"])
        if table is None:
            return None
        found = table.definition.get("Recovery")
        if found is None:
            return Retry(event.now) if changes.trim(event.store, table.id, float("inf")) else None
        too_much = changes.beyond(event.store, table.id, recovery.MOST_BYTES)
        if too_much is not None and too_much > found["Since"]:
            found = {**found, "Since": too_much}
            tables.replace(event.store, table, {**table.definition, "Recovery": found})
        period = found["Days"] * recovery.DAY
        if changes.trim(event.store, table.id, max(found["Since"], event.now - period)):
            return Retry(event.now)
        oldest = changes.oldest(event.store, table.id)
    return None if oldest is None else Retry(max(oldest + period, event.now))


@delivery("RestoreItems")
async def restore_items(event: Event) -> None:
    """Put further items into a table that is restored."""
    with event.transaction():
        table = tables.by_id(event.store, event.payload["table"])
        if table is not None and "Restoring" in table.definition:
            copies.advance(event, table, _place(event))


@delivery("DropBackup")
async def drop_backup(event: Event) -> Retry | None:
    """Remove a backup that was deleted or is over, with all that is in it."""
    with event.transaction():
        backup = event.payload["backup"]
        if backups.is_restored(event.store, backup):
            return Retry(event.now + _PATIENCE)
        backups.remove(event.store, backup)
        more = backups.empty_step(event.store, backup)
    return Retry(event.now) if more else None


@delivery("TrimStream")
async def trim_stream(event: Event) -> Retry | None:
    """Remove records older than a day; come back when the next is."""
    with event.transaction():
        oldest = streams.trim(event.store, event.payload["stream"], event.now)
    return None if oldest is None else Retry(oldest + streams.KEPT)
