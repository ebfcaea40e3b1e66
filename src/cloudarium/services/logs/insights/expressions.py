"""Expressions of a query as SQL, by what its names stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights import dates, fields, lines, periods, values
from cloudarium.services.logs.insights.functions import AGGREGATES, FUNCTIONS, NOT_BUILT, Known
from cloudarium.services.logs.insights.globs import checked, plain
from cloudarium.services.logs.insights.syntax import (
    Column,
    Duration,
    Field,
    Function,
    Literal,
    Operation,
    Place,
    Regex,
    Star,
    steps_of,
)
from cloudarium.services.logs.insights.values import NOTHING, Parameters, Value
from cloudarium.shared.errors import NotBuilt

if TYPE_CHECKING:
    from cloudarium.services.logs.insights.compiling import Target

_ARITHMETIC = {"+": "({} + {})", "-": "({} - {})", "*": "({} * {})", "/": "({} * 1.0 / {})"}
_MARK = re.compile(r"<<(\d+)>>")
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_CALLED = {"%": "mod({}, {})", "^": "pow({}, {})"}


class Compiler:
    """What names stand for at one point of the query, and expressions over them."""

    def __init__(self, text: str, parameters: Parameters, regexes: list[tuple[str, str]], target: Target) -> None:
        self._text = text
        self._parameters = parameters
        self._regexes = regexes
        self._target = target
        self._document = fields.document(target.lambdas)
        self.columns: dict[str, Value] = {}
        self.made: dict[str, Value] = {}  # by the present stats: its later columns may use the earlier ones
        self.events = True
        self.stream = "s.name"
        self._shared: list[str] = []

    # ---- Names -------------------------------------------------------------------------------------------------------

    def enclosed(self, columns: dict[str, Value]) -> None:
        """Know these columns only: rows are events no longer."""
        self.columns, self.events = columns, False

    def named(self, name: str) -> Value:
        """What a name stands for; see `field`."""
        return self.columns.get(name) or self.field(Field(name, steps_of(name), Place(0, len(self._text)), name))

    def field(self, name: Field) -> Value:
        """What a field stands for: something defined before, one of AWS's fields, or one in the event's JSON."""
        known = self.made.get(name.name) or self.columns.get(name.name) or self._inside_known(name)
        if known is not None:
            return known
        if not self.events:
            raise MalformedQuery(f"Unknown symbols found in or after stats: {name.name}", *name.place)
        if name.name.startswith("@"):
            found = fields.system(name.name, self.stream, self._target.scope)
            if found is not None:
                return found
        steps = name.steps
        if steps and isinstance(steps[0], str) and steps[0].startswith("@"):
            if not steps[0].startswith("@@"):  # a key that begins with @ is shown with one more
                return NOTHING
            steps = (steps[0][1:], *steps[1:])
        found = fields.inside(self._document, steps, self._parameters)
        if name.name in lines.NAMES:
            found = Value(f"coalesce({found.sql}, {fields.in_line(name.name)})", found.kind)
        return self.share(found)

    def _inside_known(self, name: Field) -> Value | None:
        """An item of what jsonParse or unnest made."""
        for length in range(len(name.steps) - 1, 0, -1):
            start = ".".join(str(step) for step in name.steps[:length])
            known = self.columns.get(start)
            if known is not None and known.kind == "json":
                source = f"(CASE WHEN json_valid({known.sql}) THEN {known.sql} END)"
                return self.share(fields.inside(source, name.steps[length:], self._parameters, "json"))
        return None

    # ---- What is used several times ----------------------------------------------------------------------------------

    def share(self, value: Value) -> Value:
        """The value behind a mark: what is costly to find is found once for each row where that pays."""
        sql = self.inlined(value.sql)
        if sql not in self._shared:
            self._shared.append(sql)
        return Value(f"<<{self._shared.index(sql)}>>", value.kind)

    def inlined(self, sql: str) -> str:
        """SQL with every mark written out."""
        return _MARK.sub(lambda mark: self._shared[int(mark[1])], sql)

    def columned(self, fragments: Sequence[str]) -> tuple[list[str], list[str]]:
        """Fragments in which marks are columns of a subquery `e`, and those columns."""
        used = sorted({int(mark) for sql in fragments for mark in _MARK.findall(sql)})
        columns = [f"{self._shared[at]} AS f{at}" for at in used]
        return [_MARK.sub(r"e.f\1", sql) for sql in fragments], columns

    def regex(self, purpose: str, pattern: str) -> str:
        """The function that applies a regular expression."""
        wanted = (purpose, pattern)
        if wanted not in self._regexes:
            self._regexes.append(wanted)
        return f"{purpose}{self._regexes.index(wanted)}"

    # ---- Expressions -------------------------------------------------------------------------------------------------

    def value(self, expression: Any) -> Value:
        """An expression without aggregates."""
        return self._value(expression, aggregate=False)

    def aggregate(self, column: Column) -> Value:
        """A column of stats: an expression over all rows of a group."""
        expression = column.expression
        if not _has_aggregate(expression, self.made):
            raise MalformedQuery(f"stats needs an aggregate function: {expression.text}", *self._place(expression))
        value = self.made[column.name] = self._value(expression, aggregate=True)
        return value

    def _value(self, expression: Any, aggregate: bool) -> Value:
        known = None if isinstance(expression, Literal | Star) else self.columns.get(expression.text)
        if known is not None and not aggregate:
            return known  # `sort count(*)`: the name of a column may be the text it was made by
        if isinstance(expression, Field):
            return self.field(expression)
        if isinstance(expression, Literal):
            return self._literal(expression.value)
        if isinstance(expression, Operation):
            return self._operation(expression, aggregate)
        if isinstance(expression, Function):
            return self._function(expression, aggregate)
        raise MalformedQuery(f"{expression.text} has no value of its own", 0, len(self._text))

    def _literal(self, value: float | int | str | bool) -> Value:
        if isinstance(value, bool):
            return Value(str(int(value)), "bool")
        kind = "text" if isinstance(value, str) else "number"
        return Value(self._parameters.add(value), kind)

    def _operation(self, operation: Operation, aggregate: bool) -> Value:
        sign = operation.sign
        if sign == "like":
            return self._like(operation, aggregate)
        given = [self._value(each, aggregate) for each in operation.operands]
        if sign in _COMPARISONS:
            return self._compared(sign, operation.operands, given)
        if sign == "in":
            choices = zip(operation.operands[1:], given[1:], strict=True)
            each = [self._compared("=", (operation.operands[0], one), (given[0], value)).sql for one, value in choices]
            return Value(_joined(each, "OR") if each else "0", "bool")
        if sign.lower() in ("and", "or"):
            return Value(_joined([values.truth(each) for each in given], sign.upper()), "bool")
        if sign == "not":
            return Value(f"(NOT {values.truth(given[0])})", "bool")
        if sign == "minus":
            return Value(f"(- {values.number(given[0])})", "number")
        template = _ARITHMETIC.get(sign) or _CALLED[sign]
        return Value(template.format(*map(values.number, given)), "number")

    def _compared(self, sign: str, operands: Sequence[Any], given: Sequence[Value]) -> Value:
        left, right = operands
        if isinstance(left, Literal) and not isinstance(right, Literal):
            turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
            return values.compared(turned, given[1], given[0], left.value)
        constant = right.value if isinstance(right, Literal) else None
        return values.compared(sign, given[0], given[1], constant)

    def _like(self, operation: Operation, aggregate: bool) -> Value:
        read = values.text(self._value(operation.operands[0], aggregate))
        wanted = operation.operands[1]
        if isinstance(wanted, Literal) or plain(wanted.pattern):
            sought = wanted.value if isinstance(wanted, Literal) else wanted.pattern
            return Value(f"(instr({read}, {self._parameters.add(str(sought))}) > 0)", "bool")
        start = self._text.find(wanted.text)
        checked(wanted.pattern, Place(start, start + len(wanted.text)))
        return Value(f"{self.regex('matches', wanted.pattern)}({read})", "bool")

    # ---- Functions ---------------------------------------------------------------------------------------------------

    def _function(self, function: Function, aggregate: bool) -> Value:
        name = function.name.lower()
        special = {
            "bin": self._bin,
            "datefloor": self._dated,
            "dateceil": self._dated,
            **dict.fromkeys(_TIMES, self._time),
        }.get(name)
        if special is not None:
            return special(function, aggregate)
        if name == "unmask" and len(function.arguments) == 1:
            return self._value(function.arguments[0], aggregate)
        if name in NOT_BUILT:
            raise NotBuilt(f"logs:StartQuery the function {function.name}")
        known = FUNCTIONS.get(name)
        if known is None and name in AGGREGATES:
            if not aggregate:
                raise MalformedQuery(f"{function.name} can be used in stats only", *function.place)
            if not self.events and name in ("earliest", "latest"):
                raise MalformedQuery(f"{function.name} needs the time of events", *function.place)
            return self._aggregated(function, AGGREGATES[name])
        if known is None:
            raise MalformedQuery(f"Invalid function name found: {function.name}", *function.place)
        return known.build(self._arguments(function, known, aggregate))

    def _aggregated(self, function: Function, known: Known) -> Value:
        made, self.made = self.made, {}  # what is made of a whole group is no argument
        try:
            return known.build(self._arguments(function, known, False))
        finally:
            self.made = made

    def _arguments(self, function: Function, known: Known, aggregate: bool) -> list[Value]:
        given = [each for each in function.arguments if not isinstance(each, Star)]
        if len(given) != len(function.arguments) and function.name.lower() not in ("count", "count_over_time"):
            raise MalformedQuery(f"{function.name} does not take *", *function.place)
        if not known.least <= len(given) <= known.most:
            raise MalformedQuery(f"Wrong number of arguments of {function.name}: {len(given)}", *function.place)
        made = []
        for each in given:
            if isinstance(each, Regex):
                checked(each.pattern, function.place)
                made.append(Value(self._parameters.add(each.pattern), "text"))
            else:
                made.append(self._value(each, aggregate))
        if function.name.lower() == "parsedate" and isinstance(given[1], Literal):
            try:
                dates.reader(str(given[1].value))
            except ValueError as problem:
                raise MalformedQuery(f"Invalid date pattern: {problem}", *function.place) from None
        if function.name.lower() == "pct" and not _is_percentage(given[1]):
            raise MalformedQuery("The percentile of pct is a number from 0 to 100", *function.place)
        return made

    def _period(self, function: Function, at: int) -> tuple[int, str]:
        given = function.arguments[at] if len(function.arguments) == at + 1 else None
        period = periods.parse(given.text) if isinstance(given, Duration) else None
        if period is None:
            raise MalformedQuery(f"{function.name} needs a period such as 5m", *function.place)
        return period

    def _bin(self, function: Function, aggregate: bool) -> Value:
        period = self._period(function, 0)
        return Value(periods.floor(values.number(self.named("@timestamp")), period), "time")

    def _dated(self, function: Function, aggregate: bool) -> Value:
        period = self._period(function, 1)
        moment = values.number(self._value(function.arguments[0], aggregate))
        round_it = periods.floor if function.name.lower() == "datefloor" else periods.ceil
        return Value(round_it(moment, period), "time")

    def _time(self, function: Function, aggregate: bool) -> Value:
        """A function without arguments: a moment of the query itself."""
        if function.arguments:
            raise MalformedQuery(f"Wrong number of arguments of {function.name}", *function.place)
        return Value(str(_TIMES[function.name.lower()](self._target)), "number")

    def _place(self, expression: Any) -> Place:
        place: Place | None = getattr(expression, "place", None)
        if place is None:
            start = max(self._text.find(expression.text), 0)
            place = Place(start, start + len(expression.text))
        return place


def _end(target: Target) -> int:
    """The end of the query's window: a call names it in seconds, and the whole of the last one is looked at."""
    return target.last - 999 if target.last % 1000 == 999 else target.last


_TIMES: dict[str, Callable[[Target], int]] = {
    "now": lambda target: int(target.now),
    "querystarttime": lambda target: target.first,
    "queryendtime": _end,
    "querytimerange": lambda target: _end(target) - target.first,
}


def _has_aggregate(expression: Any, made: Mapping[str, Value]) -> bool:
    if isinstance(expression, Field):
        return expression.name in made
    if isinstance(expression, Function):
        if expression.name.lower() in AGGREGATES or expression.name.lower() in NOT_BUILT:
            return True
        return any(_has_aggregate(each, made) for each in expression.arguments)
    return isinstance(expression, Operation) and any(_has_aggregate(each, made) for each in expression.operands)


def _is_percentage(given: Any) -> bool:
    return isinstance(given, Literal) and not isinstance(given.value, str) and 0 <= given.value <= 100


def _joined(conditions: list[str], word: str) -> str:
    """Conditions in a balanced tree: SQLite's expressions must not be deep."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    return f"({_joined(conditions[:middle], word)} {word} {_joined(conditions[middle:], word)})"
