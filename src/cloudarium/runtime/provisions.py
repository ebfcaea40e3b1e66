"""Environments that are started before anyone invokes: provisioned concurrency."""

from __future__ import annotations

import asyncio

from cloudarium.runtime.environment import Environment
from cloudarium.runtime.spec import FunctionSpec

AT_ONCE = 4  # environments of one version that start at the same time


class Provision:
    """The environments that are held ready for one version of a function.

    `members` are those that are there or start, `idle` those of them that wait for an event. `busy` counts the others
    that are initialised.
    """

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self.wanted = 0
        self.members: set[Environment] = set()
        self.idle: list[Environment] = []
        self.starting = 0
        self.filler: asyncio.Task[None] | None = None  # starts others in the place of those that have ended

    @property
    def allocated(self) -> int:
        """How many have been started and initialised."""
        return len(self.members) - self.starting

    @property
    def busy(self) -> int:
        """How many of them run an event."""
        return self.allocated - len(self.idle)

    @property
    def short(self) -> int:
        """How many more must be started."""
        return self.wanted - len(self.members)

    def surplus(self) -> list[Environment]:
        """Take out what is over what is wanted, idle environments first."""
        found = []
        while self.short < 0:
            one = self.idle.pop() if self.idle else next(iter(self.members))
            self.members.discard(one)
            found.append(one)
        return found

    def lose(self, environment: Environment) -> None:
        """Forget an environment that has ended."""
        self.members.discard(environment)
        if environment in self.idle:
            self.idle.remove(environment)
