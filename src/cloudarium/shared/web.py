"""What all rooms that answer web requests have in common. Pure: no request, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

BODILESS = frozenset({204, 304})  # statuses whose responses have no body
# Headers that speak of one connection, which a backend may not set on ours.
HOP_BY_HOP = frozenset(
    ("connection", "content-length", "date", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding")
    + ("upgrade",)
)


def query_parameters(query: str) -> dict[str, list[str]]:
    """The decoded parameters of a query string, each with all its values."""
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=5000)
    except ValueError:
        return {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def clf_time(moment: float) -> str:
    """A time as in common log files: 12/Mar/2020:19:03:58 +0000."""
    return datetime.fromtimestamp(moment, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks before it sends the request itself."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
