"""The pages, by the first label of their path below /_cloudarium/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from cloudarium.console.pages import alarms, calls, dashboards, logs, metrics, overview
from cloudarium.console.visit import Visit
from cloudarium.gateway.http import HttpResponse

PAGES: Mapping[str, Callable[[Visit], Awaitable[HttpResponse]]] = {
    "": overview.overview,
    "alarms": alarms.alarms,
    "calls": calls.calls,
    "dashboards": dashboards.dashboards,
    "logs": logs.logs,
    "metrics": metrics.metrics,
}
