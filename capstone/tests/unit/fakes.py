"""A cache in memory, for what is built on the cache."""

from __future__ import annotations

from shop.cache import Gone


class FakeCache:
    """Keeps things; `gone` makes it answer nothing any more."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.seconds: dict[str, int] = {}
        self.gone = False

    def get(self, key: str) -> str | None:
        """What is kept under a key."""
        self._check()
        return self.kept.get(key)

    def put(self, key: str, value: str, seconds: int) -> None:
        """Keep a value."""
        self._check()
        self.kept[key], self.seconds[key] = value, seconds

    def claim(self, key: str, seconds: int) -> bool:
        """Whether nobody has the key."""
        self._check()
        if key in self.kept:
            return False
        self.put(key, "1", seconds)
        return True

    def drop(self, key: str) -> None:
        """Let go of a key."""
        self._check()
        self.kept.pop(key, None)
        self.seconds.pop(key, None)

    def raise_by_one(self, key: str) -> None:
        """Count up."""
        self._check()
        self.kept[key] = str(int(self.kept.get(key, "0")) + 1)

    def _check(self) -> None:
        if self.gone:
            raise Gone("gone")
