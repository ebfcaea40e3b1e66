"""Rows of a stack's physical resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from cloudarium.store import Store

_COLUMNS = "stack, logical, generation, current, type, physical, status, reason, changed, detail"


@dataclass(slots=True)
class ResourceRow:
    """One physical resource. `properties` are resolved, but for dynamic references, which stay as they are written.

    `previous` is what an update under way would go back to, `origin` what the change under way starts from; `born` says
    that the operation under way made it.
    """

    stack: str
    logical: str
    generation: int
    type: str
    current: bool = True
    physical: str = ""
    status: str = ""
    reason: str | None = None
    changed: float = 0.0
    properties: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    previous: dict[str, Any] | None = None
    origin: dict[str, Any] | None = None
    suffix: str = ""
    token: str = ""
    arn: str = ""
    deletion: str = "Delete"
    replacement: str = "Delete"
    born: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the stack's other resources."""
        return self.logical, self.generation


_DETAIL = (
    "properties", "attributes", "tags", "metadata", "needs", "state", "previous", "origin", "suffix", "token", "arn",
    "deletion", "replacement", "born",
)  # fmt: skip


def of(store: Store, stack: str) -> list[ResourceRow]:
    """All resources of a stack in the order of their logical ids."""
    rows = store.all(
        f"SELECT {_COLUMNS} FROM cloudformation_resources WHERE stack = ? ORDER BY logical, generation", (stack,)
    )
    return [_decoded(row) for row in rows]


def current(store: Store, stack: str) -> list[ResourceRow]:
    """The resources that the stack shows."""
    return [row for row in of(store, stack) if row.current]


def having(store: Store, account: str, region: str, physical: str) -> str | None:
    """The stack that a physical resource belongs to."""
    row = store.one(
        "SELECT s.arn FROM cloudformation_resources r JOIN cloudformation_stacks s ON s.arn = r.stack"
        " WHERE s.account = ? AND s.region = ? AND s.deleted IS NULL AND r.physical = ? AND r.current",
        (account, region, physical),
    )
    return row[0] if row else None


def _decoded(row: Any) -> ResourceRow:
    detail = orjson.loads(row[9])
    return ResourceRow(
        stack=row[0],
        logical=row[1],
        generation=row[2],
        current=bool(row[3]),
        type=row[4],
        physical=row[5],
        status=row[6],
        reason=row[7],
        changed=row[8],
        **detail,
    )


def save(store: Store, row: ResourceRow) -> None:
    """Record a resource as it is."""
    detail = orjson.dumps({name: getattr(row, name) for name in _DETAIL}).decode()
    values = (row.stack, row.logical, row.generation, int(row.current), row.type, row.physical, row.status, row.reason)
    store.run(
        f"INSERT OR REPLACE INTO cloudformation_resources ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, row.changed, detail),
    )


def remove(store: Store, row: ResourceRow) -> None:
    """Forget a resource that is gone."""
    store.run(
        "DELETE FROM cloudformation_resources WHERE stack = ? AND logical = ? AND generation = ?",
        (row.stack, row.logical, row.generation),
    )
