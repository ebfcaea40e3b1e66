"""Fit properties to a resource type's schema: numbers and truths from text, and AWS's words for what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_JSON_NAMES = {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean", int: "Integer", float: "Double"}
_KINDS: dict[type, tuple[Any, ...]] = {dict: ("object", ["object"]), list: ("array", ["array"])}
_TYPE_NAMES = {
    "object": "JSONObject", "array": "JSONArray", "string": "String", "boolean": "Boolean",
    "integer": "Integer", "number": "Number",
}  # fmt: skip


def fit(schema: Mapping[str, Any], properties: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The properties with every scalar in the type the schema wants, and what is wrong with them.

    Template values are mostly texts ("128", "true"); AWS makes them what the resource type expects.
    """
    fitting = _Fitting(schema.get("definitions", {}))
    fitted = fitting.value({**schema, "type": "object"}, properties, "#")
    return fitted, fitting.problems


class _Fitting:
    """One walk over properties and schema together."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.problems: list[str] = []

    def value(self, schema: Mapping[str, Any], value: Any, path: str) -> Any:
        schema = self._followed(schema)
        if "choices" in schema:
            return self._chosen(schema["choices"], value, path)
        kinds = schema.get("type")
        kind = kinds[0] if isinstance(kinds, list) and len(kinds) == 1 else kinds
        if isinstance(kind, list):
            return value
        if kind is None and "properties" in schema:
            kind = "object"
        if kind == "object":
            return self._object(schema, value, path)
        if kind == "array":
            return self._array(schema, value, path)
        made = scalar(kind, value) if isinstance(kind, str) else value
        if made is None and value is not None:
            self._wrong_type(kind or "", value, path)
            return value
        if "enum" in schema and made not in schema["enum"] and not isinstance(made, dict | list):
            self.problems.append(f"{path}: {made} is not a valid enum value")
        return made

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(10):
            if "ref" not in schema:
                break
            schema = self.definitions.get(schema["ref"], {})
        return schema

    def _chosen(self, choices: list[Mapping[str, Any]], value: Any, path: str) -> Any:
        """The first choice that fits; else the only one of the value's kind is blamed, of several none."""
        near: list[_Fitting] = []
        for choice in choices:
            attempt = _Fitting(self.definitions)
            fitted = attempt.value(choice, value, path)
            if not attempt.problems:
                return fitted
            if self._followed(choice).get("type") in _KINDS.get(type(value), ()):
                near.append(attempt)
        if len(near) == 1:
            self.problems += near[0].problems
        return value

    def _object(self, schema: Mapping[str, Any], value: Any, path: str) -> Any:
        if isinstance(value, str) and "properties" not in schema and "values" not in schema:
            return value  # a policy document given as JSON text, which AWS takes
        if not isinstance(value, dict):
            self._wrong_type("object", value, path)
            return value
        known = schema.get("properties")
        others = schema.get("values")
        made = {}
        for name in schema.get("required", []):
            if name not in value:
                self.problems.append(f"{path}: required key [{name}] not found")
        for name, member in value.items():
            inner = (known or {}).get(name, others)
            if inner is None and known:
                self.problems.append(f"{path}: extraneous key [{name}] is not permitted")
            made[name] = self.value(inner or {}, member, f"{path}/{name}")
        return made

    def _array(self, schema: Mapping[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, list):
            if isinstance(value, str | int | float):
                return [self.value(schema.get("items", {}), value, f"{path}/0")]
            self._wrong_type("array", value, path)
            return value
        items = schema.get("items", {})
        return [self.value(items, item, f"{path}/{index}") for index, item in enumerate(value)]

    def _wrong_type(self, kind: str, value: Any, path: str) -> None:
        wanted, found = _TYPE_NAMES.get(kind, kind), _JSON_NAMES.get(type(value), "Null")
        self.problems.append(f"{path}: expected type: {wanted}, found: {found}")


def scalar(kind: str, value: Any) -> Any:
    """`value` as the JSON type `kind`, None when it cannot be that."""
    if isinstance(value, dict | list):
        return None
    if kind == "string":
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else str(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    if kind in ("integer", "number"):
        return _number(kind, value)
    return value


def _number(kind: str, value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else (value if kind == "number" else None)
    source = value.strip()
    if re.fullmatch(r"[+-]?\d{1,18}", source):
        return int(source)
    if kind == "number" and re.fullmatch(r"[+-]?\d{1,18}\.\d{1,18}", source):
        return float(source)
    return None
