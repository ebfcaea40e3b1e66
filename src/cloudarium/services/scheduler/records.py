"""What Scheduler keeps: groups and their schedules."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Group(NamedTuple):
    """One group; every account has the default one."""

    scope: Scope
    name: str
    data: dict[str, Any]


class Schedule(NamedTuple):
    """One schedule; `data` has AWS's member names."""

    scope: Scope
    group: str
    name: str
    data: dict[str, Any]

    @property
    def key(self) -> str:
        """What tells it from all other schedules of its account and region."""
        return f"{self.group}/{self.name}"


_PLACE = "account = ? AND region = ?"


def find_group(store: Store, scope: Scope, name: str) -> Group | None:
    """The group of this name, None when there is none."""
    row = store.one(f"SELECT name, data FROM scheduler_groups WHERE {_PLACE} AND name = ?", (*scope, name))
    return row and Group(scope, row[0], orjson.loads(row[1]))


def groups(store: Store, scope: Scope) -> list[Group]:
    """All groups that were made, by name."""
    rows = store.all(f"SELECT name, data FROM scheduler_groups WHERE {_PLACE} ORDER BY name", (*scope,))
    return [Group(scope, name, orjson.loads(data)) for name, data in rows]


def put_group(store: Store, group: Group) -> None:
    """Make a group, or put it as it is now in the place of what was."""
    sql = "INSERT OR REPLACE INTO scheduler_groups (account, region, name, data) VALUES (?, ?, ?, ?)"
    store.run(sql, (*group.scope, group.name, orjson.dumps(group.data)))


def remove_group(store: Store, group: Group) -> None:
    """Forget a group; it has no schedules any more."""
    store.run(f"DELETE FROM scheduler_groups WHERE {_PLACE} AND name = ?", (*group.scope, group.name))


def find(store: Store, scope: Scope, group: str, name: str) -> Schedule | None:
    """The schedule of this name in a group, None when there is none."""
    sql = f"SELECT data FROM scheduler_schedules WHERE {_PLACE} AND group_name = ? AND name = ?"
    row = store.one(sql, (*scope, group, name))
    return row and Schedule(scope, group, name, orjson.loads(row[0]))


def after(store: Store, scope: Scope, group: str | None, place: tuple[str, str], limit: int) -> list[Schedule]:
    """Up to `limit` schedules, of one group or of all, behind a place (group and name), in that order."""
    sql = f"SELECT group_name, name, data FROM scheduler_schedules WHERE {_PLACE} AND (group_name, name) > (?, ?)"
    params: list[Any] = [*scope, *place]
    if group is not None:
        sql += " AND group_name = ?"
        params.append(group)
    rows = store.all(f"{sql} ORDER BY group_name, name LIMIT ?", (*params, limit))
    return [Schedule(scope, row[0], row[1], orjson.loads(row[2])) for row in rows]


def put(store: Store, schedule: Schedule) -> None:
    """Make a schedule, or put it as it is now in the place of what was."""
    sql = "INSERT OR REPLACE INTO scheduler_schedules (account, region, group_name, name, data) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (*schedule.scope, schedule.group, schedule.name, orjson.dumps(schedule.data)))


def remove(store: Store, schedule: Schedule) -> None:
    """Forget a schedule."""
    sql = f"DELETE FROM scheduler_schedules WHERE {_PLACE} AND group_name = ? AND name = ?"
    store.run(sql, (*schedule.scope, schedule.group, schedule.name))
