"""Dynamic references: {{resolve:service:reference}} inside property values, read from the other rooms when needed."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.shared.errors import AwsError

Send = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]
_REFERENCE = re.compile(r"\{\{resolve:(?P<service>[a-z-]+):(?P<rest>[^{}]*)\}\}")


def found_in(value: Any) -> Iterator[str]:
    """Every dynamic reference inside `value`, as it is written."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str) and "{{resolve:" in item:
            yield from (match.group(0) for match in _REFERENCE.finditer(item))
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def replaced(value: Any, known: dict[str, str]) -> Any:
    """`value` with the references that are `known` put in place."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: known.get(match.group(0), match.group(0)), value)
    if isinstance(value, dict):
        return {key: replaced(member, known) for key, member in value.items()}
    if isinstance(value, list):
        return [replaced(item, known) for item in value]
    return value


async def filled(value: Any, send: Send) -> Any:
    """`value` with every dynamic reference read and put in place."""
    written = set(found_in(value))
    if not written:
        return value
    return replaced(value, {reference: await _read(reference, send) for reference in sorted(written)})


async def _read(reference: str, send: Send) -> str:
    match = _REFERENCE.fullmatch(reference)
    assert match is not None
    service, rest = match["service"], match["rest"]
    if service in ("ssm", "ssm-secure"):
        return await _parameter(service, rest, reference, send)
    if service == "secretsmanager":
        return await _secret(rest, reference, send)
    raise ValidationError(f"Dynamic references to service {service} are not supported: {reference}")


async def _parameter(service: str, rest: str, reference: str, send: Send) -> str:
    name, _, version = rest.partition(":")
    if not name or (version and not version.isdecimal()):
        raise ValidationError(f"Incorrect format is used in the following SSM reference: [{reference}]")
    wanted = f"{name}:{version}" if version else name
    input: dict[str, Any] = {"Names": [wanted]}
    if service == "ssm-secure":
        input["WithDecryption"] = True
    answer = await send("ssm", "GetParameters", input)
    entries = answer.get("Parameters", [])
    if not entries:
        raise ValidationError(f"Parameters: [{reference.strip('{}').removeprefix('resolve:')}] cannot be found.")
    if service == "ssm" and entries[0].get("Type") == "SecureString":
        raise ValidationError(
            f"Non-secure {reference} reference has been used for a SecureString parameter. Use ssm-secure instead."
        )
    return entries[0]["Value"]


async def _secret(rest: str, reference: str, send: Send) -> str:
    parts = rest.split(":")
    secret_id, parts = (":".join(parts[:7]), parts[7:]) if rest.startswith("arn:") else (parts[0], parts[1:])
    kind, key, stage, version = (parts + [""] * 4)[:4]
    if not secret_id or len(parts) > 4 or kind not in ("", "SecretString"):
        raise ValidationError(f"Incorrect format is used in the following Secrets Manager reference: [{reference}]")
    input: dict[str, Any] = {"SecretId": secret_id}
    if stage:
        input["VersionStage"] = stage
    if version:
        input["VersionId"] = version
    try:
        answer = await send("secretsmanager", "GetSecretValue", input)
    except AwsError as error:
        if "NotFound" not in error.code:
            raise
        raise ValidationError(f"Could not find a value associated with {reference}: {error.message}") from error
    secret = answer.get("SecretString", "")
    return _member(secret, key, reference) if key else secret


def _member(secret: str, key: str, reference: str) -> str:
    try:
        value = json.loads(secret)[key]
    except (ValueError, KeyError, TypeError):
        raise ValidationError(
            f"Could not parse SecretString JSON or find the key {key} in it, as {reference} asks."
        ) from None
    return value if isinstance(value, str) else json.dumps(value)
