"""The intrinsic functions, one by one, and as properties of any input."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.functions import Context, Unknown, resolve

CONTEXT = Context(
    parameters={"Name": "blue", "Many": ["a", "b", "c"], "Dotted": "d"},
    pseudo={"AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"},
    mappings={"Map": {"eu-west-1": {"Ami": "ami-1", "List": ["x", "y"]}}},
    conditions={"On": True, "Off": False},
    reference=lambda name: f"id-of-{name}",
    attribute=lambda name, attribute: f"{name}/{attribute}",
    imported=lambda name: f"imported {name}",
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Name"}, "blue"),
        ({"Ref": "Many"}, ["a", "b", "c"]),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "Thing"}, "id-of-Thing"),
        ({"Fn::GetAtt": ["Thing", "Arn"]}, "Thing/Arn"),
        ({"Fn::GetAtt": "Thing.Endpoint.Address"}, "Thing/Endpoint.Address"),
        ({"Fn::GetAtt": ["Thing", {"Ref": "Name"}]}, "Thing/blue"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}, 1, True, 2.0]]}, "a-blue-1-true-2"),
        ({"Fn::Join": [",", {"Ref": "Many"}]}, "a,b,c"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}, "b"]]}, "a-b"),
        ({"Fn::Split": ["|", "a||b"]}, ["a", "", "b"]),
        ({"Fn::Select": [1, {"Ref": "Many"}]}, "b"),
        ({"Fn::Select": ["2", {"Fn::Split": [",", "x,y,z"]}]}, "z"),
        (
            {"Fn::Sub": "${Name}/${Thing}/${Thing.Arn}/${AWS::Region}/${!Kept}"},
            "blue/id-of-Thing/Thing/Arn/eu-west-1/${Kept}",
        ),
        ({"Fn::Sub": ["${A}-${Name}", {"A": {"Ref": "Many"}, "Name": "own"}]}, None),
        ({"Fn::Sub": ["${A}-${Name}", {"A": 7, "Name": "own"}]}, "7-own"),
        ({"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Ami"]}, "ami-1"),
        ({"Fn::FindInMap": ["Map", "eu-west-1", "List"]}, ["x", "y"]),
        ({"Fn::FindInMap": ["Map", "nowhere", "Ami", {"DefaultValue": "none"}]}, "none"),
        ({"Fn::If": ["On", "yes", "no"]}, "yes"),
        ({"a": {"Fn::If": ["Off", "yes", {"Ref": "AWS::NoValue"}]}, "b": 1}, {"b": 1}),
        ([{"Ref": "AWS::NoValue"}, "x"], ["x"]),
        ({"Fn::Base64": "text"}, base64.b64encode(b"text").decode()),
        ({"Fn::Cidr": ["192.168.0.0/24", 6, 5]}, [f"192.168.0.{start}/27" for start in range(0, 192, 32)]),
        ({"Fn::Cidr": ["10.0.0.0/16", "2", "8"]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::GetAZs": "us-west-2"}, ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]),
        ({"Fn::ImportValue": {"Fn::Sub": "${Name}-x"}}, "imported blue-x"),
        ({"Fn::Length": {"Ref": "Many"}}, 3),
        ({"Fn::ToJsonString": {"a": [{"Ref": "Name"}]}}, '{"a":["blue"]}'),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
        ({"plain": [1, "x", {"deep": None}]}, {"plain": [1, "x", {"deep": None}]}),
    ],
)
def test_functions(value: Any, expected: Any) -> None:
    if expected is None:
        with pytest.raises(ValidationError):
            resolve(value, CONTEXT)
    else:
        assert resolve(value, CONTEXT) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::Select": [3, ["a"]]}, "Template error: Fn::Select cannot select nonexistent value at index 3"),
        ({"Fn::Select": [-1, ["a"]]}, "Template error: Fn::Select requires a list argument with a valid index"),
        ({"Fn::FindInMap": ["No", "a", "b"]}, "Template error: Mapping named 'No' is not present"),
        ({"Fn::FindInMap": ["Map", "a", "b"]}, "Template error: Unable to get mapping for Map::a::b"),
        ({"Fn::Join": [",", "text"]}, "Template error: every Fn::Join object requires two parameters"),
        ({"Fn::Split": ["", "text"]}, "Template error: every Fn::Split object requires two parameters"),
        ({"Fn::Base64": ["x"]}, "Template error: every Fn::Base64 object must have a String-typed value."),
        ({"Fn::Cidr": ["10.0.0.0/30", 5, 1]}, "Template error: every Fn::Cidr object requires"),
        ({"Fn::Cidr": ["10.0.0.0/8", 300, 8]}, "Template error: every Fn::Cidr object requires"),
        ({"Ref": ["x"]}, "Template error: every Ref object must have a single String value."),
        ({"Fn::If": ["Never", 1, 2]}, "Template error: unresolved condition dependency Never"),
        ({"Fn::Sub": ["${A}"]}, "Template error: One or more Fn::Sub intrinsic functions don't specify"),
    ],
)
def test_wrong_use_is_told_in_aws_words(value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        resolve(value, CONTEXT)
    assert raised.value.message.startswith(message)


plain = st.text(alphabet=st.characters(blacklist_characters="${}", blacklist_categories=("Cs",)))


@given(st.lists(plain), st.text(alphabet="|,;:", min_size=1, max_size=2))
def test_split_takes_join_back(parts: list[str], delimiter: str) -> None:
    joined = resolve({"Fn::Join": [delimiter, parts]}, CONTEXT)
    assert joined == delimiter.join(parts)
    assert resolve({"Fn::Join": [delimiter, {"Fn::Split": [delimiter, joined]}]}, CONTEXT) == joined


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True), plain, max_size=5), plain)
def test_sub_puts_each_variable_in_its_place(variables: dict[str, str], around: str) -> None:
    source = around + "".join("${" + name + "}" + around for name in variables)
    expected = around + "".join(value + around for value in variables.values())
    assert resolve({"Fn::Sub": [source, variables]}, CONTEXT) == expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | plain,
        lambda inner: st.lists(inner) | st.dictionaries(plain, inner),
        max_leaves=20,
    )
)
def test_data_without_functions_is_left_alone(value: Any) -> None:
    assert resolve(value, CONTEXT) == value


def test_what_is_not_known_yet_makes_the_whole_unknown() -> None:
    later = Context(CONTEXT.parameters, reference=lambda name: Unknown(frozenset({("ResourceReference", name)})))
    made = resolve({"Fn::Join": ["-", ["a", {"Fn::Sub": "${Thing}"}, {"Ref": "Other"}]]}, later)
    assert made == Unknown(frozenset({("ResourceReference", "Thing"), ("ResourceReference", "Other")}))
