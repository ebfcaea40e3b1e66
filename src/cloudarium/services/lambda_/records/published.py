"""Versions of functions, $LATEST among them, and the aliases that name them."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.lambda_.records.functions import Function
from cloudarium.services.lambda_.records.policies import put_policy
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

LATEST = "$LATEST"
# Beside AWS's members a configuration may hold the revision that is shown in place of the row's own.
SHOWN_REVISION = "_revision"


class Version(NamedTuple):
    """One version of a function; place 0 is $LATEST. `sha256` is base64 as AWS shows it."""

    account: str
    region: str
    name: str
    place: int
    config_json: str
    blob: str
    sha256: str
    size: int
    revision: str
    modified: float

    @property
    def config(self) -> dict[str, Any]:
        """The configuration in AWS's member names; a fresh copy each time."""
        return orjson.loads(self.config_json)

    @property
    def shown_revision(self) -> str:
        """The RevisionId that AWS shows: tags and permissions change it too, though what runs stays the same."""
        return self.config.get(SHOWN_REVISION) or self.revision

    @property
    def number(self) -> str:
        """`$LATEST` or the number."""
        return str(self.place) if self.place else LATEST

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)


class Alias(NamedTuple):
    """A name for a version; `weights` maps a second version to its share."""

    account: str
    region: str
    name: str
    alias: str
    version: str
    description: str
    weights_json: str
    revision: str

    @property
    def shown_revision(self) -> str:
        """The RevisionId that AWS shows."""
        return self.revision

    @property
    def weights(self) -> dict[str, float]:
        """Additional versions and their shares."""
        return orjson.loads(self.weights_json)

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


# ---- versions --------------------------------------------------------------------------------------------------------


def find_version(store: Store, scope: Scope, name: str, number: str) -> Version | None:
    """A version by its number or `$LATEST`."""
    place = 0 if number == LATEST else int(number) if number.isdecimal() and len(number) < 16 else -1
    if number.isdecimal() and place == 0:
        return None
    sql = "SELECT * FROM lambda_versions WHERE account=? AND region=? AND name=? AND place=?"
    return store.one(sql, (*scope, name, place), Version)


def versions(store: Store, scope: Scope, name: str, after: int = -1, limit: int = -1) -> list[Version]:
    """A function's versions in order, $LATEST first, from behind the place `after`."""
    sql = "SELECT * FROM lambda_versions WHERE account=? AND region=? AND name=? AND place>? ORDER BY place LIMIT ?"
    return store.all(sql, (*scope, name, after, limit), Version)


def newest_version(store: Store, scope: Scope, name: str) -> Version | None:
    """The version that was published last."""
    sql = (
        "SELECT * FROM lambda_versions WHERE account=? AND region=? AND name=? AND place>0 ORDER BY place DESC LIMIT 1"
    )
    return store.one(sql, (*scope, name), Version)


def put_latest(
    store: Store, scope: Scope, name: str, config: dict[str, Any], blob: str, sha256: str, size: int, now: float
) -> None:
    """Make or overwrite $LATEST with a new revision; `blob` must be this row's own use of it."""
    config = {member: value for member, value in config.items() if member != SHOWN_REVISION}
    store.run(
        "INSERT OR REPLACE INTO lambda_versions VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
        (*scope, name, _json(config), blob, sha256, size, ids.uuid(), now),
    )


def publish(store: Store, function: Function, latest: Version, description: str | None) -> str:
    """Make a version out of $LATEST and give its number."""
    config = latest.config
    config.pop(SHOWN_REVISION, None)
    if description is not None:
        config["Description"] = description
    where = (function.account, function.region, function.name)
    store.run(
        "INSERT INTO lambda_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *where, function.next_version, _json(config), latest.blob, latest.sha256, latest.size, ids.uuid(),
            latest.modified,
        ),
    )  # fmt: skip
    store.blobs.share(latest.blob)
    store.run("UPDATE lambda_functions SET next_version=next_version+1 WHERE account=? AND region=? AND name=?", where)
    return str(function.next_version)


def touch(store: Store, version: Version) -> None:
    """Give a version a new revision to show; environments that run it go on."""
    config = {**version.config, SHOWN_REVISION: ids.uuid()}
    store.run(
        "UPDATE lambda_versions SET config=? WHERE account=? AND region=? AND name=? AND place=?",
        (_json(config), version.account, version.region, version.name, version.place),
    )


def delete_version(store: Store, version: Version) -> None:
    """Delete a published version with its policy and settings."""
    store.blobs.drop(version.blob)
    where = (version.account, version.region, version.name)
    store.run(
        "DELETE FROM lambda_versions WHERE account=? AND region=? AND name=? AND place=?", (*where, version.place)
    )
    _drop_qualified(store, version.scope, version.name, version.number)


def _drop_qualified(store: Store, scope: Scope, name: str, qualifier: str) -> None:
    for table in ("invoke_configs", "urls", "provisioned"):
        store.run(
            f"DELETE FROM lambda_{table} WHERE account=? AND region=? AND name=? AND qualifier=?",
            (*scope, name, qualifier),
        )
    put_policy(store, f"arn:aws:lambda:{scope.region}:{scope.account}:function:{name}:{qualifier}", [])


# ---- aliases ---------------------------------------------------------------------------------------------------------


def find_alias(store: Store, scope: Scope, name: str, alias: str) -> Alias | None:
    """An alias of a function."""
    sql = "SELECT * FROM lambda_aliases WHERE account=? AND region=? AND name=? AND alias=?"
    return store.one(sql, (*scope, name, alias), Alias)


def aliases(store: Store, scope: Scope, name: str, after: str = "", limit: int = -1) -> list[Alias]:
    """A function's aliases in order."""
    sql = "SELECT * FROM lambda_aliases WHERE account=? AND region=? AND name=? AND alias>? ORDER BY alias LIMIT ?"
    return store.all(sql, (*scope, name, after, limit), Alias)


def put_alias(
    store: Store, scope: Scope, name: str, alias: str, version: str, description: str, weights: dict[str, float]
) -> None:
    """Make or overwrite an alias with a new revision."""
    store.run(
        "INSERT OR REPLACE INTO lambda_aliases VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*scope, name, alias, version, description, _json(weights), ids.uuid()),
    )


def delete_alias(store: Store, scope: Scope, name: str, alias: str) -> None:
    """Delete an alias with its policy and settings; one that is not there is no error."""
    store.run("DELETE FROM lambda_aliases WHERE account=? AND region=? AND name=? AND alias=?", (*scope, name, alias))
    _drop_qualified(store, scope, name, alias)
