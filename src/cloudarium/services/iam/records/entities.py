"""Users, groups, roles and instance profiles, and who is in which."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.store import Store

_COLUMNS = "account, kind, name, path, id, created, boundary, trust, description, max_session"
CHILD_TABLES = ("iam_attachments", "iam_inline_policies")


class Entity(NamedTuple):
    """A user, group, role or instance profile; what a kind does not have stays empty."""

    account: str
    kind: str
    name: str
    path: str
    id: str
    created: float
    boundary: str = ""
    trust: str = ""
    description: str | None = None
    max_session: int = 3600

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:iam::{self.account}:{self.kind}{self.path}{self.name}"


def find(store: Store, account: str, kind: str, name: str) -> Entity | None:
    """The entity of that name."""
    sql = f"SELECT {_COLUMNS} FROM iam_entities WHERE account = ? AND kind = ? AND name = ?"
    return store.one(sql, (account, kind, name), Entity)


def with_id(store: Store, id: str) -> Entity | None:
    """The entity with this unique id, in whatever account."""
    return store.one(f"SELECT {_COLUMNS} FROM iam_entities WHERE id = ?", (id,), Entity)


def trusting(store: Store, text: str) -> list[Entity]:
    """The roles, of all accounts, in whose trust policies a text occurs."""
    return store.all(f"SELECT {_COLUMNS} FROM iam_entities WHERE instr(trust, ?)", (text,), Entity)


def taken(store: Store, account: str, kind: str, name: str) -> bool:
    """Whether a name is in use, in any case of its letters."""
    sql = "SELECT 1 FROM iam_entities WHERE account = ? AND kind = ? AND name = ? COLLATE NOCASE"
    return store.one(sql, (account, kind, name)) is not None


def every(store: Store, account: str, kind: str, prefix: str = "/") -> list[Entity]:
    """All entities of a kind whose path starts with `prefix`, by name."""
    sql = f"SELECT {_COLUMNS} FROM iam_entities WHERE account = ? AND kind = ? ORDER BY name"
    return [one for one in store.all(sql, (account, kind), Entity) if one.path.startswith(prefix)]


def count(store: Store, account: str, kind: str) -> int:
    """How many entities of a kind the account has."""
    return store.one("SELECT count(*) FROM iam_entities WHERE account = ? AND kind = ?", (account, kind))[0]


def add(store: Store, entity: Entity) -> None:
    """Keep a new entity."""
    store.run("INSERT INTO iam_entities VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", entity)
    store.changed("identity")


def change(store: Store, old: Entity, new: Entity) -> None:
    """Keep an entity's new state, its new name included."""
    state = (new.name, new.path, new.boundary, new.trust, new.description, new.max_session)
    store.run(
        "UPDATE iam_entities SET name = ?, path = ?, boundary = ?, trust = ?, description = ?, max_session = ?"
        " WHERE account = ? AND kind = ? AND name = ?",
        (*state, old.account, old.kind, old.name),
    )
    if new.name != old.name:
        _rename(store, old, new.name)
    if new.arn != old.arn:
        kept = store.tags.of(old.arn)
        store.tags.drop(old.arn)
        store.tags.put(new.arn, kept)
    store.changed("identity")


def _rename(store: Store, old: Entity, name: str) -> None:
    where = (name, old.account, old.kind, old.name)
    for table in CHILD_TABLES:
        store.run(f"UPDATE {table} SET name = ? WHERE account = ? AND kind = ? AND name = ?", where)
    if old.kind == "group":
        sql = "UPDATE iam_members SET container = ? WHERE account = ? AND kind = 'group' AND container = ?"
        store.run(sql, (name, old.account, old.name))
        return
    store.run(
        "UPDATE iam_members SET member = ? WHERE account = ? AND kind = 'group' AND member = ?",
        (name, old.account, old.name),
    )
    for table in ("iam_access_keys", "iam_login_profiles"):
        store.run(f"UPDATE {table} SET user = ? WHERE account = ? AND user = ?", (name, old.account, old.name))


def remove(store: Store, entity: Entity) -> None:
    """Forget an entity that nothing depends on."""
    store.run(
        "DELETE FROM iam_entities WHERE account = ? AND kind = ? AND name = ?",
        (entity.account, entity.kind, entity.name),
    )
    store.tags.drop(entity.arn)
    store.changed("identity")


# ---- members: users of groups, roles of instance profiles -----------------------------------------------------------


def put_member(store: Store, container: Entity, member: str) -> None:
    """Put a user into a group or a role into an instance profile; again is no error."""
    sql = "INSERT OR IGNORE INTO iam_members VALUES (?, ?, ?, ?)"
    store.run(sql, (container.account, container.kind, container.name, member))
    store.changed("identity")


def take_member(store: Store, container: Entity, member: str) -> bool:
    """Take a member out; whether it was in."""
    sql = "DELETE FROM iam_members WHERE account = ? AND kind = ? AND container = ? AND member = ?"
    changed = store.run(sql, (container.account, container.kind, container.name, member))
    store.changed("identity")
    return bool(changed)


def members(store: Store, container: Entity) -> list[str]:
    """The names of a container's members."""
    sql = "SELECT member FROM iam_members WHERE account = ? AND kind = ? AND container = ? ORDER BY member"
    return [name for (name,) in store.all(sql, (container.account, container.kind, container.name))]


def containers(store: Store, account: str, kind: str, member: str) -> list[Entity]:
    """The groups of a user, or the instance profiles of a role."""
    columns = ", ".join(f"e.{column.strip()}" for column in _COLUMNS.split(","))
    sql = (
        f"SELECT {columns} FROM iam_members AS m JOIN iam_entities AS e"
        " ON e.account = m.account AND e.kind = m.kind AND e.name = m.container"
        " WHERE m.account = ? AND m.kind = ? AND m.member = ? ORDER BY e.name"
    )
    return store.all(sql, (account, kind, member), Entity)
