"""Tags of every resource that has some, by ARN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudarium.store.database import Store


class Tags:
    """The tags of all resources; a room keeps none of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, arn: str) -> dict[str, str]:
        """The tags of a resource in the order in which they were first put."""
        return dict(self._store.all("SELECT key, value FROM tags WHERE arn = ? ORDER BY place", (arn,)))

    def put(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags or overwrite their values."""
        for key, value in tags.items():
            self._store.run(
                "INSERT INTO tags VALUES (?, ?, ?, (SELECT coalesce(max(place), 0) + 1 FROM tags WHERE arn = ?))"
                " ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
                (arn, key, value, arn),
            )
        self._store.changed("tags")

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        """Take away the tags of these keys; unknown ones are no error."""
        for key in keys:
            self._store.run("DELETE FROM tags WHERE arn = ? AND key = ?", (arn, key))
        self._store.changed("tags")

    def drop(self, arn: str) -> None:
        """Take away all tags of a resource that goes."""
        self._store.run("DELETE FROM tags WHERE arn = ?", (arn,))
        self._store.changed("tags")

    def matching(self, prefix: str) -> dict[str, dict[str, str]]:
        """The tags of every resource whose ARN starts with `prefix`, by ARN."""
        found: dict[str, dict[str, str]] = {}
        upper = prefix + "\U0010ffff"
        rows = self._store.all(
            "SELECT arn, key, value FROM tags WHERE arn >= ? AND arn < ? ORDER BY arn, place", (prefix, upper)
        )
        for arn, key, value in rows:
            found.setdefault(arn, {})[key] = value
        return found
