"""The functions of a query, as SQL: what SQLite has itself, and what `engine` adds to it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cloudarium.services.logs.insights.values import NUMERIC, Value, is_number, number, text, truth

Arguments = Sequence[Value]
Builder = Callable[[Arguments], Value]
_SPACES = "' ' || char(9, 10, 11, 12, 13)"
ANY_NUMBER = 64


class Known(NamedTuple):
    """How many arguments a function takes, and how it is written in SQL."""

    least: int
    most: int
    build: Builder


def _numeric(template: str) -> Builder:
    return lambda given: Value("(" + template.format(*map(number, given)) + ")", "number")


def _textual(template: str, kind: str = "text") -> Builder:
    return lambda given: Value("(" + template.format(*map(text, given)) + ")", kind)


def _trim(name: str) -> Builder:
    def build(given: Arguments) -> Value:
        characters = text(given[1]) if len(given) > 1 else _SPACES
        return Value(f"{name}({text(given[0])}, {characters})", "text")

    return build


def _extreme(name: str) -> Builder:
    def build(given: Arguments) -> Value:
        numbers = [number(each) for each in given]
        return Value(f"{name}({', '.join(numbers)})" if len(numbers) > 1 else numbers[0], "number")

    return build


def _substr(given: Arguments) -> Value:
    start = f"CAST({number(given[1])} AS INTEGER) + 1"
    length = f", CAST({number(given[2])} AS INTEGER)" if len(given) > 2 else ""
    return Value(f"substr({text(given[0])}, {start}{length})", "text")


def _first(given: Arguments) -> Value:
    kinds = {each.kind for each in given}
    if len(given) == 1:
        return given[0]
    return Value(f"coalesce({', '.join(each.sql for each in given)})", kinds.pop() if len(kinds) == 1 else "any")


def _if(given: Arguments) -> Value:
    kinds = {given[1].kind, given[2].kind}
    return Value(
        f"(CASE WHEN {truth(given[0])} THEN {given[1].sql} ELSE {given[2].sql} END)",
        kinds.pop() if len(kinds) == 1 else "any",
    )


def _case(given: Arguments) -> Value:
    pairs = "".join(f" WHEN {truth(given[at])} THEN {given[at + 1].sql}" for at in range(0, len(given) - 1, 2))
    otherwise = f" ELSE {given[-1].sql}" if len(given) % 2 else ""
    return Value(f"(CASE{pairs}{otherwise} END)")


def _round(given: Arguments) -> Value:
    digits = f", CAST({number(given[1])} AS INTEGER)" if len(given) > 1 else ""
    return Value(f"round({number(given[0])}{digits})", "number")


def _moment(given: Arguments) -> Value:
    return Value(f"CAST({number(given[0])} AS INTEGER)", "time")


def _millis(given: Arguments) -> Value:
    return Value(number(given[0]), "number")


def _concat(given: Arguments) -> Value:
    return Value(f"concat({', '.join(map(text, given))})", "text")


def _json(given: Arguments) -> Value:
    read = text(given[0])
    return Value(f"(CASE WHEN json_valid({read}) THEN json({read}) END)", "json")


def _present(given: Arguments) -> Value:
    return Value(f"({given[0].sql} IS NOT NULL)", "bool")


def _added(name: str, kind: str) -> Builder:
    """A function that `engine` adds, over texts."""
    return lambda given: Value(f"{name}({', '.join(map(text, given))})", kind)


def _list_has(given: Arguments) -> Value:
    return Value(f"coalesce(list_has({text(given[0])}, {text(given[1])}), 0)", "bool")


def _dated(name: str, kind: str, read: Callable[[Value], str]) -> Builder:
    """A function over a moment, a pattern and a time zone, which is UTC unless it is given."""

    def build(given: Arguments) -> Value:
        zone = text(given[2]) if len(given) > 2 else "'UTC'"
        return Value(f"{name}({read(given[0])}, {text(given[1])}, {zone})", kind)

    return build


FUNCTIONS: dict[str, Known] = {
    "abs": Known(1, 1, _numeric("abs({0} * 1.0)")),
    "ceil": Known(1, 1, _numeric("ceil({0})")),
    "floor": Known(1, 1, _numeric("floor({0})")),
    "log": Known(1, 1, _numeric("ln({0})")),
    "sqrt": Known(1, 1, _numeric("sqrt({0})")),
    "haversine": Known(4, 4, _numeric("haversine({0}, {1}, {2}, {3})")),
    "hextoascii": Known(1, 1, _added("ascii_of_hex", "text")),
    "hextodec": Known(1, 1, _added("number_of_hex", "number")),
    "dectohex": Known(1, 1, lambda given: Value(f"hex_of_number({number(given[0])})", "text")),
    "round": Known(1, 2, _round),
    "greatest": Known(1, ANY_NUMBER, _extreme("max")),
    "least": Known(1, ANY_NUMBER, _extreme("min")),
    "tonumber": Known(1, 1, _millis),
    "todouble": Known(1, 1, _numeric("{0} * 1.0")),
    "toint": Known(1, 1, _numeric("CAST({0} AS INTEGER)")),
    "tolong": Known(1, 1, _numeric("CAST({0} AS INTEGER)")),
    "frommillis": Known(1, 1, _moment),
    "tomillis": Known(1, 1, _millis),
    "parsedate": Known(2, 3, _dated("date_parsed", "number", text)),
    "formatdate": Known(2, 3, _dated("date_formatted", "text", number)),
    "strftime": Known(2, 3, _dated("date_formatted", "text", number)),
    "ispresent": Known(1, 1, _present),
    "isnumeric": Known(1, 1, lambda given: Value(f"coalesce({is_number(given[0])}, 0)", "bool")),
    "messagesize": Known(1, 1, _textual("octet_length({0})", "number")),
    # AWS's reference calls the second argument a number of buckets; it is their width.
    "histogram": Known(2, 2, _numeric("floor({0} * 1.0 / {1}) * {1}")),
    "coalesce": Known(1, ANY_NUMBER, _first),
    "if": Known(3, 3, _if),
    "case": Known(2, ANY_NUMBER, _case),
    "jsonparse": Known(1, 1, _json),
    "jsonarraysize": Known(1, 1, _added("list_size", "number")),
    "jsonarraycontains": Known(2, 2, _list_has),
    "jsonstringify": Known(1, 1, lambda given: Value(text(given[0]), "text")),
    "isempty": Known(1, 1, _textual("coalesce({0}, '') = ''", "bool")),
    "isblank": Known(1, 1, _textual(f"trim(coalesce({{0}}, ''), {_SPACES}) = ''", "bool")),
    "concat": Known(1, ANY_NUMBER, _concat),
    "ltrim": Known(1, 2, _trim("ltrim")),
    "rtrim": Known(1, 2, _trim("rtrim")),
    "trim": Known(1, 2, _trim("trim")),
    "strlen": Known(1, 1, _textual("length({0})", "number")),
    "toupper": Known(1, 1, _added("toupper", "text")),
    "tolower": Known(1, 1, _added("tolower", "text")),
    "substr": Known(2, 3, _substr),
    "replace": Known(3, 3, _textual("replace({0}, {1}, {2})")),
    # AWS's reference lets a third argument ignore case; in practice it changes nothing.
    "strcontains": Known(2, 3, _textual("instr({0}, {1}) > 0", "bool")),
    "startswith": Known(2, 2, _textual("substr({0}, 1, length({1})) = {1}", "bool")),
    "endswith": Known(2, 2, _textual("{1} = '' OR substr({0}, -length({1})) = {1}", "bool")),
    "split": Known(2, 2, _added("split", "json")),
    "regexreplace": Known(3, 3, _added("regex_replace", "text")),
    "regex_replace": Known(3, 3, _added("regex_replace", "text")),
    "urlencode": Known(1, 1, _added("urlencode", "text")),
    "urldecode": Known(1, 1, _added("urldecode", "text")),
    "base64encode": Known(1, 1, _added("base64encode", "text")),
    "base64decode": Known(1, 1, _added("base64decode", "text")),
    "md5": Known(1, 1, _added("md5", "text")),
    "sha256": Known(1, 1, _added("sha256", "text")),
    "isvalidip": Known(1, 1, _added("is_ip", "bool")),
    "isvalidipv4": Known(1, 1, _added("is_ipv4", "bool")),
    "isvalidipv6": Known(1, 1, _added("is_ipv6", "bool")),
    "isipinsubnet": Known(2, 2, _added("in_subnet", "bool")),
    "isipv4insubnet": Known(2, 2, _added("in_subnet4", "bool")),
    "isipv6insubnet": Known(2, 2, _added("in_subnet6", "bool")),
    "isprivateip": Known(1, 1, _added("is_private_ip", "bool")),
    "ispublicip": Known(1, 1, _added("is_public_ip", "bool")),
    "isreservedip": Known(1, 1, _added("is_reserved_ip", "bool")),
    "ipv4tonumber": Known(1, 1, _added("ipv4_number", "number")),
}
# AWS has these too; what `rate` is the change of, and how `values` shows a list, its reference does not say.
NOT_BUILT = frozenset(("rate", "values"))


def distinct(value: Value) -> str:
    """A value as it is told apart from others: 404 of a number and "404" of a text are the same."""
    return value.sql if value.kind in ("text", "number", "time", "bool") else text(value)


def _count(given: Arguments) -> Value:
    return Value(f"count({given[0].sql})" if given else "count(*)", "number")


def _best(name: str) -> Builder:
    """The least or greatest: among numbers if there are any, else among texts."""

    def build(given: Arguments) -> Value:
        value = given[0]
        if value.kind in NUMERIC:
            return Value(f"{name}({value.sql})", "number")
        words = f"{name}(CASE WHEN NOT {is_number(value)} THEN {text(value)} END)"
        return Value(f"coalesce({name}({number(value)}), {words})")

    return build


def _at_time(name: str) -> Builder:
    """The value of the event that comes first or last: the time, at a fixed width, goes ahead of it."""

    def build(given: Arguments) -> Value:
        stamped = f"printf('%016d', e.timestamp) || {text(given[0])}"
        return Value(f"substr({name}({stamped}), 17)")

    return build


AGGREGATES: dict[str, Known] = {
    "count": Known(0, 1, _count),
    "count_over_time": Known(0, 1, _count),
    "sum_over_time": Known(1, 1, lambda given: Value(f"sum({number(given[0])} * 1.0)", "number")),
    "count_distinct": Known(1, 1, lambda given: Value(f"count(DISTINCT {distinct(given[0])})", "number")),
    # Times a real number: a sum of integers can overflow.
    "sum": Known(1, 1, lambda given: Value(f"sum({number(given[0])} * 1.0)", "number")),
    "avg": Known(1, 1, lambda given: Value(f"avg({number(given[0])})", "number")),
    "min": Known(1, 1, _best("min")),
    "max": Known(1, 1, _best("max")),
    "stddev": Known(1, 1, lambda given: Value(f"stddev({number(given[0])})", "number")),
    "pct": Known(2, 2, lambda given: Value(f"percentile({number(given[0])}, {given[1].sql})", "number")),
    "median": Known(1, 1, lambda given: Value(f"percentile({number(given[0])}, 50)", "number")),
    "earliest": Known(1, 1, _at_time("min")),
    "latest": Known(1, 1, _at_time("max")),
    "sortsfirst": Known(1, 1, lambda given: Value(f"min({text(given[0])})", "text")),
    "sortslast": Known(1, 1, lambda given: Value(f"max({text(given[0])})", "text")),
}
