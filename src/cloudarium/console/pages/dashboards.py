"""Dashboards: those of the account, and one with its widgets drawn."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.charts.widgets import Span, WidgetError, span_of
from cloudarium.console.boards.blocks import layout, spot_of
from cloudarium.console.boards.custom import framed
from cloudarium.console.boards.variables import applied, variables_of
from cloudarium.console.boards.widgets import FRAME, block_of
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared.clock import iso_millis, seconds_of
from cloudarium.shared.errors import AwsError

RANGES = {"1h": "1 hour", "3h": "3 hours", "12h": "12 hours", "1d": "1 day", "3d": "3 days", "7d": "a week"}
REFRESHES = {10: "every 10 s", 60: "every minute", 300: "every 5 minutes"}
_LAYOUT = "layout.css"


async def show(visit: Visit) -> HttpResponse:
    """The dashboards; at NAME that one. Raises Refused.

    Below it `layout.css` says where its widgets stand, and `widget/N` is what a function draws.
    """
    if not visit.parts:
        found = [each async for each in visit.each("cloudwatch", "ListDashboards", "DashboardEntries", "NextToken")]
        return page(visit, "dashboards.html", "Dashboards", dashboards=found)
    name = visit.parts[0]
    body = await _body(visit, name)
    variables = await variables_of(visit, body)
    given = applied(body, variables)["widgets"]
    if visit.parts[1:] == [_LAYOUT]:
        return _layout(given)
    span, chosen = _span(visit, body)
    if visit.parts[1:]:
        return await _frame(visit, given, span)
    refresh = visit.number("refresh", 1, 3600) if visit.asked.get("refresh") else 0
    blocks = [await block_of(visit, widget, place, span) for place, widget in enumerate(given)]
    in_order = sorted(blocks, key=lambda block: (block.spot.y, block.spot.x))
    return page(
        visit, "dashboard.html", name, blocks=in_order, ranges=RANGES, refreshes=REFRESHES, chosen=chosen,
        refresh=refresh, start=iso_millis(span.start)[:16], end=iso_millis(span.end)[:16],
        layout=visit.href("dashboards", name, _LAYOUT), variables=[each for each in variables if each.shown],
    )  # fmt: skip


async def _frame(visit: Visit, widgets: list[Any], span: Span) -> HttpResponse:
    """What the function of a custom widget draws. Raises Refused."""
    kind, *places = visit.parts[1:]
    if kind != FRAME or len(places) != 1 or not (places[0].isascii() and places[0].isdecimal()):
        raise Refused(404, "A dashboard has nothing below it.")
    place = int(places[0][:6])
    if place >= len(widgets) or not isinstance(widgets[place], dict) or widgets[place].get("type") != "custom":
        raise Refused(404, "There is no custom widget at this place.")
    return await framed(visit, widgets[place], place, span)


async def _body(visit: Visit, name: str) -> dict[str, Any]:
    try:
        found = await visit.ask("cloudwatch", "GetDashboard", DashboardName=name)
    except AwsError as error:
        raise Refused(404, error.message or f"There is no dashboard {name}.") from error
    body: dict[str, Any] = orjson.loads(found["DashboardBody"])
    return body


def _layout(widgets: list[Any]) -> HttpResponse:
    spots = [(f"w{place}", spot_of(widget, place)) for place, widget in enumerate(widgets)]
    headers = {
        "content-type": "text/css; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return HttpResponse(200, headers, layout(spots).encode())


def _span(visit: Visit, body: dict[str, Any]) -> tuple[Span, str]:
    """The time to show: what the query asks for, else the dashboard's own, else the last three hours."""
    if visit.asked.get("range"):
        asked = visit.range_of(RANGES)
        return Span(visit.now - seconds_of(asked), visit.now), asked
    try:
        return span_of(body, visit.now), "" if body.get("start") else "3h"
    except WidgetError as error:
        raise Refused(400, f"The dashboard's time cannot be read: {error}.") from error
