"""Organisations, their accounts and organizational units."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.store import Store


class Organization(NamedTuple):
    """An organisation; its root is the top of the tree."""

    id: str
    root: str
    management: str
    email: str
    features: str


class Account(NamedTuple):
    """A member of an organisation, by the root or unit it is in."""

    id: str
    organization: str
    parent: str
    name: str
    email: str
    state: str
    method: str
    joined: float


class Unit(NamedTuple):
    """An organizational unit."""

    id: str
    organization: str
    parent: str
    name: str


_ORGANIZATION = "id, root, management, email, features"
_ACCOUNT = "id, organization, parent, name, email, state, method, joined"
_UNIT = "id, organization, parent, name"


def changed(store: Store) -> None:
    """Say that who may do what has changed: every principal's policies are looked up anew."""
    store.changed("organizations")
    store.changed("identity")


# ---- organisations --------------------------------------------------------------------------------------------------


def organization(store: Store, id: str) -> Organization | None:
    """The organisation with this id."""
    return store.one(f"SELECT {_ORGANIZATION} FROM organizations_organizations WHERE id = ?", (id,), Organization)


def organization_of(store: Store, account: str) -> Organization | None:
    """The organisation that an account is in."""
    member = find_account(store, account)
    return organization(store, member.organization) if member is not None else None


def add_organization(store: Store, found: Organization) -> None:
    """Keep a new organisation."""
    store.run("INSERT INTO organizations_organizations VALUES (?, ?, ?, ?, ?)", found)
    changed(store)


def remove_organization(store: Store, id: str) -> None:
    """Forget an organisation with all that it has."""
    for table in ("accounts", "units", "policies", "attachments", "policy_types", "requests", "handshakes"):
        store.run(f"DELETE FROM organizations_{table} WHERE organization = ?", (id,))
    store.run("DELETE FROM organizations_organizations WHERE id = ?", (id,))
    changed(store)


# ---- accounts -------------------------------------------------------------------------------------------------------


def find_account(store: Store, id: str) -> Account | None:
    """The member with this account id, of whichever organisation."""
    return store.one(f"SELECT {_ACCOUNT} FROM organizations_accounts WHERE id = ?", (id,), Account)


def accounts(store: Store, organization: str, parent: str | None = None) -> list[Account]:
    """All members, or those directly in a root or unit, by id."""
    sql = f"SELECT {_ACCOUNT} FROM organizations_accounts WHERE organization = ?"
    if parent is None:
        return store.all(f"{sql} ORDER BY id", (organization,), Account)
    return store.all(f"{sql} AND parent = ? ORDER BY id", (organization, parent), Account)


def email_taken(store: Store, email: str) -> bool:
    """Whether some account has this address."""
    sql = "SELECT 1 FROM organizations_accounts WHERE email = ? COLLATE NOCASE"
    return store.one(sql, (email,)) is not None


def add_account(store: Store, account: Account) -> None:
    """Keep a new member."""
    store.run("INSERT INTO organizations_accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", account)
    changed(store)


def change_account(store: Store, account: Account) -> None:
    """Keep where an account now is, and its state."""
    row = (account.parent, account.state, account.id)
    store.run("UPDATE organizations_accounts SET parent = ?, state = ? WHERE id = ?", row)
    changed(store)


def remove_account(store: Store, account: Account) -> None:
    """Forget a member and what was attached to it."""
    store.run("DELETE FROM organizations_accounts WHERE id = ?", (account.id,))
    _drop_attachments(store, account.organization, account.id)


def _drop_attachments(store: Store, organization: str, target: str) -> None:
    sql = "DELETE FROM organizations_attachments WHERE organization = ? AND target = ?"
    store.run(sql, (organization, target))
    changed(store)


# ---- units ----------------------------------------------------------------------------------------------------------


def find_unit(store: Store, organization: str, id: str) -> Unit | None:
    """The unit with this id in an organisation."""
    sql = f"SELECT {_UNIT} FROM organizations_units WHERE organization = ? AND id = ?"
    return store.one(sql, (organization, id), Unit)


def units(store: Store, organization: str, parent: str | None = None) -> list[Unit]:
    """All units, or those directly in a root or unit, by id."""
    sql = f"SELECT {_UNIT} FROM organizations_units WHERE organization = ?"
    if parent is None:
        return store.all(f"{sql} ORDER BY id", (organization,), Unit)
    return store.all(f"{sql} AND parent = ? ORDER BY id", (organization, parent), Unit)


def add_unit(store: Store, unit: Unit) -> None:
    """Keep a new unit."""
    store.run("INSERT INTO organizations_units VALUES (?, ?, ?, ?)", unit)


def rename_unit(store: Store, id: str, name: str) -> None:
    """Keep a unit's new name."""
    store.run("UPDATE organizations_units SET name = ? WHERE id = ?", (name, id))


def remove_unit(store: Store, unit: Unit) -> None:
    """Forget a unit and what was attached to it."""
    store.run("DELETE FROM organizations_units WHERE id = ?", (unit.id,))
    _drop_attachments(store, unit.organization, unit.id)


def ancestors(store: Store, organization: str, parent: str) -> list[str]:
    """The ids from the root down to `parent`, a root or a unit."""
    line = [parent]
    while (unit := find_unit(store, organization, line[-1])) is not None:
        line.append(unit.parent)
    return line[::-1]
