"""What AWS's resource schemas know of each resource type: names, shapes of properties, read-only attributes."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from cloudarium.services.cloudformation.schemas.properties import fit
from cloudarium.shared import stacks
from cloudarium.shared.errors import NotBuilt

__all__ = ["attributes", "check_built", "exists", "fit", "fitted", "property_names", "schema"]


@cache
def _types() -> dict[str, str | None]:
    return orjson.loads(gzip.decompress((Path(__file__).parent / "types.json.gz").read_bytes()))


@cache
def schema(kind: str) -> dict[str, Any] | None:
    """The shape of the type's properties; None when AWS has no such type or we keep only its name."""
    source = _types().get(kind)
    return orjson.loads(source) if source else None


def is_custom(kind: str) -> bool:
    """Whether it is a custom resource: its properties and attributes are the user's own."""
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def exists(kind: str) -> bool:
    """Whether AWS has a resource type of this name."""
    return kind in _types() or kind.startswith("Custom::") or kind == "AWS::CDK::Metadata" or bool(stacks.find(kind))


def attributes(kind: str) -> set[str] | None:
    """What Fn::GetAtt may ask of the type; None when anything may be asked."""
    if is_custom(kind) or kind == "AWS::CloudFormation::Stack":
        return None
    built = stacks.find(kind)
    known = schema(kind)
    if built is not None and built.attributes is not None:
        return set(built.attributes)
    return {path.split("/")[0] for path in known["read_only"]} if known else None


def property_names(kind: str) -> set[str] | None:
    """The names of the type's writable properties; None when they are not known."""
    known = schema(kind)
    if known is None or is_custom(kind):
        return None
    return set(known.get("properties", {})) - set(known["read_only"])


def fitted(kind: str, properties: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The properties in the types of the resource type's schema, and what is wrong with them in AWS's words."""
    known = schema(kind)
    if known is None or is_custom(kind):
        built = stacks.find("AWS::CloudFormation::CustomResource" if is_custom(kind) else kind)
        lacking = [name for name in (built.required if built else ()) if name not in properties]
        return properties, [f"#: required key [{name}] not found" for name in lacking]
    return fit(known, properties)


def check_built(kind: str, properties: dict[str, Any]) -> None:
    """Raise NotBuilt naming a property that AWS has and the type has not built."""
    built = stacks.find("AWS::CloudFormation::CustomResource" if is_custom(kind) else kind)
    if built is None:
        raise NotBuilt(f"the resource type {kind}")
    if is_custom(kind) or not built.properties:
        return
    for path in built.refuses:
        if _present(properties, path.split(".")):
            raise NotBuilt(f"the property {path} of {kind}")
    names = property_names(kind)
    for name in properties:
        if name not in built.properties and (names is None or name in names):
            raise NotBuilt(f"the property {name} of {kind}")


def _present(value: Any, path: list[str]) -> bool:
    """Whether a dotted path (through lists, too) leads to something."""
    if not path:
        return True
    if isinstance(value, list):
        return any(_present(item, path) for item in value)
    return isinstance(value, dict) and path[0] in value and _present(value[path[0]], path[1:])
