"""What all of IAM's resource types do with the properties of a template."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.shared.errors import AwsError
from cloudarium.shared.stacks import Resource

GONE = ("NoSuchEntityException", "NoSuchEntity")
EXISTS = ("EntityAlreadyExistsException", "EntityAlreadyExists")


def text(document: Any) -> str:
    """A policy document of a template, which may write it as an object or as a string."""
    return document if isinstance(document, str) else orjson.dumps(document).decode()


async def make(r: Resource, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Create something; when the stack was interrupted just then, that it exists is success."""
    try:
        return await r.send("iam", operation, {name: value for name, value in given.items() if value is not None})
    except AwsError as error:
        if r.repeated and error.code in EXISTS:
            return {}
        raise


def listed(properties: dict[str, Any], name: str) -> list[Any]:
    """A list property, empty when it is left out."""
    return list(properties.get(name) or ())


def gone_from(r: Resource, name: str) -> list[Any]:
    """What a list property had before and has no more."""
    return [one for one in listed(r.old_properties, name) if one not in listed(r.properties, name)]
