"""Pages as HTML, and what they show in words: times, sizes, durations."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudarium import __version__
from cloudarium.console.messages import level_of, request_of, unfolded
from cloudarium.gateway.http import HttpResponse
from cloudarium.gateway.rooms import all_rooms
from cloudarium.shared.clock import iso_millis

if TYPE_CHECKING:
    from jinja2 import Environment

    from cloudarium.console.visit import Visit

_HERE = Path(__file__).parent
GUARDS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
NAVIGATION = (
    ("", "Overview"), ("calls", "Calls"), ("logs", "Logs"), ("metrics", "Metrics"), ("alarms", "Alarms"),
    ("dashboards", "Dashboards"), ("map", "Map"), ("traces", "Traces"),
)  # fmt: skip
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def page(visit: Visit, template: str, title: str, status: int = 200, **shown: Any) -> HttpResponse:
    """A page made from a template, which gets `shown` and the visit; nobody keeps it."""
    return HttpResponse(status, GUARDS, text_of(visit, template, title, **shown).encode("utf-8", "replace"))


def text_of(visit: Visit, template: str, title: str, **shown: Any) -> str:
    """The same as text, for a part of a page."""
    found = _environment().get_template(template)
    return found.render(visit=visit, title=title, navigation=NAVIGATION, boxes=_boxes(), version=__version__, **shown)


def static(name: str) -> HttpResponse | None:
    """A file of static/ that browsers load, None when there is none of that name."""
    path = _HERE / "static" / name
    if path.suffix not in _TYPES or name not in _static_names():
        return None
    headers = {
        "content-type": _TYPES[path.suffix],
        "cache-control": "max-age=86400",  # pages ask for the file of their own version
        "x-content-type-options": "nosniff",
    }
    return HttpResponse(200, headers, path.read_bytes())


@cache
def _static_names() -> frozenset[str]:
    return frozenset(path.name for path in (_HERE / "static").iterdir())


@cache
def _boxes() -> list[tuple[str, str]]:
    """The pages that rooms have of their own: (label, purpose of the room)."""
    return [(label, room.card.name) for room in all_rooms().values() for label in room.card.pages]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"clock": clock, "moment": moment, "size": size, "took": took, "short": short, "data": _data}
    made.filters |= {"level": level_of, "unfolded": unfolded, "request": request_of}
    return made


def clock(seconds: float) -> str:
    """A moment's time of day, with milliseconds, in UTC."""
    return iso_millis(seconds)[11:23]


def moment(seconds: float) -> str:
    """A moment as a date and a time in UTC, to the second."""
    return iso_millis(seconds)[:19].replace("T", " ")


def size(count: float) -> str:
    """A number of bytes in the unit that reads best."""
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def took(micros: float) -> str:
    """A duration, given in microseconds."""
    if micros < 1000:
        return f"{micros:.0f} µs"
    return f"{micros / 1000:.1f} ms" if micros < 1_000_000 else f"{micros / 1_000_000:.2f} s"


def short(arn: str) -> str:
    """Who an ARN names, without what all ARNs of the account share."""
    return arn.partition("::")[2].partition(":")[2] or arn.rpartition(":")[2] or arn


def _data(value: Any) -> str:
    """A value as JSON for a script of the page; jinja2 escapes it as any text."""
    return json.dumps(value, separators=(",", ":"))
