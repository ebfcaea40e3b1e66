"""What answers and filters mean, case by case as AWS was seen to take them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudarium.services.lambda_.rules.batches import Filters, failed_items


@pytest.mark.parametrize("answer", ["null", "", "{}", "[]", '{"batchItemFailures": []}', '{"batchItemFailures": null}'])
def test_answers_by_which_all_is_done(answer: str) -> None:
    assert failed_items(answer.encode(), ["a", "b"]) == set()


@pytest.mark.parametrize(
    "item", [{"itemIdentifier": 123}, {"itemIdentifier": ""}, {"itemIdentifier": None}, {"foo": 1}]
)
def test_items_that_fail_the_whole_batch(item: dict[str, Any]) -> None:
    answer = json.dumps({"batchItemFailures": [{"itemIdentifier": "a"}, item]}).encode()
    assert failed_items(answer, ["a", "b"]) is None


def test_answers_that_name_what_failed_or_are_none() -> None:
    answer = b'{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}'
    assert failed_items(answer, ["a", "b"]) == {"b"}
    for broken in (
        b"no json",
        b"3",
        b'{"batchItemFailures": "b"}',
        b'{"batchItemFailures": [{"itemIdentifier": "c"}]}',
    ):
        assert failed_items(broken, ["a", "b"]) is None, broken


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ({"my-key": ["one", "two"]}, {"my-key": "two"}, {"my-key": "other"}),
        ({"a": ["x", "y"], "b": ["z"]}, {"a": "y", "b": "z"}, {"a": "other", "b": "z"}),
        ({"my-key": [{"exists": True}]}, {"my-key": "any"}, {"other-key": "any"}),
        ({"n": [{"numeric": [">", 100]}]}, {"n": 101}, {"n": 100}),
        ({"n": [{"numeric": [">=", 100, "<", 200]}]}, {"n": 100}, {"n": 200}),
        ({"my-key": [{"prefix": "yes"}]}, {"my-key": "yes-value"}, {"my-key": "no-value"}),
        ({"my-key": ["my-value"]}, {"my-key": "my-value"}, "plain-string"),
        (["plain-string"], "plain-string", {"valid": "json"}),
    ],
)
def test_bodies_that_a_filter_lets_through(pattern: Any, matching: Any, other: Any) -> None:
    filters = Filters({"Filters": [{"Pattern": json.dumps({"body": pattern})}]})

    def lets(body: Any) -> bool:
        return filters.lets({"body": body if isinstance(body, str) else json.dumps(body)}, "body")

    assert lets(matching) and not lets(other)


@pytest.mark.parametrize(
    ("pattern", "lets"),
    [
        ({"eventName": ["INSERT"]}, [True, False]),
        ({"eventName": ["INSERT", "MODIFY"]}, [True, True]),
        ({"dynamodb": {"NewImage": {"key": {"S": [{"exists": True}]}}}}, [True, False]),
        ({"dynamodb": {"NewImage": {"gone": [{"exists": False}]}}}, [True, True]),
        # What is a number in an item is a string in its image, so that no numeric condition holds.
        ({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 100]}, {"anything-but": "101"}]}}}}, [True, False]),
        ({"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 0]}]}}, [True, True]),
    ],
)
def test_changes_that_a_filter_lets_through(pattern: Any, lets: list[bool]) -> None:
    filters = Filters({"Filters": [{"Pattern": json.dumps(pattern)}]})
    images = ({"key": {"S": "a"}, "n": {"N": "42"}}, {"n": {"N": "101"}})
    records = [
        {"eventName": name, "dynamodb": {"ApproximateCreationDateTime": 1.7e9, "NewImage": image}}
        for name, image in zip(("INSERT", "MODIFY"), images, strict=True)
    ]
    assert [filters.lets(record) for record in records] == lets
