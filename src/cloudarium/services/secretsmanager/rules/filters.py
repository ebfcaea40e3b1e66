"""Filters of ListSecrets and BatchGetSecretValue.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.services.secretsmanager import errors

_WORDS = re.compile(r"[^\s/_+=.@!:-]+")


class Searched(NamedTuple):
    """What filters look at."""

    name: str
    description: str
    region: str
    service: str
    tags: Mapping[str, str]


_TEXTS: dict[str, Callable[[Searched], Sequence[str]]] = {
    "name": lambda secret: [secret.name],
    "description": lambda secret: [secret.description],
    "tag-key": lambda secret: list(secret.tags),
    "tag-value": lambda secret: list(secret.tags.values()),
    "primary-region": lambda secret: [],  # only replicas have one
    "owning-service": lambda secret: [secret.service] if secret.service else [],
    "all": lambda secret: [secret.name, secret.description, *secret.tags, *secret.tags.values()],
}


def check(filters: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidParameter for a filter without a key or without values."""
    for each in filters:
        if not each.get("Key"):
            raise errors.InvalidParameter("Invalid filter key")
        if not each.get("Values"):
            raise errors.InvalidParameter(f"Invalid filter values for key: {each['Key']}")


def fit(filters: Sequence[Mapping[str, Any]], secret: Searched) -> bool:
    """Whether a secret passes all filters; a filter wants one of its values, `!` before a value wants it not."""
    return all(any(_fits(each["Key"], value, secret) for value in each["Values"]) for each in filters)


def _fits(key: str, value: str, secret: Searched) -> bool:
    if value.startswith("!"):
        return not _found(key, value[1:], secret)
    return _found(key, value, secret)


def _found(key: str, value: str, secret: Searched) -> bool:
    texts = _TEXTS[key](secret)
    if key in ("all", "description"):  # by words, in any case and order
        words = [word for text in texts for word in _WORDS.findall(text.lower())]
        return all(any(word.startswith(part) for word in words) for part in _WORDS.findall(value.lower()))
    return any(text.startswith(value) for text in texts)
