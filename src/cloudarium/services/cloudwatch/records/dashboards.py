"""Dashboards: a name and a body; an account's, in no region."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.store import Store


class Dashboard(NamedTuple):
    """A dashboard as it was last put."""

    account: str
    name: str
    modified: float
    body: str


_ALL = "account, name, modified, body"


def find(store: Store, account: str, name: str) -> Dashboard | None:
    """The dashboard of this name, None when there is none."""
    sql = f"SELECT {_ALL} FROM cloudwatch_dashboards WHERE account = ? AND name = ?"
    return store.one(sql, (account, name), Dashboard)


def listed(store: Store, account: str, prefix: str = "", after: str = "", limit: int = 1_000_000) -> list[Dashboard]:
    """An account's dashboards by name."""
    end = prefix + "\U0010ffff"
    sql = f"SELECT {_ALL} FROM cloudwatch_dashboards WHERE account = ? AND name >= ? AND name < ? AND name > ?"
    return store.all(f"{sql} ORDER BY name LIMIT ?", (account, prefix, end, after, limit), Dashboard)


def everywhere(store: Store, limit: int = 1000) -> list[Dashboard]:
    """The dashboards of all accounts."""
    return store.all(f"SELECT {_ALL} FROM cloudwatch_dashboards ORDER BY account, name LIMIT ?", (limit,), Dashboard)


def put(store: Store, dashboard: Dashboard) -> None:
    """Make a dashboard, or put it in the place of the one of this name."""
    store.run(f"INSERT OR REPLACE INTO cloudwatch_dashboards ({_ALL}) VALUES (?, ?, ?, ?)", dashboard)


def remove(store: Store, dashboard: Dashboard) -> None:
    """Delete a dashboard."""
    store.run("DELETE FROM cloudwatch_dashboards WHERE account = ? AND name = ?", dashboard[:2])
