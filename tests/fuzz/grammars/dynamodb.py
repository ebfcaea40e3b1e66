"""DynamoDB's expressions, names, values and keys to start from."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from tests.fuzz.area import area, grammar, hostile_json
from tests.fuzz.furniture import ITEM, table
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target

_NAME = re.compile(r"#\w+", re.ASCII)
_VALUE = re.compile(r":\w+", re.ASCII)
_NAMES = {"#k": "k", "#r": "r", "#n": "n", "#l": "list", "#m": "map", "#s": "set", "#t": "text", "#b": "bin"}
_VALUES = {
    ":s": {"S": "a"}, ":n": {"N": "1"}, ":b": {"B": b"x"}, ":ss": {"SS": ["a"]}, ":ns": {"NS": ["1", "2"]},
    ":l": {"L": [{"N": "1"}]}, ":m": {"M": {"x": {"S": "y"}}}, ":t": {"BOOL": True}, ":z": {"NULL": True},
    ":big": {"N": "9.9999999999999999999999999999999999999E+125"},
}  # fmt: skip
_WORDS = (
    "AND OR NOT BETWEEN IN ( ) , = <> < <= > >= attribute_exists( attribute_not_exists( attribute_type( begins_with( "
    "contains( size( if_not_exists( list_append( SET REMOVE ADD DELETE + - . [0] [999999999] [ ] #k #n :n :s :ss #m.#k "
    "list[0] map.in.deep #undefined :undefined # : Select name status k r"
)
_CONDITIONS = (
    "attribute_not_exists(k)", "#k = :s AND (#r > :n OR NOT contains(#t, :s))", "size(#l) >= :n",
    "#n BETWEEN :n AND :n",
    "#s IN (:s, :n, :ss)", "begins_with(#t, :s) and attribute_type(#m, :s)", "#m.#k[0].x <> :m", "NOT NOT NOT #k = :s",
    "(((((#k = :s)))))", "map.in.deep = :n or list[2].M.y = :ss",
)  # fmt: skip
_UPDATES = (
    "SET #n = :n", "SET #n = #n + :n, #l = list_append(#l, :l) REMOVE #m.x, #l[0] ADD #s :ns DELETE #s :ns",
    "SET map.in.deep = if_not_exists(map.in.deep, :n) - :n", "REMOVE list[0], list[1]", "ADD #n :n",
    "SET list[99] = :s",
    "SET #m.#k = :m, #m.new = :l", "DELETE #s :ns",
)  # fmt: skip
_KEYS = ("k = :s", "#k = :s AND #r > :n", "k = :s and r between :n and :n", "#k = :s AND begins_with(#r, :s)", "r = :n")
_PROJECTIONS = ("k, r", "#k, #l[0], #m.in.deep", "list[2].y", "text, bin, map.in", "#m, #s")


def _named(*texts: str) -> dict[str, Any]:
    """The names and values that expressions use: all of them, since one that is not used is refused."""
    text = " ".join(texts)
    names = {name: _NAMES.get(name, "other") for name in _NAME.findall(text)}
    values = {value: _VALUES.get(value, {"S": "other"}) for value in _VALUE.findall(text)}
    given: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
    return given | ({"ExpressionAttributeValues": values} if values else {})


def _condition(target: Target, text: str) -> None:
    target.ask("dynamodb", "PutItem", TableName="fuzz", Item=ITEM, ConditionExpression=text, **_named(text))


def _filter(target: Target, text: str) -> None:
    target.ask("dynamodb", "Scan", TableName="fuzz", FilterExpression=text, **_named(text))


def _key_condition(target: Target, text: str) -> None:
    index = {"IndexName": "by-r"} if len(text) % 2 else {}
    target.ask("dynamodb", "Query", TableName="fuzz", KeyConditionExpression=text, **index, **_named(text))


def _projection(target: Target, text: str) -> None:
    key = {"k": {"S": "a"}, "r": {"N": "1"}}
    target.ask(
        "dynamodb", "GetItem", TableName="fuzz", Key=key, ProjectionExpression=text, **_named(_VALUE.sub("", text))
    )


def _update(target: Target, text: str) -> None:
    key = {"k": {"S": "a"}, "r": {"N": "1"}}
    target.ask("dynamodb", "UpdateItem", TableName="fuzz", Key=key, UpdateExpression=text, **_named(text))


grammar("dynamodb-condition", _CONDITIONS, _condition, _WORDS, table)
grammar("dynamodb-filter", _CONDITIONS, _filter, _WORDS, table)
grammar("dynamodb-key-condition", _KEYS, _key_condition, _WORDS, table)
grammar("dynamodb-projection", _PROJECTIONS, _projection, _WORDS, table)
grammar("dynamodb-update", _UPDATES, _update, _WORDS, table)


# ---- As JSON: names and values, keys to start from, transactions, the old conditions ---------------------------------

_LEGACY = {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}, {"N": "2"}]}
_WHOLE = {"k": {"S": "a"}, "r": {"N": "1"}}
_REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GetItem", {"Key": _WHOLE, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "n"}}),
    ("PutItem", {"Item": {"k": {"S": "z"}, "r": {"N": "1"}, "x": {"L": [{"M": {"y": {"NS": ["1", "2"]}}}]}}}),
    ("Scan", {"ExclusiveStartKey": _WHOLE, "Limit": 1, "TotalSegments": 2, "Segment": 0}),
    ("Scan", {"FilterExpression": "n > :v", "ExpressionAttributeValues": {":v": {"N": "1"}}, "Select": "COUNT"}),
    ("Scan", {"ScanFilter": {"n": _LEGACY}, "ConditionalOperator": "OR"}),
    ("Query", {"KeyConditions": {"k": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}, "r": _LEGACY}}),
    ("Query", {"IndexName": "by-r", "KeyConditionExpression": "r = :v", "ExclusiveStartKey": _WHOLE,
               "ExpressionAttributeValues": {":v": {"N": "1"}}, "ScanIndexForward": False}),
    ("UpdateItem", {"Key": _WHOLE, "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "1"}}},
                    "Expected": {"n": {"Exists": True, "Value": {"N": "1"}}}}),
)  # fmt: skip
_SPANNING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("TransactWriteItems", {"ClientRequestToken": "t", "TransactItems": [
        {"Put": {"TableName": "fuzz", "Item": _WHOLE}},
        {"ConditionCheck": {"TableName": "fuzz", "Key": {"k": {"S": "b"}, "r": {"N": "1"}},
                            "ConditionExpression": "attribute_not_exists(k)"}}]}),
    ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "fuzz", "Key": _WHOLE}}]}),
    ("BatchGetItem", {"RequestItems": {"fuzz": {"Keys": [_WHOLE], "ConsistentRead": True}}}),
    ("BatchWriteItem", {"RequestItems": {"fuzz": [{"DeleteRequest": {"Key": _WHOLE}},
    {"PutRequest": {"Item": ITEM}}]}}),
    ("CreateTable", {"TableName": "t2", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [
        {"AttributeName": "k", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "k",
        "AttributeType": "S"}]}),
)  # fmt: skip


@area("dynamodb-requests", table)
def _requests(target: Target, source: Random) -> None:
    """Whole requests as trees: the reader, the numbers, the sets, the keys to start from."""
    mutator = Mutator(
        source, ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL", "k", "r", *_WORDS.split()[:20]]
    )
    operation, input = source.choice((*_REQUESTS, *_SPANNING))
    whole = input if (operation, input) in _SPANNING else {"TableName": "fuzz", **input}
    request = target.written("dynamodb", operation, {})
    request.body = hostile_json(mutator, _plain(whole)).encode("utf-8", "surrogatepass")
    target.send(request, "dynamodb")


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    return [_plain(each) for each in tree] if isinstance(tree, list) else "YQ==" if isinstance(tree, bytes) else tree
