"""CloudFormation's resource types of SQS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.shared.stacks import Again, Resource, ResourceType, resource_type

_GONE = ("QueueDoesNotExist",)
_NUMBERS = (
    "DelaySeconds",
    "KmsDataKeyReusePeriodSeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)
_TEXTS = ("DeduplicationScope", "FifoThroughputLimit", "KmsMasterKeyId")
_FLAGS = ("ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled")
_POLICIES = ("RedriveAllowPolicy", "RedrivePolicy")

# What CloudFormation sets where an update's template says no more.
# Source: localstack, test_aws_sqs_queue.snapshot.json, test_update_standard_queue_remove_some_properties
_AFTER = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "VisibilityTimeout": "30",
}
_RETRY = 5.0  # seconds after which a name may be free again


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    """A queue's properties as the API's attributes; what says that a queue is not FIFO is none."""
    found = {name: str(properties[name]) for name in (*_NUMBERS, *_TEXTS) if properties.get(name) is not None}
    found.update({name: str(properties[name]).lower() for name in _FLAGS if properties.get(name) is not None})
    found.update({name: _json(properties[name]) for name in _POLICIES if properties.get(name)})
    if found.get("FifoQueue") != "true":
        for name in ("FifoQueue", "ContentBasedDeduplication"):
            if found.get(name) == "false":
                del found[name]
    return found


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


@resource_type("AWS::SQS::Queue")
class Queue(ResourceType):
    """A queue; `Ref` is its URL."""

    properties = ("QueueName", "Tags", *_NUMBERS, *_TEXTS, *_FLAGS, *_POLICIES)
    replaces = ("QueueName", "FifoQueue")
    attributes = ("Arn", "QueueName", "QueueUrl")
    physical_name = "QueueName"
    tags = "Tags"

    def replacing(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
        """Another name, or another kind, however that is written."""
        was, wanted = (_attributes(dict(each)).get("FifoQueue") for each in (old, new))
        changed = super().replacing(old, new)
        return tuple(name for name in changed if name != "FifoQueue" or was != wanted)

    async def create(self, r: Resource) -> Again | None:
        """Make the queue, once its name is free."""
        attributes = _attributes(r.properties)
        fifo = attributes.get("FifoQueue") == "true"
        name = r.properties.get("QueueName") or (r.name(75) + ".fifo" if fifo else r.name(80))
        given = {"QueueName": name, "Attributes": attributes, **({"tags": r.tags} if r.tags else {})}
        answer = await r.send("sqs", "CreateQueue", given, gone=("QueueDeletedRecently",))
        if not answer:
            return Again(r.now + _RETRY)
        r.id = answer["QueueUrl"]
        r.arn = f"arn:aws:sqs:{r.scope.region}:{r.scope.account}:{name}"
        r.attributes = {"Arn": r.arn, "QueueName": name, "QueueUrl": r.id}
        return None

    async def update(self, r: Resource) -> None:
        """Change attributes and tags."""
        old, new = _attributes(r.old_properties), _attributes(r.properties)
        changed = {name: value for name, value in new.items() if old.get(name) != value and name != "FifoQueue"}
        dropped = {name: _AFTER[name] for name in old.keys() - new.keys() if name in _AFTER}
        if "KmsMasterKeyId" in dropped and "SqsManagedSseEnabled" in changed:
            del dropped["KmsMasterKeyId"]
        if changed or dropped:
            given = {"QueueUrl": r.id, "Attributes": {**dropped, **changed}}
            await r.send("sqs", "SetQueueAttributes", given)
        if r.removed_tags:
            await r.send("sqs", "UntagQueue", {"QueueUrl": r.id, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("sqs", "TagQueue", {"QueueUrl": r.id, "Tags": r.tags})

    async def delete(self, r: Resource) -> None:
        """Delete the queue."""
        await r.send("sqs", "DeleteQueue", {"QueueUrl": r.id}, gone=_GONE)


async def _set_policy(r: Resource, url: str, document: Any) -> None:
    policy = _json(document) if document else ""
    await r.send(
        "sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": policy}}, () if policy else _GONE
    )


@resource_type("AWS::SQS::QueuePolicy")
class QueuePolicy(ResourceType):
    """One policy for several queues."""

    properties = ("PolicyDocument", "Queues")
    required = ("PolicyDocument", "Queues")
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Set the policy of each queue."""
        r.id = r.name(128)
        r.attributes = {"Id": r.id}
        for url in r.properties["Queues"]:
            await _set_policy(r, url, r.properties["PolicyDocument"])

    async def update(self, r: Resource) -> None:
        """Set the policy of the queues that are named now, and take it from those that were."""
        for url in r.old_properties["Queues"]:
            if url not in r.properties["Queues"]:
                await _set_policy(r, url, None)
        for url in r.properties["Queues"]:
            await _set_policy(r, url, r.properties["PolicyDocument"])

    async def delete(self, r: Resource) -> None:
        """Take the policy away."""
        for url in r.properties["Queues"]:
            await _set_policy(r, url, None)


@resource_type("AWS::SQS::QueueInlinePolicy")
class QueueInlinePolicy(ResourceType):
    """The policy of one queue; `Ref` is the queue's URL."""

    properties = ("PolicyDocument", "Queue")
    required = ("PolicyDocument", "Queue")
    replaces = ("Queue",)
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Set the policy."""
        r.id = r.properties["Queue"]
        await _set_policy(r, r.id, r.properties["PolicyDocument"])

    update = create

    async def delete(self, r: Resource) -> None:
        """Take it away."""
        await _set_policy(r, r.id, None)
