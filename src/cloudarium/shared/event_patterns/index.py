"""Many patterns at once: which of them does an event match?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from cloudarium.shared.event_patterns.compiling import Alternative, Pattern, meets
from cloudarium.shared.event_patterns.fields import Fields

Name = TypeVar("Name")


class PatternIndex(Generic[Name]):
    """Patterns by name, found by the rarest value that each of their alternatives demands.

    Only an alternative that demands no certain value of any field is tried against every event.
    """

    def __init__(self, patterns: Iterable[tuple[Name, Pattern]]) -> None:
        every = [(name, alternative) for name, pattern in patterns for alternative in pattern.alternatives]
        common: Counter[tuple[str, Any]] = Counter()
        for _, alternative in every:
            for path, keys in _demanded(alternative):
                common.update((path, key) for key in keys)
        self._order = {name: place for place, name in enumerate(dict.fromkeys(name for name, _ in every))}
        self._by_value: dict[str, dict[Any, list[tuple[Name, Alternative]]]] = {}
        self._others: list[tuple[Name, Alternative]] = []
        for name, alternative in every:
            demanded = list(_demanded(alternative))
            if not demanded:
                self._others.append((name, alternative))
                continue
            path, keys = min(demanded, key=lambda each: sum(common[each[0], key] for key in each[1]))
            for key in keys:
                self._by_value.setdefault(path, {}).setdefault(key, []).append((name, alternative))

    def find(self, fields: Fields) -> list[Name]:
        """The names of the patterns that an event matches, in the order in which they were given."""
        found: set[Name] = set()
        candidates = list(self._others)
        for path, by_key in self._by_value.items():
            for key in {value.key for value in fields.get(path, ())}:
                candidates += by_key.get(key, ())
        for name, alternative in candidates:
            if name not in found and meets(alternative, fields):
                found.add(name)
        return sorted(found, key=self._order.__getitem__)


def _demanded(alternative: Alternative) -> Iterable[tuple[str, list[Any]]]:
    for path, wanted in alternative.items():
        if all(matcher.test is None and not matcher.absent for matcher in wanted):
            yield path, list(dict.fromkeys(matcher.key for matcher in wanted))
