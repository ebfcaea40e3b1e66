"""What API Gateway tells CloudWatch of an HTTP API's requests.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
"""

from __future__ import annotations

from cloudarium.gateway.meters import Dimensions
from cloudarium.services.apigatewayv2.rules.responses import Outgoing
from cloudarium.services.apigatewayv2.serving.visit import Visit

_NAMESPACE = "AWS/ApiGateway"


def served(visit: Visit, response: Outgoing) -> None:
    """Count a request: by API, by stage, and by route where the stage or its route asks for detailed metrics."""
    call = visit.call
    assert call.request is not None
    api, stage = ("ApiId", visit.served.id), ("Stage", visit.place.stage.name)
    kind = response.status // 100
    values = [
        ("Count", 1.0, "Count"),
        ("4xx", 1.0 if kind == 4 else 0.0, "Count"),
        ("5xx", 1.0 if kind == 5 else 0.0, "Count"),
        ("Latency", float(int((call.cloud.stopwatch() - call.started) * 1000)), "Milliseconds"),
        ("DataProcessed", float(len(call.request.body) + len(response.body)), "Bytes"),
    ]
    if "integrationLatency" in visit.log:
        values.append(("IntegrationLatency", float(visit.log["integrationLatency"]), "Milliseconds"))
    places: list[Dimensions] = [(api,), (api, stage)]
    key = visit.route_key
    if visit.place.stage.detailed(key):
        method, _, path = key.partition(" ")
        places.append((api, ("Method", method), ("Resource", path or key), stage))
    for dimensions in places:
        for name, value, unit in values:
            call.cloud.meter.add(call.now, call.scope, _NAMESPACE, name, dimensions, value, unit)
