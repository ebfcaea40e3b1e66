"""CORS of HTTP APIs: what API Gateway itself answers to browsers.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.services.apigatewayv2.errors import BadRequest

_SCHEMES = ("https://*", "http://*")


def check(cors: dict[str, Any]) -> None:
    """Raise BadRequest for a configuration that AWS does not take."""
    origins = cors.get("AllowOrigins") or []
    if cors.get("AllowCredentials") and "*" in origins:
        raise BadRequest("Invalid CORS configuration: AllowCredentials cannot be true when AllowOrigins is *.")
    for origin in origins:
        plain = origin != "*" and origin not in _SCHEMES
        if plain and ("*" in origin or "://" not in origin):
            raise BadRequest(f"Invalid format for origin {origin}. Origin must start with a scheme, such as https://.")


def _allowed_origin(cors: dict[str, Any], origin: str | None) -> str | None:
    origins = cors.get("AllowOrigins") or []
    if origin is None:
        return None
    if "*" in origins:
        return "*"
    if origin in origins or any(origin.startswith(scheme[:-1]) and scheme in origins for scheme in _SCHEMES):
        return origin
    return None


def response_headers(cors: dict[str, Any], origin: str | None) -> dict[str, str]:
    """The headers that every response to this origin gets; none for an origin that is not allowed."""
    allowed = _allowed_origin(cors, origin)
    if allowed is None:
        return {}
    headers = {"access-control-allow-origin": allowed}
    if cors.get("AllowCredentials"):
        headers["access-control-allow-credentials"] = "true"
    if cors.get("ExposeHeaders"):
        headers["access-control-expose-headers"] = ",".join(cors["ExposeHeaders"])
    if allowed != "*":
        headers["vary"] = "origin"
    return headers


def preflight_headers(cors: dict[str, Any], origin: str | None) -> dict[str, str]:
    """The headers that answer a preflight request."""
    headers = response_headers(cors, origin)
    if headers:
        if cors.get("AllowMethods"):
            headers["access-control-allow-methods"] = ",".join(cors["AllowMethods"])
        if cors.get("AllowHeaders"):
            headers["access-control-allow-headers"] = ",".join(cors["AllowHeaders"])
        if cors.get("MaxAge") is not None:
            headers["access-control-max-age"] = str(cors["MaxAge"])
    return headers
