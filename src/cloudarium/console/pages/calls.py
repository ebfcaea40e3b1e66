"""The calls of the journal, the newest first, and one call with the reasons of its decisions."""

from __future__ import annotations

from cloudarium.console.kinds import kind_of
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.glass.journal import KEPT
from cloudarium.glass.maps import type_of_door
from cloudarium.glass.why import why

_FILTERS = ("service", "operation", "path", "error")


async def show(visit: Visit) -> HttpResponse:
    """The calls of an account, or the one whose request id the path names. Raises Refused."""
    if visit.parts:
        return _one(visit, visit.parts[0])
    filters = {name: visit.asked[name].strip() for name in _FILTERS if visit.asked.get(name, "").strip()}
    limit = visit.number("limit", 100, 1000)
    found = visit.cloud.journal.find(account=visit.scope.account, limit=limit, **filters)
    template = "calls_rows.html" if visit.is_part else "calls.html"
    return page(visit, template, "Calls", entries=found, filters=filters, limit=limit, kept=KEPT)


def _one(visit: Visit, request_id: str) -> HttpResponse:
    told = why(visit.cloud, request_id)
    if told is None:
        raise Refused(404, f"The journal has no request {request_id[:80]}: it keeps the last {KEPT:,} calls.")
    entry = visit.cloud.journal.find(request_id=told["request_id"], limit=1)
    kind = kind_of(type_of_door(told["service"], told["operation"])).words
    return page(visit, "call.html", told["title"], told=told, entry=entry[0] if entry else None, kind=kind)
