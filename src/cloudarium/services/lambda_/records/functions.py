"""Functions as a whole."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.lambda_.records.policies import POLICIES
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_LAST = "\U0010ffff"


class Function(NamedTuple):
    """A function; `reserved` is its reserved concurrency, None when it has none."""

    account: str
    region: str
    name: str
    next_version: int
    reserved: int | None

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)


def find_function(store: Store, scope: Scope, name: str) -> Function | None:
    """The function of that name."""
    return store.one("SELECT * FROM lambda_functions WHERE account=? AND region=? AND name=?", (*scope, name), Function)


def add_function(store: Store, scope: Scope, name: str) -> None:
    """Make a function without versions."""
    store.run("INSERT INTO lambda_functions (account, region, name) VALUES (?, ?, ?)", (*scope, name))


def functions_after(store: Store, scope: Scope, after: str, limit: int) -> list[str]:
    """The names of functions in order, from behind `after`."""
    sql = "SELECT name FROM lambda_functions WHERE account=? AND region=? AND name>? ORDER BY name LIMIT ?"
    return [name for (name,) in store.all(sql, (*scope, after, limit))]


def set_reserved(store: Store, function: Function, reserved: int | None) -> None:
    """Set or take away a function's reserved concurrency."""
    store.run(
        "UPDATE lambda_functions SET reserved=? WHERE account=? AND region=? AND name=?",
        (reserved, function.account, function.region, function.name),
    )


def reserved_elsewhere(store: Store, scope: Scope, name: str) -> int:
    """The concurrency that the account's other functions have reserved in this region."""
    sql = "SELECT coalesce(sum(reserved), 0) FROM lambda_functions WHERE account=? AND region=? AND name<>?"
    return store.one(sql, (*scope, name))[0]


def usage(store: Store, scope: Scope) -> tuple[int, int]:
    """How many functions an account has in a region, and how many bytes of code with all versions and layers."""
    count = store.one("SELECT count(*) FROM lambda_functions WHERE account=? AND region=?", scope)[0]
    code = store.one("SELECT coalesce(sum(size), 0) FROM lambda_versions WHERE account=? AND region=?", scope)[0]
    layers = store.one("SELECT coalesce(sum(size), 0) FROM lambda_layer_versions WHERE account=? AND region=?", scope)
    return count, code + layers[0]


def delete_function(store: Store, function: Function) -> None:
    """Delete a function with everything that hangs on it."""
    where = (function.account, function.region, function.name)
    for (blob,) in store.all("SELECT blob FROM lambda_versions WHERE account=? AND region=? AND name=?", where):
        store.blobs.drop(blob)
    for table in ("functions", "versions", "aliases", "invoke_configs", "urls", "provisioned", "recursion", "signed"):
        store.run(f"DELETE FROM lambda_{table} WHERE account=? AND region=? AND name=?", where)
    arn = f"arn:aws:lambda:{function.region}:{function.account}:function:{function.name}"
    store.run("DELETE FROM lambda_policies WHERE arn=? OR (arn>? AND arn<?)", (arn, arn + ":", arn + ":" + _LAST))
    store.changed(POLICIES)
