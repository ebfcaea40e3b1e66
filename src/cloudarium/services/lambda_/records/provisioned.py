"""Provisioned concurrency of versions and aliases."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

IN_PROGRESS, READY, FAILED = "IN_PROGRESS", "READY", "FAILED"


class Provisioned(NamedTuple):
    """How many environments a version or alias (`qualifier`) shall have ready.

    `ready` is how many there were when `status` was set; how many there are now, the runtime knows.
    """

    account: str
    region: str
    name: str
    qualifier: str
    wanted: int
    ready: int
    status: str
    reason: str
    modified: float

    @property
    def scope(self) -> Scope:
        """Where its function lives."""
        return Scope(self.account, self.region)


_OF_FUNCTION = "SELECT * FROM lambda_provisioned WHERE account=? AND region=? AND name=?"


def find(store: Store, scope: Scope, name: str, qualifier: str) -> Provisioned | None:
    """What is provisioned for a version or alias."""
    return store.one(f"{_OF_FUNCTION} AND qualifier=?", (*scope, name, qualifier), Provisioned)


def of_function(store: Store, scope: Scope, name: str, after: str = "", limit: int = -1) -> list[Provisioned]:
    """All that is provisioned for a function, in order of qualifier."""
    sql = f"{_OF_FUNCTION} AND qualifier>? ORDER BY qualifier LIMIT ?"
    return store.all(sql, (*scope, name, after, limit), Provisioned)


def everywhere(store: Store) -> list[Provisioned]:
    """All that is provisioned in the cloud."""
    return store.all("SELECT * FROM lambda_provisioned", (), Provisioned)


def put(store: Store, scope: Scope, name: str, qualifier: str, wanted: int, now: float) -> None:
    """Wish for environments; they are on their way."""
    store.run(
        "INSERT OR REPLACE INTO lambda_provisioned VALUES (?, ?, ?, ?, ?, 0, ?, '', ?)",
        (*scope, name, qualifier, wanted, IN_PROGRESS, now),
    )


def set_status(store: Store, one: Provisioned, status: str, reason: str = "", ready: int = 0) -> None:
    """Say how far the wish has come; one that was changed meanwhile is left as it is."""
    store.run(
        "UPDATE lambda_provisioned SET status=?, reason=?, ready=?"
        " WHERE account=? AND region=? AND name=? AND qualifier=? AND wanted=? AND modified=?",
        (status, reason, ready, *one[:4], one.wanted, one.modified),
    )


def remove(store: Store, one: Provisioned) -> None:
    """Take a wish back."""
    store.run("DELETE FROM lambda_provisioned WHERE account=? AND region=? AND name=? AND qualifier=?", one[:4])


def not_reserved(store: Store, scope: Scope) -> int:
    """What is provisioned for functions without reserved concurrency: it is taken from the account's own."""
    sql = (
        "SELECT coalesce(sum(p.wanted), 0) FROM lambda_provisioned p JOIN lambda_functions f"
        " ON f.account=p.account AND f.region=p.region AND f.name=p.name"
        " WHERE p.account=? AND p.region=? AND f.reserved IS NULL"
    )
    return store.one(sql, scope)[0]
