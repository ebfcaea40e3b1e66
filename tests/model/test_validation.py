"""The model's checks in AWS's words."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from cloudarium.model import service
from cloudarium.model.patterns import full_match, translate
from cloudarium.model.validation import compile_validator
from tests.gateway.protocols.samples import SERVICES


def problems(name: str, operation: str, **value: Any) -> list[str]:
    """What an input does wrong."""
    return compile_validator(service(name).operations[operation])(value)


def test_required_members() -> None:
    """A missing one is null, in the model's order, nested ones with their path."""
    null = "Value null at '{}' failed to satisfy constraint: Member must not be null"
    assert problems("dynamodb", "PutItem") == [null.format("tableName"), null.format("item")]
    table: dict[str, Any] = {
        "TableName": "table",
        "AttributeDefinitions": [{"AttributeName": "a"}],
        "KeySchema": [{"KeyType": "HASH"}],
    }
    assert problems("dynamodb", "CreateTable", **table) == [
        null.format("attributeDefinitions.1.member.attributeType"),
        null.format("keySchema.1.member.attributeName"),
    ]
    assert problems("sts", "GetCallerIdentity") == []


def test_lengths_and_enums() -> None:
    """The value, the path, the bound."""
    assert problems("sts", "AssumeRole", RoleArn="", RoleSessionName="session")[-1] == (
        "Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"
    )
    found = problems("dynamodb", "Query", TableName="t", Select="NONE")
    assert found == [
        "Value 'NONE' at 'select' failed to satisfy constraint: Member must satisfy enum value set: "
        "[ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, SPECIFIC_ATTRIBUTES, COUNT]"
    ]
    found = problems("dynamodb", "Query", TableName="t", Limit=0)
    assert found == [
        "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
    ]


def test_patterns_match_the_whole_text() -> None:
    """AWS names the pattern as it stands in the model."""
    found = problems("sts", "AssumeRole", RoleArn="arn:aws:iam::1:role/r", RoleSessionName="a b")
    assert found == [
        "Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    ]
    assert problems("iam", "CreateUser", UserName="a\n")
    assert problems("iam", "CreateUser", UserName="ü"), "Java's \\w is ASCII"


def test_elements_of_lists_and_maps() -> None:
    """Scalars are judged together, structures one by one; maps by their keys."""
    found = problems("cloudformation", "ListStacks", StackStatusFilter=["CREATE_COMPLETE", "NOPE"])
    assert len(found) == 1 and found[0].startswith(
        "Value '[CREATE_COMPLETE, NOPE]' at 'stackStatusFilter' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: [CREATE_IN_PROGRESS, "
    )
    found = problems("iam", "TagUser", UserName="u", Tags=[{"Key": "k", "Value": "v"}, {"Key": "", "Value": "v"}])
    assert all("at 'tags.2.member.key'" in text for text in found) and found
    found = problems(
        "lambda", "TagResource", Resource="arn:aws:lambda:us-east-1:000000000000:function:f", Tags={"k": None}
    )
    assert "Value null at 'tags.k.member' failed to satisfy constraint: Member must not be null" in found


def test_services_that_word_it_their_own_way() -> None:
    """IAM repeats no value; the sentence about a list's elements has lengths first, and for some the null check."""
    keys = (
        "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1, "
        r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]"
    )
    assert problems("iam", "UntagRole", RoleName="r", TagKeys=["k!"]) == [
        f"Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: {keys}"
    ]
    found = problems("iam", "CreateOpenIDConnectProvider", Url="https://x.example", ThumbprintList=["short"])
    assert found[0].endswith(
        "[Member must have length less than or equal to 40, Member must have length greater than or equal to 40]"
    )
    found = problems("lambda", "CreateFunction", FunctionName="f", Role="arn:aws:iam::000000000000:role/r", Code={},
                     Architectures=["z80"])  # fmt: skip
    assert found == [
        "Value '[z80]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
    ]


def test_long_texts_of_simple_patterns() -> None:
    """A policy may be long: one set of characters is looked for in all of it."""
    given = {"PolicyInputList": ["a" * 131072], "ActionNames": ["s3:GetObject"]}
    assert problems("iam", "SimulateCustomPolicy", **given) == []
    assert problems("iam", "SimulateCustomPolicy", **{**given, "PolicyInputList": ["a" * 100000 + "\0"]})


def test_secrets_stay_out_of_messages() -> None:
    """A sensitive member's value is not repeated."""
    found = problems("cognito-idp", "SignUp", ClientId="c", Username="u", Password="pass\nword")
    assert found and all("Value at 'password'" in text for text in found)


def test_recursive_inputs() -> None:
    """A shape inside itself is checked at every depth."""
    value: dict[str, Any] = {"M": {"k": {"L": [{"S": "x"}, None]}}}
    found = problems("dynamodb", "PutItem", TableName="t", Item={"a": value})
    assert found == [
        "Value null at 'item.a.member.m.k.member.l.2.member' failed to satisfy constraint: Member must not be null"
    ]


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", ["Zürich 2 ✓"[:8], "日本", ""], ["a*b", "a;b"]),
        (r"[\p{Alnum}-]+", ["aZ9-"], ["ü"]),
        (r"\p{ASCII}+", ["a~"], ["é"]),
        (r"\P{L}+", ["12"], ["a"]),
        (r"[\w-_]*", ["a-_"], ["+"]),
        (r"(?<name>a)\z", ["a"], ["aa"]),
        (r"[\x{1F600}-\x{1F64F}]", ["😀"], ["a"]),
        (r"^arn:", ["arn:x"], ["xarn:"]),
        (r"[a-z&&[^b]]", ["b"], []),
    ],
)
def test_java_patterns(pattern: str, good: list[str], bad: list[str]) -> None:
    """What Python cannot express is not checked at all, and nothing raises."""
    match = full_match(pattern)
    if match is None:
        with pytest.raises(ValueError, match="intersection"):
            translate(pattern)
        return
    assert all(match(text.replace("✓", "")) for text in good)
    assert not any(match(text) for text in bad)


def _patterns() -> dict[str, tuple[int, str]]:
    """Every pattern with the longest text that any shape lets it see."""
    found: dict[str, tuple[int, str]] = {}
    for name in SERVICES:
        for raw in service(name).shapes.raw.values():
            if "pattern" in raw:
                seen = (int(raw.get("max", 20_000)), name)
                found[raw["pattern"]] = max(seen, found.get(raw["pattern"], seen))
    return found


def test_every_pattern_compiles_and_none_hangs() -> None:
    """Hostile texts up to the length that is searched at all take milliseconds, not the hours of naive backtracking."""

    def too_slow(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, too_slow)
    try:
        for pattern, (longest, name) in _patterns().items():
            match = full_match(pattern)
            assert match is not None, (name, pattern)
            size = min(20_000, 2 * longest + 100)
            signal.setitimer(signal.ITIMER_VIRTUAL, 5)
            for unit in ("a", "1", "-", "a-", "a.", "arn:aws:", "*", "A", " ", ".", "a/", "é", "ab."):
                match((unit * size)[: size - 1] + "\x00")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
