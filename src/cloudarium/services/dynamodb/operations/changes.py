"""What a write does: the item, its index entries, the counts, its expiry and the stream's record, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cloudarium.services.dynamodb.records import changes, items
from cloudarium.services.dynamodb.rules import recovery, values
from cloudarium.services.dynamodb.rules.definition import Index, Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.services.dynamodb.rules.values import Item
from cloudarium.store import Store
from cloudarium.streams import records as streams

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

OLDEST_EXPIRY = 5 * 365 * 86_400  # what is due longer ago than this does not expire
_LOOK_EVERY = 1000  # changes after which somebody looks how much is kept of them


class State(NamedTuple):
    """An item before or after a change, with its counted size."""

    item: Item
    size: int


class Writer(Protocol):
    """What a change needs of a call, or of a background event."""

    now: float
    cloud: Cloud

    @property
    def store(self) -> Store:
        """The store."""

    @property
    def onward(self) -> str:
        """The trace header of what happens later because of it."""

    def later(self, kind: str, payload: dict[str, Any], *, due: float | None = None, key: str | None = None) -> None:
        """Leave an event for the room's background."""


def present(store: Store, table: Table, key: Key) -> State | None:
    """The item as it is now."""
    row = items.get(store, table, key)
    return None if row is None else State(values.load(row.item), row.size)


def write(
    call: Writer, table: Table, key: Key, old: State | None, new: State | None, identity: dict[str, str] | None = None
) -> None:
    """Change one item from `old` to `new` (None: no item). A change to the same does nothing."""
    if old is None and new is None:
        return
    if old is not None and new is not None and old.item == new.item:
        return
    store = call.store
    if table.recovers:
        _keep(call, table, key, old)
    if new is None:
        items.delete(store, table, key)
    else:
        items.put(store, table, key, new.size, values.dump(new.item))
    more, larger = _difference(old, new)
    if more or larger:
        items.count(store, table, 0, more, larger)
    for index in table.indexes:
        _index(store, table, index, key, old, new)
    if table.expiry is not None:
        _expire(call, table, key, old, new)
    if table.stream is not None:
        _record(call, table, old, new, identity)


def _keep(call: Writer, table: Table, key: Key, old: State | None) -> None:
    """Keep what the item was, for point-in-time recovery."""
    before = None if old is None else items.Row(old.size, values.dump(old.item))
    number = changes.add(call.store, table.id, call.now, key, before)
    if number == 1:
        due = call.now + table.definition["Recovery"]["Days"] * recovery.DAY
        call.later("TrimChanges", {"table": table.id}, due=due, key=str(table.id))
    elif number % _LOOK_EVERY == 0:
        call.later("TrimChanges", {"table": table.id}, key=str(table.id))


def _difference(old: State | None, new: State | None) -> tuple[int, int]:
    return (new is not None) - (old is not None), (new.size if new else 0) - (old.size if old else 0)


def _index(store: Store, table: Table, index: Index, key: Key, old: State | None, new: State | None) -> None:
    was = index.key_of(old.item) if old is not None else None
    is_ = index.key_of(new.item) if new is not None else None
    counted = was is not None
    if was is not None and (was != is_ or index.backfilling):
        dropped = items.drop_entry(store, table, index, was, key)
        counted = bool(dropped) or not index.backfilling  # the backfill may not have come as far as this item
    if is_ is not None and (was != is_ or index.backfilling):
        items.add_entry(store, table, index, is_, key)
    more, larger = _difference(old if counted else None, new if is_ is not None else None)
    if more or larger:
        items.count(store, table, index.slot, more, larger)


def _expire(call: Writer, table: Table, key: Key, old: State | None, new: State | None) -> None:
    was = table.due(old.item) if old is not None else None
    is_ = table.due(new.item) if new is not None else None
    if was == is_:
        return
    if was is not None:
        items.drop_expiry(call.store, table, was, key)
    if is_ is not None and is_ > call.now - OLDEST_EXPIRY:
        first = items.next_expiry(call.store, table)
        items.add_expiry(call.store, table, is_, key)
        if first is None or is_ < first:
            call.later("ExpireItems", {"table": table.id}, due=max(is_, call.now), key=str(table.id))


def _record(call: Writer, table: Table, old: State | None, new: State | None, identity: dict[str, str] | None) -> None:
    """Append to the table's stream what its view shows of the change."""
    stream = table.stream
    assert stream is not None
    state = new or old
    assert state is not None
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(call.now),
        "Keys": table.key_values(state.item),
        "SizeBytes": values.measure(table.key_values(state.item)),
        "StreamViewType": stream.view,
    }
    for image, shown, views in (("NewImage", new, _NEW), ("OldImage", old, _OLD)):
        if shown is not None and stream.view in views:
            change[image] = shown.item
            change["SizeBytes"] += shown.size
    record = {"eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY", "dynamodb": change}
    if identity is not None:
        record["userIdentity"] = identity
    if streams.is_empty(call.store, stream.id):
        call.later("TrimStream", {"stream": stream.id}, due=call.now + streams.KEPT, key=str(stream.id))
    streams.put(call.store, stream.id, call.now, record, call.onward)
    call.cloud.bells.ring_for_all(streams.bell(stream.id))


_NEW = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
_OLD = ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
