"""What a Lambda function's answer becomes: payload formats 1.0 and 2.0."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class InvalidAnswer(ValueError):
    """The function's answer is not of the form that its payload format demands; clients get a 500."""


@dataclass(slots=True)
class Outgoing:
    """A response to the client; header names are lower-case, `cookies` go out one header each."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: list[str] = field(default_factory=list)


def answer(payload: bytes, version: str) -> Outgoing:
    """The response that a function's output stands for. Raises InvalidAnswer."""
    try:
        output = orjson.loads(payload) if payload else None
    except ValueError as error:
        raise InvalidAnswer("the function's output is not JSON") from error
    if isinstance(output, dict) and "statusCode" in output:
        return _stated(output, version)
    if version == "1.0":
        raise InvalidAnswer("the function's output has no statusCode")
    body = output.encode() if isinstance(output, str) else payload or b"null"
    return Outgoing(200, {"content-type": "application/json"}, body)


def _stated(output: dict[str, Any], version: str) -> Outgoing:
    response = Outgoing(_status(output["statusCode"]), _headers(output.get("headers")), _body(output))
    if version == "1.0":
        for name, values in _mapping(output.get("multiValueHeaders")).items():
            if not isinstance(values, list):
                raise InvalidAnswer("multiValueHeaders must hold lists")
            texts = [_text(value) for value in values]
            if name.lower() == "set-cookie":
                response.headers.pop("set-cookie", None)
                response.cookies += texts
            else:
                response.headers[_name(name)] = ",".join(texts)
    else:
        cookies = output.get("cookies") or []
        if not isinstance(cookies, list):
            raise InvalidAnswer("cookies must be a list")
        response.cookies += [_text(cookie) for cookie in cookies]
    if "set-cookie" in response.headers:
        response.cookies.insert(0, response.headers.pop("set-cookie"))
    response.headers.setdefault("content-type", "text/plain;charset=UTF-8")
    return response


def _status(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise InvalidAnswer("statusCode is not a status")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidAnswer("headers must be a map")
    return value


def _headers(value: Any) -> dict[str, str]:
    return {_name(name): _text(text) for name, text in _mapping(value).items()}


def _name(name: str) -> str:
    if not _NAME.match(name):
        raise InvalidAnswer(f"{name!r} is not a header name")
    return name.lower()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InvalidAnswer("a header's value must be a text")
    return str(value)


def _body(output: dict[str, Any]) -> bytes:
    body = output.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise InvalidAnswer("body must be a text")
    encoded = output.get("isBase64Encoded", False)
    if encoded not in (True, False, "true", "false"):
        raise InvalidAnswer("isBase64Encoded must be true or false")
    if encoded in (True, "true"):
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidAnswer("body is not Base64") from error
    return body.encode(errors="replace")
