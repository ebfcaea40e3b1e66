"""Managed policies with their versions, what they are attached to, and inline policies."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.iam.records.entities import Entity
from cloudarium.store import Store

_COLUMNS = "arn, account, name, path, id, description, created, updated, default_version, last_version"


class Policy(NamedTuple):
    """A managed policy; `last_version` numbers the newest version ever made."""

    arn: str
    account: str
    name: str
    path: str
    id: str
    description: str | None
    created: float
    updated: float
    default_version: int
    last_version: int


class Version(NamedTuple):
    """One version of a managed policy."""

    arn: str
    version: int
    document: str
    created: float


class Inline(NamedTuple):
    """An inline policy."""

    policy: str
    document: str


# ---- managed policies -----------------------------------------------------------------------------------------------


def find(store: Store, arn: str) -> Policy | None:
    """A customer's managed policy by its ARN."""
    return store.one(f"SELECT {_COLUMNS} FROM iam_policies WHERE arn = ?", (arn,), Policy)


def taken(store: Store, account: str, name: str) -> bool:
    """Whether the account has a policy of that name, in any case of its letters."""
    sql = "SELECT 1 FROM iam_policies WHERE account = ? AND name = ? COLLATE NOCASE"
    return store.one(sql, (account, name)) is not None


def every(store: Store, account: str) -> list[Policy]:
    """All policies of an account, by name."""
    return store.all(f"SELECT {_COLUMNS} FROM iam_policies WHERE account = ? ORDER BY name", (account,), Policy)


def add(store: Store, policy: Policy, document: str) -> None:
    """Keep a new policy with its first version."""
    store.run("INSERT INTO iam_policies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", policy)
    store.run("INSERT INTO iam_policy_versions VALUES (?, 1, ?, ?)", (policy.arn, document, policy.created))
    store.changed("identity")


def change(store: Store, policy: Policy) -> None:
    """Keep a policy's new default, newest version and time of change."""
    store.run(
        "UPDATE iam_policies SET updated = ?, default_version = ?, last_version = ? WHERE arn = ?",
        (policy.updated, policy.default_version, policy.last_version, policy.arn),
    )
    store.changed("identity")


def remove(store: Store, policy: Policy) -> None:
    """Forget a policy and its versions."""
    store.run("DELETE FROM iam_policy_versions WHERE arn = ?", (policy.arn,))
    store.run("DELETE FROM iam_policies WHERE arn = ?", (policy.arn,))
    store.tags.drop(policy.arn)
    store.changed("identity")


def versions(store: Store, arn: str) -> list[Version]:
    """All versions of a policy, the newest first."""
    sql = "SELECT arn, version, document, created FROM iam_policy_versions WHERE arn = ? ORDER BY version DESC"
    return store.all(sql, (arn,), Version)


def version(store: Store, arn: str, number: int) -> Version | None:
    """One version of a policy."""
    sql = "SELECT arn, version, document, created FROM iam_policy_versions WHERE arn = ? AND version = ?"
    return store.one(sql, (arn, number), Version)


def add_version(store: Store, version: Version) -> None:
    """Keep a new version."""
    store.run("INSERT INTO iam_policy_versions VALUES (?, ?, ?, ?)", version)


def remove_version(store: Store, arn: str, number: int) -> None:
    """Forget a version."""
    store.run("DELETE FROM iam_policy_versions WHERE arn = ? AND version = ?", (arn, number))


# ---- attachments ----------------------------------------------------------------------------------------------------


def attach(store: Store, entity: Entity, arn: str) -> None:
    """Attach a policy; again is no error."""
    sql = "INSERT OR IGNORE INTO iam_attachments VALUES (?, ?, ?, ?)"
    store.run(sql, (entity.account, entity.kind, entity.name, arn))
    store.changed("identity")


def detach(store: Store, entity: Entity, arn: str) -> bool:
    """Detach a policy; whether it was attached."""
    sql = "DELETE FROM iam_attachments WHERE account = ? AND kind = ? AND name = ? AND arn = ?"
    changed = store.run(sql, (entity.account, entity.kind, entity.name, arn))
    store.changed("identity")
    return bool(changed)


def attached(store: Store, account: str, kind: str, name: str) -> list[str]:
    """The ARNs of an entity's attached policies, by name."""
    sql = "SELECT arn FROM iam_attachments WHERE account = ? AND kind = ? AND name = ?"
    return sorted((arn for (arn,) in store.all(sql, (account, kind, name))), key=lambda arn: arn.rsplit("/", 1)[-1])


def users_of(store: Store, account: str, arn: str) -> list[tuple[str, str]]:
    """(kind, name) of all entities of an account that a policy is attached to."""
    sql = "SELECT kind, name FROM iam_attachments WHERE account = ? AND arn = ? ORDER BY kind, name"
    return store.all(sql, (account, arn))


def bounded_by(store: Store, account: str, arn: str) -> list[tuple[str, str]]:
    """(kind, name) of all entities of an account whose permissions boundary a policy is."""
    sql = "SELECT kind, name FROM iam_entities WHERE account = ? AND boundary = ? ORDER BY kind, name"
    return store.all(sql, (account, arn))


def counts(store: Store, account: str) -> tuple[dict[str, int], dict[str, int]]:
    """(attachments, uses as a boundary) by policy ARN."""
    attachments = "SELECT arn, count(*) FROM iam_attachments WHERE account = ? GROUP BY arn"
    boundaries = "SELECT boundary, count(*) FROM iam_entities WHERE account = ? AND boundary <> '' GROUP BY boundary"
    return dict(store.all(attachments, (account,))), dict(store.all(boundaries, (account,)))


# ---- inline policies ------------------------------------------------------------------------------------------------


def inline(store: Store, account: str, kind: str, name: str) -> list[Inline]:
    """An entity's inline policies, by name."""
    sql = "SELECT policy, document FROM iam_inline_policies WHERE account = ? AND kind = ? AND name = ? ORDER BY policy"
    return store.all(sql, (account, kind, name), Inline)


def put_inline(store: Store, entity: Entity, policy: Inline) -> None:
    """Keep an inline policy in place of one of the same name."""
    sql = "INSERT OR REPLACE INTO iam_inline_policies VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (entity.account, entity.kind, entity.name, *policy))
    store.changed("identity")


def remove_inline(store: Store, entity: Entity, policy: str) -> bool:
    """Forget an inline policy; whether there was one."""
    sql = "DELETE FROM iam_inline_policies WHERE account = ? AND kind = ? AND name = ? AND policy = ?"
    changed = store.run(sql, (entity.account, entity.kind, entity.name, policy))
    store.changed("identity")
    return bool(changed)
