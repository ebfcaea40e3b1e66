"""Template text (JSON or YAML with the short forms of functions) to plain dicts and lists, within bounds."""

from __future__ import annotations

import json
import math
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from cloudarium.services.cloudformation.errors import ValidationError

BODY_LIMIT = 51_200
URL_LIMIT = 1_000_000
DEPTH_LIMIT = 100

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_NAMES = ("Ref", "Condition", "Transform")
_SCALAR_TAGS = ("null", "bool", "int", "float", "str", "value")


class _Scalars(Resolver, SafeConstructor):
    """YAML 1.1's plain values without timestamps: 2010-09-09 stays the text it is."""

    def __init__(self) -> None:
        Resolver.__init__(self)
        SafeConstructor.__init__(self)

    def value(self, event: yaml.ScalarEvent) -> Any:
        tag = event.tag or self.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == "tag:yaml.org,2002:timestamp" and not event.tag:
            return event.value
        if tag.rsplit(":", 1)[-1] not in _SCALAR_TAGS:
            raise _not_well_formed(event)
        return self.construct_object(yaml.ScalarNode(tag, event.value), deep=True)


def read(text: str) -> dict[str, Any]:
    """The template in `text`. Raises ValidationError with AWS's words when it is not well-formed."""
    as_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    template = _read_json(text) if as_json else _read_yaml(text)
    _check_bounds(template, f"Template format error: {'JSON' if as_json else 'YAML'} not well-formed.")
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    return template


def _read_json(text: str) -> Any:
    try:
        template = json.loads(text.lstrip("\ufeff"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        # AWS's parser tells where it is after the character that it did not expect.
        position = f"(line {error.lineno}, column {error.colno + (error.pos < len(error.doc))})"
        raise ValidationError(f"Template format error: JSON not well-formed. {position}") from error
    except (ValueError, RecursionError) as error:
        raise ValidationError("Template format error: JSON not well-formed.") from error
    return template


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _check_bounds(template: Any, problem: str) -> None:
    """Refuse what is nested too deeply or cannot be written again; walks level by level, not to overflow itself."""
    level: list[Any] = [template]
    for _ in range(DEPTH_LIMIT):
        following: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                following.extend(value)
                following.extend(value.values())
            elif isinstance(value, list):
                following.extend(value)
            elif not _writable(value):
                raise ValidationError(problem)
        if not following:
            return
        level = following
    raise ValidationError("Template format error: template is nested too deeply.")


def _writable(value: Any) -> bool:
    """Whether a scalar can go into JSON: no lone surrogates, no numbers past 64 bits, no infinities."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def _read_yaml(text: str) -> Any:
    loader = _Loader(text)
    try:
        return _Builder(loader).build()
    except yaml.MarkedYAMLError as error:
        raise ValidationError(_yaml_problem(error.problem_mark or error.context_mark)) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ValidationError("Template format error: YAML not well-formed.") from error
    finally:
        loader.dispose()


def _yaml_problem(mark: Any) -> str:
    position = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"Template format error: YAML not well-formed.{position}"


def _not_well_formed(event: yaml.Event) -> ValidationError:
    return ValidationError(_yaml_problem(event.start_mark))


class _Builder:
    """Builds the tree from YAML's events with a stack of its own: no recursion, no aliases, bounded depth."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.scalars = _Scalars()
        self.stack: list[tuple[Any, list[Any], yaml.Event]] = []
        self.result: Any = None

    def build(self) -> Any:
        documents = 0
        while self.loader.check_event():
            event = self.loader.get_event()
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise ValidationError("Template format error: YAML not well-formed.")
            self._take(event)
        return self.result

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise ValidationError("Template error: YAML aliases are not allowed in CloudFormation templates")
        if isinstance(event, yaml.ScalarEvent):
            self._add(event.value if self._expects_key() else self._scalar(event))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self.stack) >= DEPTH_LIMIT:
                raise ValidationError("Template format error: template is nested too deeply.")
            self.stack.append(({} if isinstance(event, yaml.MappingStartEvent) else [], [], event))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            value, _, start = self.stack.pop()
            tag = getattr(start, "tag", None)
            self._add(short_form(tag, value) if tag and tag.startswith("!") and tag != "!" else value)

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        tag = event.tag
        if tag and tag.startswith("!") and tag != "!":
            return short_form(tag, event.value)
        if tag == "!":
            return event.value
        return self.scalars.value(event)

    def _expects_key(self) -> bool:
        """Keys stay the text they are: 012345678901 is an account, not an octal number."""
        return bool(self.stack) and isinstance(self.stack[-1][0], dict) and not self.stack[-1][1]

    def _add(self, value: Any) -> None:
        if not self.stack:
            self.result = value
            return
        holder, pending, start = self.stack[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif not pending:
            pending.append(self._key(value, start))
        else:
            holder[pending.pop()] = value

    @staticmethod
    def _key(value: Any, start: yaml.Event) -> str:
        if isinstance(value, dict | list):
            raise _not_well_formed(start)
        return str(value)


def short_form(tag: str, value: Any) -> dict[str, Any]:
    """`!Sub text` as `{"Fn::Sub": text}`; `!GetAtt A.B` is split at its first dot."""
    name = tag[1:]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in _PLAIN_NAMES else f"Fn::{name}": value}
