"""Rules of buses and their targets."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.events.records.named import TOPIC
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Rule(NamedTuple):
    """One rule of a bus; `data` has AWS's member names."""

    scope: Scope
    bus: str
    name: str
    data: dict[str, Any]

    @property
    def key(self) -> str:
        """What tells it from all other rules of its account and region."""
        return f"{self.bus}/{self.name}"


_PLACE = "account = ? AND region = ? AND bus = ?"


def _rule(row: tuple[Any, ...]) -> Rule:
    return Rule(Scope(row[0], row[1]), row[2], row[3], orjson.loads(row[4]))


def find(store: Store, scope: Scope, bus: str, name: str) -> Rule | None:
    """The rule of this name, None when there is none."""
    sql = f"SELECT account, region, bus, name, data FROM events_rules WHERE {_PLACE} AND name = ?"
    row = store.one(sql, (*scope, bus, name))
    return row and _rule(row)


def of_bus(store: Store, scope: Scope, bus: str) -> list[Rule]:
    """All rules of a bus, by name."""
    sql = f"SELECT account, region, bus, name, data FROM events_rules WHERE {_PLACE} ORDER BY name"
    return [_rule(row) for row in store.all(sql, (*scope, bus))]


def count(store: Store, scope: Scope, bus: str) -> int:
    """How many rules a bus has."""
    found: int = store.one(f"SELECT count(*) FROM events_rules WHERE {_PLACE}", (*scope, bus))[0]
    return found


def put(store: Store, rule: Rule) -> None:
    """Make a rule, or put it as it is now in the place of what was."""
    sql = "INSERT OR REPLACE INTO events_rules (account, region, bus, name, data) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (*rule.scope, rule.bus, rule.name, orjson.dumps(rule.data)))
    store.changed(TOPIC)


def remove(store: Store, rule: Rule) -> None:
    """Forget a rule; it has no targets any more."""
    store.run(f"DELETE FROM events_rules WHERE {_PLACE} AND name = ?", (*rule.scope, rule.bus, rule.name))
    store.changed(TOPIC)


# ---- Targets ---------------------------------------------------------------------------------------------------------


def targets(store: Store, rule: Rule) -> list[dict[str, Any]]:
    """The targets of a rule as they were put, by id."""
    sql = f"SELECT data FROM events_targets WHERE {_PLACE} AND rule = ? ORDER BY id"
    return [orjson.loads(data) for (data,) in store.all(sql, (*rule.scope, rule.bus, rule.name))]


def put_target(store: Store, rule: Rule, target: dict[str, Any]) -> None:
    """Add a target, or put it in the place of the one of this id."""
    store.run(
        "INSERT OR REPLACE INTO events_targets (account, region, bus, rule, id, arn, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*rule.scope, rule.bus, rule.name, target["Id"], target["Arn"], orjson.dumps(target)),
    )
    store.changed(TOPIC)


def remove_target(store: Store, rule: Rule, id: str) -> bool:
    """Take a target away; whether it was there."""
    sql = f"DELETE FROM events_targets WHERE {_PLACE} AND rule = ? AND id = ?"
    store.changed(TOPIC)
    return bool(store.run(sql, (*rule.scope, rule.bus, rule.name, id)))


def names_with_target(store: Store, scope: Scope, bus: str, arn: str) -> list[str]:
    """The names of the rules of a bus that have a target of this ARN."""
    sql = f"SELECT DISTINCT rule FROM events_targets WHERE {_PLACE} AND arn = ? ORDER BY rule"
    return [name for (name,) in store.all(sql, (*scope, bus, arn))]
