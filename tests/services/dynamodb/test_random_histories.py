"""Random histories of writes against a plain dictionary: queries, pages, indexes and counts always agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.services.dynamodb.conftest import index, schema

NUMBERS = ["0", "1", "-1", "1.5", "-1.5", "10", "1e10", "-1e10", "1e-10", "99", "100", "0.001", "-0.001"]
BYTES = [b"\x00", b"\x01", b"\xff"]
State = dict[tuple[Decimal, Decimal], bytes | None]


@pytest.fixture
def history(dynamodb: Any) -> Any:
    """A table with numeric keys and a global index by binary key."""
    given = schema(pk="N", sk="N")
    given["AttributeDefinitions"] += [{"AttributeName": "g", "AttributeType": "B"}]
    indexes = [index("gsi", "g", "sk", projection="KEYS_ONLY")]
    dynamodb.create_table(TableName="past", BillingMode="PAY_PER_REQUEST", GlobalSecondaryIndexes=indexes, **given)
    return dynamodb


def write(client: Any, chance: random.Random, state: State) -> None:
    """One random write, and what it means for the dictionary."""
    pk, sk = chance.choice(["1", "2", "3.0"]), chance.choice(NUMBERS)
    place, key = (Decimal(pk), Decimal(sk)), {"pk": {"N": pk}, "sk": {"N": sk}}
    g = chance.choice([*BYTES, None])
    kind = chance.choice(["put", "put", "set", "remove", "delete"])
    if kind == "put":
        client.put_item(TableName="past", Item=key if g is None else {**key, "g": {"B": g}})
        state[place] = g
    elif kind == "set":
        given = {"UpdateExpression": "SET g = :g", "ExpressionAttributeValues": {":g": {"B": BYTES[0]}}}
        client.update_item(TableName="past", Key=key, **given)
        state[place] = BYTES[0]
    elif kind == "remove":
        client.update_item(TableName="past", Key=key, UpdateExpression="REMOVE g")
        if place in state:
            state[place] = None
    else:
        client.delete_item(TableName="past", Key=key)
        state.pop(place, None)


def pages(client: Any, **given: Any) -> Iterator[dict[str, Any]]:
    """All items of a query, page by page."""
    start: dict[str, Any] = {}
    while True:
        answer = client.query(TableName="past", **given, **start)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


@pytest.mark.parametrize("seed", [1, 2])
def test_queries_agree_with_a_dictionary(history: Any, seed: int) -> None:
    chance, state = random.Random(seed), State()
    for _ in range(60):
        for _ in range(6):
            write(history, chance, state)
        forward, limit = chance.random() < 0.5, chance.choice([1, 2, 50])
        order = {"ScanIndexForward": forward, "Limit": limit}
        low, high = sorted(chance.sample(NUMBERS, 2), key=Decimal)
        values = {":p": {"N": "1"}, ":l": {"N": low}, ":h": {"N": high}}
        condition = {"KeyConditionExpression": "pk = :p AND sk BETWEEN :l AND :h", "ExpressionAttributeValues": values}
        found = [Decimal(item["sk"]["N"]) for item in pages(history, **condition, **order)]
        expected = [sk for pk, sk in state if pk == 1 and Decimal(low) <= sk <= Decimal(high)]
        assert found == sorted(expected, reverse=not forward)
        g = chance.choice(BYTES)
        condition = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"B": g}}}
        entries = [
            (Decimal(item["pk"]["N"]), Decimal(item["sk"]["N"]))
            for item in pages(history, IndexName="gsi", **condition, **order)
        ]
        assert sorted(entries) == sorted(place for place, value in state.items() if value == g)
        assert [sk for _, sk in entries] == sorted((sk for _, sk in entries), reverse=not forward)
    described = history.describe_table(TableName="past")["Table"]
    assert described["ItemCount"] == len(state) == history.scan(TableName="past")["Count"]
    indexed = sum(value is not None for value in state.values())
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == indexed
