"""Doors for answers from outside: the URLs that wait condition handles and custom resources give away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from cloudarium.services.cloudformation.records import signals
from cloudarium.shared import ids
from cloudarium.shared.stacks import Resource

LABEL = "cloudformation"


@dataclass(slots=True)
class StackResource(Resource):
    """A resource of CloudFormation's own types, which may open doors; `work` is the deployment."""

    work: Any = None

    def open_door(self, kind: str) -> str:
        """A new URL that takes answers for this resource: `wait` takes signals, `custom` one response."""
        key = signals.Key(ids.token(40), *self.scope, self.stack_id, self.logical_id, kind)
        with self.work.event.transaction():
            signals.add_key(self.work.store, key)
        return f"{self.work.event.cloud.endpoint}/_aws/{LABEL}/{key.key}"  # by path: a host name has no capitals

    def signals(self, url: str) -> list[str]:
        """The bodies that came to a door."""
        return [body for _, body in signals.of(self.work.store, _key(url))]

    def close_door(self, url: str) -> None:
        """Take no more answers at a door."""
        with self.work.event.transaction():
            signals.remove(self.work.store, _key(url))


def _key(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def at(r: Resource) -> StackResource:
    """The resource with its doors: CloudFormation makes no others."""
    return cast(StackResource, r)
