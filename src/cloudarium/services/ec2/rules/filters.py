"""Filters of Describe operations: names, values with wildcards, tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from cloudarium.services.ec2 import errors
from cloudarium.vpc.records import Data

Reader = Callable[[Data], "str | Iterable[str]"]
MOST_VALUES = 200


def matches(data: Data, filters: Iterable[Mapping[str, Any]], readers: Mapping[str, Reader], tags: str) -> bool:
    """Whether all filters let a thing through: of each, one value must fit. `tags` is the member with its tags.

    Values are compared as text, with `*` for any characters and `?` for one, `\\` before either to mean itself.
    """
    return all(_fits(data, each, readers, tags) for each in filters)


def check(filters: Iterable[Mapping[str, Any]], readers: Mapping[str, Reader]) -> None:
    """Raise for a filter that is not known here or has too many values; one without any value fits nothing."""
    for each in filters:
        name = each.get("Name") or ""
        if not (name in readers or name in ("tag-key", "tag-value") or name.startswith("tag:")):
            raise errors.Invalid(f"The filter '{name}' is invalid")
        if len(each.get("Values") or ()) > MOST_VALUES:
            message = f"The maximum number of filter values specified on a single call is {MOST_VALUES}"
            raise errors.LimitExceeded("FilterLimitExceeded", message)


def _fits(data: Data, asked: Mapping[str, Any], readers: Mapping[str, Reader], tags: str) -> bool:
    name, patterns = asked["Name"], asked.get("Values") or ()
    own = {tag["Key"]: tag["Value"] for tag in data.get(tags, ())}
    if name in readers:
        found = readers[name](data)
        values = [found] if isinstance(found, str) else list(found)
    elif name.startswith("tag:"):
        values = [own[name[4:]]] if name[4:] in own else []
    else:
        values = list(own) if name == "tag-key" else list(own.values())
    return any(_pattern(pattern).fullmatch(value) for pattern in patterns for value in values)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    parts = re.findall(r"\\[*?\\]|.", text, re.S)
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.S)


def member(*path: str) -> Reader:
    """Reads a member, by way of others; what is missing fits nothing. Lists on the way give all that is in them."""

    def read(data: Data) -> Iterable[str]:
        found: list[Any] = [data]
        for name in path:
            values = [value for each in found if (value := each.get(name)) is not None]
            found = [one for value in values for one in (value if isinstance(value, list) else [value])]
        return [_text(value) for value in found]

    return read


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
