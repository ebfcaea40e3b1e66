"""Tokens to a tree, by recursive descent.

    condition  = and ("OR" and)*            and = not ("AND" not)*        not = "NOT" not | primary
    primary    = "(" condition ")" | comparison
    comparison = operand ( comparator operand | "BETWEEN" operand "AND" operand | "IN" "(" operands ")" )? | call
    operand    = value | path | call | "(" operand ")"
    path       = word | name, then ( "." (word | name) | "[" number "]" )*
    update     = ( SET path "=" operand (("+" | "-") operand)? , … | REMOVE path , … | ADD path value , … | DELETE … )+
    projection = path ("," path)*

Keywords may be written in any case, function names may not. Depth is bounded, so that no text exhausts the stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from cloudarium.services.dynamodb.expressions.tokens import ExpressionError, Token, syntax_error, tokenize

MAX_OPERATORS = 300
MAX_DEPTH = 120  # of parentheses: 4 KB of text could nest deeper than Python's stack bears
_TOO_MANY = "The expression contains too many operators; operator count: 301"  # AWS stops counting there
COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))


class Path(NamedTuple):
    """A document path; a step is a name, a #placeholder or a list index. `literal` are the steps written as words."""

    steps: tuple[str | int, ...]
    literal: tuple[bool, ...]


class Undefined(NamedTuple):
    """A path with a #placeholder that stands for nothing, found when names were resolved."""

    message: str


class Placeholder(NamedTuple):
    """A :value."""

    name: str


class CallNode(NamedTuple):
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]


class Compare(NamedTuple):
    """Two operands and a comparator."""

    sign: str
    left: Node
    right: Node


class Between(NamedTuple):
    """An operand and its bounds."""

    operand: Node
    low: Node
    high: Node


class In(NamedTuple):
    """An operand and its candidates."""

    operand: Node
    candidates: tuple[Node, ...]


class Chain(NamedTuple):
    """Conditions joined by AND or by OR."""

    word: str
    parts: tuple[Node, ...]


class Not(NamedTuple):
    """NOT."""

    operand: Node


class Arithmetic(NamedTuple):
    """A sum or difference in SET."""

    sign: str
    left: Node
    right: Node


class Action(NamedTuple):
    """One change of an update: the section's word, the path, and what it takes (nothing for REMOVE)."""

    word: str
    path: Path
    operand: Node | None


class Update(NamedTuple):
    """An update's sections in the order written."""

    sections: tuple[tuple[str, tuple[Action, ...]], ...]

    @property
    def actions(self) -> list[Action]:
        """All changes in the order written."""
        return [action for _, actions in self.sections for action in actions]


Node = Path | Undefined | Placeholder | CallNode | Compare | Between | In | Chain | Not | Arithmetic
_Made = TypeVar("_Made")


class _Grouped(NamedTuple):
    """Something in parentheses, known only while reading: two pairs around the same thing are refused."""

    inner: Node


class Parser:
    """One reading of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0
        self.operators = 0

    # ---- Tokens -----------------------------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        """The token to read."""
        return self.tokens[self.at]

    def fail(self) -> ExpressionError:
        """The syntax error at the token to read."""
        return syntax_error(self.text, self.tokens, self.at)

    def take(self, *kinds: str) -> Token:
        """Read a token of one of these kinds."""
        token = self.tokens[self.at]
        if token.kind not in kinds:
            raise self.fail()
        self.at += 1
        return token

    def comma_separated(self, read: Callable[[], _Made]) -> tuple[_Made, ...]:
        """One or more of what `read` reads."""
        found = [read()]
        while self.next.kind == ",":
            self.at += 1
            found.append(read())
        return tuple(found)

    def whole(self, read: Callable[[], _Made]) -> _Made:
        """What `read` reads, and nothing after it."""
        made = read()
        if self.next.kind != "end":
            raise self.fail()
        return made

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(_TOO_MANY)

    def _operator(self) -> None:
        """Count an operator or function, and read on."""
        self.at += 1
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            raise ExpressionError(_TOO_MANY)

    # ---- Conditions -------------------------------------------------------------------------------------------------

    def condition(self) -> Node:
        """A condition."""
        return _ungrouped(self._or())

    def _or(self) -> Node | _Grouped:
        return self._chain("OR", self._and)

    def _and(self) -> Node | _Grouped:
        return self._chain("AND", self._not)

    def _chain(self, word: str, read: Callable[[], Node | _Grouped]) -> Node | _Grouped:
        first = read()
        if self.next.kind != word:
            return first
        parts = [_ungrouped(first)]
        while self.next.kind == word:
            self._operator()
            parts.append(_ungrouped(read()))
        return Chain(word, tuple(parts))

    def _not(self) -> Node | _Grouped:
        if self.next.kind != "NOT":
            return self._primary()
        self._operator()
        return Not(_ungrouped(self._not()))

    def _primary(self) -> Node | _Grouped:
        """A parenthesis holds a condition or, when it is followed by an operator, an operand."""
        if self.next.kind != "(":
            return self._comparison()
        if self._holds_operand():
            return self._comparison()
        self.at += 1
        self._deeper()
        inner = self._or()
        self.take(")")
        self.depth -= 1
        return _group(inner)

    def _holds_operand(self) -> bool:
        """Whether the parenthesis here closes before an operator that needs an operand on its left."""
        open_, at = 0, self.at
        while (kind := self.tokens[at].kind) != "end":
            if kind == "(":
                open_ += 1
            elif kind == ")":
                open_ -= 1
                if open_ == 0:
                    after = self.tokens[at + 1].kind
                    return after in COMPARATORS or after in ("BETWEEN", "IN")
            at += 1
        return False

    def _comparison(self) -> Node | _Grouped:
        left = self._operand()
        kind = self.next.kind
        if kind in COMPARATORS:
            self._operator()
            return Compare(kind, _ungrouped(left), self.operand())
        if kind == "BETWEEN":
            self._operator()
            low = self.operand()
            self.take("AND")
            return Between(_ungrouped(left), low, self.operand())
        if kind == "IN":
            self._operator()
            self.take("(")
            candidates = self.comma_separated(self.operand)
            self.take(")")
            return In(_ungrouped(left), candidates)
        if isinstance(left, CallNode):
            return left
        raise self.fail()

    # ---- Operands ---------------------------------------------------------------------------------------------------

    def operand(self) -> Node:
        """A value, a path or a function, perhaps in parentheses."""
        return _ungrouped(self._operand())

    def _operand(self) -> Node | _Grouped:
        token = self.next
        if token.kind == "value":
            self.at += 1
            return Placeholder(token.text)
        if token.kind == "(":
            self.at += 1
            self._deeper()
            inner = self._operand()
            self.take(")")
            self.depth -= 1
            return _group(inner)
        if token.kind == "word" and self.tokens[self.at + 1].kind == "(":
            return self._call()
        if token.kind in ("word", "name"):
            return self.path()
        raise self.fail()

    def _call(self) -> CallNode:
        name = self.next.text
        self._operator()
        self.take("(")
        self._deeper()
        arguments = self.comma_separated(self.operand)
        self.take(")")
        self.depth -= 1
        return CallNode(name, arguments)

    def path(self) -> Path:
        """A document path."""
        token = self.take("word", "name")
        steps: list[str | int] = [token.text]
        literal = [token.kind == "word"]
        while self.next.kind in (".", "["):
            if self.take(".", "[").kind == ".":
                token = self.take("word", "name")
                steps.append(token.text)
                literal.append(token.kind == "word")
            else:
                index = self.take("number").text
                self.take("]")
                if len(index) > 10 or int(index) > 2**31 - 1:
                    raise ExpressionError(f"List index is not within the allowable range; index: [{index}]")
                steps.append(int(index))
                literal.append(False)
        return Path(tuple(steps), tuple(literal))

    # ---- Updates and projections ------------------------------------------------------------------------------------

    def update(self) -> Update:
        """One or more sections."""
        sections = []
        while True:
            word = self.take("SET", "REMOVE", "ADD", "DELETE").kind
            sections.append((word, self.comma_separated(_ACTIONS[word].__get__(self))))
            if self.next.kind == "end":
                return Update(tuple(sections))

    def _set(self) -> Action:
        path = self.path()
        self.take("=")
        left = self.operand()
        if self.next.kind in ("+", "-"):
            sign = self.next.kind
            self._operator()
            return Action("SET", path, Arithmetic(sign, left, self.operand()))
        return Action("SET", path, left)

    def _remove(self) -> Action:
        return Action("REMOVE", self.path(), None)

    def _add(self) -> Action:
        return Action("ADD", self.path(), Placeholder(self.take("value").text))

    def _delete(self) -> Action:
        return Action("DELETE", self.path(), Placeholder(self.take("value").text))

    def projection(self) -> tuple[Path, ...]:
        """Paths with commas between."""
        return self.comma_separated(self.path)


_ACTIONS: dict[str, Callable[[Parser], Action]] = {
    "SET": Parser._set,
    "REMOVE": Parser._remove,
    "ADD": Parser._add,
    "DELETE": Parser._delete,
}


def _group(inner: Node | _Grouped) -> _Grouped:
    if isinstance(inner, _Grouped):
        raise ExpressionError("The expression has redundant parentheses;")
    return _Grouped(inner)


def _ungrouped(node: Node | _Grouped) -> Node:
    return node.inner if isinstance(node, _Grouped) else node
