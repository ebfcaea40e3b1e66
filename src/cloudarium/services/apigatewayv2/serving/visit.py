"""One request at an API's door: what is known of it, and how it can be refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.services.apigatewayv2 import resources
from cloudarium.services.apigatewayv2.rules.requests import Incoming
from cloudarium.services.apigatewayv2.rules.responses import Outgoing
from cloudarium.services.apigatewayv2.rules.routing import Match
from cloudarium.services.apigatewayv2.serving.config import Place, Served

MESSAGES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Refused(Exception):
    """API Gateway answers by itself, with AWS's message for the status; `reason` goes into the access log only."""

    def __init__(self, status: int, reason: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(reason or MESSAGES[status])
        self.status = status
        self.headers = headers or {}

    def response(self) -> Outgoing:
        """The response to the client."""
        body = orjson.dumps({"message": MESSAGES[self.status]})
        return Outgoing(self.status, {"content-type": "application/json", **self.headers}, body)


@dataclass(slots=True)
class Visit:
    """A request on its way through an API. `authorizer` is what the event's requestContext says of the caller."""

    call: Call
    served: Served
    place: Place
    match: Match
    headers: dict[str, str]
    query: str
    authorizer: dict[str, Any] = field(default_factory=dict)
    log: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The HTTP method."""
        assert self.call.request is not None
        return self.call.request.method

    @property
    def route_key(self) -> str:
        """The key of the route that was taken."""
        return self.match.route["RouteKey"]

    def arn(self) -> str:
        """The ARN of this very request: API/STAGE/METHOD/path."""
        rest = f"{self.place.stage.name}/{self.method}{self.place.inner}"
        return resources.invoke_arn(self.served.scope, self.served.id, rest)

    def route_arn(self) -> str:
        """The ARN that a function's policy sees as the source: API/STAGE/METHOD/route path, or API/STAGE/$default."""
        _, _, path = self.route_key.partition(" ")
        rest = f"{self.method}{path}" if path else self.route_key
        return resources.invoke_arn(self.served.scope, self.served.id, f"{self.place.stage.name}/{rest}")

    def _domain(self) -> str:
        """The host without its port; what it would be for a request that came by path."""
        assert self.call.door is not None
        if self.call.door.by_host:
            return self.headers.get("host", "").partition(":")[0]
        return f"{self.served.id}.execute-api.localhost"

    def incoming(self) -> Incoming:
        """The request as events tell it."""
        request = self.call.request
        assert request is not None
        return Incoming(
            api_id=self.served.id,
            account=self.served.scope.account,
            stage=self.place.stage.name,
            variables=self.place.stage.variables,
            route_key=self.route_key,
            method=request.method,
            path=self.place.shown,
            query=self.query,
            headers=self.headers,
            body=request.body,
            path_parameters=self.match.variables,
            authorizer=self.authorizer,
            request_id=self.call.request_id,
            source_ip=request.peer,
            domain=self._domain(),
            now=self.call.now,
        )
