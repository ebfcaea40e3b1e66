"""The service map: who calls whom, how fast, and what share of it fails; each service leads to its traces."""

from __future__ import annotations

from typing import Any

from cloudarium.console.drawn_map import drawn
from cloudarium.console.kinds import ICONS
from cloudarium.console.pages.traces import LONGEST_QUERY, RANGES, regions_of
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.glass.maps import service_map
from cloudarium.shared.clock import seconds_of

_RANGES = {span: words for span, words in RANGES.items() if seconds_of(span) <= LONGEST_QUERY}
_SOURCES = {"all": "what led to other calls", "calls": "every single call", "xray": "what X-Ray has"}


async def show(visit: Visit) -> HttpResponse:
    """The map of the last minutes or hours: of what the cloud has seen, or of X-Ray's traces. Raises Refused."""
    span, source = visit.range_of(_RANGES), visit.asked.get("of") or "all"
    if source not in _SOURCES:
        raise Refused(400, "of must be all, calls or xray.")
    start, end = visit.now - seconds_of(span), visit.now
    if source == "xray":
        services = await _traced(visit, start, end)
    else:
        account, single = visit.scope.account, source == "calls"
        services = service_map(visit.cloud, start, end, account, visit.region, single=single)
    return page(
        visit, "map.html", "Service map", drawing=drawn(services), icons=ICONS, range=span, ranges=_RANGES, of=source,
        sources=_SOURCES, elsewhere=[] if services else regions_of(visit, other=True),
    )  # fmt: skip


async def _traced(visit: Visit, start: float, end: float) -> list[dict[str, Any]]:
    """X-Ray's service graph, or those of all regions side by side."""
    services: list[dict[str, Any]] = []
    for region in regions_of(visit):
        first = len(services)
        listing = visit.each(
            "xray", "GetServiceGraph", "Services", "NextToken", region=region, StartTime=start, EndTime=end
        )
        async for each in listing:
            each["ReferenceId"] += first
            for edge in each["Edges"]:
                edge["ReferenceId"] += first
            services.append(each)
    return services
