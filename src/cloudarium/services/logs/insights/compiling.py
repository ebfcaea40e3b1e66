"""From a query to a plan: commands one after the other turn a relation into the next.

`fields` and `parse` only give names to expressions and `filter` adds a condition; `stats`, `dedup`, `limit`, `unnest`
and `pattern` close what came before into a subquery.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights import periods, values
from cloudarium.services.logs.insights.expressions import Compiler
from cloudarium.services.logs.insights.globs import glob_regex, named_groups
from cloudarium.services.logs.insights.syntax import Column, Command, Field, Place, Query, Regex, calls, unexpected
from cloudarium.services.logs.insights.values import Parameters, Value
from cloudarium.services.logs.records import searches
from cloudarium.shared.errors import NotBuilt

MOST_RESULTS = 10_000  # when neither the query nor the call sets a limit
_MOST_STATS = 2
_MOST_SKELETONS = 20_000  # that are clustered; lines that have nothing in common are no patterns
_LONGEST_SQL = 400_000
_CARRIED = re.compile(r"e\.c\d+")
_DEFAULT = ("@timestamp", "@message")


@dataclass
class Plan:
    """What a child runs: statements, their parameters, and how each column of the result is shown."""

    sql: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    columns: list[tuple[str, str]] = field(default_factory=list)
    pointers: bool = False
    counting: str = ""
    regexes: list[tuple[str, str]] = field(default_factory=list)
    patterns: str = ""  # the statement whose rows are clustered into temp.patterns first
    earlier: dict[str, int] = field(default_factory=dict)  # the parameters of the time that `diff` compares with
    unmasks: bool = False
    keys: int = 0  # how many last columns tell rows apart: of those with equal ones only the first is shown
    most: int = MOST_RESULTS


@dataclass
class Target:
    """What a query is run over: groups by id, times in milliseconds, and whose it is."""

    groups: Sequence[int]
    lambdas: bool
    first: int
    last: int
    now: float
    scope: tuple[str, str]
    limit: int | None = None
    masked: bool = False  # whether some of the events have masked messages


def compile_query(query: Query, target: Target) -> Plan:
    """The plan of a query. Raises MalformedQuery."""
    try:
        plan = _Compilation(query, target).plan()
    except RecursionError:
        raise MalformedQuery("The query is nested too deeply", 0, len(query.text)) from None
    if len(plan.sql) + len(plan.counting) + len(plan.patterns) > _LONGEST_SQL:
        raise MalformedQuery("The query is too complex", 0, len(query.text))
    return plan


class _Compilation:
    def __init__(self, query: Query, target: Target) -> None:
        self.query, self.target = query, target
        self.parameters = Parameters()
        self.result = Plan()
        first, last = self.times = (self.parameters.add(target.first), self.parameters.add(target.last))
        self.base = searches.of_groups(target.groups or [0], first, last)
        self.result.unmasks = any(each.kind == "unmask" or calls(each.given, "unmask") for each in query.commands)
        self.events = searches.MASKED_EVENTS if target.masked and not self.result.unmasks else searches.EVENTS
        self.source = self.events
        self.conditions: list[str] = list(self.base)
        self.matching: list[str] | None = None
        self.matched: list[str] = []
        self.order: list[str] = []
        self.limit: int | None = None
        self.told_apart: list[str] = []
        self.shown: list[str] = []
        self.displayed: list[str] | None = None
        self.stats = 0
        self.names = Compiler(query.text, self.parameters, self.result.regexes, target)

    # ---- Commands ----------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        for command in self.query.commands:
            if self.told_apart and command.kind != "limit":
                raise unexpected(self.query.text, command.word, command.place.start)
            getattr(self, f"_{command.kind}")(command)
        return self._finished()

    def _fields(self, command: Command) -> None:
        self._close_if_limited()
        for column in command.given["columns"]:
            self._define(column)
            if column.name not in self.shown:
                self.shown.append(column.name)

    def _unmask(self, command: Command) -> None:
        self._fields(command)

    def _display(self, command: Command) -> None:
        self._close_if_limited()
        self.displayed = []
        for column in command.given["columns"]:
            self._define(column)
            self.displayed.append(column.name)

    def _define(self, column: Column) -> None:
        value = self.names.value(column.expression)
        if column.named or not isinstance(column.expression, Field) or "`" in column.expression.text:
            self._add(column.name, value, column.named, column)

    def _add(self, name: str, value: Value, named: bool, column: Column | None = None) -> None:
        if named and name in self.names.columns and self.names.columns[name].sql != value.sql:
            place = getattr(column.expression, "place", None) if column else None
            raise MalformedQuery(
                f"Ephemeral field {name} is already defined", *(place or Place(0, len(self.query.text)))
            )
        self.names.columns[name] = value

    def _filter(self, command: Command) -> None:
        self._close_if_limited()
        condition = values.truth(self.names.value(command.given["condition"]))
        self.conditions.append(condition)
        if self.matching is None:
            self.matched.append(condition)

    def _stats(self, command: Command) -> None:
        self._close_if_limited()
        self.stats += 1
        if self.stats > _MOST_STATS:
            raise MalformedQuery(f"A query has at most {_MOST_STATS} stats commands", *command.place)
        by = [(column.name, self.names.value(column.expression)) for column in command.given["by"]]
        made = [(column.name, self.names.aggregate(column)) for column in command.given["columns"]]
        self.names.made = {}
        both = [*by, *made]
        wanted, shared = self.names.columned([value.sql for _, value in both])
        source, conditions = self.source, self.conditions
        if shared:
            source, conditions = self._once(wanted, shared), []
            wanted = [sql.replace(self.names.stream, "e.stream") for sql in wanted]
        columns = [f"{sql} AS c{at}" for at, sql in enumerate(wanted)]
        inner = searches.select(columns, source, conditions, [str(at + 1) for at in range(len(by))])
        self._enclose(f"({self.names.inlined(inner)}) e", both)
        self.shown = [name for name, _ in (*by, *made)]

    def _once(self, wanted: Sequence[str], shared: Sequence[str]) -> str:
        """A subquery that finds each shared value once for each row, with what else the fragments use."""
        text = " ".join(wanted)
        if not self.names.events:
            return f"({searches.each_once(['e.*', *shared], self.source, self.conditions)}) e"
        columns = [f"e.{name} AS {name}" for name in searches.EVENT_COLUMNS if f"e.{name}" in text]
        if self.names.stream in text:
            columns.append(f"{self.names.stream} AS stream")
        columns += sorted({f"{each} AS {each[2:]}" for each in _CARRIED.findall(text)})
        return f"({searches.each_once([*columns, *shared], self.source, self.conditions)}) e"

    def _sort(self, command: Command) -> None:
        self._close_if_limited()
        self.order = []
        for expression, descending in command.given["keys"]:
            self.order += values.order_terms(self.names.value(expression), descending)

    def _limit(self, command: Command) -> None:
        number: int = command.given["number"]
        if self.told_apart and self.limit is not None:
            number = min(number, self.limit)
        else:
            self._close_if_limited()
        self.limit = number
        if command.word.lower() == "tail":
            raise NotBuilt("logs:StartQuery the command tail")

    def _dedup(self, command: Command) -> None:
        """Only `limit` may follow, so the engine leaves rows out as it reads them in their order."""
        self._close_if_limited()
        self.told_apart = [values.text(self.names.value(each)) for each in command.given["fields"]]

    def _unnest(self, command: Command) -> None:
        self._itemise(command.given["of"])
        self._add(command.given["into"].name, Value("item.value", "json"), True)
        self._close()

    def _expand(self, command: Command) -> None:
        of: Field = command.given["of"]
        self._itemise(of)
        self.names.columns[of.name] = Value("item.value", "json")
        self._close()

    def _itemise(self, of: Field) -> None:
        """Make of each row as many as its list `of` has items; what is no list is an item itself."""
        self._close_if_limited()
        value = self.names.value(of)
        read = values.text(value)
        is_list = f"json_valid({read}) AND json_type({read}) = 'array'"
        items = f"CASE WHEN {is_list} THEN {read} ELSE json_array({value.sql}) END"
        self.source = searches.with_items(self.source, self.names.inlined(items))
        self._note_matching()

    def _addtotals(self, command: Command) -> None:
        given = command.given
        if given["col"]:
            raise NotBuilt("logs:StartQuery col of addtotals")
        self._close_if_limited()
        shown = self.shown if self.displayed is None else self.displayed
        named = [field.name for field in given["fields"]] or shown
        if not named:
            raise NotBuilt("logs:StartQuery addtotals without fields")
        if given["row"]:
            found = [self.names.named(name) for name in named]
            numbers = [values.number(each) for each in found if each.kind in ("any", "text", "number")]
            total = " + ".join(f"coalesce({each} * 1.0, 0)" for each in numbers) or "0"
            self._add(given["name"], Value(f"({total})", "number"), True)
            shown.append(given["name"])

    def _parse_glob(self, command: Command) -> None:
        wanted: list[Field] = command.given["names"]
        pattern, holes = glob_regex(command.given["glob"])
        if holes != len(wanted):
            raise MalformedQuery(
                f"The glob has {holes} wildcards and {len(wanted)} fields are named", *command.given["place"]
            )
        self._parse(command, pattern, [(at + 1, name.name) for at, name in enumerate(wanted)])

    def _parse_regex(self, command: Command) -> None:
        regex: Regex = command.given["regex"]
        place = Place(*command.given["place"])
        groups = named_groups(regex.pattern, place)
        wanted: list[Field] = command.given["names"]
        if wanted:
            if len(groups) != len(wanted):
                raise MalformedQuery(f"The regex has {len(groups)} groups and {len(wanted)} fields are named", *place)
            groups = [(at, name.name) for (at, _), name in zip(groups, wanted, strict=True)]
        if not groups or not all(name for _, name in groups):
            raise MalformedQuery("The regex of parse must name its groups", *place)
        self._parse(command, regex.pattern, groups)

    def _parse(self, command: Command, pattern: str, groups: list[tuple[int, str]]) -> None:
        self._close_if_limited()
        of = command.given["of"]
        value = self.names.value(of) if of is not None else self.names.named("@message")
        read = self.names.regex("parse", pattern)
        for at, name in groups:
            self._add(name, self.names.share(Value(f"{read}({values.text(value)}, {at})")), True)
            self.shown.append(name)

    def _pattern(self, command: Command) -> None:
        self._close_if_limited()
        if self.result.patterns:
            raise unexpected(self.query.text, command.word, command.place.start)
        value = self.names.value(command.given["of"])
        columns = [f"skeleton({values.text(value)})", "count(*)"]
        found = searches.select(columns, self.source, self.conditions, ["1"], ["2 DESC"], _MOST_SKELETONS)
        self.result.patterns = self.names.inlined(found)
        shown = [
            ("@pattern", Value("e.pattern", "text")),
            ("@sampleCount", Value("e.samples", "number")),
            ("@ratio", Value("e.ratio", "number")),
            ("@severityLabel", Value("e.severity", "text")),
        ]
        self._enclose("temp.patterns e", shown, named=False)
        self.shown = [name for name, _ in shown]
        self.order = ["e.samples DESC", "e.pattern"]

    def _diff(self, command: Command) -> None:
        before = self.query.commands[: self.query.commands.index(command)]
        if not before or before[-1].kind != "pattern":
            raise MalformedQuery(
                "Diff compilation Failed : Diff operation has to be used after Pattern", *command.place
            )
        then = periods.previous(self.target.first, self.target.last, command.given["modifier"])
        self.result.earlier = {name[1:]: moment for name, moment in zip(self.times, then, strict=True)}
        for name, value in (("@diffEventCount", "e.difference"), ("@differenceDescription", "e.change")):
            self.names.columns[name] = Value(value, "text" if name.endswith("n") else "number")
            self.shown.append(name)
        self.order = ["abs(e.difference) DESC", *self.order]

    # ---- Relations ---------------------------------------------------------------------------------------------------

    def _note_matching(self) -> None:
        if self.matching is None:
            self.matching = list(self.matched)

    def _enclose(self, source: str, columns: list[tuple[str, Value]], named: bool = True) -> None:
        """Go on with rows that are events no longer."""
        self._note_matching()
        self.source, self.conditions, self.order, self.displayed = source, [], [], None
        kept = {name: Value(f"e.c{at}", value.kind) if named else value for at, (name, value) in enumerate(columns)}
        self.names.enclosed(kept)

    def _close_if_limited(self) -> None:
        if self.limit is not None:
            self._close()

    def _close(self) -> None:
        """Make a subquery of all there is, so that its limit holds for what comes."""
        order, sorting = self._kept_order()
        inner = self._exposed(sorting, order=order, limit=self.limit)
        self._reopen(f"({inner}) e")
        self.order = [f"e.{term}" for term in order]
        self.limit = None

    def _kept_order(self) -> tuple[list[str], list[str]]:
        """The present order by names of columns, and those columns."""
        terms = self.order or self._default_order()
        plain = [(term.removesuffix(" DESC"), term.endswith(" DESC")) for term in terms]
        columns = [f"{sql} AS o{at}" for at, (sql, _) in enumerate(plain)]
        return [f"o{at}{' DESC' if down else ''}" for at, (_, down) in enumerate(plain)], columns

    def _default_order(self) -> list[str]:
        return ["e.timestamp DESC", "e.id DESC"] if self.names.events else []

    def _exposed(self, more: Sequence[str], order: Sequence[str] = (), limit: int | None = None) -> str:
        """A SELECT of all that later commands may ask for."""
        columns = [f"e.{name} AS {name}" for name in searches.EVENT_COLUMNS] if self.names.events else []
        if self.names.events:
            columns.append(f"{self.names.stream} AS stream")
        columns += [f"{value.sql} AS c{at}" for at, value in enumerate(self.names.columns.values())]
        sql = searches.select([*columns, *more] or ["1"], self.source, self.conditions, (), order, limit)
        return self.names.inlined(sql)

    def _reopen(self, source: str) -> None:
        self._note_matching()
        self.source, self.conditions = source, []
        self.names.stream = "e.stream"
        self.names.columns = {
            name: Value(f"e.c{at}", value.kind) for at, (name, value) in enumerate(self.names.columns.items())
        }

    # ---- The end -----------------------------------------------------------------------------------------------------

    def _finished(self) -> Plan:
        wanted = self.displayed if self.displayed is not None else self.shown
        if not wanted or (self.displayed is None and not self._has_fields() and self.names.events):
            wanted = [*_DEFAULT, *self.shown]
        shown = [(name, self.names.named(name)) for name in dict.fromkeys(wanted)]
        plan = self.result
        plan.columns = [(name, value.kind) for name, value in shown]
        plan.pointers = self.names.events
        columns = [value.sql for _, value in shown]
        if plan.pointers:
            columns += ["e.group_id", "e.timestamp", "e.id"]
        limits = [each for each in (self.limit, self.target.limit) if each is not None]
        order = self.order or self._default_order()
        plan.most, plan.keys = min(limits) if limits else MOST_RESULTS, len(self.told_apart)
        limit = None if self.told_apart else plan.most
        columns += self.told_apart
        plan.sql = self.names.inlined(searches.select(columns, self.source, self.conditions, (), order, limit))
        matching = self.matched if self.matching is None else self.matching
        plan.counting = self.names.inlined(searches.counted(self.events, self.base, matching))
        plan.parameters = self.parameters.values
        return plan

    def _has_fields(self) -> bool:
        return any(command.kind in ("fields", "unmask") for command in self.query.commands)
