"""SES's templates: the part of Handlebars that it takes, without escaping.

Source: https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-advanced.html ("doesn't escape HTML content")
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

_TAG = re.compile(r"\{\{\{\s*(?P<raw>.*?)\s*\}\}\}|\{\{!--.*?--\}\}|\{\{!.*?\}\}|\{\{\s*(?P<tag>.*?)\s*\}\}", re.S)
_PATH = re.compile(r"@?[\w.\-/]+(?:\[\d+\][\w.\-]*)*|\.|this")
_LATER = frozenset({"ses:openTracker", "amazonSESUnsubscribeUrl"})  # what is put in when the message is sent
_DEEPEST = 30
_LONGEST = 10 * 1024 * 1024
_PIECE = 100  # what a piece counts beside its length: loops that print little would hold up everybody else


class BadTemplate(ValueError):
    """The template cannot be read."""


class Unsupported(ValueError):
    """The template uses a part of Handlebars that is not built; its text names it."""


class MissingAttribute(ValueError):
    """The data has no value for a name; its text is the name."""


class TooLong(ValueError):
    """The rendered text is larger than any mail may be."""


class Node(NamedTuple):
    """A piece of a template: text, a value (`path`), or a block (`if`, `unless`, `each`, `with`) with its two sides."""

    kind: str
    value: str
    inside: tuple[Node, ...] = ()
    otherwise: tuple[Node, ...] = ()


@lru_cache(maxsize=256)
def read(text: str) -> tuple[Node, ...]:
    """The pieces of a template. Raises BadTemplate or Unsupported."""
    tokens: list[tuple[str, str]] = []
    place = 0
    for found in _TAG.finditer(text):
        if found.start() > place:
            tokens.append(("text", text[place : found.start()]))
        place = found.end()
        tag = found["raw"] if found["raw"] is not None else found["tag"]
        if tag is not None:
            tokens.append(("tag", tag.strip("~ ").strip()))
    rest = text[place:]
    if "{{" in rest:
        raise BadTemplate("a tag is not closed")
    tokens.append(("text", rest))
    nodes, left, _ = _block(tokens, 0, "", 0)
    assert left == len(tokens)
    return nodes


def _block(tokens: list[tuple[str, str]], place: int, block: str, depth: int) -> tuple[tuple[Node, ...], int, str]:
    """The pieces up to the end of `block` or its else, the place behind, and how it ended."""
    if depth > _DEEPEST:
        raise BadTemplate("blocks are nested too deeply")
    nodes: list[Node] = []
    while place < len(tokens):
        kind, value = tokens[place]
        place += 1
        if kind == "text":
            nodes.append(Node("text", value))
        elif value.startswith("#"):
            node, place = _opened(tokens, place, value[1:].strip(), depth)
            nodes.append(node)
        elif value.startswith("/"):
            if value[1:].strip() != block:
                raise BadTemplate(f"{{{{{value}}}}} closes nothing")
            return tuple(nodes), place, "end"
        elif value == "else" or value.startswith("else ") or value == "^":
            if not block:
                raise BadTemplate("{{else}} outside of a block")
            return tuple(nodes), place, value
        elif value in _LATER:
            nodes.append(Node("text", f"{{{{{value}}}}}"))
        else:
            nodes.append(Node("path", _path(value.removeprefix("&").strip())))
    if block:
        raise BadTemplate(f"{{{{#{block}}}}} is not closed")
    return tuple(nodes), place, "end"


def _opened(tokens: list[tuple[str, str]], place: int, opened: str, depth: int) -> tuple[Node, int]:
    name, _, subject = opened.partition(" ")
    if name.startswith("*") or name == "inline":
        raise Unsupported("inline partials in a template")
    if name not in ("if", "unless", "each", "with"):
        raise BadTemplate(f"unknown block {{{{#{name[:50]}}}}}")
    path = _path(subject.strip())
    inside, place, ended = _block(tokens, place, name, depth + 1)
    otherwise: tuple[Node, ...] = ()
    if ended.startswith("else ") and ended[5:].strip():  # {{else if x}} is a block of its own that shares the end
        chained = ended[5:].strip()
        if not chained.startswith(name + " "):
            raise BadTemplate("{{else …}} must repeat its block's name")
        node, place = _opened(tokens, place, chained, depth + 1)
        return Node(name, path, inside, (node,)), place
    if ended != "end":
        otherwise, place, ended = _block(tokens, place, name, depth + 1)
        if ended != "end":
            raise BadTemplate("a block has two {{else}}")
    return Node(name, path, inside, otherwise), place


def _path(text: str) -> str:
    if text.startswith(">"):
        raise Unsupported("partials in a template")
    if not _PATH.fullmatch(text):
        raise BadTemplate(f"{{{{{text[:50]}}}}} is no attribute")
    return text


def render(text: str, data: Any) -> str:
    """The text with the data's values. Raises BadTemplate, Unsupported, MissingAttribute or TooLong."""
    parts: list[str] = []
    _render(read(text), [({}, data)], parts, [0])
    return "".join(parts)


Frames = list[tuple[dict[str, Any], Any]]  # (@-variables, this), the innermost last


def _render(nodes: tuple[Node, ...], frames: Frames, parts: list[str], size: list[int]) -> None:
    for node in nodes:
        if node.kind == "text":
            _add(parts, size, node.value)
        elif node.kind == "path":
            value = _find(frames, node.value)
            if value is _NOTHING:
                raise MissingAttribute(node.value)
            _add(parts, size, _shown(value))
        else:
            _render_block(node, frames, parts, size)


def _add(parts: list[str], size: list[int], text: str) -> None:
    size[0] += len(text) + _PIECE
    if size[0] > _LONGEST:
        raise TooLong
    parts.append(text)


def _render_block(node: Node, frames: Frames, parts: list[str], size: list[int]) -> None:
    value = _find(frames, node.value)
    true = value is not _NOTHING and value not in (None, False, 0, "") and value != []
    if node.kind in ("if", "unless"):
        _render(node.inside if true is (node.kind == "if") else node.otherwise, frames, parts, size)
    elif not true or (node.kind == "each" and not isinstance(value, (list, dict))) or value == {}:
        _render(node.otherwise, frames, parts, size)
    elif node.kind == "with":
        _render(node.inside, [*frames, ({}, value)], parts, size)
    else:
        pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for index, (key, item) in enumerate(pairs):
            _add(parts, size, "")
            known = {"index": index, "key": key, "first": index == 0, "last": index == len(pairs) - 1}
            _render(node.inside, [*frames, (known, item)], parts, size)


_NOTHING = object()
_STEP = re.compile(r"[^.\[\]/]+")


def _find(frames: Frames, path: str) -> Any:
    up = 0
    while path.startswith("../"):
        path, up = path[3:], up + 1
    if path == "..":
        path, up = "this", up + 1
    if up >= len(frames):
        return _NOTHING
    known, this = frames[-1 - up]
    if path.startswith("@"):
        name, dot, rest = path[1:].partition(".")
        if name == "root":
            return _find(frames[:1], rest) if dot else frames[0][1]
        return known.get(path[1:], _NOTHING)
    steps = _STEP.findall(path)
    if steps and steps[0] == "this":
        steps = steps[1:]
    value = this
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdecimal() and int(step[:9]) < len(value):
            value = value[int(step[:9])]
        else:
            return _NOTHING
    return value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list):
        return ",".join(_shown(each) for each in value)
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
