"""Layers and their versions."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class LayerVersion(NamedTuple):
    """One version of a layer; `info` has what was given when it was published."""

    account: str
    region: str
    name: str
    number: int
    info_json: str
    blob: str
    sha256: str
    size: int
    unzipped: int
    created: float

    @property
    def info(self) -> dict[str, Any]:
        """Description, licence, compatible runtimes and architectures."""
        return orjson.loads(self.info_json)

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)


def take_layer_number(store: Store, scope: Scope, name: str) -> int:
    """The number of a layer's next version; deleted numbers never come back."""
    store.run("INSERT OR IGNORE INTO lambda_layers (account, region, name) VALUES (?, ?, ?)", (*scope, name))
    where = "account=? AND region=? AND name=?"
    number = store.one(f"SELECT next_version FROM lambda_layers WHERE {where}", (*scope, name))[0]
    store.run(f"UPDATE lambda_layers SET next_version=next_version+1 WHERE {where}", (*scope, name))
    return number


def add_layer_version(store: Store, layer: LayerVersion) -> None:
    """Keep a published layer version."""
    store.run("INSERT INTO lambda_layer_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", layer)


def find_layer_version(store: Store, scope: Scope, name: str, number: int) -> LayerVersion | None:
    """A layer version."""
    sql = "SELECT * FROM lambda_layer_versions WHERE account=? AND region=? AND name=? AND number=?"
    return store.one(sql, (*scope, name, min(number, 2**62)), LayerVersion)


def layer_versions(store: Store, scope: Scope, name: str) -> list[LayerVersion]:
    """A layer's versions, the newest first."""
    sql = "SELECT * FROM lambda_layer_versions WHERE account=? AND region=? AND name=? ORDER BY number DESC"
    return store.all(sql, (*scope, name), LayerVersion)


def layer_names(store: Store, scope: Scope) -> list[str]:
    """The names of layers that have a version."""
    sql = "SELECT DISTINCT name FROM lambda_layer_versions WHERE account=? AND region=? ORDER BY name"
    return [name for (name,) in store.all(sql, scope)]


def delete_layer_version(store: Store, layer: LayerVersion) -> None:
    """Delete a layer version. Functions that use it keep working, as on AWS: they hold the unpacked content."""
    store.run(
        "DELETE FROM lambda_layer_versions WHERE account=? AND region=? AND name=? AND number=?",
        (layer.account, layer.region, layer.name, layer.number),
    )
    store.blobs.drop(layer.blob)
