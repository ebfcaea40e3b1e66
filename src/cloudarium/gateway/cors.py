"""Browsers: may a page of another origin read this answer? Only what the resource's own rules allow is said.

A room whose card says `cors` has a doors.py with `preflight(store, request)`, which answers an OPTIONS request, and
`cors(store, request)`, which gives the headers for the answer to any other request with an Origin.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.rooms import Room


def preflight(call: Call, request: HttpRequest, rooms: Sequence[Room]) -> HttpResponse | None:
    """The answer to a browser's OPTIONS request by the first room that has rules for it, else None."""
    if request.method != "OPTIONS":
        return None
    for room in rooms:
        doors = room.module("doors") if room.card.cors else None
        if doors is not None:
            call.room, call.service, call.operation_name = room, room.card.name, "preflight"
            answer: HttpResponse = doors.preflight(call.store, request)
            return answer
    return None


def headers(call: Call) -> dict[str, str]:
    """What the answer tells the browser; nothing where the request is no page's or no rule allows it."""
    request = call.request
    if request is None or "origin" not in request.headers or call.room is None or not call.room.card.cors:
        return {}
    doors = call.room.module("doors")
    found: dict[str, str] = doors.cors(call.store, request) if doors is not None else {}
    return found


# ---- For services whose callers are known by what they send, never by a cookie: any page may call them ---------------

ANY_PAGE = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
}


def for_any_page(request: HttpRequest) -> HttpResponse:
    """The answer to a preflight that lets every page POST with the headers that it asks for."""
    headers = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": request.headers.get("access-control-request-headers", "*"),
        "access-control-max-age": "172800",
    }
    return HttpResponse(200, headers)
