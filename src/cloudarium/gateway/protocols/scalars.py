"""Scalars as text and timestamps in AWS's formats: shared by headers, query strings, XML and JSON."""

from __future__ import annotations

import base64
import binascii
import math
import re
import time
from calendar import timegm
from collections.abc import Callable
from email.utils import formatdate, parsedate_tz
from functools import lru_cache
from typing import Any

from cloudarium.model import Shape

# The last second of the year 9999: what AWS's own formats can write.
_LATEST = 253402300799.0
_EARLIEST = -62135596800.0
_INTEGER = re.compile(r"[+-]?[0-9]{1,39}\Z")
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9})\d*)?)?\s*(Z|z|[+-]\d\d:?\d\d)?)?\Z"
)
_RANGES = {"integer": 31, "long": 63, "biginteger": 256}


class Unreadable(ValueError):
    """A text that is not a value of its type; the protocol words the error."""


def in_range(value: float) -> float:
    """The time itself if it lies between the years 1 and 9999, else Unreadable."""
    if not _EARLIEST <= value <= _LATEST:
        raise Unreadable(f"{value} is no time")
    return value


def parse_integer(text: str, bits: int = 63) -> int:
    """A decimal integer that fits into the given bits."""
    text = text.strip()
    if not _INTEGER.match(text):
        raise Unreadable(text)
    number = int(text)
    if not -(1 << bits) <= number < (1 << bits):
        raise Unreadable(text)
    return number


def parse_double(text: str) -> float:
    """A floating point number, also NaN, Infinity and -Infinity."""
    text = text.strip()
    if "_" in text:
        raise Unreadable(text)
    try:
        return float(text)
    except ValueError:
        raise Unreadable(text) from None


def format_double(value: Any) -> str:
    """A number as XML and headers carry it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return str(value)


def parse_boolean(text: str) -> bool:
    """`true` or `false`, in any case."""
    lowered = text.strip().lower()
    if lowered == "true":
        return True
    if lowered == "false":
        return False
    raise Unreadable(text)


def format_boolean(value: Any) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def parse_blob(text: str) -> bytes:
    """The bytes of a base64 text; padding and alphabet are checked."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(text) from None


def format_blob(value: Any) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(value if isinstance(value, bytes | bytearray) else str(value).encode()).decode("ascii")


def parse_timestamp(text: str) -> float:
    """A time in any of AWS's formats: epoch seconds, ISO 8601 or RFC 822."""
    text = text.strip()
    try:
        if (match := _ISO.match(text)) and not text.isdigit():
            return in_range(_from_iso(match))
        if text[:1].isalpha():
            parts = parsedate_tz(text)
            if parts is None:
                raise Unreadable(text)
            return in_range(timegm(parts[:6] + (0, 0, 0)) - (parts[9] or 0))
        return in_range(parse_double(text))
    except (ValueError, OverflowError, TypeError):
        raise Unreadable(text) from None


def _from_iso(match: re.Match[str]) -> float:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 24 and minute <= 59 and second <= 60 and year):
        raise Unreadable(match.string)
    epoch = float(timegm((year, month, day, hour, minute, second, 0, 0, 0)))
    if match[7]:
        epoch += int(match[7]) / 10 ** len(match[7])
    zone = match[8]
    if zone and zone not in "Zz":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        epoch += -offset if zone[0] == "+" else offset
    return epoch


def format_iso8601(value: float) -> str:
    """`2026-01-31T23:59:59Z`: seconds, as IAM, STS, CloudWatch, … write it."""
    t = time.gmtime(math.floor(value))
    return f"{t[0]:04d}-{t[1]:02d}-{t[2]:02d}T{t[3]:02d}:{t[4]:02d}:{t[5]:02d}Z"


def format_iso8601_milliseconds(value: float) -> str:
    """`2026-01-31T23:59:59.123Z`: milliseconds, as S3, EC2, RDS, … write it."""
    seconds, milliseconds = divmod(round(value * 1000), 1000)
    t = time.gmtime(seconds)
    return f"{t[0]:04d}-{t[1]:02d}-{t[2]:02d}T{t[3]:02d}:{t[4]:02d}:{t[5]:02d}.{milliseconds:03d}Z"


def format_rfc822(value: float) -> str:
    """`Sat, 31 Jan 2026 23:59:59 GMT`."""
    return _rfc822(math.floor(value))


@lru_cache(maxsize=1024)  # an object's date goes out with every answer about it
def _rfc822(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def format_unix(value: float) -> str:
    """Epoch seconds as text."""
    return str(epoch(value))


def epoch(value: float) -> int | float:
    """Epoch seconds as JSON carries them: whole if they are, else with milliseconds."""
    whole = int(value)
    return whole if whole == value else round(value, 3)


def timestamp_formatter(shape: Shape, default: str, milliseconds: bool = False) -> Callable[[float], str]:
    """The function that writes this timestamp as text; `default` is the format of its place."""
    form = shape.trait("timestampFormat") or default
    if form == "iso8601":
        return format_iso8601_milliseconds if milliseconds else format_iso8601
    return format_rfc822 if form == "rfc822" else format_unix


def text_parser(shape: Shape) -> Callable[[str], Any]:
    """The function that reads a scalar of this shape from text; raises Unreadable."""
    kind = shape.type
    if kind in _RANGES:
        bits = _RANGES[kind]
        return lambda text: parse_integer(text, bits)
    table: dict[str, Callable[[str], Any]] = {
        "boolean": parse_boolean,
        "float": parse_double,
        "double": parse_double,
        "blob": parse_blob,
        "timestamp": parse_timestamp,
    }
    return table.get(kind, str)


def text_formatter(shape: Shape, timestamp: str, milliseconds: bool = False) -> Callable[[Any], str]:
    """The function that writes a scalar of this shape as text."""
    kind = shape.type
    if kind == "timestamp":
        return timestamp_formatter(shape, timestamp, milliseconds)
    table: dict[str, Callable[[Any], str]] = {
        "boolean": format_boolean,
        "float": format_double,
        "double": format_double,
        "blob": format_blob,
    }
    return table.get(kind, str)
