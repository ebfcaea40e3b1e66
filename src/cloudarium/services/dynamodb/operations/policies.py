"""Resource policies of tables: who may use them beside those whose own policies say so, also from other accounts."""

from __future__ import annotations

import copy
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy import principals
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import Invalid, PolicyNotFound
from cloudarium.services.dynamodb.operations.lookup import named_table
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules import policies
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared.errors import NotBuilt

# To lock oneself out needs a confirmation only where DynamoDB finds that the policy would; it decides nothing else.
UNCONFIRMED = {"ConfirmRemoveSelfResourceAccess": "The account's root can always delete the policy."}


@operation("PutResourcePolicy", on=resources.tagged, ignores=UNCONFIRMED)
def put_resource_policy(call: Call) -> dict[str, Any]:
    """Set a table's policy; the same one again changes nothing."""
    table = _table(call)
    made = checked(call, table.arn, call.input["Policy"])
    _check_revision(call, table)
    _record(call, table, made)
    return {"RevisionId": made["RevisionId"]}


def checked(call: Call, table: str, text: str) -> dict[str, Any]:
    """What a table's definition records of its policy. Raises ValidationException."""
    policies.check(text, table)
    if not all(map(call.cloud.directory.exists, principals.named(text))):
        raise Invalid("Invalid policy document: Invalid principal in policy")
    return {"Policy": text, "RevisionId": policies.revision(text, table)}


@operation("GetResourcePolicy", on=resources.tagged)
def get_resource_policy(call: Call) -> dict[str, Any]:
    """A table's policy and its revision."""
    table = _table(call)
    found = table.definition.get("ResourcePolicy")
    if found is None:
        raise PolicyNotFound(table.arn)
    return dict(found)


@operation("DeleteResourcePolicy", on=resources.tagged)
def delete_resource_policy(call: Call) -> dict[str, Any]:
    """Take a table's policy away; none is no error."""
    table = _table(call)
    _check_revision(call, table)
    found = table.definition.get("ResourcePolicy")
    if found is None:
        return {}
    _record(call, table, None)
    return {"RevisionId": found["RevisionId"]}


def _table(call: Call) -> Table:
    arn = call.input["ResourceArn"]
    if policies.is_stream(arn):
        raise NotBuilt("dynamodb resource policies of streams")
    return named_table(call, arn)


def _check_revision(call: Call, table: Table) -> None:
    expected = call.input.get("ExpectedRevisionId")
    present = (table.definition.get("ResourcePolicy") or {}).get("RevisionId", policies.NO_POLICY)
    if expected is not None and expected != present:
        raise PolicyNotFound(table.arn)


def _record(call: Call, table: Table, policy: dict[str, Any] | None) -> None:
    made = copy.deepcopy(table.definition)
    if policy is None:
        del made["ResourcePolicy"]
    else:
        made["ResourcePolicy"] = policy
    tables.replace(call.store, table, made)
