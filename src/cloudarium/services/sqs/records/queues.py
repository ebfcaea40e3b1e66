"""Queues: what they are called, what they are like, and the shelf that their messages stand on."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import orjson

from cloudarium.services.sqs.records import shelves
from cloudarium.services.sqs.rules import redrive
from cloudarium.services.sqs.rules.attributes import DEFAULTS, REUSE
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope, scope_of
from cloudarium.store import Store

TOPIC = "sqs"
_COLUMNS = "id, account, region, name, shelf, data"


class Queue:
    """One queue as it is at this moment; what each call asks of it is worked out once."""

    def __init__(self, id: int, account: str, region: str, name: str, shelf: int, data: str) -> None:
        self.id = id
        self.scope = scope_of(account, region)
        self.name = name
        self.shelf = shelf
        self.data: dict[str, Any] = orjson.loads(data)
        self.attributes: dict[str, str] = self.data["Attributes"]
        self.arn = arns.make("sqs", self.scope, name)
        self.fifo = self.attributes.get("FifoQueue") == "true"

    def number(self, name: str) -> int:
        """An attribute that is a number."""
        return int(self.attributes.get(name) or DEFAULTS[name])

    @cached_property
    def visibility(self) -> int:
        """For how long a received message is hidden."""
        return self.number("VisibilityTimeout")

    @cached_property
    def delay(self) -> int:
        """For how long a new message is hidden."""
        return self.number("DelaySeconds")

    @cached_property
    def wait(self) -> int:
        """How long a receive waits."""
        return self.number("ReceiveMessageWaitTimeSeconds")

    @cached_property
    def retention(self) -> int:
        """How long a message is kept."""
        return self.number("MessageRetentionPeriod")

    @cached_property
    def most_bytes(self) -> int:
        """How large a message may be."""
        return self.number("MaximumMessageSize")

    @cached_property
    def redrive(self) -> redrive.Redrive | None:
        """Where messages go that were received too often."""
        return redrive.policy(self.attributes.get("RedrivePolicy"))

    @property
    def key(self) -> str | None:
        """The KMS key under which bodies are encrypted, None for SQS's own."""
        return self.attributes.get("KmsMasterKeyId")

    @property
    def reuse(self) -> int:
        """For how long a data key of KMS is used again."""
        return int(self.attributes.get("KmsDataKeyReusePeriodSeconds") or REUSE)

    @property
    def bell(self) -> tuple[str, int]:
        """What rings when a message may be there."""
        return TOPIC, self.shelf


def find(store: Store, scope: Scope, name: str) -> Queue | None:
    """The queue of this name, None when there is none."""
    known = store.known(TOPIC)
    place = (scope, name)
    if place not in known:
        sql = f"SELECT {_COLUMNS} FROM sqs_queues WHERE account = ? AND region = ? AND name = ?"
        row = store.one(sql, (*scope, name))
        known[place] = row and Queue(*row)
    found: Queue | None = known[place]
    return found


def by_id(store: Store, id: int) -> Queue | None:
    """The queue with this number, if it is still there."""
    row = store.one(f"SELECT {_COLUMNS} FROM sqs_queues WHERE id = ?", (id,))
    return row and Queue(*row)


def names(store: Store, scope: Scope, prefix: str, after: str, limit: int) -> list[str]:
    """The names of queues that begin with `prefix`, behind `after`."""
    rows = store.all(
        "SELECT name FROM sqs_queues WHERE account = ? AND region = ? AND name >= ? AND name < ? AND name > ?"
        " ORDER BY name LIMIT ?",
        (*scope, prefix, prefix + "\U0010ffff", after, limit),
    )
    return [row[0] for row in rows]


def filled(store: Store, scope: Scope) -> list[Queue]:
    """The queues of an account that have messages."""
    sql = (
        f"SELECT {_COLUMNS} FROM sqs_queues AS q WHERE account = ? AND region = ?"
        " AND EXISTS (SELECT 1 FROM sqs_messages WHERE shelf = q.shelf)"
    )
    return [Queue(*row) for row in store.all(sql, (*scope,))]


def sources(store: Store, arn: str) -> list[Queue]:
    """The queues whose dead-letter queue this is, by name."""
    sql = f"SELECT {_COLUMNS} FROM sqs_queues WHERE dead = ? ORDER BY name"
    return [Queue(*row) for row in store.all(sql, (arn,))]


def with_policy_on(store: Store, account: str) -> list[Queue]:
    """All queues whose policies may name a principal of this account."""
    return [Queue(*row) for row in store.all(f"SELECT {_COLUMNS} FROM sqs_queues WHERE data LIKE ?", (f"%{account}%",))]


def add(store: Store, scope: Scope, name: str, data: dict[str, Any]) -> None:
    """Make a queue with an empty shelf."""
    store.run("DELETE FROM sqs_deleted WHERE account = ? AND region = ? AND name = ?", (*scope, name))
    store.run(
        "INSERT INTO sqs_queues (account, region, name, shelf, data, dead) VALUES (?, ?, ?, ?, ?, ?)",
        (*scope, name, shelves.add(store, 0), *_written(data)),
    )
    store.changed(TOPIC)


def put(store: Store, queue: Queue, data: dict[str, Any], shelf: int | None = None) -> None:
    """Change what a queue is like, or where its messages stand."""
    store.run(
        "UPDATE sqs_queues SET data = ?, dead = ?, shelf = ? WHERE id = ?",
        (*_written(data), shelf or queue.shelf, queue.id),
    )
    store.changed(TOPIC)


def _written(data: dict[str, Any]) -> tuple[str, str | None]:
    target = redrive.policy(data["Attributes"].get("RedrivePolicy"))
    dead = arns.make("sqs", target.scope, target.name) if target is not None else None
    return orjson.dumps(data).decode(), dead


def remove(store: Store, queue: Queue, now: float) -> None:
    """Forget a queue; its shelf has to be cleared. The name is remembered for some time."""
    store.run("DELETE FROM sqs_queues WHERE id = ?", (queue.id,))
    store.run("DELETE FROM sqs_tasks WHERE queue = ?", (queue.id,))
    store.run("INSERT OR REPLACE INTO sqs_deleted VALUES (?, ?, ?, ?)", (*queue.scope, queue.name, now))
    store.changed(TOPIC)


def deleted_after(store: Store, scope: Scope, name: str, moment: float) -> bool:
    """Whether a queue of this name was deleted after `moment`; what was deleted earlier is forgotten."""
    store.run("DELETE FROM sqs_deleted WHERE account = ? AND region = ? AND at <= ?", (*scope, moment))
    sql = "SELECT 1 FROM sqs_deleted WHERE account = ? AND region = ? AND name = ?"
    return store.one(sql, (*scope, name)) is not None
