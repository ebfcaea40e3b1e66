"""The pages, by the first label of their path below /_cloudarium/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from cloudarium.console.pages import alarms, calls, dashboards, insights, logs, map, metrics, overview, traces
from cloudarium.console.visit import Visit
from cloudarium.gateway.http import HttpResponse

PAGES: Mapping[str, Callable[[Visit], Awaitable[HttpResponse]]] = {
    "": overview.show,
    "alarms": alarms.show,
    "calls": calls.show,
    "dashboards": dashboards.show,
    "logs": logs.show,
    "map": map.show,
    "metrics": metrics.show,
    "traces": traces.show,
}
# What pages change, by POST to their whole path.
CHANGES: Mapping[tuple[str, ...], Callable[[Visit], Awaitable[HttpResponse]]] = {("logs", "insights"): insights.save}
