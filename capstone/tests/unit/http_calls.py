"""Calls of a function's handler as the HTTP API makes them (payload 2.0)."""

from __future__ import annotations

import json
from types import ModuleType, SimpleNamespace
from typing import Any


class Answered:
    """A function's answer, read."""

    def __init__(self, response: dict[str, Any]) -> None:
        self.status: int = response["statusCode"]
        self.headers: dict[str, str] = {name.lower(): value for name, value in response["headers"].items()}
        self.body: Any = json.loads(response["body"]) if response.get("body") else None


ADA = {"sub": "c1"}
EVE = {"sub": "c2"}
STAFF = {"sub": "s1", "cognito:groups": "[staff]"}


def call(
    module: ModuleType,
    method: str,
    path: str,
    body: Any = None,
    query: Any = None,
    headers: Any = None,
    caller: dict[str, str] | None = None,
) -> Answered:
    """Call the module's handler; a text is sent as it is, anything else as JSON."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": query or {},
        "requestContext": {
            "requestId": "request-1",
            "stage": "$default",
            "authorizer": {"jwt": {"claims": caller or ADA, "scopes": None}},
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
        },
        "body": text,
        "isBase64Encoded": False,
    }
    return Answered(module.handler(event, context()))


def context() -> Any:
    """What Lambda tells a function about its invocation."""
    return SimpleNamespace(
        function_name="unit",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:unit",
        aws_request_id="invocation-1",
        get_remaining_time_in_millis=lambda: 10_000,
    )
