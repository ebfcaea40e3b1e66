"""What X-Ray keeps beside traces: groups, sampling rules and what clients say of them, settings, resource policies."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICIES = "xray policies"  # the store's topic for all resource policies
_MOST_REPORTS = 1000  # clients of a rule


class Group(NamedTuple):
    """A group: traces that fit its filter expression."""

    name: str
    suffix: str
    filter: str
    insights: bool
    notifications: bool


class Rule(NamedTuple):
    """A sampling rule, its members as the API has them."""

    name: str
    rule: dict[str, Any]
    created: float
    modified: float


class Report(NamedTuple):
    """What a client said of a rule last."""

    rule: str
    client: str
    seen: float
    said: float
    requests: int
    sampled: int
    borrowed: int


class Policy(NamedTuple):
    """A resource policy."""

    name: str
    document: str
    revision: int
    updated: float


_OWN = "account = ? AND region = ?"

# ---- Groups ---------------------------------------------------------------------------------------------------------


def find_group(store: Store, scope: Scope, name: str) -> Group | None:
    """The group of that name."""
    sql = f"SELECT {', '.join(Group._fields)} FROM xray_groups WHERE {_OWN} AND name = ?"
    row = store.one(sql, (*scope, name))
    return row and Group._make((*row[:3], bool(row[3]), bool(row[4])))


def groups(store: Store, scope: Scope) -> list[Group]:
    """All groups by name."""
    sql = f"SELECT {', '.join(Group._fields)} FROM xray_groups WHERE {_OWN} ORDER BY name"
    return [Group._make((*row[:3], bool(row[3]), bool(row[4]))) for row in store.all(sql, scope)]


def put_group(store: Store, scope: Scope, group: Group) -> None:
    """Keep a group in place of the one of that name."""
    store.run("INSERT OR REPLACE INTO xray_groups VALUES (?, ?, ?, ?, ?, ?, ?)", (*scope, *group))


def remove_group(store: Store, scope: Scope, name: str) -> None:
    """Forget a group."""
    store.run(f"DELETE FROM xray_groups WHERE {_OWN} AND name = ?", (*scope, name))


# ---- Sampling -------------------------------------------------------------------------------------------------------


def find_rule(store: Store, scope: Scope, name: str) -> Rule | None:
    """The sampling rule of that name."""
    row = store.one(f"SELECT name, rule, created, modified FROM xray_rules WHERE {_OWN} AND name = ?", (*scope, name))
    return row and Rule(row[0], orjson.loads(row[1]), row[2], row[3])


def rules(store: Store, scope: Scope) -> list[Rule]:
    """All sampling rules by name."""
    rows = store.all(f"SELECT name, rule, created, modified FROM xray_rules WHERE {_OWN} ORDER BY name", scope)
    return [Rule(row[0], orjson.loads(row[1]), row[2], row[3]) for row in rows]


def put_rule(store: Store, scope: Scope, rule: Rule) -> None:
    """Keep a rule in place of the one of that name."""
    values = (*scope, rule.name, orjson.dumps(rule.rule), rule.created, rule.modified)
    store.run("INSERT OR REPLACE INTO xray_rules VALUES (?, ?, ?, ?, ?, ?)", values)


def remove_rule(store: Store, scope: Scope, name: str) -> None:
    """Forget a rule and what was said of it."""
    store.run(f"DELETE FROM xray_rules WHERE {_OWN} AND name = ?", (*scope, name))
    store.run(f"DELETE FROM xray_reports WHERE {_OWN} AND rule = ?", (*scope, name))


def put_report(store: Store, scope: Scope, report: Report) -> None:
    """Keep what a client says of a rule; who said nothing for longest is forgotten when there are too many."""
    store.run("INSERT OR REPLACE INTO xray_reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*scope, *report))
    kept = f"SELECT client FROM xray_reports WHERE {_OWN} AND rule = ? ORDER BY seen DESC LIMIT {_MOST_REPORTS}"
    sql = f"DELETE FROM xray_reports WHERE {_OWN} AND rule = ? AND client NOT IN ({kept})"
    store.run(sql, (*scope, report.rule, *scope, report.rule))


def reports(store: Store, scope: Scope, since: float) -> list[Report]:
    """What clients said since then, by rule and client."""
    sql = f"SELECT {', '.join(Report._fields)} FROM xray_reports WHERE {_OWN} AND seen >= ? ORDER BY rule, client"
    return store.all(sql, (*scope, since), Report)


# ---- Settings -------------------------------------------------------------------------------------------------------


def setting(store: Store, scope: Scope, name: str) -> Any:
    """A setting of the account in the region, None when it was never set."""
    row = store.one(f"SELECT value FROM xray_settings WHERE {_OWN} AND name = ?", (*scope, name))
    return row and orjson.loads(row[0])


def put_setting(store: Store, scope: Scope, name: str, value: Any) -> None:
    """Keep a setting."""
    store.run("INSERT OR REPLACE INTO xray_settings VALUES (?, ?, ?, ?)", (*scope, name, orjson.dumps(value)))


# ---- Resource policies ----------------------------------------------------------------------------------------------


def policies(store: Store, scope: Scope) -> list[Policy]:
    """All resource policies by name."""
    sql = f"SELECT {', '.join(Policy._fields)} FROM xray_policies WHERE {_OWN} ORDER BY name"
    return store.all(sql, scope, Policy)


def find_policy(store: Store, scope: Scope, name: str) -> Policy | None:
    """The resource policy of that name."""
    sql = f"SELECT {', '.join(Policy._fields)} FROM xray_policies WHERE {_OWN} AND name = ?"
    return store.one(sql, (*scope, name), Policy)


def put_policy(store: Store, scope: Scope, policy: Policy) -> None:
    """Keep a policy in place of the one of that name."""
    store.run("INSERT OR REPLACE INTO xray_policies VALUES (?, ?, ?, ?, ?, ?)", (*scope, *policy))
    store.changed(POLICIES)


def policies_on(store: Store, text: str) -> list[tuple[Scope, Policy]]:
    """Every policy in which a text occurs, and where it holds."""
    sql = f"SELECT account, region, {', '.join(Policy._fields)} FROM xray_policies WHERE instr(document, ?)"
    return [(Scope(row[0], row[1]), Policy(*row[2:])) for row in store.all(sql, (text,))]


def remove_policy(store: Store, scope: Scope, name: str) -> None:
    """Forget a policy."""
    store.run(f"DELETE FROM xray_policies WHERE {_OWN} AND name = ?", (*scope, name))
    store.changed(POLICIES)
