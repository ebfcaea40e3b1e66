"""The functions that SQLite lacks; all take and give plain values and never raise for what a log may hold."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import ipaddress
import math
import re
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from cloudarium.services.logs.insights import dates, lines
from cloudarium.services.logs.insights.clusters import skeleton
from cloudarium.services.logs.insights.globs import compiled

_DIGITS = re.compile(r"\d+", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LAMBDA_LINE = re.compile(
    r"(?:(?:START|END|REPORT) RequestId: |[^\t]{0,64}\t(?:[^\t]{0,32}Z\t)?)" + f"({_UUID.pattern})"
)
_MOST_FRAGMENTS = 8
_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]{1,64})")
_EARTH = 6371.0  # kilometres from its middle, on the mean


def _natural(text: str) -> str:
    """A key by which texts sort with the numbers in them by their values: the length of a number goes first."""
    return _DIGITS.sub(lambda match: f"{len(match[0]):06d}{match[0]}", text)


def request_id(message: str) -> str | None:
    """The request that a line of Lambda's is about."""
    match = _LAMBDA_LINE.match(message)
    return match[1] if match else None


def embedded(message: str) -> str | None:
    """The first JSON object inside of a line."""
    decoder = _decoder()
    start = message.find("{")
    for _ in range(_MOST_FRAGMENTS):
        if start < 0:
            return None
        try:
            _, end = decoder.raw_decode(message, start)
        except (ValueError, RecursionError):
            start = message.find("{", start + 1)
            continue
        return message[start:end]
    return None


@functools.cache
def _decoder() -> Any:
    import json

    return json.JSONDecoder()


def _split(text: str, separator: str) -> str:
    return orjson.dumps(text.split(separator) if separator else [text]).decode()


def _replaced(text: str, pattern: str, replacement: str) -> str:
    try:
        found = compiled(pattern)
    except ValueError:
        return text
    written = replacement.replace("\\", "\\\\")
    written = re.sub(r"\$(\d)", r"\\g<\1>", written)
    try:
        result: str = found.sub(written, text)
    except (re.error, IndexError):
        return text
    return result


def _unbase64(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return None


# ---- Addresses -------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _is_ip(version: int | None) -> Callable[[str], int]:
    def is_ip(text: str) -> int:
        found = _address(text)
        return int(found is not None and version in (None, found.version))

    return is_ip


def _in_subnet(version: int | None) -> Callable[[str, str], int]:
    def in_subnet(text: str, subnet: str) -> int:
        address, network = _address(text), _network(subnet)
        if address is None or network is None or address.version != network.version:
            return 0
        return int(version in (None, address.version) and address in network)

    return in_subnet


_RFC_1918 = tuple(ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def _is_private(text: str) -> int:
    found = _address(text)
    return int(isinstance(found, ipaddress.IPv4Address) and any(found in block for block in _RFC_1918))


def _is_public(text: str) -> int:
    found = _address(text)
    return int(found is not None and found.is_global and not found.is_multicast)


def _is_reserved(text: str) -> int:
    """Whether an address is in a block that is kept for something else than networks, private or public."""
    return int(_address(text) is not None and not _is_public(text) and not _is_private(text))


def _ipv4_number(text: str) -> int | None:
    found = _address(text)
    return int(found) if isinstance(found, ipaddress.IPv4Address) else None


# ---- Numbers, lists and places ---------------------------------------------------------------------------------------


def _haversine(*degrees: float) -> float | None:
    """The way along a great circle of the earth, in kilometres."""
    if not all(isinstance(each, (int, float)) and math.isfinite(each) for each in degrees):
        return None
    first, east, second, west = map(math.radians, degrees)
    half = math.sin((second - first) / 2) ** 2
    half += math.cos(first) * math.cos(second) * math.sin((west - east) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(min(half, 1.0)))


def _ascii_of_hex(text: str) -> str | None:
    try:
        return bytes.fromhex(text.removeprefix("0x")).decode("ascii", "replace")
    except ValueError:
        return None


def _number_of_hex(text: str) -> int | float | None:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    match = _HEX.fullmatch(digits)
    if match is None:
        return None
    value = sign * int(match[1], 16)
    return value if abs(value) < 1 << 63 else float(value)


def _hex_of_number(value: float) -> str | None:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return hex(int(value))


def _list_of(text: str) -> list[Any] | None:
    try:
        found = orjson.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def _list_size(text: str) -> int | None:
    found = _list_of(text)
    return None if found is None else len(found)


def _list_has(text: str, value: str) -> int:
    found = _list_of(text) or ()
    return int(any((each if isinstance(each, str) else orjson.dumps(each).decode()) == value for each in found))


# ---- Months ----------------------------------------------------------------------------------------------------------


def _month(moment: float, amount: int, further: int) -> int | None:
    try:
        day = datetime.fromtimestamp(int(moment) // 1000, UTC)
        month = (day.year * 12 + day.month - 1) // amount * amount + further
        return int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()) * 1000
    except (ValueError, OverflowError, OSError):
        return None


def _month_floor(moment: float, amount: int) -> int | None:
    return _month(moment, amount, 0)


def _month_ceil(moment: float, amount: int) -> int | None:
    start = _month(moment, amount, 0)
    return start if start == moment else _month(moment, amount, amount)


# ---- Deviation -------------------------------------------------------------------------------------------------------


class _Deviation:
    """Welford's sums."""

    __slots__ = ("count", "mean", "squares")

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def step(self, *values: Any) -> None:
        """Take one more value in."""
        value = values[0]
        if value is not None:
            self.count += 1
            distance = value - self.mean
            self.mean += distance / self.count
            self.squares += distance * (value - self.mean)

    def final(self) -> float | None:
        """The standard deviation of all values."""
        return math.sqrt(self.squares / self.count) if self.count else None


deviation = _Deviation


def _of_texts(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, NULL for NULL."""

    def strict(*values: Any) -> Any:
        return None if None in values else function(*values)

    return strict


_OWN: dict[str, tuple[Callable[..., Any], int]] = {
    "natural": (_natural, 1),
    "request_id": (request_id, 1),
    "embedded": (embedded, 1),
    "skeleton": (skeleton, 1),
    "toupper": (str.upper, 1),
    "tolower": (str.lower, 1),
    "split": (_split, 2),
    "regex_replace": (_replaced, 3),
    "urlencode": (lambda text: urllib.parse.quote_plus(text), 1),
    "urldecode": (lambda text: urllib.parse.unquote_plus(text), 1),
    "base64encode": (lambda text: base64.b64encode(text.encode()).decode(), 1),
    "base64decode": (_unbase64, 1),
    "md5": (lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 1),
    "sha256": (lambda text: hashlib.sha256(text.encode()).hexdigest(), 1),
    "is_ip": (_is_ip(None), 1),
    "is_ipv4": (_is_ip(4), 1),
    "is_ipv6": (_is_ip(6), 1),
    "in_subnet": (_in_subnet(None), 2),
    "in_subnet4": (_in_subnet(4), 2),
    "in_subnet6": (_in_subnet(6), 2),
    "is_private_ip": (_is_private, 1),
    "is_public_ip": (_is_public, 1),
    "is_reserved_ip": (_is_reserved, 1),
    "ipv4_number": (_ipv4_number, 1),
    "haversine": (_haversine, 4),
    "ascii_of_hex": (_ascii_of_hex, 1),
    "number_of_hex": (_number_of_hex, 1),
    "hex_of_number": (_hex_of_number, 1),
    "list_size": (_list_size, 1),
    "list_has": (_list_has, 2),
    "date_parsed": (dates.parsed, 3),
    "date_formatted": (dates.formatted, 3),
    "line_field": (lines.field, 2),
    "month_floor": (_month_floor, 2),
    "month_ceil": (_month_ceil, 2),
}
FUNCTIONS = {name: (_of_texts(function), arguments) for name, (function, arguments) in _OWN.items()}
