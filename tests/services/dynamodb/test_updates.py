"""Updates of an item: every action on every kind of path."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.expressions import request, updates

LABEL = ("UpdateExpression",)


def n(number: int | str) -> dict[str, str]:
    return {"N": str(number)}


ITEM: dict[str, Any] = {
    "pk": {"S": "k"},
    "n": n(5),
    "s": {"S": "text"},
    "tags": {"SS": ["a", "b"]},
    "seq": {"L": [n(0), n(1), n(2)]},
    "doc": {"M": {"x": n(1), "deep": {"M": {"y": n(2)}}, "l": {"L": [{"M": {"z": n(3)}}]}}},
}


def updated(text: str, start: dict[str, Any] = ITEM, **values: Any) -> dict[str, Any]:
    """The item after the update; `start` itself must stay."""
    given: dict[str, Any] = {"UpdateExpression": text}
    if values:
        given["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    parts = request.read(given, LABEL, (), LABEL)
    assert parts.update is not None
    before = copy.deepcopy(start)
    item = updates.apply(parts.update.changes, start, parts.values)
    assert before == start
    return item


def changed(text: str, **values: Any) -> dict[str, Any]:
    """Only what the update changed; None for what is gone."""
    item = updated(text, **values)
    return {name: item.get(name) for name in ITEM.keys() | item.keys() if item.get(name) != ITEM.get(name)}


@pytest.mark.parametrize(
    ("text", "values", "change"),
    [
        ("SET n = :v", {"v": {"S": "x"}}, {"n": {"S": "x"}}),
        ("SET m2 = n", {}, {"m2": n(5)}),
        ("SET n = s, s = n", {}, {"n": {"S": "text"}, "s": n(5)}),  # operands are read before anything is written
        ("SET n = n + :v", {"v": n("0.1")}, {"n": n("5.1")}),
        ("SET n = :v - n", {"v": n(1)}, {"n": n(-4)}),
        ("SET z = if_not_exists(n, :v)", {"v": n(1)}, {"z": n(5)}),
        ("SET z = if_not_exists(z, :v) + :v", {"v": n(1)}, {"z": n(2)}),
        ("SET seq = list_append(:v, seq)", {"v": {"L": [n(9)]}}, {"seq": {"L": [n(9), n(0), n(1), n(2)]}}),
        ("SET z = list_append(if_not_exists(z, :e), :v)", {"e": {"L": []}, "v": {"L": [n(1)]}}, {"z": {"L": [n(1)]}}),
        ("SET seq[1] = :v", {"v": n(7)}, {"seq": {"L": [n(0), n(7), n(2)]}}),
        ("SET seq[9] = :v, seq[5] = :w", {"v": n(9), "w": n(5)}, {"seq": {"L": [n(0), n(1), n(2), n(5), n(9)]}}),
        ("REMOVE seq[0], seq[2], seq[7]", {}, {"seq": {"L": [n(1)]}}),
        ("REMOVE n, nothing", {}, {"n": None}),
        ("ADD n :v, z :v", {"v": n(-5)}, {"n": n(0), "z": n(-5)}),
        ("ADD tags :v", {"v": {"SS": ["b", "c"]}}, {"tags": {"SS": ["a", "b", "c"]}}),
        ("DELETE tags :v", {"v": {"SS": ["b", "c"]}}, {"tags": {"SS": ["a"]}}),
        ("DELETE tags :v", {"v": {"SS": ["a", "b"]}}, {"tags": None}),  # an empty set is no attribute
        ("DELETE z :v", {"v": {"SS": ["a"]}}, {}),
        ("set n = :v remove s ADD tags :w", {"v": n(1), "w": {"SS": ["z"]}},
         {"n": n(1), "s": None, "tags": {"SS": ["a", "b", "z"]}}),
    ],
)  # fmt: skip
def test_top_level_changes(text: str, values: dict[str, Any], change: dict[str, Any]) -> None:
    assert changed(text, **values) == change


def test_nested_changes() -> None:
    inside = updated("SET doc.deep.y = doc.x + :v, doc.l[0].z = :v, doc.q = :v REMOVE doc.x", v=n(10))["doc"]["M"]
    assert inside == {"deep": {"M": {"y": n(11)}}, "l": {"L": [{"M": {"z": n(10)}}]}, "q": n(10)}
    assert updated("ADD doc.x :v, doc.deep.fresh :v", v=n(4))["doc"]["M"]["deep"] == {"M": {"y": n(2), "fresh": n(4)}}


def test_indexes_mean_the_list_as_it_was() -> None:
    start = {"l": {"L": [n(0), {"M": {"x": n(1), "y": n(1)}}, {"SS": ["a"]}, n(3)]}}

    def after(text: str, **values: Any) -> list[Any]:
        return updated(text, start, **values)["l"]["L"]

    assert after("REMOVE l[0], l[1].x") == [{"M": {"y": n(1)}}, {"SS": ["a"]}, n(3)]
    assert after("DELETE l[2] :s SET l[3] = :v", s={"SS": ["a"]}, v=n(9)) == [*start["l"]["L"][:2], n(9)]
    # Past the end SET and ADD alike append, in the order of their indexes.
    given = {"v": n(5), "w": n(8), "s": {"SS": ["b"]}, "x": n(6)}
    assert after("SET l[8] = :w, l[5] = :v ADD l[9] :s, l[6] :x", **given)[4:] == [n(5), n(6), n(8), {"SS": ["b"]}]


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("SET a = nothing", {}, updates.NO_ATTRIBUTE),
        ("SET a = nothing + :v", {"v": n(1)}, updates.NO_ATTRIBUTE),
        ("SET a = s + :v", {"v": n(1)}, updates.WRONG_TYPE),
        ("SET a = list_append(s, :v)", {"v": {"L": []}}, updates.WRONG_TYPE),
        ("SET nothing.x = :v", {"v": n(1)}, updates.BAD_PATH),
        ("SET s.x = :v", {"v": n(1)}, updates.BAD_PATH),
        ("SET doc[0] = :v", {"v": n(1)}, updates.BAD_PATH),
        ("REMOVE nothing.x", {}, updates.BAD_PATH),
        ("ADD s :v", {"v": n(1)}, updates.WRONG_TYPE),
        ("ADD tags :v", {"v": {"NS": ["1"]}}, updates.WRONG_TYPE),
        ("DELETE n :v", {"v": {"SS": ["1"]}}, updates.WRONG_TYPE),
    ],
)
def test_what_does_not_fit_the_item_is_refused(text: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        updated(text, **values)
    assert refused.value.message == message
