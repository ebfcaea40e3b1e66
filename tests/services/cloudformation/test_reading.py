"""Template text to plain data: JSON, YAML, the short forms, and hostile input."""

from __future__ import annotations

import pytest

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.reading import DEPTH_LIMIT, read


def test_short_forms_are_the_long_ones() -> None:
    text = """
    A: !Ref B
    C: !GetAtt D.E.F
    G: !Join [",", [!Sub "x", 1, true]]
    H: !If [IsOn, !Equals [a, b], !Condition IsOff]
    I: !GetAtt [J, K]
    L: !Base64 {"Fn::Sub": y}
    """
    assert read(text) == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "E.F"]},
        "G": {"Fn::Join": [",", [{"Fn::Sub": "x"}, 1, True]]},
        "H": {"Fn::If": ["IsOn", {"Fn::Equals": ["a", "b"]}, {"Condition": "IsOff"}]},
        "I": {"Fn::GetAtt": ["J", "K"]},
        "L": {"Fn::Base64": {"Fn::Sub": "y"}},
    }


def test_dates_stay_texts_and_keys_stay_as_written() -> None:
    assert read("Version: 2012-10-17\n012345678901: yes\ntrue: no") == {
        "Version": "2012-10-17",
        "012345678901": True,
        "true": False,
    }


def test_json_and_yaml_are_told_apart() -> None:
    assert read('  {"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}
    assert read('\ufeff{"a": 1}') == {"a": 1}
    assert read("a: {b: [c]}") == {"a": {"b": ["c"]}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "Template format error: unsupported structure."),
        ("", "Template format error: unsupported structure."),
        ("- 1", "Template format error: unsupported structure."),
        ('{"a": }', "Template format error: JSON not well-formed. (line 1, column 8)"),
        ('{"a": NaN}', "Template format error: JSON not well-formed."),
        ("a: [", "Template format error: YAML not well-formed. (line 2, column 1)"),
        ("a: 1\n---\nb: 2", "Template format error: YAML not well-formed."),
        ("a: &x 1\nb: *x", "Template error: YAML aliases are not allowed in CloudFormation templates"),
        ("? [a]\n: b", "Template format error: YAML not well-formed. (line 1, column 1)"),
        ("a: !!python/object:os.system x", "Template format error: YAML not well-formed. (line 1, column 4)"),
        ('a: !!binary "AAAA"', "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("a: \x00", "Template format error: YAML not well-formed."),
        ("a: 1" + "0" * 5000, "Template format error: YAML not well-formed."),
    ],
)
def test_what_is_not_well_formed_is_said_in_aws_words(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        read(text)
    assert raised.value.message.startswith(message.rstrip("."))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 20_000,
        "[" * 20_000,
        '{"a":' * (DEPTH_LIMIT + 1) + "1" + "}" * (DEPTH_LIMIT + 1),
        "a: " + "- " * 20_000,
    ],
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(ValidationError):
        read(text)
