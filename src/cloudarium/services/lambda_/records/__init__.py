"""What Lambda keeps: functions, versions, aliases, layers, resource policies, asynchronous settings."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

LATEST = "$LATEST"
POLICIES = "lambda policies"  # the store's topic for all resource policies
# Beside AWS's members a configuration may hold the revision that is shown in place of the row's own.
SHOWN_REVISION = "_revision"
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


class Policy(NamedTuple):
    """A resource policy."""

    statements_json: str
    revision: str

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The statements in the order they were added."""
        return orjson.loads(self.statements_json)


class InvokeConfig(NamedTuple):
    """How a function's asynchronous events are treated."""

    qualifier: str
    config_json: str
    modified: float

    @property
    def config(self) -> dict[str, Any]:
        """The settings in AWS's member names."""
        return orjson.loads(self.config_json)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


# ---- functions -------------------------------------------------------------------------------------------------------


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
    for version in versions(store, function.scope, function.name):
        store.blobs.drop(version.blob)
    for table in ("functions", "versions", "aliases", "invoke_configs", "urls", "provisioned", "recursion"):
        store.run(f"DELETE FROM lambda_{table} WHERE account=? AND region=? AND name=?", where)
    arn = f"arn:aws:lambda:{function.region}:{function.account}:function:{function.name}"
    store.run("DELETE FROM lambda_policies WHERE arn=? OR (arn>? AND arn<?)", (arn, arn + ":", arn + ":" + _LAST))
    store.changed(POLICIES)


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


# ---- layers ----------------------------------------------------------------------------------------------------------


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


# ---- resource policies -----------------------------------------------------------------------------------------------


def find_policy(store: Store, arn: str) -> Policy | None:
    """The resource policy of a function, version, alias or layer version."""
    return store.one("SELECT statements, revision FROM lambda_policies WHERE arn=?", (arn,), Policy)


def policies_on(store: Store, text: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """(ARN, statements) of every resource policy in which a text occurs."""
    rows = store.all("SELECT arn, statements FROM lambda_policies WHERE instr(statements, ?)", (text,))
    return [(arn, orjson.loads(statements)) for arn, statements in rows]


def put_policy(store: Store, arn: str, statements: list[dict[str, Any]]) -> str:
    """Set a resource policy (no statements: take it away) and give its new revision."""
    revision = ids.uuid()
    if statements:
        store.run("INSERT OR REPLACE INTO lambda_policies VALUES (?, ?, ?)", (arn, _json(statements), revision))
    else:
        store.run("DELETE FROM lambda_policies WHERE arn=?", (arn,))
    store.changed(POLICIES)
    return revision


# ---- asynchronous settings -------------------------------------------------------------------------------------------


def find_invoke_config(store: Store, scope: Scope, name: str, qualifier: str) -> InvokeConfig | None:
    """The settings of a function's version or alias."""
    sql = "SELECT qualifier, config, modified FROM lambda_invoke_configs WHERE account=? AND region=? AND name=?"
    return store.one(sql + " AND qualifier=?", (*scope, name, qualifier), InvokeConfig)


def invoke_configs(store: Store, scope: Scope, name: str, after: str, limit: int) -> list[InvokeConfig]:
    """All settings of a function, in order of qualifier."""
    sql = "SELECT qualifier, config, modified FROM lambda_invoke_configs WHERE account=? AND region=? AND name=?"
    return store.all(sql + " AND qualifier>? ORDER BY qualifier LIMIT ?", (*scope, name, after, limit), InvokeConfig)


def put_invoke_config(
    store: Store, scope: Scope, name: str, qualifier: str, config: dict[str, Any], now: float
) -> None:
    """Set the settings of a function's version or alias."""
    store.run(
        "INSERT OR REPLACE INTO lambda_invoke_configs VALUES (?, ?, ?, ?, ?, ?)",
        (*scope, name, qualifier, _json(config), now),
    )


def delete_invoke_config(store: Store, scope: Scope, name: str, qualifier: str) -> bool:
    """Take settings away; whether there were any."""
    sql = "DELETE FROM lambda_invoke_configs WHERE account=? AND region=? AND name=? AND qualifier=?"
    return store.run(sql, (*scope, name, qualifier)) > 0


# ---- network interfaces ----------------------------------------------------------------------------------------------


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
    values = (*new.scope, new.subnet, _json(new.groups), new.id, new.address, new.vpc, new.role)
    store.run(f"INSERT OR REPLACE INTO lambda_interfaces ({_INTERFACE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def interface(store: Store, scope: Scope, subnet: str, groups: list[str]) -> NetworkInterface | None:
    """The interface for a subnet and sorted groups."""
    sql = f"SELECT {_INTERFACE} FROM lambda_interfaces WHERE account = ? AND region = ? AND subnet = ? AND groups = ?"
    row = store.one(sql, (*scope, subnet, _json(groups)))
    return _interface(row) if row is not None else None


def interfaces(store: Store, scope: Scope) -> list[NetworkInterface]:
    """All of an account in a region."""
    sql = f"SELECT {_INTERFACE} FROM lambda_interfaces WHERE account = ? AND region = ? ORDER BY id"
    return [_interface(row) for row in store.all(sql, scope)]


def remove_interface(store: Store, old: NetworkInterface) -> None:
    """Forget an interface."""
    sql = "DELETE FROM lambda_interfaces WHERE account = ? AND region = ? AND subnet = ? AND groups = ?"
    store.run(sql, (*old.scope, old.subnet, _json(old.groups)))


def attached(store: Store, scope: Scope) -> list[dict[str, Any]]:
    """The VpcConfig of every version of an account's functions in a region that has one."""
    sql = (
        "SELECT DISTINCT json_extract(config, '$.VpcConfig') FROM lambda_versions"
        " WHERE account = ? AND region = ? AND json_extract(config, '$.VpcConfig') IS NOT NULL"
    )
    return [orjson.loads(row[0]) for row in store.all(sql, scope)]
