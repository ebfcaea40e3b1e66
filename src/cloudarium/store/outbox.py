"""The outbox: what must still happen, now or at a time, written in the transaction that caused it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.store.database import Store

_COLUMNS = "id, due, service, kind, account, region, key, payload, trace, attempts"


class OutboxRow(NamedTuple):
    """One event or timer: `kind` names the delivery in `service`'s background.py."""

    id: int
    due: float
    service: str
    kind: str
    account: str
    region: str
    key: str | None
    payload: bytes
    trace: str
    attempts: int

    @property
    def lane(self) -> tuple[str, str, str, str, str] | None:
        """What runs one at a time: rows with the same key."""
        return None if self.key is None else (self.service, self.kind, self.account, self.region, self.key)


class Outbox:
    """The rows that wait for delivery, in order of due time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._touched = False
        self.on_change: Callable[[], None] = lambda: None

    def put(
        self,
        service: str,
        kind: str,
        scope: Scope,
        payload: dict[str, Any],
        due: float,
        key: str | None = None,
        trace: str = "",
    ) -> None:
        """Add an event; one with the same key takes the place of the earlier one."""
        self._store.run(
            "INSERT OR REPLACE INTO outbox (due, service, kind, account, region, key, payload, trace)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (due, service, kind, scope.account, scope.region, key, orjson.dumps(payload), trace),
        )
        self._touch()

    def cancel(self, service: str, kind: str, scope: Scope, key: str) -> None:
        """Take back the event with this key, if it still waits."""
        self._store.run(
            "DELETE FROM outbox WHERE service = ? AND kind = ? AND account = ? AND region = ? AND key = ?",
            (service, kind, scope.account, scope.region, key),
        )

    def when(self, service: str, kind: str, scope: Scope, key: str) -> float | None:
        """When the event with this key is due, None when none waits."""
        row = self._store.one(
            "SELECT due FROM outbox WHERE service = ? AND kind = ? AND account = ? AND region = ? AND key = ?",
            (service, kind, scope.account, scope.region, key),
        )
        return row and row[0]

    def due(self, now: float, limit: int, besides: set[int]) -> list[OutboxRow]:
        """Up to `limit` rows that are due at `now`, the earliest first, without those whose id is in `besides`."""
        rows = self._store.all(
            f"SELECT {_COLUMNS} FROM outbox WHERE due <= ? ORDER BY due, id LIMIT ?",
            (now, limit + len(besides)),
            OutboxRow,
        )
        return [row for row in rows if row.id not in besides][:limit]

    def due_of_others(self, now: float, limit: int, besides: set[tuple[str, str]]) -> list[OutboxRow]:
        """Up to `limit` rows that are due of each kind (service, kind) but those in `besides`, the earliest first."""
        found: list[OutboxRow] = []
        kind = self._kind_after(("", ""))
        while kind is not None:
            if kind not in besides:
                found += self._store.all(
                    f"SELECT {_COLUMNS} FROM outbox WHERE service = ? AND kind = ? AND due <= ?"
                    " ORDER BY due, id LIMIT ?",
                    (*kind, now, limit),
                    OutboxRow,
                )
            kind = self._kind_after(kind)
        return sorted(found, key=lambda row: (row.due, row.id))

    def _kind_after(self, kind: tuple[str, str]) -> tuple[str, str] | None:
        row = self._store.one(
            "SELECT service, kind FROM outbox WHERE (service, kind) > (?, ?) ORDER BY service, kind LIMIT 1", kind
        )
        return (row[0], row[1]) if row else None

    def next_due(self, after: float) -> float | None:
        """The earliest due time later than `after`."""
        return self._store.one("SELECT min(due) FROM outbox WHERE due > ?", (after,))[0]

    def waiting(self, now: float) -> int:
        """How many rows are due and not yet delivered."""
        return self._store.one("SELECT count(*) FROM outbox WHERE due <= ?", (now,))[0]

    def done(self, row_id: int) -> None:
        """The event is delivered."""
        self._store.run("DELETE FROM outbox WHERE id = ?", (row_id,))

    def again(self, row_id: int, due: float) -> None:
        """The event is to be delivered once more at `due`."""
        self._store.run("UPDATE outbox SET due = ?, attempts = attempts + 1 WHERE id = ?", (due, row_id))
        self._touch()

    def after_commit(self) -> None:
        """Tell the deliverer, once per transaction that wrote here."""
        if self._touched:
            self._touched = False
            self.on_change()

    def _touch(self) -> None:
        self._touched = True
        if not self._store.in_transaction:
            self.after_commit()
