"""Global indexes whose partition and sort keys are several attributes each."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., str]
TYPES = {"p": "S", "h": "S", "i": "N", "r": "S", "s": "B", "t": "N"}
KEY = [("h", "HASH"), ("i", "HASH"), ("r", "RANGE"), ("s", "RANGE"), ("t", "RANGE")]


def index(keys: list[tuple[str, str]], name: str = "long", projection: str = "ALL") -> dict[str, Any]:
    schema = [{"AttributeName": attribute, "KeyType": kind} for attribute, kind in keys]
    return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": projection}}


def definitions(names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": TYPES.get(name, "S")} for name in names]


def create(dynamodb: Any, keys: list[tuple[str, str]], names: str = "", **more: Any) -> Any:
    return dynamodb.create_table(
        TableName="long",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=definitions(names or "".join(dict.fromkeys(["p", *(name for name, _ in keys)]))),
        GlobalSecondaryIndexes=[index(keys, **more)],
    )


def item(name: str, **attributes: Any) -> dict[str, Any]:
    return {"p": {"S": name}, **{key: {TYPES[key]: value} for key, value in attributes.items()}}


@pytest.fixture
def long(dynamodb: Any) -> Any:
    """The table, with an index on text and number, sorted by text, binary and number."""
    create(dynamodb, KEY)
    return dynamodb


def ask(dynamodb: Any, condition: str, **given: Any) -> dict[str, Any]:
    """A query of the index; `h` and `i` are asked for unless the condition does so."""
    used = {":h": {"S": "x"}, ":i": {"N": "1"}, **{f":{name}": value for name, value in given.items()}}
    text = "h = :h AND i = :i" + (f" AND {condition}" if condition else "")
    found: dict[str, Any] = dynamodb.query(
        TableName="long", IndexName="long", KeyConditionExpression=text, ExpressionAttributeValues=used
    )
    return found


def names(found: dict[str, Any]) -> str:
    return "".join(each["p"]["S"] for each in found["Items"])


def test_the_sort_key_is_compared_attribute_by_attribute(long: Any) -> None:
    rows = [
        ("a", "m", b"\x00", "10"), ("b", "m", b"\x00", "9"), ("c", "m", b"\x00\x00", "-1"), ("d", "m", b"\x01", "0"),
        ("e", "ma", b"\x00", "0"), ("f", "l", b"\xff", "5"), ("g", "m\x00", b"\x02", "1"), ("h", "n", b"\xff\xff", "2"),
    ]  # fmt: skip
    for name, r, s, t in rows:
        long.put_item(TableName="long", Item=item(name, h="x", i="1", r=r, s=s, t=t))
    long.put_item(TableName="long", Item=item("o", h="x", i="2", r="m", s=b"\x00", t="1"))
    m, zero = {"S": "m"}, {"B": b"\x00"}
    assert names(ask(long, "")) == "fbacdgeh"
    assert names(ask(long, "r = :r", r=m)) == "bacd"
    assert names(ask(long, "r > :r", r=m)) == "geh"
    assert names(ask(long, "r >= :r", r=m)) == "bacdgeh"
    assert names(ask(long, "r < :r", r=m)) == "f"
    assert names(ask(long, "r <= :r", r=m)) == "fbacd"
    assert names(ask(long, "begins_with(r, :r)", r=m)) == "bacdge"
    assert names(ask(long, "r BETWEEN :l AND :r", l={"S": "l"}, r=m)) == "fbacd"
    assert names(ask(long, "r = :r AND s = :s", r=m, s=zero)) == "ba"
    assert names(ask(long, "r = :r AND s > :s", r=m, s=zero)) == "cd"
    assert names(ask(long, "r = :r AND begins_with(s, :s)", r=m, s=zero)) == "bac"
    assert names(ask(long, "s = :s AND r = :r AND t > :t", r=m, s=zero, t={"N": "9"})) == "a"
    assert names(ask(long, "s = :s AND r = :r AND t = :t", r=m, s=zero, t={"N": "9.0"})) == "b"
    backwards = {":h": {"S": "x"}, ":i": {"N": "1"}, ":r": m}
    asked = {"TableName": "long", "IndexName": "long", "ExpressionAttributeValues": backwards}
    found = long.query(**asked, KeyConditionExpression="h = :h AND i = :i AND r = :r", ScanIndexForward=False)
    assert names(found) == "dcab"


def test_pages_and_random_keys_come_in_order(long: Any) -> None:
    chance = random.Random(5)
    rows = []
    for number in range(60):
        r, s = ("".join(chance.choices("\x00\x01a", k=chance.randint(1, 3))) for _ in range(2))
        rows.append((r, s.encode(), chance.randint(-5, 5), f"{number:02}"))
        long.put_item(TableName="long", Item=item(rows[-1][3], h="x", i="1", r=r, s=s.encode(), t=str(rows[-1][2])))
    found: list[tuple[str, bytes, int]] = []
    start: dict[str, Any] = {}
    while True:
        page = long.query(
            TableName="long", IndexName="long", KeyConditionExpression="h = :h AND i = :i", Limit=7,
            ExpressionAttributeValues={":h": {"S": "x"}, ":i": {"N": "1"}}, **start,
        )  # fmt: skip
        found += [(each["r"]["S"], each["s"]["B"], int(each["t"]["N"])) for each in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        assert set(page["LastEvaluatedKey"]) == set(TYPES)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert found == sorted((r, s, t) for r, s, t, _ in rows)
    seen = long.scan(TableName="long", IndexName="long")
    assert sorted(each["p"]["S"] for each in seen["Items"]) == sorted(name for *_, name in rows)
    del start["ExclusiveStartKey"]["i"]
    with pytest.raises(long.exceptions.ClientError, match="starting key is invalid"):
        long.scan(TableName="long", IndexName="long", **start)


def test_only_items_with_all_attributes_are_in_the_index(long: Any, refused: Refused) -> None:
    long.put_item(TableName="long", Item=item("a", h="x", i="1", r="r", s=b"s"))
    assert names(ask(long, "")) == ""
    change = {"UpdateExpression": "SET t = :t", "ExpressionAttributeValues": {":t": {"N": "1"}}}
    long.update_item(TableName="long", Key=item("a"), **change)
    assert names(ask(long, "")) == "a"
    long.update_item(TableName="long", Key=item("a"), UpdateExpression="REMOVE i")
    assert names(ask(long, "")) == ""
    wrong = {**item("b", h="x", i="1", r="r", s=b"s"), "t": {"S": "1"}}
    assert "Type mismatch for Index Key t Expected: N Actual: S" in refused(long.put_item, TableName="long", Item=wrong)
    empty = item("b", h="", i="1", r="r", s=b"s", t="1")
    assert "cannot contain an empty string value" in refused(long.put_item, TableName="long", Item=empty)
    whole = item("b", h="x", i="1", r="r" * 600, s=b"s" * 600, t="1")
    assert "size limit of 1024 bytes" in refused(long.put_item, TableName="long", Item=whole)
    long.put_item(TableName="long", Item=item("b", h="x", i="1", r="r" * 600, s=b"s", t="1"))
    grow = {"UpdateExpression": "SET s = :s", "ExpressionAttributeValues": {":s": {"B": b"s" * 600}}}
    assert "size limit of 1024 bytes" in refused(long.update_item, TableName="long", Key=item("b"), **grow)


def test_conditions_go_from_the_left_and_only_the_last_is_a_range(long: Any, refused: Refused) -> None:
    r, s, t = {"S": "r"}, {"B": b"s"}, {"N": "1"}

    def wrong(text: str, **more: Any) -> str:
        used = {f":{name}": value for name, value in {"h": {"S": "x"}, "i": t, "r": r, "s": s, "t": t}.items()}
        values = {name: value for name, value in used.items() if name in f"{text} {more.get('FilterExpression', '')}"}
        asked = {"TableName": "long", "IndexName": "long", "ExpressionAttributeValues": values}
        return refused(long.query, **asked, KeyConditionExpression=text, **more)

    assert "missed key schema element: i" in wrong("h = :h")
    assert "missed key schema element: r" in wrong("h = :h AND i = :i AND s = :s")
    assert "missed key schema element: s" in wrong("h = :h AND i = :i AND r = :r AND t = :t")
    both = "h = :h AND i = :i"
    for text in (f"{both} AND r > :r AND s = :s", "h = :h AND i > :i", f"{both} AND begins_with(r, :r) AND s = :s"):
        assert wrong(text) == "ValidationException: Query key condition not supported", text
    assert "begins_with" in wrong(f"{both} AND r = :r AND s = :s AND begins_with(t, :r)")
    for name in "is":
        found = wrong(both, FilterExpression=f"{name} = :{name}")
        assert "Filter Expression can only contain non-primary key attributes" in found
    assert "Consistent" in wrong(both, ConsistentRead=True)
    equal = {name: {"AttributeValueList": [value], "ComparisonOperator": "EQ"} for name, value in
             {"h": {"S": "x"}, "i": t}.items()}  # fmt: skip
    three = {"KeyConditionExpression": "p = :h AND q = :h AND r = :h", "ExpressionAttributeValues": {":h": {"S": "x"}}}
    assert refused(long.query, TableName="long", **three) == (
        "ValidationException: Conditions can be of length 1 or 2 only"
    )
    older = refused(long.query, TableName="long", IndexName="long", KeyConditions=equal)
    assert older.startswith("ValidationException")


@pytest.mark.parametrize(
    ("keys", "names", "words"),
    [
        ([(name, "HASH") for name in "abcde"], "", "maximum allowed number of HASH"),
        ([("a", "HASH"), *((name, "RANGE") for name in "bcdef")], "", "maximum allowed number of RANGE"),
        ([("a", "HASH"), ("b", "RANGE"), ("c", "HASH")], "", "must precede"),
        ([("a", "RANGE"), ("b", "HASH")], "", "first KeySchemaElement is not a HASH"),
        ([("a", "RANGE"), ("b", "RANGE")], "", "first KeySchemaElement is not a HASH"),
        ([("a", "HASH"), ("a", "HASH")], "", "with the same name"),
        ([("a", "HASH"), ("b", "HASH"), ("a", "RANGE")], "", "with the same name"),
        ([("a", "HASH"), ("b", "HASH")], "pa", "not defined in AttributeDefinitions"),
    ],
)
def test_schemas_that_no_index_may_have(
    dynamodb: Any, refused: Refused, keys: list[tuple[str, str]], names: str, words: str
) -> None:
    answer = refused(create, dynamodb=dynamodb, keys=keys, names=names)
    assert answer.startswith("ValidationException") and words in answer


def test_an_index_of_eight_attributes_is_described_and_filled(dynamodb: Any) -> None:
    keys = [(name, "HASH") for name in "abcd"] + [(name, "RANGE") for name in "efgh"]
    letters = "abcdefgh"
    schema = {"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}], "AttributeDefinitions": definitions("p")}
    dynamodb.create_table(TableName="long", BillingMode="PAY_PER_REQUEST", **schema)
    dynamodb.put_item(TableName="long", Item={name: {"S": name} for name in f"p{letters}"} | {"z": {"S": "unseen"}})
    dynamodb.put_item(TableName="long", Item={name: {"S": name} for name in "pabc"} | {"p": {"S": "without"}})
    defined = [{"AttributeName": name, "AttributeType": "S"} for name in f"p{letters}"]
    dynamodb.update_table(
        TableName="long", AttributeDefinitions=defined,
        GlobalSecondaryIndexUpdates=[{"Create": index(keys, projection="KEYS_ONLY")}],
    )  # fmt: skip
    (described,) = dynamodb.describe_table(TableName="long")["Table"]["GlobalSecondaryIndexes"]
    assert [(each["AttributeName"], each["KeyType"]) for each in described["KeySchema"]] == keys
    assert (described["ItemCount"], described["IndexStatus"]) == (1, "ACTIVE")
    (found,) = dynamodb.scan(TableName="long", IndexName="long")["Items"]
    assert found == {name: {"S": name} for name in f"p{letters}"}
    text = " AND ".join(f"{name} = :{name}" for name in letters)
    used = {f":{name}": {"S": name} for name in letters}
    asked = {"TableName": "long", "IndexName": "long", "ExpressionAttributeValues": used}
    assert dynamodb.query(**asked, KeyConditionExpression=text)["Count"] == 1


def test_local_indexes_and_tables_have_two_attributes_at_most(dynamodb: Any, refused: Refused) -> None:
    three = index([("p", "HASH"), ("a", "RANGE"), ("b", "RANGE")])
    keys = {"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "a", "KeyType": "RANGE"}]}
    given = {"TableName": "long", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": definitions("pab")}
    for more, where in (
        ({**keys, "LocalSecondaryIndexes": [three]}, "localSecondaryIndexes.1.member.keySchema"),
        ({"KeySchema": three["KeySchema"]}, "keySchema"),
    ):
        text = refused(dynamodb.create_table, **given, **more)
        assert f"at '{where}' failed" in text and text.endswith("Member must have length less than or equal to 2")
