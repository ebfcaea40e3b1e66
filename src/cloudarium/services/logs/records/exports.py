"""Export tasks: events of a group on their way to a bucket."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_EXPORT = (
    "id, account, region, name, group_id, grouped, streams, first, last, bucket, prefix, status, message, created,"
    " completed"
)


class Export(NamedTuple):
    """A task; `grouped` is the group's name, `streams` how the names of its streams begin."""

    id: str
    account: str
    region: str
    name: str | None
    group_id: int
    grouped: str
    streams: str
    first: int
    last: int
    bucket: str
    prefix: str
    status: str
    message: str
    created: int
    completed: int | None = None


def add_export(store: Store, export: Export) -> None:
    """Keep a new task."""
    store.run(f"INSERT INTO logs_exports ({_EXPORT}) VALUES ({', '.join('?' * len(export))})", export)


def find_export(store: Store, scope: Scope, export_id: str) -> Export | None:
    """The task of that id."""
    sql = f"SELECT {_EXPORT} FROM logs_exports WHERE id = ? AND account = ? AND region = ?"
    return store.one(sql, (export_id, *scope), Export)


def exports(store: Store, scope: Scope, status: str | None, before: tuple[int, str], limit: int) -> list[Export]:
    """Tasks, the latest first, older than (created, id)."""
    return store.all(
        f"SELECT {_EXPORT} FROM logs_exports WHERE account = ? AND region = ? AND (created, id) < (?, ?)"
        " AND status = coalesce(?, status) ORDER BY created DESC, id DESC LIMIT ?",
        (*scope, *before, status, limit),
        Export,
    )


def under_way(store: Store, scope: Scope) -> bool:
    """Whether a task is pending or running."""
    sql = "SELECT 1 FROM logs_exports WHERE account = ? AND region = ? AND status IN ('PENDING', 'RUNNING') LIMIT 1"
    return store.one(sql, scope) is not None


def set_export(store: Store, export_id: str, status: str, message: str, completed: int | None = None) -> bool:
    """Say how far a task is that was not cancelled; whether there is one."""
    return bool(
        store.run(
            "UPDATE logs_exports SET status = ?, message = ?, completed = ?"
            " WHERE id = ? AND status IN ('PENDING', 'RUNNING')",
            (status, message, completed, export_id),
        )
    )
