"""Fn::ForEach of the transform AWS::LanguageExtensions: a loop in a template becomes the members it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.functions import Context, resolve, text

_PREFIX = "Fn::ForEach::"
MEMBER_LIMIT = 20_000


class LoopProblem(ValidationError):
    """The transform's refusal, in AWS's form."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"Transform AWS::LanguageExtensions failed with: {problem}")


def expand(template: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """`template` with every loop written out."""
    return _Expansion(context).value(dict(template), {})


class _Expansion:
    """One walk over a template, counting what it makes so that nested loops cannot fill the memory."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.made = 0

    def value(self, value: Any, names: Mapping[str, str]) -> Any:
        self.made += 1
        if self.made > MEMBER_LIMIT and names:
            raise LoopProblem("Fn::ForEach makes too many members.")
        if isinstance(value, str):
            return _named(value, names)
        if isinstance(value, list):
            return [self.value(item, names) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in names:
            return names[value["Ref"]]
        if len(value) == 1 and (made_up := self.made_up(value, names)) is not None:
            return made_up
        made: dict[str, Any] = {}
        for key, member in value.items():
            if key.startswith(_PREFIX):
                made.update(self.loop(member, names))
            else:
                made[_named(key, names)] = self.value(member, names)
        return made

    def made_up(self, value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
        """Ref and Fn::GetAtt of a logical id that a function makes: the transform writes the id there."""
        if isinstance(value.get("Ref"), dict):
            return {"Ref": text(resolve(self.value(value["Ref"], names), self.context))}
        parts = value.get("Fn::GetAtt")
        if isinstance(parts, list) and len(parts) == 2 and any(isinstance(part, dict) for part in parts):
            return {"Fn::GetAtt": [text(resolve(self.value(part, names), self.context)) for part in parts]}
        return None

    def loop(self, argument: Any, names: Mapping[str, str]) -> dict[str, Any]:
        if not isinstance(argument, list) or len(argument) != 3:
            raise LoopProblem("Fn::ForEach layout is incorrect.")
        identifier, collection, body = argument
        if not isinstance(identifier, str) or not isinstance(body, dict) or not body:
            raise LoopProblem("Fn::ForEach layout is incorrect.")
        items = resolve(self.value(collection, names), self.context)
        if isinstance(items, list) and any(isinstance(item, list) for item in items):
            items = [part for item in items for part in (item if isinstance(item, list) else [item])]
        if not isinstance(items, list):
            raise LoopProblem("Fn::ForEach could not resolve the collection.")
        made: dict[str, Any] = {}
        for item in items:
            inner = {**names, identifier: text(item)}
            for key, member in body.items():
                self._add(made, key, member, inner)
        return made

    def _add(self, made: dict[str, Any], key: str, member: Any, names: Mapping[str, str]) -> None:
        if key.startswith(_PREFIX):
            made.update(self.loop(member, names))
            return
        name = _named(key, names)
        if name in made:
            raise LoopProblem(f"Fn::ForEach makes the key {name} twice.")
        made[name] = self.value(member, names)


def _named(source: str, names: Mapping[str, str]) -> str:
    """${Identifier} as it is, &{Identifier} without what may not stand in a logical id."""
    for name, value in names.items():
        if name in source:
            source = source.replace("${" + name + "}", value)
            source = source.replace("&{" + name + "}", re.sub(r"[^A-Za-z0-9]", "", value))
    return source
