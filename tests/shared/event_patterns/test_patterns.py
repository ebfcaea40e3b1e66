"""Event patterns: what matches, what is no pattern and how AWS says so, and many patterns at once."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudarium.shared.event_patterns import PatternError, PatternIndex, compile_pattern, flatten


def matches(pattern: Any, event: Any) -> bool:
    return compile_pattern(json.dumps(pattern)).matches(flatten(event))


@pytest.mark.parametrize(
    ("wanted", "yes", "no"),
    [
        ("a", ["a", ["b", "a"], [["a"]]], ["b", None, [], "A", {"a": "a"}]),
        (5, [5, 5.0, [1, 5]], ["5", 6, True]),
        (1, [1, 1.0], [True, "1", None]),
        (True, [True], [1, "true", False]),
        (None, [None], [0, "", False, [], "null"]),
        ("", [""], [None, " ", []]),
        ("10.0.0.1", ["10.0.0.1"], ["10.0.0.2"]),
        ("::1", ["0:0:0:0:0:0:0:1"], ["::2"]),
        ({"exactly": "a"}, ["a"], ["ab"]),
        ({"prefix": "ab"}, ["ab", "abc"], ["a", "Ab", 5, None]),
        ({"prefix": ""}, ["", "x"], [5, None]),
        ({"prefix": {"equals-ignore-case": "aB"}}, ["Abc", "AB"], ["a", "ba"]),
        ({"suffix": "ab"}, ["ab", "cab"], ["b", "cAb", 5]),
        ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.png", ".Png"], ["png"]),
        ({"equals-ignore-case": "aB"}, ["Ab", "ab"], ["a", 5]),
        ({"equals-ignore-case": ""}, [""], ["a"]),
        ({"wildcard": "a*b*c"}, ["abc", "axbxc", "abbcc"], ["ab", "abcd", "acb"]),
        ({"wildcard": "*"}, ["", "x"], [5, None]),
        ({"wildcard": "a\\*b\\\\"}, ["a*b\\"], ["axb\\"]),
        ({"wildcard": "ab*ba"}, ["abba"], ["aba"]),
        ({"anything-but": "a"}, ["b", 5, None, True, ["a", "b"]], ["a", ["a"], []]),
        ({"anything-but": ["a", "b"]}, ["c", "", None], ["a", "b"]),
        ({"anything-but": 0}, ["0", 1, None], [0, 0.0]),
        ({"anything-but": {"prefix": "ab"}}, ["a", 12, None], ["ab", "abc"]),
        ({"anything-but": {"suffix": [".png", ".jpg"]}}, ["a.gif", 3], ["a.png", "a.jpg"]),
        ({"anything-but": {"equals-ignore-case": ["A", "b"]}}, ["c", None], ["a", "B"]),
        ({"anything-but": {"wildcard": "*/dir/*"}}, ["dir", 123, None], ["a/dir/b"]),
        ({"anything-but": {"wildcard": ""}}, ["x"], [""]),
        ({"numeric": ["=", 3.0]}, [3, 3.0], ["3", 3.1, None, True]),
        ({"numeric": [">", 0, "<=", 5]}, [5, 0.1], [0, 5.1, "3", True]),
        ({"numeric": ["<", 10]}, [9.9, -5], [10, "9"]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "x", 5, "::1"]),
        ({"cidr": "2001:db8:1234:1a00::/64"}, ["2001:0db8:1234:1a00:0:0:0:1"], ["2001:db8:1234:1a01::"]),
        ({"exists": True}, [None, "", 5, [1]], [[], {}, {"a": 1}]),
        ({"exists": False}, [[], {}, {"a": 1}], [None, "", [1]]),
    ],
)
def test_each_operator_on_values(wanted: Any, yes: list[Any], no: list[Any]) -> None:
    for value in yes:
        assert matches({"f": [wanted]}, {"f": value}), value
    for value in no:
        assert not matches({"f": [wanted]}, {"f": value}), value
    assert matches({"f": [wanted]}, {"g": 1}) is (wanted == {"exists": False})


def test_fields_are_joined_by_and_values_and_or_by_or() -> None:
    event = {"a": 1, "b": {"c": "x"}}
    assert matches({"a": [2, 1], "b": {"c": ["x"]}}, event)
    assert not matches({"a": [1], "b": {"c": ["y"]}}, event)
    assert matches({"b.c": ["x"]}, event)
    assert matches({"a": [1], "$or": [{"b": {"c": ["y"]}}, {"b": {"c": ["x"]}}]}, event)
    assert not matches({"a": [2], "$or": [{"a": [1]}, {"b": {"c": ["y"]}}]}, {"a": 2, "b": {}})
    assert matches({"$or": [{"z": [{"exists": False}]}, {"a": [9]}], "b": {"$or": [{"c": ["x"]}, {"d": [1]}]}}, event)


def test_values_in_arrays_of_objects_are_of_the_same_element() -> None:
    event = {"people": [{"name": "a", "age": 1}, {"name": "b", "age": 2, "tags": ["x", "y"]}], "n": [1, 2]}
    assert matches({"people": {"name": ["b"], "age": [2], "tags": ["y"]}}, event)
    assert not matches({"people": {"name": ["a"], "age": [2]}}, event)
    assert not matches({"people": {"name": ["a"], "tags": ["x"]}}, event)
    assert matches({"people": {"name": ["a"]}, "n": [2]}, event)


@pytest.mark.parametrize(
    ("text", "reason", "column"),
    [
        ('{"a": 42}', '"a" must be an object or an array', 9),
        ('{"a": "x"}', '"a" must be an object or an array', 8),
        ('{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", 23),
        ('{"a": []}', "Empty arrays are not allowed", 9),
        ('{"a": {}}', "Empty objects are not allowed", 9),
        ('{"a": [[1]]}', "Match value must be String, number, true, false, or null", 9),
        ('["a"]', "Filter is not an object", 2),
        ('{"a": [{"numeric": [">", 0, ">", 0]}]}', "Bad numeric range operator: >", 32),
        ('{"a": [{"numeric": [">", 0, "<"]}]}', "Value of < must be numeric", 33),
        ('{"a": [{"prefix": 123}]}', "prefix match pattern must be a string", 22),
        ('{"a": [{"anything-but": {"suffix": ""}}]}', "Null prefix/suffix not allowed", 38),
        ('{"a": [{"wildcard": "x**"}]}', "Consecutive wildcard characters at pos 2", 26),
        ('{"a": [{"exists": 1}]}', "exists match pattern must be either true or false.", 20),
        ('{"$or": [{"a": [1]}]}', "There must have at least 2 Objects in $or relationship.", 21),
        ("{'a'}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 2),
    ],
)
def test_what_is_no_pattern_is_refused_in_awss_words(text: str, reason: str, column: int) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)
    assert str(caught.value) == f'{reason}\n at [Source: (String)"{text}"; line: 1, column: {column}]'


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"cidr": "10.0.0.0"}, "Malformed CIDR, one '/' required"),
        ({"cidr": "10.0.0.0/x"}, "Malformed CIDR, mask bits must be an integer"),
        ({"cidr": "xx.1/8"}, "Nonstandard IP address: xx.1"),
        ({"cidr": "10.0.0.0/32"}, "IPv4 mask bits must be < 32"),
        ({"wildcard": "*:*:*:*:*:event-bus/*"}, "Rule is too complex - try using fewer wildcard characters"),
    ],
)
def test_what_is_no_pattern_without_a_place(wanted: Any, reason: str) -> None:
    with pytest.raises(PatternError, match=reason) as caught:
        compile_pattern(json.dumps({"a": [wanted]}))
    assert "[Source" not in str(caught.value)


def test_an_error_can_be_written_whatever_the_text() -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern('{"a": [{"\\ud800": 1}]}')
    assert str(caught.value).startswith("Unrecognized match type ?")


def test_hostile_texts_end_in_an_error() -> None:
    for text in (
        "",
        "{",
        '{"a": [',
        '{"a": ["x',
        "[" * 5000,
        '{"a":' * 5000,
        '{"a": [1' + "0" * 5000 + "]}",
        "\x00",
        '{"a": [1]',
    ):
        with pytest.raises(PatternError):
            compile_pattern(text)


# ---- Against a slow and plain reading of the documentation -----------------------------------------------------------

_SCALARS = st.sampled_from(["a", "b", "ab", "AB", "", 0, 1, 2, 2.0, True, False, None])
_NAMES = st.sampled_from(["x", "y", "z"])
_EVENTS = st.dictionaries(
    _NAMES,
    st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)
_WORDS = st.sampled_from(["a", "b", "ab", "AB"])
_ASKED = st.one_of(
    _SCALARS,
    st.builds(lambda w: {"prefix": w}, _WORDS),
    st.builds(lambda w: {"suffix": w}, _WORDS),
    st.builds(lambda w: {"equals-ignore-case": w}, _WORDS),
    st.builds(lambda w: {"anything-but": w}, _WORDS | st.sampled_from([0, 1])),
    st.builds(lambda b: {"exists": b}, st.booleans()),
    st.builds(lambda n: {"numeric": [">=", n]}, st.sampled_from([0, 1, 2])),
)
_PATTERNS = st.recursive(
    st.dictionaries(_NAMES, st.lists(_ASKED, min_size=1, max_size=3), min_size=1, max_size=3),
    lambda inner: st.dictionaries(_NAMES, inner | st.lists(_ASKED, min_size=1, max_size=2), min_size=1, max_size=3),
    max_leaves=4,
)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other or (_number(one) and _number(other) and one == other)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _asks(asked: Any, value: Any) -> bool:
    if not isinstance(asked, dict):
        return _same(asked, value)
    [(name, operand)] = asked.items()
    if name == "prefix":
        return isinstance(value, str) and value.startswith(operand)
    if name == "suffix":
        return isinstance(value, str) and value.endswith(operand)
    if name == "equals-ignore-case":
        return isinstance(value, str) and value.lower() == operand.lower()
    if name == "anything-but":
        return not _same(operand, value)
    if name == "numeric":
        return _number(value) and value >= operand[1]
    return bool(operand)


def _readings(value: Any) -> list[Any]:
    """All events that arise when each array that holds objects or arrays is one of these, or its plain members."""
    if isinstance(value, dict):
        options = [[(name, option) for option in _readings(inner)] for name, inner in value.items()]
        return [dict(choice) for choice in itertools.product(*options)]
    if isinstance(value, list):
        plain = [one for one in value if not isinstance(one, (dict, list))]
        found: list[Any] = [("all", plain)]
        for one in value:
            if isinstance(one, (dict, list)):
                found += [("one", plain, inner) for inner in _readings(one)]
        return found
    return [("all", [value])]


def _at(reading: Any, path: list[str]) -> list[Any]:
    if isinstance(reading, tuple):
        own = [] if path else list(reading[1])
        return own + (_at(reading[2], path) if reading[0] == "one" else [])
    if not path:
        return []
    return _at(reading[path[0]], path[1:]) if path[0] in reading else []


def _leaves(value: Any, path: list[str]) -> bool:
    if isinstance(value, list):
        return any(_leaves(one, path) for one in value)
    if isinstance(value, dict):
        return bool(path) and path[0] in value and _leaves(value[path[0]], path[1:])
    return not path


def _asked_paths(pattern: Any, path: list[str]) -> list[tuple[list[str], list[Any]]]:
    found: list[tuple[list[str], list[Any]]] = []
    for name, inner in pattern.items():
        found += _asked_paths(inner, [*path, name]) if isinstance(inner, dict) else [([*path, name], inner)]
    return found


def plainly_matches(pattern: Any, event: Any) -> bool:
    asked = _asked_paths(pattern, [])
    absent = [not _leaves(event, path) and {"exists": False} in wanted for path, wanted in asked]
    for reading in _readings(event):
        if all(
            gone or any(_asks(one, value) for one in wanted if one != {"exists": False} for value in _at(reading, path))
            for (path, wanted), gone in zip(asked, absent, strict=True)
        ):
            return True
    return False


@settings(max_examples=400, deadline=None)
@given(_PATTERNS, _EVENTS)
def test_matching_agrees_with_a_plain_reading(pattern: Any, event: Any) -> None:
    assert matches(pattern, event) == plainly_matches(pattern, event)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PATTERNS, max_size=6), _EVENTS)
def test_an_index_finds_what_each_pattern_matches(patterns: list[Any], event: Any) -> None:
    compiled = [(number, compile_pattern(json.dumps(each))) for number, each in enumerate(patterns)]
    fields = flatten(event)
    assert PatternIndex(compiled).find(fields) == [number for number, each in compiled if each.matches(fields)]


def test_an_index_tries_few_of_many_patterns() -> None:
    tried = []
    compiled = []
    for number in range(2000):
        pattern = compile_pattern(json.dumps({"source": ["shop"], "detail": {"id": [f"order-{number}"]}}))
        compiled.append((number, pattern))
    index = PatternIndex(compiled)
    fields = flatten({"source": "shop", "detail": {"id": "order-77"}})

    class Counting(dict[str, Any]):
        def get(self, key: Any, default: Any = None) -> Any:
            tried.append(key)
            return super().get(key, default)

    assert index.find(Counting(fields)) == [77]
    assert len(tried) < 10


def test_large_arrays_are_matched_in_reasonable_steps() -> None:
    event = {"list": [{"a": n, "b": n + 1, "c": [{"d": n}]} for n in range(3000)]}
    pattern = {"list": {"a": [{"exists": True}], "b": [{"exists": True}], "c": {"d": [3000]}}}
    assert not matches(pattern, event)
    pattern["list"]["c"] = {"d": [2999]}
    assert matches(pattern, event)
