"""From the text of a pattern to what is asked of each field, with AWS's sentences for what is no pattern."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from cloudarium.shared.event_patterns import matchers
from cloudarium.shared.event_patterns.complexity import too_complex
from cloudarium.shared.event_patterns.consistency import consistent
from cloudarium.shared.event_patterns.fields import Fields, address_of
from cloudarium.shared.event_patterns.matchers import Matcher
from cloudarium.shared.event_patterns.reading import Kind, PatternError, Reader

Alternative = dict[str, tuple[Matcher, ...]]  # what is asked of each path

_LARGEST = 5e9
_MOST_ALTERNATIVES = 1000
_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"
_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
    "wildcard character"
)
_RESERVED = frozenset((
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
    "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
    "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
))  # fmt: skip


class Pattern:
    """A compiled pattern; an event matches when it meets one of the `alternatives`."""

    def __init__(self, alternatives: list[Alternative]) -> None:
        self.alternatives = alternatives

    def matches(self, fields: Fields) -> bool:
        """Whether an event, given as its fields, matches."""
        return any(meets(alternative, fields) for alternative in self.alternatives)


def meets(alternative: Alternative, fields: Fields) -> bool:
    """Whether fields meet all that is asked, with values that lie in the same elements of arrays."""
    in_arrays = []
    for path, wanted in alternative.items():
        values = fields.get(path)
        if not values:
            if not any(matcher.absent for matcher in wanted):
                return False
            continue
        found = {value.places for value in values if any(matcher.meets(value) for matcher in wanted)}
        if not found:
            return False
        if () not in found:
            in_arrays.append((path, found))
    return len(in_arrays) < 2 or consistent([found for _, found in sorted(in_arrays, key=lambda each: each[0])])


@lru_cache(maxsize=4096)
def compile_pattern(text: str) -> Pattern:
    """The pattern of a text. Raises PatternError with AWS's reason."""
    return Pattern(_Compiler(text).compile())


class _Compiler:
    def __init__(self, text: str) -> None:
        self._reader = Reader(text)
        self._wildcards: list[list[str]] = []

    def compile(self) -> list[Alternative]:
        if self._reader.next().kind is not Kind.BEGIN_OBJECT:
            self._reader.fail("Filter is not an object")
        found: list[Alternative] = []
        self._object(found, "", inside_or=False)
        return found

    def _object(self, found: list[Alternative], path: str, inside_or: bool) -> None:
        reader, empty = self._reader, True
        while reader.next().kind is not Kind.END_OBJECT:
            empty = False
            name = str(reader.token.value)
            if name == "$or":
                self._either(found, path)
                continue
            if inside_or and name in _RESERVED:
                reader.fail(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
            inner = f"{path}.{name}" if path else name
            kind = reader.next().kind
            if kind is Kind.BEGIN_OBJECT:
                self._object(found, inner, inside_or)
            elif kind is Kind.BEGIN_ARRAY:
                wanted = self._values()
                if not found:
                    found.append({})
                for alternative in found:
                    alternative[inner] = wanted
            else:
                reader.fail(f'"{name}" must be an object or an array')
        if empty:
            reader.fail("Empty objects are not allowed")

    def _either(self, found: list[Alternative], path: str) -> None:
        reader, before = self._reader, list(found)
        found.clear()
        if reader.next().kind is not Kind.BEGIN_ARRAY:
            reader.fail("It must be an Array followed with $or.")
        count = 0
        while reader.next().kind is not Kind.END_ARRAY:
            count += 1
            if reader.token.kind is not Kind.BEGIN_OBJECT:
                reader.fail("Only JSON object is allowed in array of $or relationship.")
            branch = [dict(alternative) for alternative in before] or [{}]
            self._object(branch, path, inside_or=True)
            found.extend(branch)
            if len(found) > _MOST_ALTERNATIVES:
                raise PatternError(
                    f"Rule is too complex - at most {_MOST_ALTERNATIVES} combinations of $or are allowed"
                )
        if count < 2:
            reader.fail("There must have at least 2 Objects in $or relationship.")

    def _values(self) -> tuple[Matcher, ...]:
        reader, found = self._reader, []
        self._wildcards = []
        while reader.next().kind is not Kind.END_ARRAY:
            kind = reader.token.kind
            if kind is Kind.BEGIN_OBJECT:
                found.append(self._expression())
            elif kind is Kind.STRING:
                found.append(matchers.equal(reader.text()))
            elif kind in (Kind.NUMBER, Kind.TRUE, Kind.FALSE, Kind.NULL):
                found.append(matchers.equal(reader.token.value))
            else:
                reader.fail("Match value must be String, number, true, false, or null")
        if not found:
            reader.fail("Empty arrays are not allowed")
        if too_complex(self._wildcards):
            raise PatternError(_TOO_COMPLEX)
        return tuple(found)

    # ---- Match expressions -------------------------------------------------------------------------------------------

    def _expression(self) -> Matcher:
        reader = self._reader
        if reader.next().kind is not Kind.NAME:
            reader.fail("Match expression name not found")
        name = str(reader.token.value)
        work = {
            "exactly": self._exactly, "prefix": self._prefix, "suffix": self._suffix, "numeric": self._numeric,
            "anything-but": self._anything_but, "exists": self._exists, "cidr": self._cidr,
            "equals-ignore-case": self._ignoring_case, "wildcard": self._wildcard,
        }.get(name)  # fmt: skip
        if work is None:
            reader.fail(f"Unrecognized match type {name}")
        return work()

    def _string(self, problem: str) -> str:
        if self._reader.next().kind is not Kind.STRING:
            self._reader.fail(problem)
        return self._reader.text()

    def _end(self, problem: str = _ONE_KEY) -> None:
        if self._reader.next().kind is not Kind.END_OBJECT:
            self._reader.fail(problem)

    def _exactly(self) -> Matcher:
        text = self._string("exact match pattern must be a string")
        self._end()
        return matchers.equal(text)

    def _prefix(self) -> Matcher:
        text, ignore = self._affix("prefix")
        return matchers.prefix(text, ignore)

    def _suffix(self) -> Matcher:
        text, ignore = self._affix("suffix")
        return matchers.suffix(text, ignore)

    def _affix(self, name: str) -> tuple[str, bool]:
        reader = self._reader
        kind = reader.next().kind
        ignore = kind is Kind.BEGIN_OBJECT
        if ignore:
            if reader.next().kind is not Kind.NAME:
                reader.fail(f"{name.capitalize()} expression name not found")
            if reader.token.value != "equals-ignore-case":
                reader.fail(f"Unsupported {name} pattern: {reader.token.value}")
            text = self._string("equals-ignore-case match pattern must be a string")
            self._end()
        elif kind is not Kind.STRING:
            reader.fail(f"{name} match pattern must be a string")
        else:
            text = reader.text()
        self._end()
        return text, ignore

    def _ignoring_case(self) -> Matcher:
        text = self._string("equals-ignore-case match pattern must be a string")
        self._end()
        return matchers.equal_ignoring_case(text)

    def _wildcard(self) -> Matcher:
        parts = self._parts(self._string("wildcard match pattern must be a string"))
        self._end()
        return matchers.wildcard(parts)

    def _parts(self, text: str) -> list[str]:
        """The texts between the wildcards; AWS counts bytes from the opening quote."""
        parts, place = [""], 0
        while place < len(text):
            sign, following = text[place], text[place + 1 : place + 2]
            if sign == "*":
                if following == "*":
                    self._reader.fail(f"Consecutive wildcard characters at pos {len(text[:place].encode()) + 1}")
                parts.append("")
            elif sign == "\\":
                if following not in ("*", "\\"):
                    self._reader.fail(f"Invalid escape character at pos {len(text[:place].encode()) + 1}")
                parts[-1] += following
                place += 1
            else:
                parts[-1] += sign
            place += 1
        self._wildcards.append(parts)
        return parts

    def _exists(self) -> Matcher:
        kind = self._reader.next().kind
        if kind not in (Kind.TRUE, Kind.FALSE):
            self._reader.fail("exists match pattern must be either true or false.")
        self._end()
        return matchers.PRESENT if kind is Kind.TRUE else matchers.ABSENT

    def _cidr(self) -> Matcher:
        text = self._string("prefix match pattern must be a string")  # so AWS says it
        first, bits = _network(text)
        self._end()
        return matchers.in_network(first, bits)

    # ---- Numbers -----------------------------------------------------------------------------------------------------

    def _numeric(self) -> Matcher:
        reader = self._reader
        if reader.next().kind is not Kind.BEGIN_ARRAY:
            reader.fail("Value of numeric must be an array.")
        if reader.next().kind is not Kind.STRING:
            reader.fail(f"Invalid member in numeric match: {_shown(reader)}")
        operator = reader.text()
        if operator not in ("=", ">=", ">", "<=", "<"):
            reader.next()
            reader.fail(f"Unrecognized numeric range operator: {operator}")
        number = self._number("equals" if operator == "=" else operator)
        kind = reader.next().kind
        if operator in (">", ">="):
            low, high = number, None
            open_high = False
            if kind is not Kind.END_ARRAY:
                high, open_high = self._upper(low)
            found = matchers.between(low, high, operator == ">", open_high)
        else:
            if kind is not Kind.END_ARRAY:
                reader.fail(_TOO_MANY)
            exact = operator == "="
            found = matchers.equal(number) if exact else matchers.between(None, number, False, operator == "<")
        self._end(_TOO_MANY)
        return found

    def _upper(self, low: float) -> tuple[float, bool]:
        reader = self._reader
        if reader.token.kind is not Kind.STRING:
            reader.fail(f"Bad value in numeric range: {_shown(reader)}")
        operator = reader.text()
        if operator not in ("<", "<="):
            reader.fail(f"Bad numeric range operator: {operator}")
        high = self._number(operator)
        if reader.next().kind is not Kind.END_ARRAY:
            reader.fail("Too many terms in numeric range expression")
        if low >= high:
            reader.fail("Bottom must be less than top")
        return high, operator == "<"

    def _number(self, operator: str) -> float:
        token = self._reader.next()
        if token.kind is not Kind.NUMBER:
            self._reader.fail(f"Value of {operator} must be numeric")
        return self._bounded(token.value)

    def _bounded(self, value: object) -> float:
        assert isinstance(value, (int, float))
        if not -_LARGEST <= value <= _LARGEST:
            self._reader.fail("Value must be between -5.0E9 and 5.0E9, inclusive")
        return value

    # ---- anything-but ------------------------------------------------------------------------------------------------

    def _anything_but(self) -> Matcher:
        reader, name = self._reader, ""
        if reader.next().kind is Kind.BEGIN_OBJECT:
            if reader.next().kind is not Kind.NAME:
                reader.fail("Anything-But expression name not found")
            name = str(reader.token.value)
            if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
                reader.fail(f"Unsupported anything-but pattern: {name}")
            reader.next()
        kind = reader.token.kind
        if kind not in (Kind.BEGIN_ARRAY, Kind.STRING, Kind.NUMBER):
            reader.fail("Value of anything-but must be an array or single string/number value.")
        found = self._listed(name) if kind is Kind.BEGIN_ARRAY else [self._forbidden(name)]
        self._end(_TOO_MANY)
        if name:
            self._end(_TOO_MANY)
        return matchers.none_of(found)

    def _listed(self, name: str) -> list[Matcher]:
        """A list's members; AWS reports a problem inside of it twice over."""
        reader, kinds = self._reader, set()
        found = []
        while reader.next().kind is not Kind.END_ARRAY:
            kinds.add(reader.token.kind)
            try:
                found.append(self._forbidden(name))
            except PatternError as error:
                reader.fail(str(error))
        if not name and len(kinds) != 1:
            reader.fail("Inside anything but list, either all values are number or string, mixed type is not supported")
        if not found:
            reader.fail("Empty arrays are not allowed")
        return found

    def _forbidden(self, name: str) -> Matcher:
        reader = self._reader
        kind = reader.token.kind
        if not name:
            if kind is Kind.NUMBER:
                return matchers.equal(self._bounded(reader.token.value))
            if kind is not Kind.STRING:
                reader.fail("Inside anything but list, start|null|boolean is not supported.")
            # Unlike in a plain list, an address is compared as text here.
            text = reader.text()
            return matchers.Matcher(test=lambda v: v.value == text) if address_of(text) else matchers.equal(text)
        if kind is not Kind.STRING:
            reader.fail(_NOT_A_STRING[name])
        text = reader.text()
        if name == "wildcard":
            return matchers.wildcard(self._parts(text))
        if name == "equals-ignore-case":
            return matchers.equal_ignoring_case(text)
        if not text:
            reader.fail("Null prefix/suffix not allowed")
        return matchers.prefix(text) if name == "prefix" else matchers.suffix(text)


_NOT_A_STRING = {
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
    "equals-ignore-case": ("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."),
}


def _shown(reader: Reader) -> str:
    signs = {Kind.BEGIN_OBJECT: "{", Kind.BEGIN_ARRAY: "[", Kind.END_ARRAY: "]", Kind.END_OBJECT: "}"}
    literal = {Kind.TRUE: "true", Kind.FALSE: "false", Kind.NULL: "null"}
    return {**signs, **literal}.get(reader.token.kind) or reader.text()


def _network(text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    parts = text.split("/")
    if len(parts) != 2:
        raise PatternError("Malformed CIDR, one '/' required")
    if re.fullmatch(r"[+-]?[0-9]{1,10}", parts[1], re.ASCII) is None:
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    bits, address = int(parts[1]), address_of(parts[0])
    if bits < 0:
        raise PatternError("Malformed CIDR, mask bits must not be negative")
    if address is None:
        raise PatternError(f"Nonstandard IP address: {parts[0]}")
    if bits >= address.max_prefixlen:
        raise PatternError(f"IPv{address.version} mask bits must be < {address.max_prefixlen}")
    return address, bits
