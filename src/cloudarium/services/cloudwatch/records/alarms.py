"""Alarms: how they are set and how they stand, in AWS's own member names, and their history."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

TOPIC = "cloudwatch alarms"  # the store's topic for how alarms are set
KEPT = 30 * 86_400  # seconds that history is kept
Data = dict[str, Any]


class Alarm(NamedTuple):
    """A metric or composite alarm; `due` is when it will be looked at, if ever."""

    scope: Scope
    name: str
    kind: str
    due: float | None
    data: Data

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:cloudwatch:{self.scope.region}:{self.scope.account}:alarm:{self.name}"


class Item(NamedTuple):
    """One item of an alarm's history."""

    id: int
    alarm: str
    time: float
    kind: str
    data: Data


_ALARM = "account, region, name, kind, due, data"
_PLACE = "account = ? AND region = ?"


def _alarm(row: tuple[Any, ...]) -> Alarm:
    return Alarm(Scope(row[0], row[1]), row[2], row[3], row[4], orjson.loads(row[5]))


def find(store: Store, scope: Scope, name: str) -> Alarm | None:
    """The alarm of this name, None when there is none."""
    row = store.one(f"SELECT {_ALARM} FROM cloudwatch_alarms WHERE {_PLACE} AND name = ?", (*scope, name))
    return row and _alarm(row)


def everything(store: Store, scope: Scope, kind: str | None = None, prefix: str = "", after: str = "") -> list[Alarm]:
    """The alarms of an account and region by name: of a kind, with a prefix, beyond a name."""
    sql = f"SELECT {_ALARM} FROM cloudwatch_alarms WHERE {_PLACE} AND name >= ? AND name > ?"
    params: list[Any] = [*scope, prefix, after]
    if prefix:
        sql += " AND name < ?"
        params.append(prefix + "\U0010ffff")
    if kind is not None:
        sql += " AND kind = ?"
        params.append(kind)
    return [_alarm(row) for row in store.all(f"{sql} ORDER BY name", params)]


def count(store: Store, scope: Scope) -> int:
    """How many alarms an account has in a region."""
    found: int = store.one(f"SELECT count(*) FROM cloudwatch_alarms WHERE {_PLACE}", scope)[0]
    return found


def put(store: Store, alarm: Alarm, *, new_settings: bool) -> None:
    """Make an alarm, or put it in the place of what was; `new_settings` when more than its state is new."""
    store.run(
        f"INSERT OR REPLACE INTO cloudwatch_alarms ({_ALARM}) VALUES (?, ?, ?, ?, ?, ?)",
        (*alarm.scope, alarm.name, alarm.kind, alarm.due, orjson.dumps(alarm.data)),
    )
    if new_settings:
        store.changed(TOPIC)


def set_due(store: Store, scope: Scope, name: str, due: float | None) -> None:
    """Remember when an alarm will be looked at."""
    store.run(f"UPDATE cloudwatch_alarms SET due = ? WHERE {_PLACE} AND name = ?", (due, *scope, name))


def remove(store: Store, alarm: Alarm) -> None:
    """Delete an alarm; its history stays."""
    store.run(f"DELETE FROM cloudwatch_alarms WHERE {_PLACE} AND name = ?", (*alarm.scope, alarm.name))
    store.changed(TOPIC)


# ---- What is said of an alarm ----------------------------------------------------------------------------------------


def queries(data: Data) -> list[Data]:
    """The queries of a metric alarm; one on a single metric has one that is made of its settings."""
    if "Metrics" in data:
        found: list[Data] = data["Metrics"]
        return found
    metric = {name: data[name] for name in ("Namespace", "MetricName")}
    stat = {
        "Metric": {**metric, "Dimensions": data.get("Dimensions", [])},
        "Period": data["Period"],
        "Stat": data.get("Statistic") or data["ExtendedStatistic"],
    }
    if data.get("Unit"):
        stat["Unit"] = data["Unit"]
    return [{"Id": "m1", "MetricStat": stat, "ReturnData": True}]


def period(data: Data) -> int:
    """The period of a metric alarm: with several queries the longest."""
    if "Period" in data:
        found: int = data["Period"]
        return found
    return max((query.get("MetricStat", query).get("Period", 60) for query in data["Metrics"]), default=60)


# ---- History ---------------------------------------------------------------------------------------------------------


def remember(store: Store, alarm: Alarm, time: float, kind: str, data: Data) -> None:
    """Add an item to an alarm's history, and drop what is older than 30 days."""
    store.run(
        "INSERT INTO cloudwatch_history (account, region, alarm, time, kind, data) VALUES (?, ?, ?, ?, ?, ?)",
        (*alarm.scope, alarm.name, time, kind, orjson.dumps({**data, "AlarmType": alarm.kind})),
    )
    store.run(f"DELETE FROM cloudwatch_history WHERE {_PLACE} AND time < ?", (*alarm.scope, time - KEPT))


def history(
    store: Store,
    scope: Scope,
    *,
    alarm: str | None,
    kind: str | None,
    first: float,
    last: float,
    descending: bool,
    after: tuple[float, int] | None,
    limit: int,
) -> list[Item]:
    """Items of an account and region by time, beyond a place."""
    sql = f"SELECT id, alarm, time, kind, data FROM cloudwatch_history WHERE {_PLACE} AND time >= ? AND time <= ?"
    params: list[Any] = [*scope, first, last]
    if alarm is not None:
        sql += " AND alarm = ?"
        params.append(alarm)
    if kind is not None:
        sql += " AND kind = ?"
        params.append(kind)
    if after is not None:
        sql += f" AND (time, id) {'<' if descending else '>'} (?, ?)"
        params += after
    order = "time DESC, id DESC" if descending else "time, id"
    rows = store.all(f"{sql} ORDER BY {order} LIMIT ?", (*params, limit))
    return [Item._make((*row[:4], orjson.loads(row[4]))) for row in rows]
