"""Who follows a group live: events are handed on as they come in, and forgotten if nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cloudarium.services.logs.patterns import Predicate
from cloudarium.services.logs.records import Group
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.gateway.call import Call

_KEPT = "logs tails"
MOST = 500  # events of one update; AWS samples when more come in a second


class Tail:
    """One session: the groups it follows (by id, with their ARNs), and what has come since its last update."""

    def __init__(
        self,
        scope: Scope,
        groups: dict[int, str],
        names: Sequence[str],
        prefixes: Sequence[str],
        matches: Predicate | None,
    ) -> None:
        self.scope, self.groups = scope, groups
        self._names, self._prefixes, self._matches = set(names), tuple(prefixes), matches
        self._waiting: list[dict[str, Any]] = []
        self._sampled = False
        self.came = asyncio.Event()

    def take(self, group: Group, stream: str, events: Sequence[dict[str, Any]], now: int) -> None:
        """Take in what this session wants of a batch."""
        if (self._names or self._prefixes) and stream not in self._names and not stream.startswith(self._prefixes):
            return
        for event in events:
            message = event["message"]
            if self._matches is not None and not self._matches(message):
                continue
            if len(self._waiting) >= MOST:
                self._sampled = True
                break
            self._waiting.append(
                {
                    "logStreamName": stream,
                    "logGroupIdentifier": self.groups[group.id],
                    "message": message,
                    "timestamp": event["timestamp"],
                    "ingestionTime": now,
                }
            )
        if self._waiting:
            self.came.set()

    def update(self) -> dict[str, Any]:
        """What has come since the last update."""
        events, self._waiting = self._waiting, []
        sampled, self._sampled = self._sampled, False
        self.came.clear()
        return {"sessionMetadata": {"sampled": sampled}, "sessionResults": events}


def tails(cloud: Cloud) -> list[Tail]:
    """The sessions of this cloud."""
    found: list[Tail] = cloud.keep.setdefault(_KEPT, [])
    return found


def tell(call: Call, group: Group, stream: str, events: Sequence[dict[str, Any]]) -> None:
    """Hand a batch on to all who follow its group."""
    for tail in call.cloud.keep.get(_KEPT, ()):
        if group.id in tail.groups:
            tail.take(group, stream, events, int(call.now * 1000))
