"""Pages of listings by name."""

from __future__ import annotations

from typing import TypeVar

from cloudarium.mail.desk import Data, Desk
from cloudarium.shared import paging

Item = TypeVar("Item", bound=tuple[str, Data])


def after(desk: Desk, token: str | None) -> str:
    """The name behind which the next page begins. Raises for a token that is none of ours."""
    if not token:
        return ""
    try:
        name = paging.decode(token)
    except ValueError:
        name = None
    if not isinstance(name, str):
        raise desk.invalid("The next token is invalid.")
    return name


def page(found: list[Item], limit: int) -> tuple[list[Item], str | None]:
    """The first of what was found, and the token of the next page."""
    limit = max(1, limit)
    return found[:limit], paging.encode(found[limit - 1][0]) if len(found) > limit else None
