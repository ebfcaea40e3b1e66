"""Custom widgets: what a function answers, as a page of its own that a dashboard frames. No script of it runs.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
"""

from __future__ import annotations

from html import escape
from typing import Any

import orjson

from cloudarium.charts.widgets import Span
from cloudarium.console.boards.blocks import spot_of
from cloudarium.console.boards.markdown import rendered
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_GUARDS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    # A page of nobody: without scripts, forms and an origin, it may style itself and show what it carries.
    "content-security-policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
        " img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_STYLE = (
    ":root{color-scheme:light dark}body{margin:0;font:14px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-top:1px solid #8884}"
    "a{color:LinkText}.btn{display:inline-block;border:1px solid;border-radius:.4rem;padding:.25rem .8rem;"
    "text-decoration:none}.btn-primary{background:#0b5fb0;color:#fff;border-color:#0b5fb0}.bad{color:#d33}"
    "pre{white-space:pre-wrap;margin:0}"
)
_SECONDS_OFF = {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0}


async def framed(visit: Visit, widget: Data, place: int, span: Span) -> HttpResponse:
    """The page that a dashboard frames: what the widget's function answers. Raises Refused."""
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "A function is not invoked for a page of another origin.")
    given = widget.get("properties")
    properties: Data = given if isinstance(given, dict) else {}
    try:
        shown = await _answer(visit, properties, _event(visit, widget, properties, place, span))
    except AwsError as error:
        shown = f'<p class="bad">{escape(error.code)}: {escape(error.message or "")}</p>'
    page = f'<!doctype html><meta charset="utf-8"><base target="_blank"><style>{_STYLE}</style>{shown}'
    return HttpResponse(200, _GUARDS, page.encode("utf-8", "replace"))


def _event(visit: Visit, widget: Data, properties: Data, place: int, span: Span) -> Data:
    """What the function is invoked with: the widget's parameters, and where it is shown."""
    given = properties.get("params")
    params: Data = given if isinstance(given, dict) else {}
    spot = spot_of(widget, place)
    context = {
        "dashboardName": visit.parts[0],
        "widgetId": f"widget-{place + 1}",
        "accountId": visit.scope.account,
        "locale": "en",
        "timezone": _SECONDS_OFF,
        "period": 300,
        "isAutoPeriod": True,
        "timeRange": {"mode": "absolute", "start": int(span.start * 1000), "end": int(span.end * 1000)},
        "theme": "light",
        "linkCharts": False,
        "title": str(properties.get("title") or ""),
        "forms": {"all": {}},
        "params": params,
        "width": spot.width * 62 - 24,
        "height": spot.height * 48 - 60,
    }
    return {**params, "widgetContext": context}


async def _answer(visit: Visit, properties: Data, event: Data) -> str:
    endpoint = str(properties.get("endpoint") or "")
    place = arn.parse(endpoint)
    if place is None or place.service != "lambda" or not place.resource.startswith("function:"):
        return f'<p class="bad">The endpoint {escape(endpoint[:200])} is no function.</p>'
    output = await visit.ask(
        "lambda", "Invoke", region=place.region, FunctionName=endpoint, Payload=orjson.dumps(event)
    )
    payload = output.get("Payload") or b""
    if not isinstance(payload, bytes):
        payload = b"".join([chunk async for chunk in payload])
    try:
        said = orjson.loads(payload)
    except ValueError:
        said = None
    if "FunctionError" in output:
        told = said.get("errorMessage") if isinstance(said, dict) else None
        return f'<p class="bad">The function failed: {escape(str(told))}</p>'
    return _shown(said)


def _shown(said: Any) -> str:
    """A text is HTML, {"markdown": …} is Markdown, and anything else is shown as JSON."""
    if isinstance(said, str):
        return said
    if isinstance(said, dict) and isinstance(said.get("markdown"), str):
        return rendered(said["markdown"])
    return f"<pre>{escape(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())}</pre>"
