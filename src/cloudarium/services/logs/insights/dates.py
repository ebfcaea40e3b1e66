"""Dates as texts: Java's patterns for reading them, strftime's for writing them; all in a time zone."""

from __future__ import annotations

import calendar
import functools
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_PARTS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']", re.S)
_LONGEST = 200  # of a pattern
_MONTHS = {
    name.lower(): at for names in (calendar.month_name, calendar.month_abbr) for at, name in enumerate(names) if at
}
_OFFSET = r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)"
_READERS = {
    "d": r"(?P<day>\d{1,2})",
    "H": r"(?P<hour>\d{1,2})",
    "h": r"(?P<half>\d{1,2})",
    "m": r"(?P<minute>\d{1,2})",
    "s": r"(?P<second>\d{1,2})",
    "a": r"(?P<noon>[AaPp][Mm])",
    "X": _OFFSET,
    "x": _OFFSET,
    "Z": _OFFSET,
    "E": r"(?P<weekday>[A-Za-z]{3,9})",
}
_WRITTEN = re.compile(r"%(.)", re.S)
_DIRECTIVES = frozenset("aAbBcdHIjmMpSUwWxXyYzZ%GuVfDFTRenth")


@functools.lru_cache(maxsize=128)
def reader(pattern: str) -> re.Pattern[str]:
    """The expression that reads dates of a pattern of Java's DateTimeFormatter. Raises ValueError for one it cannot."""
    if len(pattern) > _LONGEST:
        raise ValueError("the pattern is too long")
    parts, place = [], 0
    for part in _PARTS.finditer(pattern):
        if part.start() != place:
            break
        place = part.end()
        parts.append(_part(part))
    if place != len(pattern):
        raise ValueError(f"a quote of {pattern} has no end")
    try:
        return re.compile("".join(parts), re.I)
    except re.error:
        raise ValueError(f"{pattern} has a part twice") from None


def _part(part: re.Match[str]) -> str:
    letter, text = part[2], part[0]
    if part[1] is not None:
        return re.escape(part[1].replace("''", "'") or "'")
    if letter is None:
        return re.escape(text)
    if letter in ("y", "u"):
        return r"(?P<short>\d\d)" if len(text) == 2 else r"(?P<year>\d{4})"
    if letter in ("M", "L"):
        return r"(?P<month>\d{1,2})" if len(text) < 3 else r"(?P<name>[A-Za-z]+)"
    if letter == "S":
        return rf"(?P<fraction>\d{{{len(text)}}})"
    if letter not in _READERS:
        raise ValueError(f"the letter {letter} of a date's pattern is not known")
    return _READERS[letter]


def parsed(text: str, pattern: str, zone: str = "UTC") -> int | None:
    """A date as epoch milliseconds, None for what does not fit the pattern."""
    try:
        match = reader(pattern).fullmatch(text)
        if match is None:
            return None
        found = {name: value for name, value in match.groupdict().items() if value is not None}
        return round(_moment(found, zone).timestamp() * 1000)
    except (ValueError, KeyError, OverflowError):
        return None


def _moment(found: dict[str, str], zone: str) -> datetime:
    year = int(found.get("year") or 2000 + int(found["short"]))  # Java's two digits begin at 2000
    month = _MONTHS[found["name"].lower()] if "name" in found else int(found.get("month", 1))
    hour = int(found.get("hour", 0))
    if "half" in found:
        hour = int(found["half"]) % 12 + (12 if found.get("noon", "am").lower() == "pm" else 0)
    micros = int(found.get("fraction", "0")[:6].ljust(6, "0"))
    where = _offset(found["zone"]) if "zone" in found else _zone(zone)
    day, minute, second = int(found.get("day", 1)), int(found.get("minute", 0)), int(found.get("second", 0))
    return datetime(year, month, day, hour, minute, second, micros, where)


def _offset(text: str) -> tzinfo:
    if text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    apart = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-apart if text[0] == "-" else apart)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(f"There is no time zone {name}") from None


def formatted(moment: float, pattern: str, zone: str = "UTC") -> str | None:
    """A moment (epoch milliseconds) as text; what is no directive of strftime stands for itself."""
    try:
        then = datetime.fromtimestamp(moment / 1000, _zone(zone))
    except (ValueError, OverflowError, OSError):
        return None
    return _WRITTEN.sub(lambda part: then.strftime(part[0]) if part[1] in _DIRECTIVES else part[0], pattern)
