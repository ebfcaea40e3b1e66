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
from cloudarium.services.dynamodb.errors import Invalid, PolicyNotFound, StreamNotFound, ValidationException
from cloudarium.services.dynamodb.operations.lookup import named_table
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules import policies
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared import arn as arns
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
    made = checked(call, _named(call), call.input["Policy"])
    holder = _holder(call)
    _check_revision(call, holder)
    holder.record(made)
    return {"RevisionId": made["RevisionId"]}


def checked(call: Call, resource: str, text: str) -> dict[str, str]:
    """What is recorded of the policy of a table or stream. Raises ValidationException."""
    policies.check(text, resource)
    if not all(map(call.cloud.directory.exists, principals.named(text))):
        raise ValidationException("Invalid principal in policy document.")
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


def _named(call: Call) -> str:
    """The ARN that the call names. Raises ValidationException when no table or stream of the account can have it."""
    text = str(call.input["ResourceArn"])
    if not text.startswith("arn:"):
        raise Invalid(f"ARNs must start with 'arn:': {text}")
    parsed = arns.parse(text)
    parts = parsed.resource.split("/") if parsed is not None else []
    if parsed is None or parsed.service != "dynamodb" or parts[0] != "table" or parts[2:3] not in _PARTS:
        raise Invalid(f"Provided Arn is not a DynamoDB resource arn: {text}")
    if parsed.region != call.region or parsed.partition != "aws":
        raise Invalid(f"Invalid resource Arn: {text}")
    if parts[2:3] == ["index"]:
        raise Invalid(f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {text}")
    if parsed.account != call.account:
        raise ValidationException("This action is only supported by accounts that match the resource owner’s account.")
    return text


_PARTS: tuple[list[str], ...] = ([], ["index"], ["stream"])  # what may follow a table's name


def _holder(call: Call) -> _Holder:
    arn = _named(call)
    if policies.is_stream(arn):
        return _stream(call, arn)
    table = named_table(call, arn)
    return _Holder(table.arn, table.definition.get("ResourcePolicy"), partial(_record, call, table))


def _stream(call: Call, arn: str) -> _Holder:
    stream = streams.by_arn(call.store, arn)
    if stream is None:
        raise StreamNotFound(*arn.partition(":table/")[2].split("/stream/", 1))
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
