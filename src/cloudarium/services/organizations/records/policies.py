"""Policies, where they are attached, and which types of them are in force."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.organizations.records.members import changed
from cloudarium.services.organizations.rules import MANAGED, TYPES
from cloudarium.store import Store


class Policy(NamedTuple):
    """A policy of an organisation; one of AWS's own has no organisation."""

    id: str
    organization: str
    type: str
    name: str
    description: str
    content: str

    @property
    def managed(self) -> bool:
        """Whether it is AWS's own."""
        return not self.organization


_POLICY = "id, organization, type, name, description, content"
_OWN = {
    id: Policy(id, "", type, TYPES[type].default, TYPES[type].description, TYPES[type].content)
    for id, type in MANAGED.items()
}


def find(store: Store, organization: str, id: str) -> Policy | None:
    """The policy with this id, the organisation's or AWS's."""
    if id in _OWN:
        return _OWN[id]
    sql = f"SELECT {_POLICY} FROM organizations_policies WHERE organization = ? AND id = ?"
    return store.one(sql, (organization, id), Policy)


def of_type(store: Store, organization: str, type: str) -> list[Policy]:
    """AWS's own policies of a type and the organisation's, by id."""
    sql = f"SELECT {_POLICY} FROM organizations_policies WHERE organization = ? AND type = ? ORDER BY id"
    found = store.all(sql, (organization, type), Policy)
    return sorted([*found, *(one for one in _OWN.values() if one.type == type)])


def add(store: Store, policy: Policy) -> None:
    """Keep a new policy."""
    store.run("INSERT INTO organizations_policies VALUES (?, ?, ?, ?, ?, ?)", policy)


def change(store: Store, policy: Policy) -> None:
    """Keep a policy's new name, description and content."""
    row = (policy.name, policy.description, policy.content, policy.id)
    store.run("UPDATE organizations_policies SET name = ?, description = ?, content = ? WHERE id = ?", row)
    changed(store)


def remove(store: Store, policy: Policy) -> None:
    """Forget a policy."""
    store.run("DELETE FROM organizations_policies WHERE id = ?", (policy.id,))


# ---- attachments ----------------------------------------------------------------------------------------------------


def attached(store: Store, organization: str, target: str, type: str) -> list[str]:
    """The ids of the policies of a type that are attached to a target."""
    sql = "SELECT policy FROM organizations_attachments WHERE organization = ? AND target = ? AND type = ?"
    return [id for (id,) in store.all(f"{sql} ORDER BY policy", (organization, target, type))]


def targets(store: Store, organization: str, policy: str) -> list[str]:
    """What a policy is attached to, by id."""
    sql = "SELECT target FROM organizations_attachments WHERE organization = ? AND policy = ? ORDER BY target"
    return [id for (id,) in store.all(sql, (organization, policy))]


def attach(store: Store, organization: str, target: str, policy: str, type: str) -> None:
    """Attach a policy to a target."""
    store.run("INSERT INTO organizations_attachments VALUES (?, ?, ?, ?)", (organization, target, policy, type))
    changed(store)


def detach(store: Store, organization: str, target: str, policy: str) -> None:
    """Take a policy from a target."""
    sql = "DELETE FROM organizations_attachments WHERE organization = ? AND target = ? AND policy = ?"
    store.run(sql, (organization, target, policy))
    changed(store)


def attach_defaults(store: Store, organization: str, target: str) -> None:
    """Attach to a new target what AWS attaches there: its own policy of each type in force."""
    for type in enabled(store, organization):
        attach(store, organization, target, f"p-{TYPES[type].default}", type)


# ---- types ----------------------------------------------------------------------------------------------------------


def enabled(store: Store, organization: str) -> list[str]:
    """The types of policies that are in force."""
    sql = "SELECT type FROM organizations_policy_types WHERE organization = ? ORDER BY type"
    return [type for (type,) in store.all(sql, (organization,))]


def enable(store: Store, organization: str, type: str, everything: list[str]) -> None:
    """Put a type in force: AWS's own policy is attached to the root, all units and all accounts."""
    store.run("INSERT INTO organizations_policy_types VALUES (?, ?)", (organization, type))
    for target in everything:
        attach(store, organization, target, f"p-{TYPES[type].default}", type)


def disable(store: Store, organization: str, type: str) -> None:
    """Put a type out of force: what was attached of it is forgotten."""
    store.run("DELETE FROM organizations_policy_types WHERE organization = ? AND type = ?", (organization, type))
    store.run("DELETE FROM organizations_attachments WHERE organization = ? AND type = ?", (organization, type))
    changed(store)
