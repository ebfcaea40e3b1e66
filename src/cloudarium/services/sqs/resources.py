"""ARNs and URLs of queues, what each call touches, and whose policy decides."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.services.sqs.records import queues
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope, scope_of
from cloudarium.store import Store

POLICY_TOPIC = queues.TOPIC

_PLACE = re.compile(r"(?:https?://[^/?#]+/|/)?(?:(?:[^/?#]+/){0,8}(\d{12})/)?([A-Za-z0-9_.-]{1,100})/?", re.ASCII)

# Source: SQSDeveloperGuide/sqs-api-permissions-reference.html, "cross-account permissions don't apply"
_ONLY_THE_OWNER = frozenset(
    ("AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues")
    + ("ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue")
)


def queue_url(call: Call, scope: Scope, name: str) -> str:
    """The URL of a queue at the endpoint that the client uses."""
    request = call.request
    host = request.host if request is not None else ""
    endpoint = f"{request.scheme}://{host}" if request is not None and host else call.cloud.endpoint
    return f"{endpoint}/{scope.account}/{name}"


def place(call: Call) -> tuple[Scope, str]:
    """(scope, name) that the call's QueueUrl stands for; what cannot be one becomes a name that no queue has.

    In the query protocol the URL that the request is posted to may say it.
    """
    given = call.input
    url = given.get("QueueUrl")
    if url is None and call.request is not None and call.request.path.count("/") >= 2:
        url = given["QueueUrl"] = call.request.path
    account, name = _parts(url) if isinstance(url, str) else ("", "")
    return scope_of(account or call.account, call.region), name


@lru_cache(maxsize=4096)
def _parts(url: str) -> tuple[str, str]:
    """(account, name) in a URL, a path or a mere name."""
    found = _PLACE.fullmatch(url[:2048])
    return (found[1] or "", found[2]) if found is not None else ("", "")


def find(store: Store, arn: object) -> Queue | None:
    """The queue of this ARN."""
    parsed = arns.parse(arn)
    if parsed is None or parsed.service != "sqs":
        return None
    return queues.find(store, Scope(parsed.account, parsed.region), parsed.resource)


# ---- What a call touches ---------------------------------------------------------------------------------------------


def queue(call: Call) -> str:
    """The queue that the call's URL names."""
    return arns.make("sqs", *place(call))


def named(call: Call) -> str:
    """The queue that the call names, of whatever account."""
    owner = call.input.get("QueueOwnerAWSAccountId")
    scope = scope_of(owner, call.region) if isinstance(owner, str) and owner else call.scope
    return arns.make("sqs", scope, str(call.input.get("QueueName") or ""))


def new_queue(call: Call) -> list[str | Need]:
    """The queue to make; tags on the way need the permission to tag."""
    arn = named(call)
    return [arn, Need("sqs:TagQueue", arn)] if call.input.get("tags") else [arn]


def all_queues(call: Call) -> str:
    """To list is not asked on a queue."""
    return "*"


# Source: SQSDeveloperGuide/sqs-dead-letter-queues-redrive-permissions... "Configuring queue permissions for redrive"
_TO_MOVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def moved(call: Call) -> list[str | Need]:
    """A move task receives and deletes in the dead-letter queue, and sends to where the messages go."""
    source = str(call.input.get("SourceArn") or "")
    needs = to_move(source)
    destination = call.input.get("DestinationArn")
    if isinstance(destination, str) and destination:
        return [*needs, Need("sqs:SendMessage", destination)]
    dead = find(call.store, source)
    sources = queues.sources(call.store, dead.arn) if dead is not None else []
    return [*needs, *(Need("sqs:SendMessage", each.arn) for each in sources)]


def move_source(call: Call) -> list[str | Need]:
    """The dead-letter queue of a move task."""
    return to_move(str(call.input.get("SourceArn") or ""))


def to_move(source: str) -> list[str | Need]:
    """What a move task needs in its dead-letter queue."""
    return [source, *(Need(action, source) for action in _TO_MOVE)]


# ---- Policies --------------------------------------------------------------------------------------------------------


def resource_policy(call: Call, arn: str) -> str | None:
    """The policy of a queue; to another account it gives nothing of what only the owner can do."""
    found = find(call.store, arn)
    if found is None:
        return None
    if (
        call.service == "sqs"
        and call.operation_name in _ONLY_THE_OWNER
        and call.principal.account != found.scope.account
    ):
        return None
    return found.attributes.get("Policy")


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the policies of queues that name the principal `old` name it `new`."""
    for each in queues.with_policy_on(store, old.split(":")[4]):
        text = each.attributes.get("Policy")
        if text and (renamed := principals.renamed(text, old, new)) != text:
            queues.put(store, each, {**each.data, "Attributes": {**each.attributes, "Policy": renamed}})


def request_tags(call: Call) -> Any:
    """The tags of CreateQueue are spelled in small letters."""
    return call.input.get("tags")
