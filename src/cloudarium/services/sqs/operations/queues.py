"""Queues: to make, find, change and delete them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, resources
from cloudarium.services.sqs.operations import lookup
from cloudarium.services.sqs.operations.tags import check_tags
from cloudarium.services.sqs.records import messages, queues, shelves
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.services.sqs.rules import attributes, redrive
from cloudarium.shared import arn as arns
from cloudarium.shared import paging
from cloudarium.shared.scope import Scope, scope_of

Data = dict[str, Any]
_PAUSE = 60  # seconds between a deletion and a new queue of that name, and between two purges
_PAGE = 1000


@operation("CreateQueue", on=resources.new_queue)
def create_queue(call: Call) -> Data:
    """Make a queue; to make it again with the same attributes gives the first one."""
    if lookup.at_a_queue(call):
        raise errors.InvalidAction("CreateQueue")
    name = lookup.required(call, "QueueName")
    given = call.input.get("Attributes") or {}
    fifo = name.endswith(attributes.SUFFIX) and given.get("FifoQueue") == "true"
    attributes.check_name(name, fifo or given.get("FifoQueue") == "true")
    kept = attributes.set_attributes(given, {}, fifo, creating=True)
    found = queues.find(call.store, call.scope, name)
    if found is not None:
        differs = attributes.differing(given, found.attributes, found.fifo)
        if differs is not None:
            raise errors.QueueNameExists(differs)
        return {"QueueUrl": resources.queue_url(call, found.scope, name)}
    tags = call.input.get("tags") or {}
    check_tags(tags, {})
    if queues.deleted_after(call.store, call.scope, name, call.now - _PAUSE):
        raise errors.QueueDeletedRecently
    _check_redrive(call, arns.make("sqs", call.scope, name), kept, given)
    queues.add(call.store, call.scope, name, {"Attributes": kept, "Created": call.now, "Modified": call.now})
    if tags:
        call.tags.put(arns.make("sqs", call.scope, name), tags)
    return {"QueueUrl": resources.queue_url(call, call.scope, name)}


def _check_redrive(call: Call, source: str, kept: attributes.Attributes, given: Data) -> None:
    """Raise InvalidParameterValue unless the dead-letter queue is there, of the same kind, near, and willing."""
    target = redrive.policy(kept.get("RedrivePolicy")) if given.get("RedrivePolicy") else None
    if target is None:
        return

    def wrong(reason: str) -> errors.InvalidParameterValue:
        return errors.InvalidParameterValue.of(given["RedrivePolicy"], "RedrivePolicy", reason)

    dead = queues.find(call.store, target.scope, target.name)
    own = Scope(*source.split(":")[4:2:-1])
    if target.scope != own or dead is None:
        raise wrong("Dead letter target does not exist.")
    if dead.arn == source:
        raise wrong("Dead letter queue cannot be the same as the source queue.")
    if dead.fifo is not (kept.get("FifoQueue") == "true"):
        raise wrong("Dead letter queue must be same type of queue as the source.")
    if not redrive.allows(dead.attributes.get("RedriveAllowPolicy"), source):
        raise wrong(f"Queue {dead.arn} does not allow {source} to use it as its dead-letter queue.")


@operation("GetQueueUrl", on=resources.named)
def get_queue_url(call: Call) -> Data:
    """The URL of a queue, of one's own or of another account."""
    owner, name = call.input.get("QueueOwnerAWSAccountId"), lookup.required(call, "QueueName")
    scope = scope_of(owner, call.region) if owner else call.scope
    if queues.find(call.store, scope, name) is None:
        raise errors.QueueDoesNotExist(call.protocol)
    return {"QueueUrl": resources.queue_url(call, scope, name)}


@operation("ListQueues", on=resources.all_queues)
def list_queues(call: Call) -> Data:
    """The URLs of queues, by name; with MaxResults in pages."""
    if lookup.at_a_queue(call):
        raise errors.InvalidAction("ListQueues")
    limit, token = page_of(call)
    prefix = call.input.get("QueueNamePrefix") or ""
    found = queues.names(call.store, call.scope, prefix, token, limit + 1)
    answer: Data = {}
    if found:
        answer["QueueUrls"] = [resources.queue_url(call, call.scope, name) for name in found[:limit]]
    if len(found) > limit and call.input.get("MaxResults") is not None:
        answer["NextToken"] = paging.encode(found[limit - 1])
    return answer


def page_of(call: Call) -> tuple[int, str]:
    """(how many are asked for, the name behind which to begin). Raises InvalidParameterValue."""
    limit = call.input.get("MaxResults", _PAGE)
    if not 1 <= limit <= _PAGE:
        raise errors.InvalidParameterValue.of(limit, "MaxResults", "MaxResults must be an integer between 1 and 1000.")
    if not call.input.get("NextToken"):
        return limit, ""
    try:
        token = paging.decode(call.input["NextToken"])
    except ValueError:
        token = None
    if not isinstance(token, str) or call.input.get("MaxResults") is None:
        raise errors.InvalidParameterValue("Invalid or expired next token.")
    return limit, token


@operation("GetQueueAttributes", on=resources.queue)
def get_queue_attributes(call: Call) -> Data:
    """The attributes of a queue that are asked for, with how many messages it has."""
    found = lookup.queue(call)
    asked = attributes.wanted(call.input.get("AttributeNames") or ())
    every: Data = attributes.shown(found.attributes, found.fifo)
    every["QueueArn"] = found.arn
    every["CreatedTimestamp"] = str(int(found.data["Created"]))
    every["LastModifiedTimestamp"] = str(int(found.data["Modified"]))
    if attributes.counts_wanted(asked):
        every.update(_counted(call, found))
    answer = every if "All" in asked else {name: value for name, value in every.items() if name in asked}
    return {"Attributes": answer} if answer else {}


def _counted(call: Call, found: Queue) -> Data:
    lookup.expire(call, found, call.now)
    flying, delayed = messages.hidden(call.store, found.shelf, call.now)
    total = messages.total(call.store, found.shelf)
    return {
        "ApproximateNumberOfMessages": str(total - flying - delayed),
        "ApproximateNumberOfMessagesNotVisible": str(flying),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
    }


@operation("SetQueueAttributes", on=resources.queue)
def set_queue_attributes(call: Call) -> Data:
    """Change attributes of a queue."""
    found = lookup.queue(call)
    given = call.input.get("Attributes")
    if not given:
        raise errors.MissingParameter("Attribute.Name")
    kept = attributes.set_attributes(given, found.attributes, found.fifo, creating=False)
    _check_redrive(call, found.arn, kept, given)
    queues.put(call.store, found, {**found.data, "Attributes": kept, "Modified": call.now})
    call.cloud.bells.ring(found.bell)
    return {}


@operation("DeleteQueue", on=resources.queue)
def delete_queue(call: Call) -> Data:
    """Delete a queue with all its messages."""
    found = lookup.queue(call)
    queues.remove(call.store, found, call.now)
    call.tags.drop(found.arn)
    lookup.clear_later(call, found.shelf)
    call.cloud.bells.ring(found.bell)
    return {}


@operation("PurgeQueue", on=resources.queue)
def purge_queue(call: Call) -> Data:
    """Delete all messages of a queue, those in flight too; at most once a minute."""
    found = lookup.queue(call)
    if call.now - found.data.get("Purged", -_PAUSE) < _PAUSE:
        raise errors.PurgeQueueInProgress(found.name)
    shelf = shelves.add(call.store, shelves.known(call.store, found.shelf).last)
    queues.put(call.store, found, {**found.data, "Purged": call.now}, shelf)
    lookup.clear_later(call, found.shelf)
    call.cloud.bells.ring(found.bell)  # who waits there goes over to the new shelf
    return {}
