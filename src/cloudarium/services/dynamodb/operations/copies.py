"""Copies of tables, and tables made of them: what backups and point-in-time recovery share.

A copy is made in the call; the items of a restored table come from it in steps, and nobody sees the table until then.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.dynamodb.errors import LimitExceeded, TableAlreadyExists
from cloudarium.services.dynamodb.operations import backfills, encryption
from cloudarium.services.dynamodb.operations.changes import State, Writer, present, write
from cloudarium.services.dynamodb.operations.lookup import KEY, place_of
from cloudarium.services.dynamodb.records import backups, tables
from cloudarium.services.dynamodb.rules import recovery, values
from cloudarium.services.dynamodb.rules import tables as rules
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.shared import ids

Data = dict[str, Any]
MOST_TABLES = 2500
_DELETED = "$DeletedTableBackup"


def take(call: Call, table: Table, name: str, kind: str, moment: float | None = None) -> int:
    """Copy a table as it is, or as it was at a moment; the copy's id."""
    mark = f"{int(call.now * 1000):014d}-{ids.hex(8)}"
    made = backups.add(call.store, table, mark, name, kind, math.floor(call.now * 1000) / 1000)
    backups.fill(call.store, made, table.id, moment)
    return made


def leave(call: Call, table: Table) -> None:
    """Keep a table with point-in-time recovery, which is deleted, for as long as it could have been restored."""
    expires = call.now + recovery.LONGEST * recovery.DAY
    mark = f"{int(call.now * 1000):014d}-{ids.hex(8)}"
    made = backups.add(call.store, table, mark, table.name + _DELETED, "SYSTEM", call.now, expires)
    backups.fill(call.store, made, table.id)
    drop(call, made, expires)


def drop(call: Writer, copy_id: int, due: float | None = None) -> None:
    """Remove a copy now, or when it is due."""
    call.later("DropBackup", {"backup": copy_id}, due=due, key=str(copy_id))


def check_target(call: Call) -> None:
    """Refuse the name of a restored table that is taken."""
    scope, name = place_of(call, call.input["TargetTableName"])
    if tables.find(call.store, scope, name) is not None:
        raise TableAlreadyExists(name)
    if tables.how_many(call.store, scope) >= MOST_TABLES:
        raise LimitExceeded(f"Subscriber limit exceeded: There is a limit of {MOST_TABLES} tables per subscriber")


async def key_for(call: Call, source: Mapping[str, Any]) -> Data | None:
    """The key of the table that is restored, when it is to be under a customer's. Raises what KMS refuses."""
    wanted = recovery.creation(source, call.input).get("SSESpecification") or {}
    if not wanted.get("KMSMasterKeyId"):
        return None
    rules.encryption(wanted)
    return await encryption.new_key(call, wanted["KMSMasterKeyId"], call.scope, call.input["TargetTableName"])


def restore(call: Call, source: Mapping[str, Any], copy_id: int, summary: Data, key: Data | None) -> Data:
    """Make the table that the call asks for; the answer. Its items come from the copy, which goes if it is hidden."""
    check_target(call)
    wanted = recovery.creation(source, call.input)
    rules.check_create(wanted)
    made = rules.definition(wanted, ids.uuid(), call.now)
    if key is not None:
        made[KEY] = key
    made["RestoreSummary"] = summary
    made["Restoring"] = {"From": copy_id}
    table = tables.add(call.store, call.scope, call.input["TargetTableName"], made)
    _go_on(call, table, backfills.BEGINNING)
    return {"TableDescription": rules.describe(table, {}, "CREATING")}


def advance(call: Writer, table: Table, start: Key) -> None:
    """Put the next items into a table that is restored; leave the rest for later, or the table ACTIVE."""
    source = table.definition["Restoring"]["From"]
    rows = backups.items_after(call.store, source, start, backfills.STEP)
    for hashed, ranged, size, stored in rows:
        key = Key(hashed, ranged)
        write(call, table, key, present(call.store, table, key), State(values.load(stored), size))
    if len(rows) == backfills.STEP:
        _go_on(call, table, Key(*rows[-1][:2]))
        return
    made = copy.deepcopy(table.definition)
    del made["Restoring"]
    tables.replace(call.store, table, made)
    found = backups.by_id(call.store, source)
    if found is not None and found.kind == backups.HIDDEN:
        drop(call, source)


def _go_on(call: Writer, table: Table, place: Key) -> None:
    after = [place.hash.hex(), place.range.hex()]
    call.later("RestoreItems", {"table": table.id, "after": after}, key=str(table.id))
