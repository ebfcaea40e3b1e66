"""From a request's TableName to the table."""

from __future__ import annotations

import re

from cloudarium.gateway.call import Call
from cloudarium.services.dynamodb.errors import ResourceNotFound, TableBusy, ValidationException
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope

KEY = "TableKey"  # in the definition of a table under a customer's key: what KMS opens
_OPENED = "dynamodb table keys"
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z", re.ASCII)


class KeyWanted(Exception):
    """KMS has not opened this table's key for the caller yet."""

    def __init__(self, table: Table) -> None:
        self.table = table


def opened(call: Call) -> dict[tuple[int, str, str], float]:
    """Until when each (table, sealed key, caller) need not ask KMS again."""
    found: dict[tuple[int, str, str], float] = call.cloud.keep.setdefault(_OPENED, {})
    return found


def table_name(call: Call, reference: str) -> str:
    """The name in a TableName, which may be an ARN of this region."""
    if _NAME.match(reference):
        return reference
    if reference.startswith("arn:"):
        return _name_in_arn(call, reference)
    problems = []
    if len(reference) < 3:
        problems.append("Member must have length greater than or equal to 3")
    if len(reference) > 255:
        problems.append("Member must have length less than or equal to 255")
    if not re.fullmatch(r"[a-zA-Z0-9_.-]+", reference, re.ASCII):
        problems.append("Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    text = "; ".join(f"Value '{reference}' at 'tableName' failed to satisfy constraint: {each}" for each in problems)
    raise ValidationException(f"{len(problems)} validation error{'s' * (len(problems) > 1)} detected: {text}")


def place_of(call: Call, reference: str) -> tuple[Scope, str]:
    """Where a TableName leads: an ARN may name a table of another account, whose policy has let the caller in."""
    name = table_name(call, reference)
    parsed = arn.parse(reference) if name is not reference else None
    return (call.scope if parsed is None else Scope(parsed.account, parsed.region)), name


def _name_in_arn(call: Call, reference: str) -> str:
    parsed = arn.parse(reference)
    if parsed is None or parsed.service != "dynamodb" or not parsed.resource.startswith("table/"):
        raise ValidationException(f"1 validation error detected: Invalid resource type in '{reference}'")
    if parsed.region != call.region:
        raise ValidationException(f"1 validation error detected: Invalid AWS region in '{reference}'")
    name = parsed.resource.removeprefix("table/")
    if not _NAME.match(name):
        raise ResourceNotFound()
    return name


def find_table(call: Call, reference: str) -> Table:
    """The table of a call on items. Raises ResourceNotFound, which does not name it, or KeyWanted."""
    table = tables.find(call.store, *place_of(call, reference))
    if table is None:
        raise ResourceNotFound()
    if table.guarded:
        if "Restoring" in table.definition:
            raise ResourceNotFound()
        known = opened(call).get((table.id, table.definition[KEY]["Sealed"], call.principal.arn), 0.0)
        if not call.now < known:
            raise KeyWanted(table)
    return table


def named_table(call: Call, reference: str) -> Table:
    """The table of a call on tables. Raises ResourceNotFound, which names it."""
    scope, name = place_of(call, reference)
    table = tables.find(call.store, scope, name)
    if table is None:
        raise ResourceNotFound(name)
    return table


def settled_table(call: Call, reference: str) -> Table:
    """The table of a call that changes or removes it, which one that is still restored does not take."""
    table = named_table(call, reference)
    if "Restoring" in table.definition:
        raise TableBusy(table.name)
    return table
