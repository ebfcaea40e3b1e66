"""HTTP backends: the request goes on to the integration's URL."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import quote

from cloudarium.gateway.fetch import Forbidden, fetch
from cloudarium.services.apigatewayv2.rules.responses import Outgoing
from cloudarium.services.apigatewayv2.serving.functions import fill
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit

_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding")
    + ("upgrade", "host", "content-length")
)


async def proxy(visit: Visit, integration: dict[str, Any]) -> Outgoing:
    """Send the request on to the integration's URL; its answer as a response. Raises Refused."""
    uri = fill(integration["IntegrationUri"], visit.place.stage.variables)
    for name, value in visit.match.variables.items():
        filled = quote(value, safe="/~:@!$&'()*+,;=")
        uri = uri.replace(f"{{{name}}}", filled).replace(f"{{{name}+}}", filled)
    method = integration["IntegrationMethod"]
    assert visit.call.request is not None
    if visit.query:
        uri += ("&" if "?" in uri else "?") + visit.query
    seconds = integration["TimeoutInMillis"] / 1000
    try:
        answer = await fetch(
            visit.method if method == "ANY" else method, uri, _headers(visit), visit.call.request.body, seconds
        )
    except TimeoutError as error:
        raise Refused(503, "Endpoint request timed out") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Refused(503 if not isinstance(error, Forbidden) else 500, f"Network error: {error}") from error
    visit.log["integration.status"] = answer.status
    response = Outgoing(answer.status, {}, answer.body)
    for name, value in answer.headers:
        name = name.lower()
        if name == "set-cookie":
            response.cookies.append(value)
        elif name not in _HOP_BY_HOP:
            response.headers[name] = f"{response.headers[name]},{value}" if name in response.headers else value
    return response


def _headers(visit: Visit) -> dict[str, str]:
    assert visit.call.request is not None
    headers = {name: value for name, value in visit.headers.items() if name not in _HOP_BY_HOP}
    for name in ("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"):
        headers.pop(name, None)
    host = visit.headers.get("host", "")
    headers["forwarded"] = f"by=127.0.0.1;for={visit.call.request.peer};host={host};proto={visit.call.request.scheme}"
    headers["via"] = "HTTP/1.1 AmazonAPIGateway"
    return headers
