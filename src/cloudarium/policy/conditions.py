"""The Condition block: every operator of AWS, compiled to predicates on the values that a request has for a key."""

from __future__ import annotations

import base64
import binascii
import calendar
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from cloudarium.policy import patterns
from cloudarium.policy.variables import Template, parse

Predicate = Callable[[str], bool]
Maker = Callable[[str], Predicate]


class Lookups(Protocol):
    """What a condition asks a request."""

    def values(self, key: str) -> Sequence[str] | None:
        """All values of a key (lower case), None when the request does not have it."""

    def single(self, key: str) -> str | None:
        """The value of a single-valued key (lower case), None when absent or many-valued."""


# ---- what one value of an operator means ----------------------------------------------------------------------------


def _never(_value: str) -> bool:
    return False


def _string_equals(expected: str) -> Predicate:
    return patterns.restore(expected).__eq__


def _string_equals_ignore_case(expected: str) -> Predicate:
    folded = patterns.restore(expected).casefold()
    return lambda value: value.casefold() == folded


def _bool(expected: str) -> Predicate:
    lowered = expected.lower()
    return lambda value: value.lower() == lowered


def _binary(expected: str) -> Predicate:
    wanted = _base64(expected)
    return _never if wanted is None else lambda value: _base64(value) == wanted


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)


def _number(text: str) -> Decimal | None:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


_COMPARE: dict[str, Callable] = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanEquals": lambda left, right: left >= right,
}


def _ordered(convert: Callable, relation: str, expected: str) -> Predicate:
    wanted = convert(expected)
    if wanted is None:
        return _never
    compare = _COMPARE[relation]

    def holds(value: str) -> bool:
        got = convert(value)
        return got is not None and compare(got, wanted)

    return holds


_DATE = re.compile(
    r"(\d{1,4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[Tt](?:(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?"
    r"\s*([Zz]|[+-]\d{2}(?::?\d{2})?)?)?)?",
    re.ASCII,
)
_EPOCH = re.compile(r"-?\d{1,19}(\.\d{1,9})?", re.ASCII)


@lru_cache(maxsize=4096)
def date(text: str) -> float | None:
    """A policy's date as epoch seconds: ISO 8601 as W3C profiles it, or epoch seconds; None when it is neither."""
    text = text.strip()
    if _EPOCH.fullmatch(text):
        return float(text)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    return calendar.timegm(moment.timetuple()) + float(fraction or 0) - _zone_seconds(zone)


def _zone_seconds(zone: str | None) -> int:
    if not zone or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return -seconds if zone[0] == "-" else seconds


@lru_cache(maxsize=4096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _ip(expected: str) -> Predicate:
    try:
        network = ipaddress.ip_network(expected, strict=False)
    except ValueError:
        return _never

    def inside(value: str) -> bool:
        address = _address(value)
        return address is not None and address.version == network.version and address in network

    return inside


# ---- the operators --------------------------------------------------------------------------------------------------


class Operator(NamedTuple):
    """What an operator name means: the predicate of one value, whether it is a negation, whether variables count."""

    make: Maker
    negated: bool = False
    variables: bool = False
    date: bool = False


def _operators() -> dict[str, Operator]:
    # Strings, ARNs and booleans take variables; numbers, dates, addresses and binaries do not, says each one's section:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    found = {
        "StringEquals": Operator(_string_equals, variables=True),
        "StringNotEquals": Operator(_string_equals, True, variables=True),
        "StringEqualsIgnoreCase": Operator(_string_equals_ignore_case, variables=True),
        "StringNotEqualsIgnoreCase": Operator(_string_equals_ignore_case, True, variables=True),
        "StringLike": Operator(patterns.glob, variables=True),
        "StringNotLike": Operator(patterns.glob, True, variables=True),
        "Bool": Operator(_bool, variables=True),
        "BinaryEquals": Operator(_binary),
        "IpAddress": Operator(_ip),
        "NotIpAddress": Operator(_ip, True),
    }
    for name in ("Equals", "Like"):
        found[f"Arn{name}"] = Operator(patterns.arn, variables=True)
        found[f"ArnNot{name}"] = Operator(patterns.arn, True, variables=True)
    for family, convert in (("Numeric", _number), ("Date", date)):
        dated = family == "Date"
        for relation in _COMPARE:
            found[f"{family}{relation}"] = Operator(partial(_ordered, convert, relation), date=dated)
        found[f"{family}NotEquals"] = Operator(partial(_ordered, convert, "Equals"), True, date=dated)
    return found


OPERATORS = _operators()
_BY_LOWER = {name.lower(): operator for name, operator in OPERATORS.items()}
_QUALIFIERS = ("forallvalues", "foranyvalue")


class OperatorName(NamedTuple):
    """An operator as a policy writes it, taken apart: qualifier, base (lower case) and IfExists."""

    qualifier: str
    base: str
    if_exists: bool


def operator_name(text: str) -> OperatorName | None:
    """Take an operator's name apart; None when AWS knows no such operator."""
    qualifier, colon, base = text.lower().partition(":")
    if not colon:
        qualifier, base = "", qualifier
    elif qualifier not in _QUALIFIERS:
        return None
    if_exists = base.endswith("ifexists")
    if if_exists:
        base = base[: -len("ifexists")]
    if base == "null":
        return None if if_exists else OperatorName(qualifier, base, False)
    return OperatorName(qualifier, base, if_exists) if base in _BY_LOWER else None


def is_date(base: str) -> bool:
    """Whether the operator (lower case, without qualifier) compares dates."""
    return base in _BY_LOWER and _BY_LOWER[base].date


# ---- compiled conditions --------------------------------------------------------------------------------------------


class Condition:
    """One operator and key with its values."""

    __slots__ = ("fixed", "if_exists", "key", "make", "negated", "qualifier", "templates")

    def __init__(self, name: OperatorName, key: str, values: Sequence[str], variables: bool) -> None:
        operator = _BY_LOWER[name.base]
        self.key = key.lower()
        self.qualifier = name.qualifier
        self.if_exists = name.if_exists
        self.negated = operator.negated
        self.make = operator.make
        self.fixed: list[Predicate] = []
        self.templates: list[Template] = []
        for value in values:
            parsed = parse(value, variables and operator.variables)
            if isinstance(parsed, Template):
                self.templates.append(parsed)
            else:
                self.fixed.append(operator.make(parsed))

    def holds(self, request: Lookups) -> bool:
        """Whether the request satisfies this condition."""
        values = request.values(self.key)
        if not values:
            return self._absent(values is None)
        predicates = self.fixed
        if self.templates:
            predicates = predicates + self._resolved(request)
        if self.qualifier:
            if not any(values):  # AWS: an empty string is an empty set to the set operators
                return self.qualifier == "forallvalues"
            each = all if self.qualifier == "forallvalues" else any
            return each(self._one(value, predicates) for value in values)
        matched = any(predicate(value) for value in values for predicate in predicates)
        return matched is not self.negated

    def _absent(self, missing: bool) -> bool:
        """The answer for a key that the request lacks: a negation holds, unless it asks for some value."""
        if self.qualifier == "forallvalues":
            return True
        if self.if_exists and missing:
            return True
        return self.negated and self.qualifier != "foranyvalue"

    def _one(self, value: str, predicates: Sequence[Predicate]) -> bool:
        return any(predicate(value) for predicate in predicates) is not self.negated

    def _resolved(self, request: Lookups) -> list[Predicate]:
        texts = (template.resolve(request.single) for template in self.templates)
        return [self.make(text) for text in texts if text is not None]


class NullCondition:
    """`Null`: whether the key is absent ("true") or present ("false")."""

    __slots__ = ("key", "templates", "wanted")

    def __init__(self, key: str, values: Sequence[str]) -> None:
        self.key = key.lower()
        self.templates: Sequence[Template] = ()
        self.wanted = frozenset(value.lower() == "true" for value in values)

    def holds(self, request: Lookups) -> bool:
        """Whether the request has, or lacks, the key as asked."""
        return (not request.values(self.key)) in self.wanted


def texts(value: object) -> tuple[str, ...]:
    """A condition's or context's value as texts: booleans and numbers are written as JSON does."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(_text(one) for one in value)
    return (_text(value),)


def _text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value if isinstance(value, str) else str(value)


def compile_block(block: Mapping[str, Mapping[str, object]], variables: bool) -> tuple[Condition | NullCondition, ...]:
    """A statement's Condition block as predicates that must all hold; the block was checked by the grammar."""
    compiled: list[Condition | NullCondition] = []
    for written, keys in block.items():
        name = operator_name(written)
        for key, value in keys.items():
            if name is None:
                raise ValueError(written)
            if name.base == "null":
                compiled.append(NullCondition(key, texts(value)))
            else:
                compiled.append(Condition(name, key, texts(value), variables))
    return tuple(compiled)
