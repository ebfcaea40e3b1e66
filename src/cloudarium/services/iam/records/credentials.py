"""Access keys, passwords, and what an account has of its own: its alias and its password policy."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

_KEY = "id, account, user, secret, status, created"


class AccessKey(NamedTuple):
    """A user's long-term access key; the secret stays in clear, as signatures are checked with it."""

    id: str
    account: str
    user: str
    secret: str
    status: str
    created: float


class LoginProfile(NamedTuple):
    """A user's password, hashed, and the hashes of those before it, the latest first."""

    account: str
    user: str
    password: str
    previous: list[str]
    reset_required: bool
    created: float


def access_key(store: Store, key: str) -> AccessKey | None:
    """The access key with this id."""
    return store.one(f"SELECT {_KEY} FROM iam_access_keys WHERE id = ?", (key,), AccessKey)


def access_keys(store: Store, account: str, user: str) -> list[AccessKey]:
    """A user's access keys, the oldest first."""
    sql = f"SELECT {_KEY} FROM iam_access_keys WHERE account = ? AND user = ? ORDER BY created, id"
    return store.all(sql, (account, user), AccessKey)


def put_access_key(store: Store, key: AccessKey) -> None:
    """Keep an access key, new or with a new status."""
    store.run("INSERT OR REPLACE INTO iam_access_keys VALUES (?, ?, ?, ?, ?, ?)", key)
    store.changed("identity")


def remove_access_key(store: Store, key: AccessKey) -> None:
    """Forget an access key."""
    store.run("DELETE FROM iam_access_keys WHERE id = ?", (key.id,))
    store.changed("identity")


def login_profile(store: Store, account: str, user: str) -> LoginProfile | None:
    """A user's password."""
    sql = (
        "SELECT account, user, password, previous, reset_required, created FROM iam_login_profiles"
        " WHERE account = ? AND user = ?"
    )
    row = store.one(sql, (account, user))
    if row is None:
        return None
    _, _, password, previous, reset_required, created = row
    return LoginProfile(account, user, password, orjson.loads(previous), bool(reset_required), created)


def put_login_profile(store: Store, profile: LoginProfile) -> None:
    """Keep a password in place of the one before."""
    row = (*profile[:3], orjson.dumps(profile.previous).decode(), profile.reset_required, profile.created)
    store.run("INSERT OR REPLACE INTO iam_login_profiles VALUES (?, ?, ?, ?, ?, ?)", row)


def remove_login_profile(store: Store, account: str, user: str) -> bool:
    """Forget a password; whether there was one."""
    return bool(store.run("DELETE FROM iam_login_profiles WHERE account = ? AND user = ?", (account, user)))


# ---- the account itself ---------------------------------------------------------------------------------------------


def alias(store: Store, account: str) -> str | None:
    """An account's alias."""
    row = store.one("SELECT alias FROM iam_accounts WHERE account = ?", (account,))
    return row[0] if row else None


def alias_owner(store: Store, name: str) -> str | None:
    """The account that has this alias."""
    row = store.one("SELECT account FROM iam_accounts WHERE alias = ?", (name,))
    return row[0] if row else None


def set_alias(store: Store, account: str, name: str | None) -> None:
    """Give an account an alias, or take it away."""
    store.run(
        "INSERT INTO iam_accounts (account, alias) VALUES (?, ?)"
        " ON CONFLICT (account) DO UPDATE SET alias = excluded.alias",
        (account, name),
    )


def password_policy(store: Store, account: str) -> dict[str, Any] | None:
    """An account's own password policy; None: AWS's default holds."""
    row = store.one("SELECT password_policy FROM iam_accounts WHERE account = ?", (account,))
    return orjson.loads(row[0]) if row and row[0] else None


def set_password_policy(store: Store, account: str, policy: dict[str, Any] | None) -> None:
    """Give an account a password policy of its own, or take it away."""
    text = None if policy is None else orjson.dumps(policy).decode()
    store.run(
        "INSERT INTO iam_accounts (account, password_policy) VALUES (?, ?)"
        " ON CONFLICT (account) DO UPDATE SET password_policy = excluded.password_policy",
        (account, text),
    )
