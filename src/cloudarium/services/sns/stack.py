"""CloudFormation's resource types of SNS."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.stacks import Again, Resource, ResourceType, resource_type

_GONE = ("NotFoundException",)
_TEXTS = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "FifoThroughputScope")
_FLAGS = ("FifoTopic", "ContentBasedDeduplication")


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    """A topic's properties as the API's attributes."""
    found = {name: str(properties[name]) for name in _TEXTS if properties.get(name) is not None}
    for name in _FLAGS:
        if properties.get(name) is not None:
            found[name] = str(properties[name]).lower()
    if properties.get("DeliveryPolicy") is not None:
        found["DeliveryPolicy"] = _json(properties["DeliveryPolicy"])
    for each in properties.get("DeliveryStatusLogging") or ():
        found.update(_logging(each))
    return found


def _logging(given: dict[str, Any]) -> dict[str, str]:
    protocol = str(given.get("Protocol", ""))
    prefix = {"http/s": "HTTP", "http": "HTTP", "sqs": "SQS", "lambda": "Lambda", "firehose": "Firehose"}.get(
        protocol.lower(), protocol.capitalize()
    )
    names = ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
    return {f"{prefix}{name}": str(given[name]) for name in names if given.get(name) is not None}


def _json(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


@resource_type("AWS::SNS::Topic")
class Topic(ResourceType):
    """A topic, with the subscriptions that its template lists."""

    properties = (
        "TopicName", "Subscription", "Tags", "DeliveryPolicy", "DeliveryStatusLogging", *_TEXTS, *_FLAGS,
    )  # fmt: skip
    refuses = ("DataProtectionPolicy", "ArchivePolicy")
    replaces = ("TopicName", "FifoTopic")
    attributes = ("TopicArn", "TopicName")
    physical_name = "TopicName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the topic and its subscriptions."""
        attributes = _attributes(r.properties)
        fifo = attributes.get("FifoTopic") == "true"
        attributes = {name: value for name, value in attributes.items() if name != "FifoTopic" or fifo}
        name = r.properties.get("TopicName") or (r.name(251) + ".fifo" if fifo else r.name(256))
        given = {"Name": name, "Attributes": attributes, "Tags": r.tag_list}
        r.id = (await r.send("sns", "CreateTopic", given))["TopicArn"]
        r.arn = r.id
        r.attributes = {"TopicArn": r.id, "TopicName": name}
        for each in r.properties.get("Subscription") or ():
            await self._subscribe(r, each)

    async def _subscribe(self, r: Resource, given: dict[str, Any]) -> None:
        wanted = {"TopicArn": r.id, "Protocol": given.get("Protocol"), "Endpoint": given.get("Endpoint")}
        await r.send("sns", "Subscribe", wanted)

    async def update(self, r: Resource) -> None:
        """Change attributes, subscriptions and tags."""
        old, new = _attributes(r.old_properties), _attributes(r.properties)
        for name in [*new, *(name for name in old if name not in new)]:
            if name != "FifoTopic" and old.get(name) != new.get(name):
                wanted = {"TopicArn": r.id, "AttributeName": name, "AttributeValue": new.get(name, "")}
                if name == "ContentBasedDeduplication" and name not in new:
                    wanted["AttributeValue"] = "false"
                await r.send("sns", "SetTopicAttributes", wanted)
        if r.changed("Subscription"):
            await self._resubscribe(r)
        if r.removed_tags:
            await r.send("sns", "UntagResource", {"ResourceArn": r.id, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("sns", "TagResource", {"ResourceArn": r.id, "Tags": r.tag_list})

    async def _resubscribe(self, r: Resource) -> None:
        wanted = r.properties.get("Subscription") or []
        for each in wanted:
            await self._subscribe(r, each)
        places = {(each.get("Protocol"), each.get("Endpoint")) for each in wanted}
        dropped = {(each.get("Protocol"), each.get("Endpoint")) for each in r.old_properties.get("Subscription") or ()}
        token: str | None = None
        while True:
            page = await r.send(
                "sns", "ListSubscriptionsByTopic", {"TopicArn": r.id, **({"NextToken": token} if token else {})}
            )
            for each in page["Subscriptions"]:
                place = (each["Protocol"], each["Endpoint"])
                if place in dropped - places and each["SubscriptionArn"] != "PendingConfirmation":
                    await r.send("sns", "Unsubscribe", {"SubscriptionArn": each["SubscriptionArn"]}, gone=_GONE)
            token = page.get("NextToken")
            if token is None:
                return

    async def delete(self, r: Resource) -> None:
        """Delete the topic with its subscriptions."""
        await r.send("sns", "DeleteTopic", {"TopicArn": r.id}, gone=_GONE)


_SUBSCRIBED = ("RawMessageDelivery", "FilterPolicyScope", "FilterPolicy", "DeliveryPolicy", "RedrivePolicy")


def _subscribed(properties: dict[str, Any]) -> dict[str, str]:
    found = {}
    for name in _SUBSCRIBED:
        value = properties.get(name)
        if value is not None:
            found[name] = str(value).lower() if name == "RawMessageDelivery" else _json(value)
    return found


@resource_type("AWS::SNS::Subscription")
class Subscription(ResourceType):
    """A subscription; Ref is its ARN."""

    properties = ("TopicArn", "Protocol", "Endpoint", "Region", *_SUBSCRIBED)
    refuses = ("ReplayPolicy", "SubscriptionRoleArn")
    required = ("TopicArn", "Protocol")
    replaces = ("TopicArn", "Protocol", "Endpoint", "Region")
    attributes = ("Arn",)

    async def create(self, r: Resource) -> None:
        """Subscribe."""
        region = r.properties.get("Region")
        if region not in (None, "", r.scope.region):
            raise NotBuilt("AWS::SNS::Subscription Region other than the stack's")
        given = {
            "TopicArn": r.properties["TopicArn"],
            "Protocol": r.properties["Protocol"],
            "Endpoint": r.properties.get("Endpoint"),
            "Attributes": _subscribed(r.properties),
            "ReturnSubscriptionArn": True,
        }
        answer = await r.send("sns", "Subscribe", {name: value for name, value in given.items() if value is not None})
        r.id = r.arn = answer["SubscriptionArn"]
        r.attributes = {"Arn": r.id}

    async def update(self, r: Resource) -> None:
        """Change the attributes."""
        old, new = _subscribed(r.old_properties), _subscribed(r.properties)
        for name in _SUBSCRIBED:
            if old.get(name) != new.get(name):
                value = new.get(
                    name, {"RawMessageDelivery": "false", "FilterPolicyScope": "MessageAttributes"}.get(name, "")
                )
                given = {"SubscriptionArn": r.id, "AttributeName": name, "AttributeValue": value}
                await r.send("sns", "SetSubscriptionAttributes", given)

    async def delete(self, r: Resource) -> None:
        """Unsubscribe."""
        await r.send("sns", "Unsubscribe", {"SubscriptionArn": r.id}, gone=_GONE)


class _Policy(ResourceType):
    """A policy for topics."""

    async def _put(self, r: Resource, topics: list[str], text: str) -> None:
        for arn in topics:
            given = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": text}
            await r.send("sns", "SetTopicAttributes", given, gone=() if text else _GONE)


@resource_type("AWS::SNS::TopicPolicy")
class TopicPolicy(_Policy):
    """One policy for several topics; when it goes they have their first policy again."""

    properties = ("PolicyDocument", "Topics")
    required = ("PolicyDocument", "Topics")
    attributes = ("Id",)

    async def create(self, r: Resource) -> Again | None:
        """Put the policy on each topic."""
        r.id = r.name(128)
        r.attributes = {"Id": r.id}
        await self._put(r, r.properties["Topics"], _json(r.properties["PolicyDocument"]))
        return None

    async def update(self, r: Resource) -> Again | None:
        """Put the new policy on each topic, and take it from those that are no longer named."""
        await self._put(r, r.properties["Topics"], _json(r.properties["PolicyDocument"]))
        await self._put(r, [arn for arn in r.old_properties["Topics"] if arn not in r.properties["Topics"]], "")
        return None

    async def delete(self, r: Resource) -> Again | None:
        """Take the policy from each topic."""
        await self._put(r, r.properties["Topics"], "")
        return None


@resource_type("AWS::SNS::TopicInlinePolicy")
class TopicInlinePolicy(_Policy):
    """The policy of one topic; Ref is the topic's ARN."""

    properties = ("PolicyDocument", "TopicArn")
    required = ("PolicyDocument", "TopicArn")
    replaces = ("TopicArn",)
    attributes = ()

    async def create(self, r: Resource) -> Again | None:
        """Put the policy."""
        r.id = r.properties["TopicArn"]
        await self._put(r, [r.id], _json(r.properties["PolicyDocument"]))
        return None

    async def update(self, r: Resource) -> Again | None:
        """Put the new policy in place of the old one."""
        await self._put(r, [r.id], _json(r.properties["PolicyDocument"]))
        return None

    async def delete(self, r: Resource) -> Again | None:
        """Have the topic's first policy again."""
        await self._put(r, [r.id], "")
        return None
