"""AWS's rules for a tree, in AWS's order: first what the text alone shows, then names and values and their types.

An update's actions are checked from the last to the first, as AWS does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from cloudarium.services.dynamodb.expressions.parser import (
    Action,
    Arithmetic,
    Between,
    CallNode,
    Chain,
    Compare,
    In,
    Node,
    Not,
    Path,
    Placeholder,
    Undefined,
    Update,
)
from cloudarium.services.dynamodb.expressions.tokens import RESERVED, ExpressionError
from cloudarium.services.dynamodb.rules import values
from cloudarium.services.dynamodb.rules.values import Value

Values = Mapping[str, Value]

CONDITIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
CHANGES = {"if_not_exists": 2, "list_append": 2}
ARITY = {**CONDITIONS, **CHANGES, "size": 1}
_NEED_PATH = ("attribute_exists", "attribute_not_exists", "if_not_exists")
_ORDERED = ("S", "N", "B")
_SIZED = ("S", "B", "SS", "NS", "BS", "L", "M")
_ADDABLE = ("N", "SS", "NS", "BS")
_LONG = {
    "S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
    "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
}  # fmt: skip
_ANY = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
MAX_STEPS = 32
MAX_CANDIDATES = 100


# ---- What the text alone shows --------------------------------------------------------------------------------------


def check_condition_text(node: Node) -> None:
    """Refuse reserved words, unknown functions, and functions where they may not stand."""
    _condition(node)


def check_update_text(update: Update) -> None:
    """The same for an update, and sections that come twice."""
    seen: dict[str, list[Sequence[Action]]] = {}
    for word, actions in update.sections:
        seen.setdefault(word, []).append(actions)
    for word, groups in seen.items():
        for action in (each for actions in groups for each in actions):
            _path(action.path)
            if action.operand is not None:
                _changes(action.operand, False)
        if len(groups) > 1:
            raise ExpressionError(f'The "{word}" section can only be used once in an update expression;')


def check_projection_text(paths: Sequence[Path]) -> None:
    """Refuse reserved words."""
    for path in paths:
        _path(path)


def _path(path: Path) -> None:
    for step, literal in zip(path.steps, path.literal, strict=True):
        if literal and str(step).upper() in RESERVED:
            raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {step}")
    if len(path.steps) > MAX_STEPS:
        raise ExpressionError(f"The document path has too many nesting levels; nesting levels: {len(path.steps)}")


def _condition(node: Node) -> None:
    """A node that stands where a condition must."""
    if isinstance(node, Chain):
        for part in node.parts:
            _condition(part)
    elif isinstance(node, Not):
        _condition(node.operand)
    elif isinstance(node, CallNode):
        _function(node, CONDITIONS)
    else:
        for part in children(node):
            _operand(part)


def _operand(node: Node) -> None:
    """A node that stands where a value must."""
    if isinstance(node, Path):
        _path(node)
    elif isinstance(node, CallNode):
        _function(node, ("size",))


def _function(node: CallNode, allowed: Sequence[str] | Mapping[str, int]) -> None:
    if node.name not in ARITY:
        raise ExpressionError(f"Invalid function name; function: {node.name}")
    if node.name in CHANGES:
        raise ExpressionError(f"The function is not allowed in a condition expression; function: {node.name}")
    if node.name not in allowed:
        raise ExpressionError(
            f"The function is not allowed to be used this way in an expression; function: {node.name}"
        )
    for argument in node.arguments:
        _operand(argument)


def _changes(node: Node, inside: bool) -> None:
    """A node in an update, inside of a function or not."""
    if isinstance(node, Path):
        _path(node)
    elif isinstance(node, CallNode):
        if node.name not in ARITY:
            raise ExpressionError(f"Invalid function name; function: {node.name}")
        if node.name not in CHANGES:
            raise ExpressionError(f"The function is not allowed in an update expression; function: {node.name}")
        if inside and node.name == "list_append":  # though if_not_exists may stand in any function
            raise ExpressionError(
                f"The function is not allowed to be used this way in an expression; function: {node.name}"
            )
    for part in children(node):
        _changes(part, inside or isinstance(node, CallNode))


def _arity(node: CallNode) -> None:
    if len(node.arguments) != ARITY[node.name]:
        raise ExpressionError(
            "Incorrect number of operands for operator or function; operator or function:"
            f" {node.name}, number of operands: {len(node.arguments)}"
        )


def children(node: Node) -> tuple[Node, ...]:
    """The nodes below a node, in the order written."""
    if isinstance(node, Compare | Arithmetic):
        return node.left, node.right
    if isinstance(node, Between):
        return node.operand, node.low, node.high
    if isinstance(node, In):
        return node.operand, *node.candidates
    if isinstance(node, Chain):
        return node.parts
    if isinstance(node, Not):
        return (node.operand,)
    if isinstance(node, CallNode):
        return node.arguments
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


# ---- Names: the tree with every #placeholder replaced ---------------------------------------------------------------


def resolve_path(path: Path, names: Mapping[str, str]) -> Path:
    """The path with its #placeholders replaced by the names they stand for."""
    steps: list[str | int] = []
    for step, literal in zip(path.steps, path.literal, strict=True):
        if literal or isinstance(step, int):
            steps.append(step)
        elif step in names:
            steps.append(names[step])
        else:
            raise ExpressionError(
                "An expression attribute name used in the document path is not defined; attribute name: " + step
            )
    return Path(tuple(steps), path.literal)


def path_or_undefined(path: Path, names: Mapping[str, str]) -> Node:
    """The same, with a node for what is not defined: AWS says so of a condition only when it comes to it."""
    try:
        return resolve_path(path, names)
    except ExpressionError as error:
        return Undefined(error.message)


def resolve(node: Node, names: Mapping[str, str], find: Callable[[Path, Mapping[str, str]], Node]) -> Node:
    """The tree with every path resolved by `find`."""
    if isinstance(node, Path):
        return find(node, names)
    if isinstance(node, Compare | Arithmetic):
        return type(node)(node[0], resolve(node.left, names, find), resolve(node.right, names, find))
    if isinstance(node, Between):
        return Between(*(resolve(part, names, find) for part in node))
    if isinstance(node, In):
        return In(resolve(node.operand, names, find), tuple(resolve(each, names, find) for each in node.candidates))
    if isinstance(node, Chain):
        return Chain(node.word, tuple(resolve(part, names, find) for part in node.parts))
    if isinstance(node, Not):
        return Not(resolve(node.operand, names, find))
    if isinstance(node, CallNode):
        return CallNode(node.name, tuple(resolve(each, names, find) for each in node.arguments))
    return node


def shown(path: Path) -> str:
    """A path as error texts show it."""
    return "[" + ", ".join(f"[{step}]" if isinstance(step, int) else step for step in path.steps) + "]"


def check_overlap(paths: Sequence[Path]) -> None:
    """Refuse two paths of which one is the other or lies inside it, or that use one attribute as a map and a list."""
    for at, second in enumerate(paths):
        for first in paths[:at]:
            _clash(first, second)


def _clash(first: Path, second: Path) -> None:
    what = "overlap"
    for one, other in zip(first.steps, second.steps, strict=False):
        if isinstance(one, int) is not isinstance(other, int):
            what = "conflict"
            break
        if one != other:
            return
    raise ExpressionError(
        f"Two document paths {what} with each other; must remove or rewrite one of these paths;"
        f" path one: {shown(first)}, path two: {shown(second)}"
    )


# ---- Values and their types -----------------------------------------------------------------------------------------


def check_condition_values(node: Node, given: Values) -> None:
    """Refuse undefined values and operands whose type the operator does not take, in a tree with resolved paths."""
    for part in children(node):
        check_condition_values(part, given)
    if isinstance(node, Undefined):
        raise ExpressionError(node.message)
    if isinstance(node, Placeholder):
        check_defined(node, given)
    elif isinstance(node, Compare):
        _distinct(node.sign, node.left, (node.right,))
        if node.sign not in ("=", "<>"):
            _types(node.sign, (node.left, node.right), _ORDERED, given)
    elif isinstance(node, Between):
        _distinct("BETWEEN", node.operand, (node.low, node.high))
        _types("BETWEEN", node, _ORDERED, given)
        _bounds(node, given)
    elif isinstance(node, In):
        if len(node.candidates) > MAX_CANDIDATES:
            raise ExpressionError(
                f"The IN operator is provided with too many operands; number of operands: {len(node.candidates)}"
            )
        _distinct("IN", node.operand, node.candidates)
    elif isinstance(node, CallNode):
        _call(node, given)


def check_update_values(update: Update, given: Values) -> None:
    """The same for an update."""
    for action in reversed(update.actions):
        if action.operand is None:
            continue
        _change(action.operand, given)
        if action.word in ("ADD", "DELETE"):
            kind = static_type(action.operand, given)
            allowed = _ADDABLE if action.word == "ADD" else _ADDABLE[1:]
            if kind not in allowed:
                raise ExpressionError(
                    f"Incorrect operand type for operator or function; operator: {action.word}, operand type:"
                    f" {_LONG[kind or 'NULL']}, typeSet: ALLOWED_FOR_{action.word}_OPERAND"
                )


def fits(nodes: Iterable[Node]) -> bool:
    """Whether all is defined and every function has the operands it needs; where not, the check of values says so."""
    for node in nodes:
        if isinstance(node, Undefined):
            return False
        if isinstance(node, CallNode) and (len(node.arguments) != ARITY[node.name] or not _has_path(node)):
            return False
    return True


def _change(node: Node, given: Values) -> None:
    for part in children(node):
        _change(part, given)
    if isinstance(node, Placeholder):
        check_defined(node, given)
    elif isinstance(node, Arithmetic):
        _types(node.sign, (node.left, node.right), ("N",), given)
    elif isinstance(node, CallNode):
        _call(node, given)


def check_defined(node: Placeholder, given: Container[str]) -> None:
    """Refuse a :value that is not given."""
    if node.name not in given:
        raise ExpressionError(
            f"An expression attribute value used in expression is not defined; attribute value: {node.name}"
        )


def static_type(node: Node, given: Values) -> str | None:
    """The type an operand has whatever the item is, None when that depends on the item."""
    if isinstance(node, Placeholder):
        return values.kind_of(given[node.name])
    return "N" if isinstance(node, CallNode) and node.name == "size" else None


def _types(operator: str, operands: Sequence[Node], allowed: Sequence[str], given: Values) -> None:
    for operand in operands:
        kind = static_type(operand, given)
        if kind is not None and kind not in allowed:
            raise _wrong_type(operator, kind)


def _wrong_type(operator: str, kind: str) -> ExpressionError:
    return ExpressionError(
        f"Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
    )


def _distinct(operator: str, first: Node, others: Sequence[Node]) -> None:
    if isinstance(first, Path):
        for other in others:
            if isinstance(other, Path) and other.steps == first.steps:
                raise ExpressionError(
                    "The first operand must be distinct from the remaining operands for this operator or function;"
                    f" operator: {operator}, first operand: {shown(first)}"
                )


def _bounds(node: Between, given: Values) -> None:
    if not isinstance(node.low, Placeholder) or not isinstance(node.high, Placeholder):
        return
    low, high = given[node.low.name], given[node.high.name]
    wrong = ""
    if values.kind_of(low) != values.kind_of(high):
        wrong = "requires same data type for lower and upper bounds"
    elif (values.compare(low, high) or 0) > 0:
        wrong = "requires upper bound to be greater than or equal to lower bound"
    if wrong:
        raise ExpressionError(
            f"The BETWEEN operator {wrong}; lower bound operand: AttributeValue: {_quoted(low)},"
            f" upper bound operand: AttributeValue: {_quoted(high)}"
        )


def _quoted(value: Value) -> str:
    ((kind, content),) = value.items()
    if isinstance(content, bytes):
        content = base64.b64encode(content).decode()
    return f"{{{kind}:{content}}}"


def _call(node: CallNode, given: Values) -> None:
    _arity(node)
    first = node.arguments[0]
    _needs_path(node)
    if node.name not in ("size", "list_append"):
        _distinct(node.name, first, node.arguments[1:])
    if node.name == "size":
        _types("size", node.arguments, _SIZED, given)
    elif node.name == "begins_with":
        _types("begins_with", node.arguments, ("S", "B"), given)
    elif node.name == "list_append":
        _types("list_append", node.arguments, ("L",), given)
    elif node.name == "attribute_type":
        _type_name(node.arguments[1], given)


def _has_path(node: CallNode) -> bool:
    return node.name not in _NEED_PATH or isinstance(node.arguments[0], Path)


def _needs_path(node: CallNode) -> None:
    if not _has_path(node):
        raise ExpressionError(f"Operator or function requires a document path; operator or function: {node.name}")


def _type_name(node: Node, given: Values) -> None:
    kind = static_type(node, given)
    if kind != "S" or not isinstance(node, Placeholder):
        raise _wrong_type("attribute_type", kind or _ANY)
    name = given[node.name]["S"]
    if name not in values.TYPES:
        raise ExpressionError(
            f"Invalid attribute type name found; type: {name}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
        )
