"""LAMBDA: time series that a function of one's own answers.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_MultiDataSources-Custom-Use.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from cloudarium.services.cloudwatch.metric_math.parser import Apply, Group, Name, Node, Number, Text
from cloudarium.services.cloudwatch.metric_math.values import MathError

NAME = "LAMBDA"
_MOST_ARGUMENTS = 20
_FUNCTION = re.compile(r"[a-zA-Z0-9-_]{1,64}(:(\$LATEST|[a-zA-Z0-9-_]{1,128}))?")
_TRUTH = {"true": True, "false": False}


class Asked(NamedTuple):
    """What is asked of a function: its name, and the arguments as JSON."""

    function: str
    arguments: bytes


def asked(arguments: tuple[Node, ...]) -> Asked:
    """What LAMBDA with these arguments asks. Raises MathError."""
    if not arguments or not isinstance(arguments[0], Text) or not _FUNCTION.fullmatch(arguments[0].value):
        raise MathError("LAMBDA needs the name of a function, with a version or an alias if you like")
    if len(arguments) > _MOST_ARGUMENTS + 1:
        raise MathError(f"LAMBDA takes at most {_MOST_ARGUMENTS} arguments for the function")
    return Asked(arguments[0].value, orjson.dumps([_literal(each) for each in arguments[1:]]))


def _literal(node: Node) -> str | float | bool:
    if isinstance(node, Text):
        return re.sub(r"\s*\n\s*", " ", node.value)  # AWS replaces line feeds
    if isinstance(node, Name) and node.name.lower() in _TRUTH:
        return _TRUTH[node.name.lower()]
    if isinstance(node, Apply) and node.function == "negative" and isinstance(node.arguments[0], Number):
        node = Number(-node.arguments[0].value)
    if isinstance(node, Number):
        return int(node.value) if node.value.is_integer() else node.value
    raise MathError("The arguments of LAMBDA are strings, numbers, true and false")


def all_asked(node: Node) -> Iterator[Asked]:
    """What every LAMBDA of an expression asks; those that cannot be read are left out."""
    if isinstance(node, Apply) and node.function == NAME:
        try:
            yield asked(node.arguments)
        except MathError:
            return
    elif isinstance(node, Apply | Group):
        for part in node.arguments if isinstance(node, Apply) else node.items:
            yield from all_asked(part)
