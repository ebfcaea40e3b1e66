"""What a target gets of an event: all of it, a constant, a part, or what a template makes of its parts.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from cloudarium.services.events import errors
from cloudarium.services.events.rules.entries import as_text

_PLACEHOLDER = re.compile(r"<([^<>\s]{1,256})>")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9})\]|\[\*\]|\['([^']*)'\]")
_OWN = frozenset((
    "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event",
    "aws.events.event.json",
))  # fmt: skip
_SHORT = ("id", "account", "detail-type", "time", "source", "region", "resources", "version")
_ABSENT = object()


def check(target: dict[str, Any]) -> None:
    """Raise ValidationException for a target whose input cannot be made."""
    given = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name) is not None]
    if len(given) > 1:
        raise errors.Invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
        )
    if "Input" in given and not _is_json(target["Input"]):
        raise errors.Invalid(f"JSON syntax error in input for target {target['Id']}: Invalid JSON")
    if "InputPath" in given and _steps(target["InputPath"]) is None:
        raise errors.Invalid(f"Invalid InputPath for target {target['Id']}.")
    if "InputTransformer" in given:
        _check_transformer(target["Id"], target["InputTransformer"])


def _check_transformer(id: str, transformer: dict[str, Any]) -> None:
    paths = transformer.get("InputPathsMap") or {}
    for name, path in paths.items():
        if name.startswith("AWS") or name.startswith("aws."):
            raise errors.Invalid(f"Invalid InputPathsMap for target {id}: keys cannot begin with AWS.")
        if _steps(path) is None:
            raise errors.Invalid(f"Invalid InputPathsMap for target {id}: {path} is not a valid JSON path.")
    template = transformer["InputTemplate"]
    for name in _PLACEHOLDER.findall(template):
        if name not in paths and name not in _OWN:
            raise errors.Invalid(f"InputTemplate for target {id} contains invalid placeholder {name}.")
    if template.lstrip().startswith("{"):
        tried = _PLACEHOLDER.sub(lambda found: "" if _in_string(template, found.start()) else "0", template)
        if not _is_json(tried):
            raise errors.Invalid(f"Invalid InputTemplate for target {id} : {_problem(tried)}")


def _problem(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            return f'[Source: (String)"{text[:500]}"; line: {error.lineno}, column: {error.colno}].'
    return f'[Source: (String)"{text[:500]}"].'


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def of(target: dict[str, Any], event: dict[str, Any], rule_arn: str, ingested: str) -> str:
    """The text that a target gets of an event."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        found = at(event, target["InputPath"])
        return as_text(None if found is _ABSENT else found)
    if target.get("InputTransformer") is not None:
        return _transformed(target["InputTransformer"], event, rule_arn, ingested)
    return as_text(event)


def at(event: Any, path: str) -> Any:
    """What lies at a path, `_ABSENT` when nothing does."""
    places = [event]
    several = False
    for step in _steps(path) or ():
        places = [inner for place in places for inner in _into(place, step)]
        several = several or step is None
    if several:
        return places
    return places[0] if places else _ABSENT


def _into(place: Any, step: str | int | None) -> list[Any]:
    if isinstance(place, list):
        if step is None:
            return place
        return [place[step]] if isinstance(step, int) and step < len(place) else []
    return [place[step]] if isinstance(place, dict) and isinstance(step, str) and step in place else []


def value_at(event: Any, path: str) -> Any:
    """What lies at a path, an empty text when nothing does."""
    found = at(event, path)
    return "" if found is _ABSENT else found


def _steps(path: str) -> list[str | int | None] | None:
    """The steps of a JSON path: names, indexes, or None for all elements. None for what is no path."""
    if not path.startswith("$"):
        return None
    steps: list[str | int | None] = []
    place = 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            return None
        name, index, quoted = found.groups()
        steps.append(int(index) if index else name if name is not None else quoted)
        place = found.end()
    return steps


# ---- Templates -------------------------------------------------------------------------------------------------------


def _transformed(transformer: dict[str, Any], event: dict[str, Any], rule_arn: str, ingested: str) -> str:
    template = transformer["InputTemplate"]
    values = {name: at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    *_, rule_name = rule_arn.split("/")
    own = {name if name != "detail-type" else "detailType": event[name] for name in _SHORT if name in event}
    values.update({
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": ingested,
        "aws.events.event": own,
        "aws.events.event.json": event,
    })  # fmt: skip
    is_json = template.lstrip().startswith("{")

    def put(found: re.Match[str]) -> str:
        value = values.get(found[1], _ABSENT)
        if not is_json:
            return _inside(value)
        if _in_string(template, found.start()):
            return json.dumps(_inside(value), ensure_ascii=False)[1:-1]
        return '""' if value is _ABSENT else as_text(value)

    made = _PLACEHOLDER.sub(put, template)
    return as_text(json.loads(made)) if is_json else made


def _inside(value: Any) -> str:
    """A value within a text: objects and lists lose their quotes."""
    if value is _ABSENT:
        return ""
    if isinstance(value, str):
        return value
    text = as_text(value)
    return text.replace('"', "") if isinstance(value, (dict, list)) else text


def _in_string(template: str, place: int) -> bool:
    """Whether a place of a JSON template is inside of a string."""
    inside = escaped = False
    for sign in template[:place]:
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = inside
        elif sign == '"':
            inside = not inside
    return inside
