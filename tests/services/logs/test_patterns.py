"""The filter-pattern language, on its own."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.logs.patterns import PatternError, compile_pattern
from cloudarium.services.logs.patterns.fields import split_fields
from cloudarium.services.logs.patterns.regex import Regex

APACHE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
DOCUMENT = (
    '{"user": {"id": 1, "email": "John.Stiles@example.com"},'
    ' "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3}],'
    ' "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6]],'
    ' "sourceIPAddress": "111.111.111.111", "SomeObject": null, "ThisFlag": true, "latency": 55.5, "code": "400"}'
)


def matches(pattern: str, message: str) -> bool:
    predicate = compile_pattern(pattern)
    return predicate is None or predicate(message)


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "Exiting with ERRORCODE: -1", True),
        ("error", "ERROR", False),
        ('"ERROR" - "Exiting"', "Exiting with ERRORCODE: -1", False),
        ("ERROR Exception", "[ERROR] Caught IllegalArgumentException", True),
        ("ERROR WARN", "ERROR only", False),
        ("?ERROR ?WARN", "WARN message", True),
        ("?ERROR ?WARN", "INFO message", False),
        ("ERROR -WARN", "ERROR WARN message", False),
        ('"say \\"hi\\""', 'they say "hi" there', True),
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", True),
        (r"%\d{1,3}\.\d{1,3}%", "at 10.200", True),
    ],
)
def test_terms(pattern: str, message: str, expected: bool) -> None:
    assert matches(pattern, message) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
        ("{ $.user.id = 1 || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }", True),
        ("{ ($.user.id = 1 || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }", False),
        ("{ $.users = 1 }", False),
        ("{ $.users != 1 }", False),
        ("{ $.missing != 1 }", False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress = 111.* }", True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.ThisFlag IS FALSE }", False),
        ("{ $.latency >= 55.5 }", True),
        ("{ $.latency < 5.55e1 }", False),
        ("{ $.latency = * }", True),
        ("{ $.code = 400 }", True),
        ("{ $.users[*].id = 3 }", True),
        (r"{ $.user.email = %Stiles@.+\.com$% }", True),
        ('{ $.user.email = "*@example.com" }', True),
        ('{ $.user.email = "John*com" }', False),
    ],
)
def test_json(pattern: str, expected: bool) -> None:
    assert matches(pattern, DOCUMENT) is expected
    assert not matches(pattern, "no json")


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("[..., request=*.html*, status_code=4*,]", APACHE, True),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", APACHE, True),
        ("[ip, user, username, timestamp, request, status_code, bytes > 2000]", APACHE, False),
        ("[ip, user, username, timestamp, request, status_code=4* && status_code!=404, bytes]", APACHE, False),
        ("[ip, user, username, timestamp, request, status_code]", APACHE, False),
        ("[ip, user, ..., status_code=404 || status_code=500, bytes]", APACHE, True),
        (r"[ip=%127\.0\.0\.[1-9]%, ...]", APACHE, True),
        ("[w1=ERROR || w1=WARN, w2]", "WARN message", True),
        ("[w1=!ERROR&&w1=!WARN, w2]", "INFO message", True),
        ("[w1=!ERROR&&w1=!WARN, w2]", "WARN message", False),
        ("[]", "any message at all", True),
    ],
)
def test_fields(pattern: str, message: str, expected: bool) -> None:
    assert matches(pattern, message) is expected


def test_fields_are_words_brackets_and_quotes() -> None:
    assert split_fields(APACHE) == [
        *("127.0.0.1", "-", "frank", "10/Oct/2000:13:25:15 -0700", "GET /index.html HTTP/1.0", "404", "1534"),
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        *("{", "[", "{ $.a }", "{ $ = 1 }", "foo.bar", "-", "?", "%(a)%", '{ $.a < "x" }', "{ $.a = 1 } x"),
        *("[a=1,b<x]", "%a{1,9999}%", "%[z-a]%", '"abc', "%%", "[...,...]", "[a=1 b=2]", "%a!b%", "{ a = 1 }"),
        *("{ $.a = %x% && $.b = %y% && $.c = %z% }", "{" + "(" * 300 + "$.a = 1" + ")" * 300 + "}"),
    ],
)
def test_malformed_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_a_pattern_or_refused(pattern: str, message: str) -> None:
    try:
        predicate = compile_pattern(pattern)
    except PatternError:
        return
    assert predicate is None or predicate(message) in (True, False)


@given(st.text(string.ascii_letters + string.digits + "_", min_size=1), st.text(), st.text())
def test_a_term_matches_wherever_it_stands(term: str, before: str, after: str) -> None:
    assert matches(term, before + term + after)
    assert not matches(f"-{term}", before + term + after)


ATOMS = st.sampled_from(["a", "b", ".", r"\d", r"\w", "[ab]", "[^a]", "[a-c1]", r"\.", "-"])
COUNTS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"])
ROWS = st.lists(st.tuples(ATOMS, COUNTS).map("".join), min_size=1, max_size=5).map("".join)
ENDED = st.tuples(st.sampled_from(["", "^"]), ROWS, st.sampled_from(["", "$"])).map("".join)


@given(st.lists(ENDED, min_size=1, max_size=3).map("|".join), st.text("abc1.- ", max_size=12))
def test_regular_expressions_agree_with_python(source: str, text: str) -> None:
    assert Regex(source).search(text) is bool(re.search(source.replace("$", r"\Z"), text))


def test_a_regular_expression_cannot_explode() -> None:
    assert not Regex(".*" * 30 + "b$").search("a" * 200_000)
