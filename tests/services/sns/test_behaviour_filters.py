"""Filter policies: which messages they let through, and what AWS does not take as one."""

from __future__ import annotations

import json
import random

import pytest

from cloudarium.services.sns.rules import filters
from cloudarium.shared.errors import AwsError
from tests.services.sns.conftest import refused

TEXT, NUMBER = "String", "Number"


def attribute(value):
    if isinstance(value, list):
        return {"DataType": "String.Array", "StringValue": json.dumps(value)}
    kind = NUMBER if isinstance(value, (int, float)) and not isinstance(value, bool) else TEXT
    return {"DataType": kind, "StringValue": str(value)}


def passes(policy, **attributes):
    """Whether a message with these attributes passes."""
    typed = {name: attribute(value) for name, value in attributes.items()}
    return filters.passes(json.dumps(policy), filters.ATTRIBUTES, "", typed)


def passes_body(policy, body):
    """Whether a message with this body passes."""
    text = body if isinstance(body, str) else json.dumps(body)
    return filters.passes(json.dumps(policy), filters.BODY, text, {})


@pytest.mark.parametrize(
    ("condition", "yes", "no"),
    [
        ("x", ["x", ["a", "x"]], ["y", ["a"], 1]),
        (100, [100, 100.0, [100]], [101, "100x", "100"]),
        (True, [[True]], ["true", [False]]),
        (None, [[None]], ["null"]),
        ({"prefix": "eu-"}, ["eu-north", ["x", "eu-"]], ["us-", "EU-x"]),
        ({"suffix": ".png"}, ["a.png"], ["a.jpg", ".PNG"]),
        ({"equals-ignore-case": "tennis"}, ["TENNIS", "tennis"], ["tennisx"]),
        ({"wildcard": "*ball"}, ["ball", "football"], ["balls"]),
        ({"wildcard": "a*b*c"}, ["abc", "aXXbXXc"], ["acb", "ab"]),
        ({"anything-but": "x"}, ["y", ["x", "y"], 1], ["x", ["x"]]),
        ({"anything-but": ["x", "y"]}, ["z", ["x", "z"]], ["x", "y", ["x", "y"]]),
        ({"anything-but": [1, 2]}, [3, "a"], [1, 2]),
        ({"anything-but": {"prefix": "order-"}}, ["data-entry"], ["order-x"]),
        ({"anything-but": {"prefix": ["a", "b"]}}, ["c"], ["ax", "bx"]),
        ({"anything-but": {"wildcard": "*/log"}}, ["a/txt"], ["a/log"]),
        ({"exists": True}, ["x", 0, [1]], []),
        ({"exists": False}, [], ["x"]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.0", "10.0.0.255"], ["10.1.1.0", "x"]),
        ({"numeric": ["=", 301.5]}, [301.5], [301, "301.5x"]),
        ({"numeric": ["=", 100.123456789]}, [100.1234567, [100.1234567]], [100.123455]),
        (100.123456789, [100.1234567, 100.123456], [100.123457]),
        ({"numeric": [">", 1.0000001, "<", 1.0000002]}, [], [1.0000001, 1.1]),
        ({"numeric": ["<", 0]}, [-1], [0]),
        ({"numeric": [">", 0, "<=", 150]}, [100, 150], [0, -1, 151]),
    ],
)
def test_every_operator(condition, yes, no):
    for value in yes:
        assert passes({"key": [condition]}, key=value), value
    for value in no:
        assert not passes({"key": [condition]}, key=value), value
    missing = condition == {"exists": False}
    assert passes({"key": [condition]}) is missing


def test_keys_are_all_asked_for_and_conditions_are_alternatives():
    policy = {"store": ["a", {"prefix": "b"}], "price": [{"numeric": [">", 1]}]}
    assert passes(policy, store="bx", price=2, more="x")
    assert not passes(policy, store="bx") and not passes(policy, store="c", price=2)


def test_alternatives_of_keys():
    policy = {"source": ["s"], "$or": [{"metric": ["m"]}, {"type": ["t"], "$or": [{"id": [1]}, {"space": [2]}]}]}
    assert passes(policy, source="s", metric="m")
    assert passes(policy, source="s", type="t", space=2)
    assert not passes(policy, source="s", type="t") and not passes(policy, metric="m")


def test_bytes_are_there_and_like_nothing():
    typed = {"key": {"DataType": "Binary", "BinaryValue": b"x"}}
    for condition, wanted in (({"exists": True}, True), ("x", False), ({"exists": False}, False)):
        assert filters.passes(json.dumps({"key": [condition]}), filters.ATTRIBUTES, "", typed) is wanted


def test_bodies_that_are_nested():
    policy = {
        "object": {"key": [{"prefix": "auto-"}, "hard"], "nested": [{"exists": False}]},
        "test": [{"exists": False}],
    }
    for body in ({"object": {"key": "auto-test"}}, {"object": {"key": "hard"}}):
        assert passes_body(policy, body)
    for body in (
        {"object": {"key": "test-auto"}}, {"object": {"key": "auto-test"}, "test": "x"}, {"test": "x"},
        {"object": {"key": "auto-test", "nested": "x"}}, {"object": {"test": "x"}}, "text", '"text"', "[]",
    ):  # fmt: skip
        assert not passes_body(policy, body), body


def test_dots_are_paths():
    policy = {"object.nested.test": ["v"]}
    for body in (
        {"object": {"nested": {"test": "v"}}}, {"object.nested.test": "v"}, {"object.nested": {"test": "v"}},
        {"object": {"nested.test": "v"}},
    ):  # fmt: skip
        assert passes_body(policy, body)
    assert not passes_body(policy, {"object": {"nested": {"test": "w"}}})


def test_arrays_of_objects():
    policy = {
        "Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "ObjectCreated:"}]}
    }

    def record(key, name="ObjectCreated:Put"):
        return {"eventName": name, "s3": {"object": key}}

    auto, home = {"key": "auto-1"}, {"key": "home-1"}
    assert passes_body(policy, {"Records": [record(auto)]})
    assert passes_body(policy, {"Records": [record([[auto]]), record(home, "ObjectRemoved:Delete")]})
    assert not passes_body(policy, {"Records": [record(auto, "ObjectRemoved:Delete")]})
    assert not passes_body(policy, {"Records": [record(home)]})


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"key": [["value"]]}, "Match value must be String, number, true, false, or null"),
        ({"key": [{"wrong-operator": True}]}, "Unrecognized match type wrong-operator"),
        ({"key": [{"suffix": "value", "prefix": "value2"}]}, "Only one key allowed in match expression"),
        ({"key": [{"suffix": 100}]}, "suffix match pattern must be a string"),
        ({"key": [{"suffix": None}]}, "suffix match pattern must be a string"),
        ({"key": [{"suffix": []}]}, "suffix match pattern must be a string"),
        ({"key": [{"suffix": ["a", "b"]}]}, "suffix match pattern must be a string"),
        ({"key": {"suffix": "value"}}, '"suffix" must be an object or an array'),
        ({"key": {"not-an-operator": "value"}}, '"not-an-operator" must be an object or an array'),
        ({"key_a": "value_one"}, '"key_a" must be an object or an array'),
        ({"key": [{"numeric": []}]}, "Invalid member in numeric match: ]"),
        ({"key": [{"numeric": ["operator"]}]}, "Unrecognized numeric range operator: operator"),
        ({"key": [{"numeric": [1, "<="]}]}, "Invalid member in numeric match: 1"),
        ({"key": [{"numeric": ["=", "000"]}]}, "Value of equals must be numeric"),
        ({"key": [{"numeric": [">="]}]}, "Value of >= must be numeric"),
        ({"key": [{"numeric": ["<", 100, ">", 10]}]}, "Too many elements in numeric expression"),
        ({"key": [{"numeric": [">=", 1, ">", 2]}]}, "Bad numeric range operator: >"),
        ({"key": [{"numeric": [">", 3, "<", 1]}]}, "Bottom must be less than top"),
        ({"key": [{"numeric": [">", 20, "<="]}]}, "Value of <= must be numeric"),
        ({"key": [{"numeric": [">", 20, 30]}]}, "Bad value in numeric range: 30"),
        ({"key": [{"numeric": [">", 20, "test"]}]}, "Bad numeric range operator: test"),
        ({"key": [{"numeric": [">", "20", "<", "30"]}]}, "Value of > must be numeric"),
        ({"key": [{"numeric": [">", 20, "<", "30"]}]}, "Value of < must be numeric"),
        ({"key": [{"numeric": [">", 20, "<", 30, "<", 50]}]}, "Too many terms in numeric range expression"),
        ({"key": [{"exists": None}]}, "exists match pattern must be either true or false."),
        ({"key": [{"exists": "no"}]}, "exists match pattern must be either true or false."),
        ({"key": [{"anything-but": {"wrong-operator": None}}]}, "Unsupported anything-but pattern: wrong-operator"),
        ({"key": [{"anything-but": {"suffix": "test"}}]}, "Unsupported anything-but pattern: suffix"),
        ({"key": [{"anything-but": {"exists": False}}]}, "Unsupported anything-but pattern: exists"),
        ({"key": [{"anything-but": {"prefix": False}}]}, "prefix match pattern must be a string"),
        ({"key": [f"v{number}" for number in range(151)]}, "Filter policy is too complex"),
        ({"a": [f"v{n}" for n in range(100)], "b": [f"v{n}" for n in range(51)]}, "Filter policy is too complex"),
        ({f"k{number}": ["v"] for number in range(6)}, "Filter policy can not have more than 5 keys"),
    ],
)
def test_policies_that_aws_does_not_take(policy, text):
    with pytest.raises(AwsError) as caught:
        filters.check(json.dumps(policy), filters.BODY, "Attributes Reason: ")
    said = caught.value.message.partition("\n")[0]
    assert said == f"Invalid parameter: Attributes Reason: FilterPolicy: {text}"


def test_how_combinations_are_counted():
    values = [str(number) for number in range(9)]
    nested = {
        "a": {"b": {"c": values[:4]}}, "d": {"e": values[:3]}, "f": values[:3],
    }  # 3 x 4 x 2 x 3 x 1 x 3 = 216  # fmt: skip
    flat = {
        "source": values[:3],
        "$or": [
            {"name": values[:6]}, {"type": values[:4], "$or": [{"id": values[:4]}, {"space": values[:7]}]},
        ],
    }  # 3 x 6 + 3 x 4 x 4 + 3 x 4 x 7 = 150  # fmt: skip
    filters.check(json.dumps(flat), filters.ATTRIBUTES)
    more = {**flat, "source": values[:4]}
    alternatives = {
        "$or": [{"name": values[:3]}, {"space": values[:2]}],
        "detail": {"scope": values[:2], "$or": [{"source": values[:1]}, {"type": values[:3]}]},
    }  # 24 + 72 + 16 + 48 = 160
    for policy in (nested, more, alternatives):
        with pytest.raises(AwsError, match="Filter policy is too complex"):
            filters.check(json.dumps(policy), filters.BODY)


def test_a_scope_is_seen_once_there_is_a_policy(world):
    own = world.subscribe(world.topic(), "sms", "+15550100")

    def put(name, value):
        world.sns.set_subscription_attributes(SubscriptionArn=own, AttributeName=name, AttributeValue=value)
        return world.sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]

    assert "FilterPolicyScope" not in put("FilterPolicyScope", "MessageBody")
    found = put("FilterPolicy", '{"a": {"b": ["c"]}}')
    assert (found["FilterPolicy"], found["FilterPolicyScope"]) == ('{"a": {"b": ["c"]}}', "MessageBody")
    given = {"SubscriptionArn": own, "AttributeName": "FilterPolicyScope", "AttributeValue": "MessageAttributes"}
    assert "does not support nested" in refused("InvalidParameter", world.sns.set_subscription_attributes, **given)
    assert "FilterPolicy" not in put("FilterPolicy", "")


def test_subscribing_twice_is_one_subscription(world):
    topic = world.topic()
    own = world.subscribe(topic, "sms", "+15550100", RawMessageDelivery="True")
    for attributes in ({"RawMessageDelivery": "true"}, {"FilterPolicyScope": "MessageAttributes"}, {}):
        assert world.subscribe(topic, "sms", "+15550100", **attributes) == own
    given = {"TopicArn": topic, "Protocol": "sms", "Endpoint": "+15550100"}
    other = {"RawMessageDelivery": "false", "FilterPolicyScope": "MessageBody"}
    text = refused("InvalidParameter", world.sns.subscribe, **given, Attributes=other)
    assert text == "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"


def test_messages_reach_whom_they_are_for(world):
    topic = world.topic()
    for number, policy in (("1", '{"kind": ["a"]}'), ("2", '{"kind": [{"anything-but": "a"}]}'), ("3", None)):
        attributes = {"FilterPolicy": policy} if policy else {}
        world.subscribe(topic, "sms", f"+1555010{number}", **attributes)
    world.sns.publish(TopicArn=topic, Message="A", MessageAttributes={"kind": attribute("a")})
    entry = {"Id": "1", "Message": "B", "MessageAttributes": {"kind": attribute("b")}}
    world.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entry])
    world.sns.publish(TopicArn=topic, Message="C")
    got = {n: [each["message"] for each in reversed(world.sms(f"+1555010{n}"))] for n in "123"}
    assert got == {"1": ["A"], "2": ["B"], "3": ["A", "B", "C"]}


def test_subscriptions_are_listed_a_hundred_at_a_time(world):
    topic = world.topic()
    for number in range(101):
        world.sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=f"+12312312{number:03}")
    for call, given in (
        (world.sns.list_subscriptions_by_topic, {"TopicArn": topic}),
        (world.sns.list_subscriptions, {}),
    ):
        first = call(**given)
        second = call(**given, NextToken=first["NextToken"])
        assert (len(first["Subscriptions"]), len(second["Subscriptions"])) == (100, 1)
        assert "NextToken" not in second


# ---- Properties ------------------------------------------------------------------------------------------------------


def _plain(condition, value):
    """What a condition says of one value, told a second time and as simply as can be."""
    if not isinstance(condition, dict):
        return type(value) is type(condition) and value == condition
    ((name, wanted),) = condition.items()
    text = isinstance(value, str)
    number = isinstance(value, int) and not isinstance(value, bool)
    if name == "prefix":
        return text and value.startswith(wanted)
    if name == "suffix":
        return text and value.endswith(wanted)
    if name == "anything-but":
        return value not in wanted
    if name == "equals-ignore-case":
        return text and value.lower() == wanted.lower()
    low, high = wanted[1], wanted[3]
    return number and low < value <= high


def test_any_policy_decides_as_its_words_say():
    chance = random.Random(7)
    letters = ["a", "b", "ab", "ba", "A", "aba"]

    def condition():
        return chance.choice([
            chance.choice(letters), chance.randint(0, 4), {"prefix": chance.choice(letters)},
            {"suffix": chance.choice(letters)}, {"anything-but": [chance.choice(letters), chance.choice(letters)]},
            {"equals-ignore-case": chance.choice(letters)}, {"numeric": [">", 1, "<=", 3]},
        ])  # fmt: skip

    def value():
        return chance.choice([*letters, 0, 1, 2, 3, 4])

    for _ in range(2000):
        policy = {name: [condition() for _ in range(chance.randint(1, 3))] for name in chance.sample("xyz", 2)}
        message = {name: value() for name in "xyz" if chance.random() < 0.8}
        wanted = all(
            name in message and any(_plain(each, message[name]) for each in conditions)
            for name, conditions in policy.items()
        )
        assert passes(policy, **message) is wanted, (policy, message)
        assert passes_body({"in": policy}, {"in": message}) is wanted, (policy, message)
