"""Attribute values: what is refused, what they measure, when they are equal, how they are stored."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.rules import values

INVALID = "One or more parameter values were invalid: "


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"n": value}}
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (None, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported"
            " datatypes",
        ),
        ({"S": "a", "N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"BS": [b"a", b"a"]}, INVALID + "Input collection [YQ==, YQ==]of type BS contains duplicates."),
        ({"L": [{"M": {"x": {"N": ""}}}]}, "The parameter cannot be converted to a numeric value"),
        (
            deep(33),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond"
            " supported limit",
        ),
    ],
)
def test_what_is_no_value_is_refused_in_awss_words(value: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        values.measure({"a": value})
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"a": {"S": ""}}, 1), ({"ä": {"S": "€"}}, 5), ({"a": {"N": "-42"}}, 4), ({"a": {"B": b"123"}}, 4),
        ({"a": {"BOOL": True}}, 2), ({"a": {"NULL": True}}, 2), ({"a": {"L": []}}, 4), ({"a": {"M": {}}}, 4),
        ({"a": {"L": [{"S": "x"}]}}, 6), ({"a": {"M": {"k": {"S": "x"}}}}, 7), ({"a": {"SS": ["x", "yz"]}}, 4),
        ({"a": {"NS": ["1", "2"]}}, 5), ({"a": {"BS": [b"x"]}}, 2), ({"a": deep(32)}, 1 + 32 * 5 + 4),
    ],
)  # fmt: skip
def test_items_measure_what_aws_counts(item: dict[str, Any], size: int) -> None:
    assert values.measure(item) == size


def test_numbers_become_canonical_wherever_they_are() -> None:
    item = {"n": {"N": "1.0"}, "s": {"NS": ["02", "3e1"]}, "m": {"M": {"l": {"L": [{"N": "+7"}]}}}}
    values.measure(item)
    assert item == {"n": {"N": "1"}, "s": {"NS": ["2", "30"]}, "m": {"M": {"l": {"L": [{"N": "7"}]}}}}


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
scalars = st.one_of(
    text.map(lambda each: {"S": each}),
    st.integers(-99, 99).map(lambda each: {"N": str(each)}),
    st.binary(max_size=5).map(lambda each: {"B": each}),
    st.booleans().map(lambda each: {"BOOL": each}),
    st.just({"NULL": True}),
    st.sets(text.filter(bool), min_size=1, max_size=3).map(lambda each: {"SS": list(each)}),
    st.sets(st.integers(0, 9), min_size=1, max_size=3).map(lambda each: {"NS": [str(n) for n in each]}),
    st.sets(st.binary(min_size=1, max_size=2), min_size=1, max_size=3).map(lambda each: {"BS": list(each)}),
)
any_value = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: {"L": each}),
        st.dictionaries(text, inner, max_size=3).map(lambda each: {"M": each}),
    ),
    max_leaves=8,
)


@given(st.dictionaries(text, any_value, max_size=4))
def test_what_is_stored_comes_back(item: dict[str, Any]) -> None:
    values.measure(item)
    assert values.load(values.dump(item)) == item


def shuffled(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    if kind in ("SS", "NS", "BS"):
        return {kind: list(reversed(content))}
    if kind == "L":
        return {"L": [shuffled(each) for each in content]}
    if kind == "M":
        return {"M": {name: shuffled(each) for name, each in reversed(content.items())}}
    return value


@given(any_value, any_value)
def test_equality_ignores_the_order_of_sets_only(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert values.equal(one, shuffled(one))
    assert values.equal(one, other) == values.equal(other, one)
    assert not values.equal({"L": [one]}, {"L": [one, other]})
