"""Resource policies of tables and streams: who may use them beside those whose own policies say so."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy import principals
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import Invalid, PolicyNotFound, StreamNotFound
from cloudarium.services.dynamodb.operations.lookup import named_table
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules import policies
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.streams import records as streams

# To lock oneself out needs a confirmation only where DynamoDB finds that the policy would; it decides nothing else.
UNCONFIRMED = {"ConfirmRemoveSelfResourceAccess": "The account's root can always delete the policy."}


class _Holder(NamedTuple):
    """What bears a policy, a table or a stream: its ARN, the policy, and how to put another (None: none) there."""

    arn: str
    policy: dict[str, str] | None
    record: Callable[[dict[str, str] | None], None]


@operation("PutResourcePolicy", on=resources.tagged, ignores=UNCONFIRMED)
def put_resource_policy(call: Call) -> dict[str, Any]:
    """Set the policy of a table or a stream; the same one again changes nothing."""
    holder = _holder(call)
    made = checked(call, holder.arn, call.input["Policy"])
    _check_revision(call, holder)
    holder.record(made)
    return {"RevisionId": made["RevisionId"]}


def checked(call: Call, resource: str, text: str) -> dict[str, str]:
    """What is recorded of the policy of a table or stream. Raises ValidationException."""
    policies.check(text, resource)
    if not all(map(call.cloud.directory.exists, principals.named(text))):
        raise Invalid("Invalid policy document: Invalid principal in policy")
    return {"Policy": text, "RevisionId": policies.revision(text, resource)}


@operation("GetResourcePolicy", on=resources.tagged)
def get_resource_policy(call: Call) -> dict[str, Any]:
    """The policy of a table or a stream, and its revision."""
    holder = _holder(call)
    if holder.policy is None:
        raise PolicyNotFound(holder.arn)
    return dict(holder.policy)


@operation("DeleteResourcePolicy", on=resources.tagged)
def delete_resource_policy(call: Call) -> dict[str, Any]:
    """Take the policy of a table or a stream away; none is no error."""
    holder = _holder(call)
    _check_revision(call, holder)
    if holder.policy is None:
        return {}
    holder.record(None)
    return {"RevisionId": holder.policy["RevisionId"]}


def _holder(call: Call) -> _Holder:
    arn = call.input["ResourceArn"]
    if policies.is_stream(arn):
        return _stream(call, arn)
    table = named_table(call, arn)
    return _Holder(table.arn, table.definition.get("ResourcePolicy"), partial(_record, call, table))


def _stream(call: Call, arn: str) -> _Holder:
    stream = streams.by_arn(call.store, arn)
    if stream is None or stream.region != call.region:
        raise StreamNotFound(arn)
    return _Holder(stream.arn, streams.policy(call.store, stream.id), partial(_record_of_stream, call, stream.id))


def _check_revision(call: Call, holder: _Holder) -> None:
    expected = call.input.get("ExpectedRevisionId")
    present = (holder.policy or {}).get("RevisionId", policies.NO_POLICY)
    if expected is not None and expected != present:
        raise PolicyNotFound(holder.arn)


def _record(call: Call, table: Table, policy: dict[str, str] | None) -> None:
    made = copy.deepcopy(table.definition)
    if policy is None:
        del made["ResourcePolicy"]
    else:
        made["ResourcePolicy"] = policy
    tables.replace(call.store, table, made)


def _record_of_stream(call: Call, stream: int, policy: dict[str, str] | None) -> None:
    if policy is None:
        streams.drop_policy(call.store, stream)
    else:
        streams.set_policy(call.store, stream, policy)
    call.store.changed(resources.POLICY_TOPIC)
