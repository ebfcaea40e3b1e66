"""The ARNs of topics and subscriptions, what each call touches, and the topics' policies."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.policy.grammar import listed, statements
from cloudarium.services.sns import errors
from cloudarium.services.sns.records import topics
from cloudarium.services.sns.records.topics import Topic
from cloudarium.services.sns.rules import policies
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope, scope_of
from cloudarium.store import Store

POLICY_TOPIC = topics.TOPIC


def topic_arn(scope: Scope, name: str) -> str:
    """The ARN of a topic."""
    return arns.make("sns", scope, name)


def topic_place(call: Call, text: object, name: str = "TopicArn") -> tuple[Scope, str]:
    """The scope and name in a topic's ARN. Raises InvalidParameter for what is none of this region."""
    parts = check_arn(text, name)
    if parts[2] != "sns" or parts[3] != call.region or len(parts) != 6:
        raise errors.InvalidParameter(name)
    return scope_of(parts[4], parts[3]), parts[5]


def topic_of(call: Call, text: object, name: str = "TopicArn") -> Topic:
    """The topic of an ARN. Raises InvalidParameter, NotFound."""
    scope, own = topic_place(call, text, name)
    found = topics.find(call.store, scope, own)
    if found is None:
        raise errors.NotFound.topic()
    return found


def subscription_arn(call: Call, text: object) -> str:
    """A subscription's ARN. Raises InvalidParameter for what is none of this region."""
    parts = check_arn(text, "SubscriptionArn")
    if len(parts) != 7 or parts[2] != "sns":
        raise errors.InvalidParameter("SubscriptionId")
    if parts[3] != call.region:
        raise errors.InvalidParameter("SubscriptionArn")
    return str(text)


def check_arn(text: object, name: str) -> list[str]:
    """The parts of an ARN. Raises InvalidParameter for a text that is none."""
    parts = str(text).split(":")
    if len(parts) < 6:
        raise errors.InvalidParameter(f"{name} Reason: An ARN must have at least 6 elements, not {len(parts)}")
    return parts


# ---- What a call touches ---------------------------------------------------------------------------------------------


def topic(call: Call) -> str:
    """The topic that a call names."""
    return _given(call, "TopicArn")


def new_topic(call: Call) -> list[str | Need]:
    """A topic to make; to tag it on the way needs the permission to tag."""
    own = topic_arn(call.scope, str(call.input.get("Name", "")))
    return [own, Need("sns:TagResource", own)] if call.input.get("Tags") else [own]


def published(call: Call) -> str:
    """The topic or endpoint that a message is for; a phone number is no resource."""
    given = call.input.get("TopicArn") or call.input.get("TargetArn")
    return str(given) if given else "*"


def subscription(call: Call) -> str:
    """No resource: who may is whose the subscription or the topic is."""
    _given(call, "SubscriptionArn")
    return "*"


def tagged(call: Call) -> str:
    """The topic that a tagging call names."""
    return str(call.input.get("ResourceArn", ""))


def _given(call: Call, name: str) -> str:
    text = call.input.get(name)
    if text is None:
        raise errors.InvalidParameter(f"{name} Reason: no value for required parameter")
    return str(text)


# ---- Policies --------------------------------------------------------------------------------------------------------


def policy_of(found: Topic) -> str:
    """A topic's policy, the one that every topic begins with if none was set."""
    return found.attributes.get("Policy") or policies.default(found.arn, found.scope.account)


def resource_policy(call: Call, resource: str) -> str | None:
    """The policy of a topic."""
    parsed = arns.parse(resource)
    if parsed is None or parsed.service != "sns" or ":" in parsed.resource:
        return None
    found = topics.find(call.store, scope_of(parsed.account, parsed.region), parsed.resource)
    if found is None:
        return None
    said = "aws:SourceOwner" in call.context
    if not said and not found.attributes.get("Policy"):
        return None  # the first policy asks for that key: it says nothing of anybody else, and need not be looked at
    text = policy_of(found)
    # Alarms and SES publish to topics that have their first policy: they say by aws:SourceOwner whom they work for.
    return _for_services(text) if said and call.principal.kind == "service" else text


def _for_services(text: str) -> str:
    document = orjson.loads(text)
    for statement in statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "*" in listed(principal.get("AWS", [])):
            statement["Principal"] = "*"
    return orjson.dumps(document).decode()


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the policies of topics that name the principal `old` name it `new`."""
    for each in topics.with_policy_on(store, old.split(":")[4]):
        policy = each.attributes.get("Policy")
        renamed = principals.renamed(policy, old, new) if policy else policy
        if renamed != policy:
            topics.put(store, each._replace(attributes={**each.attributes, "Policy": renamed}))


# ---- Condition keys --------------------------------------------------------------------------------------------------


def conditions(call: Call) -> dict[str, Any]:
    """How and where somebody wants to be told, for the policies that say who may subscribe."""
    names = {"sns:Protocol": "Protocol", "sns:Endpoint": "Endpoint"}
    return {key: call.input[name] for key, name in names.items() if isinstance(call.input.get(name), str)}
