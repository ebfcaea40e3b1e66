"""Topics: create, delete, list, attributes, permissions."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sns import errors, resources
from cloudarium.services.sns.operations.tags import check_tags
from cloudarium.services.sns.records import subscriptions, topics
from cloudarium.services.sns.records.topics import Topic
from cloudarium.services.sns.rules import policies
from cloudarium.services.sns.rules import topics as rules
from cloudarium.services.sns.subscribing import forget
from cloudarium.shared import paging

_PAGE = 100


@operation("CreateTopic", on=resources.new_topic, refuses=("DataProtectionPolicy",))
def create_topic(call: Call) -> dict[str, Any]:
    """Make a topic; making it again with what it has already answers the first one."""
    name, given = call.input["Name"], call.input.get("Attributes") or {}
    wanted_tags = check_tags(call.input.get("Tags"))
    fifo = rules.is_fifo(given)
    rules.check_name(name, fifo)
    attributes = rules.new_attributes(given, fifo)
    there = topics.find(call.store, call.scope, name)
    if there is not None:
        _check_same(call, there, attributes, wanted_tags)
        return {"TopicArn": there.arn}
    made = Topic(call.scope, name, 0, attributes)
    topics.add(call.store, made, call.now)
    if wanted_tags:
        call.tags.put(made.arn, wanted_tags)
    return {"TopicArn": made.arn}


def _check_same(call: Call, there: Topic, attributes: dict[str, str], wanted: dict[str, str]) -> None:
    if rules.differs(attributes, there.attributes, there.arn, there.scope.account):
        raise errors.InvalidParameter("Attributes Reason: Topic already exists with different attributes")
    own = call.tags.of(there.arn)
    if any(own.get(key) != value for key, value in wanted.items()):
        raise errors.InvalidParameter("Tags Reason: Topic already exists with different tags")


@operation("DeleteTopic", on=resources.topic)
def delete_topic(call: Call) -> dict[str, Any]:
    """Delete a topic with its subscriptions; one that is not there is no error."""
    scope, name = resources.topic_place(call, call.input["TopicArn"])
    found = topics.find(call.store, scope, name)
    if found is not None:
        for each in subscriptions.of_topic(call.store, found.arn):
            forget(call, each)
        topics.remove(call.store, found)
        call.tags.drop(found.arn)
    return {}


@operation("GetTopicAttributes", on=resources.topic)
def get_topic_attributes(call: Call) -> dict[str, Any]:
    """The attributes of a topic, with how many subscriptions it has."""
    found = resources.topic_of(call, call.input["TopicArn"])
    own = subscriptions.of_topic(call.store, found.arn)
    confirmed = sum(each.confirmed for each in own)
    shown = rules.shown(found.attributes, found.fifo)
    counted = {
        "TopicArn": found.arn,
        "Owner": found.scope.account,
        "Policy": resources.policy_of(found),
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(len(own) - confirmed),
        "SubscriptionsDeleted": str(found.deleted),
    }
    return {"Attributes": {**shown, **counted}}


@operation("SetTopicAttributes", on=resources.topic)
def set_topic_attributes(call: Call) -> dict[str, Any]:
    """Set one attribute of a topic; an empty value takes it back."""
    name = call.input["AttributeName"]
    found = resources.topic_of(call, call.input["TopicArn"])
    rules.check_changed(name, found.fifo)
    value = rules.check_attribute(name, call.input.get("AttributeValue"))
    kept = {other: text for other, text in found.attributes.items() if other != name}
    topics.put(call.store, found._replace(attributes=kept if value is None else {**kept, name: value}))
    return {}


@operation("ListTopics")
def list_topics(call: Call) -> dict[str, Any]:
    """The topics of the account in the region, a hundred at a time."""
    after = page_key(call, str, "")
    names = topics.listed(call.store, call.scope, after, _PAGE + 1)
    shown = [{"TopicArn": resources.topic_arn(call.scope, name)} for name in names[:_PAGE]]
    more = {"NextToken": page_token(names[_PAGE - 1])} if len(names) > _PAGE else {}
    return {"Topics": shown, **more}


def page_token(key: Any) -> str:
    """The token of the page behind a key: SNS's tokens are base64 to the last sign."""
    token = paging.encode(key)
    return token + "=" * (-len(token) % 4)


def page_key(call: Call, kind: type, first: Any) -> Any:
    """What a page begins behind. Raises InvalidParameter for a token that is none."""
    token = call.input.get("NextToken") or call.input.get("nextToken")
    if not token:
        return first
    try:
        key = paging.decode(token.rstrip("="))
    except ValueError:
        key = None
    if not isinstance(key, kind) or isinstance(key, bool) or (isinstance(key, int) and abs(key) >= 2**63):
        raise errors.InvalidParameter("NextToken")
    return key


# ---- Permissions -----------------------------------------------------------------------------------------------------


@operation("AddPermission", on=resources.topic)
def add_permission(call: Call) -> dict[str, Any]:
    """Add a statement to a topic's policy that lets accounts do something."""
    found = resources.topic_of(call, call.input["TopicArn"])
    given = call.input
    text = policies.with_permission(
        resources.policy_of(found), found.arn, given["Label"], given["AWSAccountId"], given["ActionName"]
    )
    topics.put(call.store, found._replace(attributes={**found.attributes, "Policy": text}))
    return {}


@operation("RemovePermission", on=resources.topic)
def remove_permission(call: Call) -> dict[str, Any]:
    """Take the statement with a label out of a topic's policy."""
    found = resources.topic_of(call, call.input["TopicArn"])
    text = policies.without_permission(resources.policy_of(found), call.input["Label"])
    topics.put(call.store, found._replace(attributes={**found.attributes, "Policy": text}))
    return {}
