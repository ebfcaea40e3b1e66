"""Mail templates: kept, checked, and rendered with data."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.mail import message, rendering
from cloudarium.mail.desk import Data, Desk
from cloudarium.shared.errors import NotBuilt

KIND = "template"
MOST = 20_000
_LARGEST = 500 * 1024
_PARTS = ("Subject", "Text", "Html")


def find(desk: Desk, name: str) -> Data:
    """The template of that name: Subject, Text, Html, Created. Raises when there is none."""
    found = desk.get(KIND, name)
    if found is None:
        raise desk.error(desk.codes.no_template, f"Template {name} does not exist.", TemplateName=name)
    return found


def add(desk: Desk, name: str, parts: Data) -> None:
    """Keep a new template. Raises when the name is taken or the template cannot be read."""
    if desk.get(KIND, name) is not None:
        raise desk.error(desk.codes.exists, f"Template {name} already exists.", Name=name)
    check(desk, name, parts)
    desk.put(KIND, name, {**_chosen(parts), "Created": desk.now})


def change(desk: Desk, name: str, parts: Data) -> None:
    """Put another content into a template."""
    old = find(desk, name)
    check(desk, name, parts)
    desk.put(KIND, name, {**_chosen(parts), "Created": old["Created"]})


def _chosen(parts: Data) -> Data:
    return {part: parts[part] for part in _PARTS if parts.get(part) is not None}


def check(desk: Desk, name: str, parts: Data) -> None:
    """Raise unless the template has a subject, is not too large and can be read."""
    bad = desk.codes.bad_template
    if not parts.get("Subject"):
        raise desk.error(bad, "The subject must be specified.", TemplateName=name)
    if sum(len((parts.get(part) or "").encode(errors="replace")) for part in _PARTS) > _LARGEST:
        raise desk.error(bad, "The template is larger than 500 KB.", TemplateName=name)
    for part in _PARTS:
        try:
            rendering.read(parts.get(part) or "")
        except rendering.BadTemplate as error:
            raise desk.error(bad, f"Template {part} is invalid: {error}", TemplateName=name) from error
        except rendering.Unsupported as error:
            raise NotBuilt(str(error)) from error


def data_of(desk: Desk, name: str, text: str | None) -> dict[str, Any]:
    """The data to render with. Raises when it is no JSON object."""
    try:
        given = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        raise desk.error(desk.codes.bad_rendering, "Template rendering data is invalid.", TemplateName=name)
    return given


def render(parts: Data, data: dict[str, Any]) -> message.Content:
    """The content that a template makes of data. Raises MissingAttribute, TooLong or BadMessage."""
    subject, text, html = (
        rendering.render(parts[part], data) if parts.get(part) is not None else None for part in _PARTS
    )
    content = message.Content(subject or "", text, html)
    message.check_header("Subject", content.subject)
    return content


def try_out(desk: Desk, name: str, text: str) -> str:
    """The whole message that a template makes of data, for a look at it. Raises what cannot be rendered."""
    parts = find(desk, name)
    data = data_of(desk, name, text)
    try:
        raw = message.build(render(parts, data), None, [], [], [])
    except rendering.MissingAttribute as error:
        words = f"Attribute '{error}' is not present in the rendering data."
        raise desk.error(desk.codes.missing_attribute, words, TemplateName=name) from error
    except (rendering.TooLong, message.BadMessage) as error:
        raise desk.error(
            desk.codes.bad_rendering, f"The template cannot be rendered: {error}", TemplateName=name
        ) from error
    return message.finish(raw, "", desk.scope.region, desk.now).decode("utf-8", "replace")
