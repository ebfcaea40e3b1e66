"""Secrets: name, suffix of the ARN, policy, and what DescribeSecret tells."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

TOPIC = "secretsmanager"


class Secret(NamedTuple):
    """One secret. `deleted` is when it goes for good; `data` has AWS's member names."""

    scope: Scope
    name: str
    suffix: str
    deleted: float | None
    policy: str | None
    data: dict[str, Any]

    @property
    def arn(self) -> str:
        """The ARN, with the six characters that no other secret of this name had."""
        return arns.make("secretsmanager", self.scope, f"secret:{self.name}-{self.suffix}")


_COLUMNS = "account, region, name, suffix, deleted, policy, data"


def _secret(row: tuple[Any, ...]) -> Secret:
    return Secret(Scope(row[0], row[1]), row[2], row[3], row[4], row[5], orjson.loads(row[6]))


def find(store: Store, scope: Scope, name: str) -> Secret | None:
    """The secret of this name, None when there is none; one that waits for its deletion is still there."""
    sql = f"SELECT {_COLUMNS} FROM secretsmanager_secrets WHERE account = ? AND region = ? AND name = ?"
    row = store.one(sql, (*scope, name))
    return row and _secret(row)


def every(store: Store, scope: Scope) -> list[Secret]:
    """All secrets of an account in a region, by name."""
    sql = f"SELECT {_COLUMNS} FROM secretsmanager_secrets WHERE account = ? AND region = ? ORDER BY name"
    return [_secret(row) for row in store.all(sql, (*scope,))]


def counts(store: Store) -> list[tuple[Scope, int]]:
    """How many secrets each account has in each region."""
    sql = "SELECT account, region, count(*) FROM secretsmanager_secrets GROUP BY account, region"
    return [(Scope(account, region), count) for account, region, count in store.all(sql)]


def with_policy_on(store: Store, account: str) -> list[Secret]:
    """All secrets whose policies may name a principal of this account."""
    sql = f"SELECT {_COLUMNS} FROM secretsmanager_secrets WHERE policy LIKE ?"
    return [_secret(row) for row in store.all(sql, (f"%{account}%",))]


def put(store: Store, secret: Secret) -> None:
    """Make a secret, or put it as it is now in the place of what was."""
    store.run(
        f"INSERT OR REPLACE INTO secretsmanager_secrets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*secret.scope, *secret[1:5], orjson.dumps(secret.data)),
    )
    store.changed(TOPIC)


def accessed(store: Store, secret: Secret, day: float) -> None:
    """Note the day of the last access; nothing that decides about calls changes by it."""
    store.run(
        "UPDATE secretsmanager_secrets SET data = ? WHERE account = ? AND region = ? AND name = ?",
        (orjson.dumps({**secret.data, "LastAccessedDate": day}), *secret.scope, secret.name),
    )


def remove(store: Store, secret: Secret) -> None:
    """Forget a secret with all its versions and its rotation."""
    place = (*secret.scope, secret.name)
    for table in ("secrets", "versions", "rotations"):
        store.run(f"DELETE FROM secretsmanager_{table} WHERE account = ? AND region = ? AND name = ?", place)
    store.changed(TOPIC)
