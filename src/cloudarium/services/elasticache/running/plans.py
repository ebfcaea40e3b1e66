"""What a cache is to be like while it runs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloudarium.services.elasticache.rules.slots import Ranges
from cloudarium.shared.scope import Scope

Destination = tuple[str, int]
Setting = str | list[str]
INNER = "\0inner"  # stands for the password that the gate gives for a proved token of IAM


@dataclass(frozen=True, slots=True)
class Node:
    """One server: the cluster that it is, its shard, where its data are, and where clients reach it."""

    id: str
    shard: str
    folder: Path
    primary: bool
    place: Destination
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """Where clients connect, and to which of the nodes they come."""

    place: Destination
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole cache: a cluster, a replication group or a serverless cache.

    `tls` says whether clients speak TLS. `slots` has the slots of each shard, empty without cluster mode. `iam` has the
    ARNs of the users that come with tokens of IAM, by name. `tokens` has the digests of AUTH tokens that are taken
    although nobody needs one: while the first one of a cache is brought in.
    """

    scope: Scope
    kind: str
    id: str
    nodes: tuple[Node, ...]
    doors: tuple[Door, ...]
    tls: bool
    settings: Mapping[str, Setting]
    users: tuple[tuple[str, ...], ...]
    iam: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Ranges] = field(default_factory=dict)
    tokens: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[Scope, str, str]:
        """Names it."""
        return self.scope, self.kind, self.id

    @property
    def name(self) -> str:
        """It in a log."""
        return f"{self.kind} {self.id}"

    def node(self, id: str) -> Node:
        """The node with this id."""
        return next(one for one in self.nodes if one.id == id)
