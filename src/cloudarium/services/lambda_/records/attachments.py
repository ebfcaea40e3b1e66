"""Network interfaces in VPCs."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class NetworkInterface(NamedTuple):
    """An interface that Lambda has in a VPC for all functions with this subnet and these (sorted) groups.

    `role` is the execution role in whose name it was made.
    """

    scope: Scope
    subnet: str
    groups: list[str]
    id: str
    address: str
    vpc: str
    role: str


_INTERFACE = "account, region, subnet, groups, id, address, vpc, role"


def _interface(row: tuple[Any, ...]) -> NetworkInterface:
    return NetworkInterface(Scope(row[0], row[1]), row[2], orjson.loads(row[3]), *row[4:])


def add_interface(store: Store, new: NetworkInterface) -> None:
    """Keep an interface."""
    values = (*new.scope, new.subnet, orjson.dumps(new.groups).decode(), new.id, new.address, new.vpc, new.role)
    store.run(f"INSERT OR REPLACE INTO lambda_interfaces ({_INTERFACE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def interface(store: Store, scope: Scope, subnet: str, groups: list[str]) -> NetworkInterface | None:
    """The interface for a subnet and sorted groups."""
    sql = f"SELECT {_INTERFACE} FROM lambda_interfaces WHERE account = ? AND region = ? AND subnet = ? AND groups = ?"
    row = store.one(sql, (*scope, subnet, orjson.dumps(groups).decode()))
    return _interface(row) if row is not None else None


def interfaces(store: Store, scope: Scope) -> list[NetworkInterface]:
    """All of an account in a region."""
    sql = f"SELECT {_INTERFACE} FROM lambda_interfaces WHERE account = ? AND region = ? ORDER BY id"
    return [_interface(row) for row in store.all(sql, scope)]


def remove_interface(store: Store, old: NetworkInterface) -> None:
    """Forget an interface."""
    sql = "DELETE FROM lambda_interfaces WHERE account = ? AND region = ? AND subnet = ? AND groups = ?"
    store.run(sql, (*old.scope, old.subnet, orjson.dumps(old.groups).decode()))


def attached(store: Store, scope: Scope) -> list[dict[str, Any]]:
    """The VpcConfig of every version of an account's functions in a region that has one."""
    sql = (
        "SELECT DISTINCT json_extract(config, '$.VpcConfig') FROM lambda_versions"
        " WHERE account = ? AND region = ? AND json_extract(config, '$.VpcConfig') IS NOT NULL"
    )
    return [orjson.loads(row[0]) for row in store.all(sql, scope)]
