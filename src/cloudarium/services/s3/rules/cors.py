"""CORS: the check of a configuration, and which rule a browser's request meets.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache
from re import Pattern, compile
from typing import Any

from cloudarium.services.s3 import errors

METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
MOST_RULES = 100


def check(rules: Sequence[dict[str, Any]]) -> None:
    """Raise when S3 would not take these rules."""
    if not rules or len(rules) > MOST_RULES:
        raise errors.MalformedXml()
    for rule in rules:
        if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
            raise errors.MalformedXml()
        for method in rule["AllowedMethods"]:
            if method not in METHODS:
                raise errors.InvalidRequest(
                    f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )
        for origin in rule["AllowedOrigins"]:
            if origin.count("*") > 1:
                raise errors.InvalidRequest(f'AllowedOrigin "{origin}" can not have more than one wildcard.')
        for header in rule.get("AllowedHeaders", ()):
            if header.count("*") > 1:
                raise errors.InvalidRequest(f'AllowedHeader "{header}" can not have more than one wildcard.')
        for header in rule.get("ExposeHeaders", ()):
            if "*" in header:
                raise errors.InvalidRequest(
                    f'ExposeHeader "{header}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
                )


@lru_cache(maxsize=1024)
def _pattern(text: str) -> Pattern[str]:
    return compile(translate(text.replace("[", "[[]").replace("?", "[?]")))


def _meets(patterns: Sequence[str], value: str) -> bool:
    return any(_pattern(pattern).match(value) for pattern in patterns)


def find(rules: Sequence[dict[str, Any]], origin: str, method: str, headers: Sequence[str]) -> dict[str, Any] | None:
    """The first rule that allows this origin, method and these request headers."""
    for rule in rules:
        allowed = [header.lower() for header in rule.get("AllowedHeaders", ())]
        if (
            method in rule["AllowedMethods"]
            and _meets(rule["AllowedOrigins"], origin)
            and all(_meets(allowed, header.lower()) for header in headers)
        ):
            return rule
    return None


def response_headers(rule: dict[str, Any], origin: str, asked: Sequence[str]) -> dict[str, str]:
    """The headers that tell the browser what the rule allows."""
    anyone = "*" in rule["AllowedOrigins"]
    headers = {
        "access-control-allow-origin": "*" if anyone else origin,
        "access-control-allow-methods": ", ".join(rule["AllowedMethods"]),
        "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    if not anyone:
        headers["access-control-allow-credentials"] = "true"
    if asked:
        headers["access-control-allow-headers"] = ", ".join(asked)
    if rule.get("ExposeHeaders"):
        headers["access-control-expose-headers"] = ", ".join(rule["ExposeHeaders"])
    if rule.get("MaxAgeSeconds") is not None:
        headers["access-control-max-age"] = str(rule["MaxAgeSeconds"])
    return headers
