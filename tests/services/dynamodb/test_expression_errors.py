"""Wrong expressions: AWS's texts, and that no text does anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.expressions import request

CONDITION = ("ConditionExpression",)
UPDATE = ("UpdateExpression", "ConditionExpression")
PROJECTION = ("ProjectionExpression",)
QUERY = ("FilterExpression", "ProjectionExpression", "KeyConditionExpression")
NUMBER, TEXT = {"N": "1"}, {"S": "a"}


def refusal(labels: tuple[str, ...], older: tuple[str, ...] = (), **given: Any) -> str:
    """The text with which the parameters are refused."""
    with pytest.raises(ValidationException) as refused:
        request.read(given, labels, older, tuple(label for label in labels if label != "ProjectionExpression"))
    return refused.value.message


def condition(text: str, names: dict[str, str] | None = None, **values: Any) -> str:
    """The refusal of a condition."""
    return _one(CONDITION, "ConditionExpression", text, names, values)


def update(text: str, names: dict[str, str] | None = None, **values: Any) -> str:
    """The refusal of an update."""
    return _one(UPDATE, "UpdateExpression", text, names, values)


def _one(labels: tuple[str, ...], label: str, text: str, names: dict[str, str] | None, values: dict[str, Any]) -> str:
    given: dict[str, Any] = {label: text}
    if names:
        given["ExpressionAttributeNames"] = names
    if values:
        given["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    message = refusal(labels, **given)
    assert message.startswith(f"Invalid {label}: ") or "unused" in message or "contains invalid" in message
    return message.removeprefix(f"Invalid {label}: ")


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
        ("SET _123 = :v", "_", "SET _123"),
        ("ADD hits : incr", ":", "hits : incr"),
        ("SET a = :v,", "<EOF>", ","),
        ("SET a :v", ":v", "a :v"),
        ("SET = :v", "=", "SET = :v"),
        ("SET a[x] = :v", "x", "[x]"),
        ("SET a[01] = :v", "1", "01]"),
        ("REMOVE a, ", "<EOF>", ","),
        ("SET", "<EOF>", "SET"),
    ],
)
def test_syntax_errors_quote_the_token_and_its_neighbours(text: str, token: str, near: str) -> None:
    assert update(text, v=NUMBER) == f'Syntax error; token: "{token}", near: "{near}"'


def test_syntax_errors_of_conditions() -> None:
    assert condition("attribute_not_exists(") == 'Syntax error; token: "<EOF>", near: "("'
    assert condition("foo") == 'Syntax error; token: "<EOF>", near: "foo"'
    assert condition("contains (themes, :t", t=TEXT) == 'Syntax error; token: "<EOF>", near: ":t"'
    assert condition("a > 4") == 'Syntax error; token: "4", near: "> 4"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a" * 4097, "Expression size has exceeded the maximum allowed size; expression size: 4097"),
        ("status = :v", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("exists(a)", "Invalid function name; function: exists"),
        ("Size(a) > :v", "Invalid function name; function: Size"),
        ("if_not_exists(a, :v) = :v", "The function is not allowed in a condition expression; function: if_not_exists"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "attribute_exists(a) = :v",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "contains(a)",
            "Incorrect number of operands for operator or function; operator or function: contains,"
            " number of operands: 1",
        ),
        (
            "attribute_exists(:v)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        ("((a = :v))", "The expression has redundant parentheses;"),
        ("((a)) = :v", "The expression has redundant parentheses;"),
        ("#a = :v", "An expression attribute name used in the document path is not defined; attribute name: #a"),
        ("a = :w", "An expression attribute value used in expression is not defined; attribute value: :w"),
        (
            "begins_with(a, :v)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "attribute_type(a, :v)",
            "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N",
        ),
        (
            "a = a",
            "The first operand must be distinct from the remaining operands for this operator or function; operator: =,"
            " first operand: [a]",
        ),
        (" OR ".join(["a=:v"] * 200), "The expression contains too many operators; operator count: 301"),
        (
            "a IN (" + ",".join([":v"] * 101) + ")",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        ("a" + ".b" * 32 + " = :v", "The document path has too many nesting levels; nesting levels: 33"),
        ("a[99999999999] = :v", "List index is not within the allowable range; index: [99999999999]"),
    ],
)
def test_conditions_are_refused_in_awss_words(text: str, message: str) -> None:
    assert condition(text, v=NUMBER) == message


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("attribute_exists(status, #no)", "Attribute name is a reserved keyword"),
        ("attribute_exists(#no, :v)", "An expression attribute name used"),
        ("begins_with(:no, #no)", "An expression attribute value used"),
        ("begins_with(a) AND #no = :v", "Incorrect number of operands"),
        ("a = a AND #no = :no", "The first operand must be distinct"),
        ("attribute_exists(size(:v))", "Incorrect operand type"),
        ("attribute_type(a, a)", "The first operand must be distinct"),
        ("attribute_type(a, b)", "Incorrect operand type"),
    ],
)
def test_a_condition_is_checked_from_left_to_right(text: str, start: str) -> None:
    """What needs no names or values comes first for the whole text, the rest for one part after the other."""
    assert condition(text, v=NUMBER).startswith(start)


def test_a_value_may_be_asked_for_its_type() -> None:
    given = {":v": NUMBER, ":kind": {"S": "N"}}
    text = "attribute_type(:v, :kind)"
    request.read({"ConditionExpression": text, "ExpressionAttributeValues": given}, CONDITION, (), CONDITION)


def test_types_of_values_are_checked_before_any_item_is_read() -> None:
    assert condition("a < :v", v={"BOOL": True}).endswith("operator or function: <, operand type: BOOL")
    assert condition("a BETWEEN :v AND :w", v={"SS": ["x"]}, w={"SS": ["x"]}).endswith("BETWEEN, operand type: SS")
    assert condition("attribute_type(a, :v)", v={"S": "X"}).startswith("Invalid attribute type name found; type: X,")
    assert condition("size(:v) > :w", v=NUMBER, w=NUMBER).endswith("operator or function: size, operand type: N")
    bounds = "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: "
    assert condition("a BETWEEN :v AND :w", v={"S": "b"}, w={"S": "a"}) == (
        f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {bounds}{{S:a}}"
    )
    assert condition("a BETWEEN :v AND :w", v={"S": "b"}, w={"N": "1"}) == (
        f"The BETWEEN operator requires same data type for lower and upper bounds; {bounds}{{N:1}}"
    )


def test_the_same_text_is_checked_again_for_values_of_other_types() -> None:
    given = {"ConditionExpression": "begins_with(a, :v)", "ExpressionAttributeValues": {":v": TEXT}}
    request.read(given, CONDITION, (), CONDITION)
    assert "operand type: N" in condition("begins_with(a, :v)", v=NUMBER)
    request.read(given, CONDITION, (), CONDITION)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET a = :v SET b = :v", 'The "SET" section can only be used once in an update expression;'),
        ("SET f(a) = :v", 'Syntax error; token: "(", near: "f(a"'),
        ("SET a = contains(b, :v)", "The function is not allowed in an update expression; function: contains"),
        ("SET a = nothing(b, :v)", "Invalid function name; function: nothing"),
        (
            "SET a = if_not_exists(b)",
            "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of"
            " operands: 1",
        ),
        (
            "SET a = if_not_exists(:v, :v)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = list_append(a, :v)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
        ),
        (
            "DELETE a :v",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet:"
            " ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET a = list_append(list_append(b, :v), :v)",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        (
            "SET a = if_not_exists(b, list_append(c, :v))",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        (
            "SET a = if_not_exists(:missing)",
            "An expression attribute value used in expression is not defined; attribute value: :missing",
        ),
        (
            "SET a = if_not_exists(:missing, :v)",
            "An expression attribute value used in expression is not defined; attribute value: :missing",
        ),
        (
            "SET a = list_append(:v), b = if_not_exists(a) DELETE c :v",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet:"
            " ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET f = :v, f = :v",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [f], path"
            " two: [f]",
        ),
        (
            "SET a.b = :v REMOVE a.b.c[1]",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b],"
            " path two: [a, b, c, [1]]",
        ),
        (
            "SET a.b = :v, a[1] = :v",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b],"
            " path two: [a, [1]]",
        ),
    ],
)
def test_updates_are_refused_in_awss_words(text: str, message: str) -> None:
    assert update(text, v=NUMBER) == message


def test_arithmetic_and_add_take_only_their_types() -> None:
    assert update("SET a = b + :v", v=TEXT).endswith("operator or function: +, operand type: S")
    assert update("ADD a :v", v=TEXT) == (
        "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet:"
        " ALLOWED_FOR_ADD_OPERAND"
    )


def test_names_have_fewer_than_65536_bytes() -> None:
    too_long = "Attribute name is too large, must be less than 65536 bytes"
    given = {"ExpressionAttributeNames": {"#a": "é" * 32_767 + "e"}}
    request.read({"ProjectionExpression": "#a", **given}, PROJECTION)
    given = {"ExpressionAttributeNames": {"#a": "é" * 32_768}}
    expected = f"ExpressionAttributeNames contains invalid value: {too_long} for key #a"
    assert refusal(PROJECTION, ProjectionExpression="#a", **given) == expected
    invalid = f"One or more parameter values were invalid: {too_long}"
    assert refusal((), ("AttributesToGet",), AttributesToGet=["a" * 65_536]) == invalid
    updates = {"a" * 65_536: {"Action": "DELETE"}}
    assert refusal((), ("AttributeUpdates",), AttributeUpdates=updates) == invalid


def test_placeholders_are_checked_themselves() -> None:
    names, values = "ExpressionAttributeNames", "ExpressionAttributeValues"
    for text, more, message in (
        ("a = :v", {names: {}, values: {":v": NUMBER}}, f"{names} must not be empty"),
        ("a = :v", {values: {}}, f"{values} must not be empty"),
        (
            "#a = :v",
            {names: {"a": "x"}, values: {":v": NUMBER}},
            f'{names} contains invalid key: Syntax error; key: "a"',
        ),
        ("a = :v", {values: {"v": NUMBER}}, f'{values} contains invalid key: Syntax error; key: "v"'),
        (
            "a = :v",
            {values: {":v": {"N": "x"}}},
            f"{values} contains invalid value: The parameter cannot be converted to a numeric value: x for key :v",
        ),
        (
            "a = :v",
            {names: {"#unused": "x"}, values: {":v": NUMBER}},
            f"Value provided in {names} unused in expressions: keys: {{#unused}}",
        ),
        (
            "a = :v",
            {values: {":v": NUMBER, ":x": NUMBER, ":y": NUMBER}},
            f"Value provided in {values} unused in expressions: keys: {{:x, :y}}",
        ),
    ):
        assert refusal(CONDITION, ConditionExpression=text, **more) == message


def test_parameters_that_exclude_each_other() -> None:
    assert refusal(
        CONDITION, ("Expected",), ConditionExpression="attribute_exists(a)", Expected={"a": {"Exists": False}}
    ) == (
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters:"
        " {Expected} Expression parameters: {ConditionExpression}"
    )
    assert refusal(CONDITION, ExpressionAttributeValues={":v": NUMBER}) == (
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"
    )
    assert refusal(UPDATE, ExpressionAttributeValues={":v": NUMBER}).endswith(
        "UpdateExpression and ConditionExpression are null"
    )
    assert refusal(CONDITION, ExpressionAttributeNames={"#a": "a"}) == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = :v OR b = :v", "Invalid operator used in KeyConditionExpression: OR"),
        ("NOT a = :v", "Invalid operator used in KeyConditionExpression: NOT"),
        ("a IN (:v)", "Invalid operator used in KeyConditionExpression: IN"),
        ("a <> :v", "Invalid operator used in KeyConditionExpression: <>"),
        ("attribute_exists(a) AND b = :v", "Invalid operator used in KeyConditionExpression: attribute_exists"),
        ("size(a) > :v", "KeyConditionExpressions cannot contain nested operations"),
        ("a.b = :v", "KeyConditionExpressions cannot have conditions on nested attributes"),
        (
            "a = b AND c = :v",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
        ),
        (":v = :v", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        ("a = :v AND a > :v", "KeyConditionExpressions must only contain one condition per key"),
        (
            ":v BETWEEN a AND b",
            "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first"
            " operand",
        ),
    ],
)
def test_key_conditions_may_hold_little(text: str, message: str) -> None:
    given = {"ExpressionAttributeValues": {":v": NUMBER}}
    assert refusal(QUERY, KeyConditionExpression=text, **given) == message


@given(st.text(alphabet="aSET:#v12 =<>()[].,+-ANDORNOT\n\"'é", max_size=80))
def test_no_text_does_anything_but_compile_or_be_refused(text: str) -> None:
    for label in ("ConditionExpression", "UpdateExpression", "ProjectionExpression", "KeyConditionExpression"):
        try:
            request.read({label: text}, (label,), (), (label,))
        except ValidationException as refused:
            assert refused.message


@pytest.mark.parametrize("piece", ["(", "NOT ", "a.", "a[0]", "size(", "a=:v AND (", "a IN (", "SET a=", "((((a"])
def test_hostile_repetition_is_refused_quickly(piece: str) -> None:
    for label in ("ConditionExpression", "UpdateExpression", "ProjectionExpression"):
        with pytest.raises(ValidationException):
            request.read({label: (piece * 4096)[:4096]}, (label,), (), (label,))
