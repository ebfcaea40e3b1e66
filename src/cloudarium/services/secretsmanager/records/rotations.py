"""Rotations under way: one row per secret, moved on step by step."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.store import Store


class Rotation(NamedTuple):
    """A rotation: the version it makes, its next step, its failures; `trial` tests the function and changes nothing."""

    version: str
    step: str
    failures: int
    trial: bool


def find(store: Store, secret: Secret) -> Rotation | None:
    """The rotation of a secret that is under way."""
    row = store.one(
        "SELECT version, step, failures, trial FROM secretsmanager_rotations"
        " WHERE account = ? AND region = ? AND name = ?",
        (*secret.scope, secret.name),
    )
    return row and Rotation(row[0], row[1], row[2], bool(row[3]))


def put(store: Store, secret: Secret, rotation: Rotation) -> None:
    """Begin a rotation, or move it on."""
    store.run(
        "INSERT OR REPLACE INTO secretsmanager_rotations (account, region, name, version, step, failures, trial)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*secret.scope, secret.name, *rotation[:3], int(rotation.trial)),
    )


def remove(store: Store, secret: Secret) -> None:
    """Forget a rotation that is over."""
    sql = "DELETE FROM secretsmanager_rotations WHERE account = ? AND region = ? AND name = ?"
    store.run(sql, (*secret.scope, secret.name))
