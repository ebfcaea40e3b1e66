"""Rules of buses and their targets: those that were put, and those that EventBridge keeps for archives."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.services.events.records import managed
from cloudarium.services.events.records.managed import Rule
from cloudarium.services.events.records.named import TOPIC, Named
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_PLACE = "account = ? AND region = ? AND bus = ?"


def _rule(row: tuple[Any, ...]) -> Rule:
    return Rule(Scope(row[0], row[1]), row[2], row[3], orjson.loads(row[4]))


def find(store: Store, scope: Scope, bus: str, name: str) -> Rule | None:
    """The rule of this name, None when there is none."""
    sql = f"SELECT account, region, bus, name, data FROM events_rules WHERE {_PLACE} AND name = ?"
    row = store.one(sql, (*scope, bus, name))
    if row is not None:
        return _rule(row)
    archive = managed.archive_of(store, scope, bus, name)
    return managed.rule(archive) if archive is not None else None


def of_bus(store: Store, scope: Scope, bus: str) -> list[Rule]:
    """All rules of a bus, by name."""
    sql = f"SELECT account, region, bus, name, data FROM events_rules WHERE {_PLACE} ORDER BY name"
    found = [_rule(row) for row in store.all(sql, (*scope, bus))]
    own = managed.of_bus(store, scope, bus)
    return sorted([*found, *own], key=lambda rule: rule.name) if own else found


def count(store: Store, scope: Scope, bus: str) -> int:
    """How many rules a bus has."""
    found: int = store.one(f"SELECT count(*) FROM events_rules WHERE {_PLACE}", (*scope, bus))[0]
    return found + len(managed.of_bus(store, scope, bus))


def put(store: Store, rule: Rule) -> None:
    """Make a rule, or put it as it is now in the place of what was."""
    sql = "INSERT OR REPLACE INTO events_rules (account, region, bus, name, data) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (*rule.scope, rule.bus, rule.name, orjson.dumps(rule.data)))
    store.changed(TOPIC)


def remove(store: Store, rule: Rule) -> None:
    """Forget a rule; it has no targets any more."""
    if rule.managed:
        managed.take_away(store, _archive(store, rule), managed.RULE)
        return
    store.run(f"DELETE FROM events_rules WHERE {_PLACE} AND name = ?", (*rule.scope, rule.bus, rule.name))
    store.changed(TOPIC)


# ---- Targets ---------------------------------------------------------------------------------------------------------


def targets(store: Store, rule: Rule) -> list[dict[str, Any]]:
    """The targets of a rule as they were put, by id."""
    if rule.managed:
        return managed.targets(_archive(store, rule))
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
    """Take a target away; whether it was there. EventBridge's own rules never miss one."""
    if rule.managed:
        archive = _archive(store, rule)
        if any(target["Id"] == id for target in managed.targets(archive)):
            managed.take_away(store, archive, managed.TARGET)
        return True
    sql = f"DELETE FROM events_targets WHERE {_PLACE} AND rule = ? AND id = ?"
    store.changed(TOPIC)
    return bool(store.run(sql, (*rule.scope, rule.bus, rule.name, id)))


def names_with_target(store: Store, scope: Scope, bus: str, arn: str) -> list[str]:
    """The names of the rules of a bus that have a target of this ARN."""
    sql = f"SELECT DISTINCT rule FROM events_targets WHERE {_PLACE} AND arn = ? ORDER BY rule"
    found = [name for (name,) in store.all(sql, (*scope, bus, arn))]
    if arn == managed.target_arn(scope):
        found = sorted([*found, *(rule.name for rule in managed.of_bus(store, scope, bus) if targets(store, rule))])
    return found


def _archive(store: Store, rule: Rule) -> Named:
    found = managed.archive_of(store, rule.scope, rule.bus, rule.name)
    assert found is not None
    return found
