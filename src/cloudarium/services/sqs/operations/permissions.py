"""AddPermission and RemovePermission: statements of a queue's policy, by their labels."""

from __future__ import annotations

import re
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, resources
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.records import queues
from cloudarium.services.sqs.records.queues import Queue

Data = dict[str, Any]

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_MOST_ACTIONS = 7
_SHARED = frozenset(
    ("*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues")
    + ("PurgeQueue", "ReceiveMessage", "SendMessage")
)
_OWNERS = frozenset(
    ("AddPermission", "CreateQueue", "DeleteQueue", "ListQueues", "ListQueueTags", "RemovePermission")
    + ("SetQueueAttributes", "TagQueue", "UntagQueue", "StartMessageMoveTask", "CancelMessageMoveTask")
    + ("ListMessageMoveTasks",)
)


@operation("AddPermission", on=resources.queue)
def add_permission(call: Call) -> Data:
    """Let other accounts do something with a queue, by a statement of its policy."""
    found = lookup.queue(call)
    label = lookup.required(call, "Label")
    accounts, actions = lookup.required(call, "AWSAccountIds"), lookup.required(call, "Actions")
    if not _LABEL.fullmatch(label):
        raise errors.InvalidParameterValue.of(
            label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        )
    _check(accounts, actions)
    policy = _policy(found)
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise errors.InvalidParameterValue.of(label, "Label", "Already exists.")
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([f"arn:aws:iam::{account}:root" for account in accounts])},
        "Action": _one_or_all([f"SQS:{action}" for action in actions]),
        "Resource": found.arn,
    }
    _put(call, found, {**policy, "Statement": [*policy["Statement"], statement]})
    return {}


def _check(accounts: list[str], actions: list[str]) -> None:
    if not actions:
        raise errors.MissingParameter("Actions")
    if len(actions) > _MOST_ACTIONS:
        raise errors.OverLimit(f"{len(actions)} Actions were found, maximum allowed is {_MOST_ACTIONS}.")
    for action in actions:
        if action in _OWNERS:
            reason = "Only the queue owner is allowed to invoke this action."
        elif action not in _SHARED:
            reason = "Please refer to the appropriate WSDL for a list of valid actions. "
        else:
            continue
        raise errors.InvalidParameterValue.of(f"SQS:{action}", "ActionName", reason)
    wrong = [account for account in accounts if not _ACCOUNT.fullmatch(account)]
    if wrong or not accounts:
        raise errors.InvalidParameterValue.of(f"[{', '.join(wrong)}]", "PrincipalId", "Unable to verify.")


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _policy(found: Queue) -> Data:
    text = found.attributes.get("Policy")
    if not text:
        return {"Version": "2008-10-17", "Id": f"{found.arn}/SQSDefaultPolicy", "Statement": []}
    policy: Data = orjson.loads(text)
    statements = policy["Statement"]
    return {**policy, "Statement": statements if isinstance(statements, list) else [statements]}


def _put(call: Call, found: Queue, policy: Data | None) -> None:
    kept = {name: value for name, value in found.attributes.items() if name != "Policy"}
    if policy is not None:
        kept["Policy"] = orjson.dumps(policy).decode()
    queues.put(call.store, found, {**found.data, "Attributes": kept, "Modified": call.now})


@operation("RemovePermission", on=resources.queue)
def remove_permission(call: Call) -> Data:
    """Take the statement with this label out of a queue's policy."""
    found = lookup.queue(call)
    label = lookup.required(call, "Label")
    policy = _policy(found)
    rest = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(rest) == len(policy["Statement"]):
        raise errors.InvalidParameterValue.of(label, "Label", "can't find label on existing policy.")
    _put(call, found, {**policy, "Statement": rest} if rest else None)
    return {}
