"""Topics, and what a FIFO topic remembers of its messages."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

TOPIC = "sns topics"


class Topic(NamedTuple):
    """A topic; `attributes` are those that were set."""

    scope: Scope
    name: str
    deleted: int
    attributes: dict[str, Any]

    @property
    def arn(self) -> str:
        """The topic's ARN."""
        return f"arn:aws:sns:{self.scope.region}:{self.scope.account}:{self.name}"

    @property
    def fifo(self) -> bool:
        """Whether it is a FIFO topic."""
        return self.name.endswith(".fifo")


def find(store: Store, scope: Scope, name: str) -> Topic | None:
    """The topic of that name."""
    known = store.known(TOPIC)
    place = (scope, name)
    if place not in known:
        row = store.one(
            "SELECT deleted, data FROM sns_topics WHERE account = ? AND region = ? AND name = ?", (*scope, name)
        )
        known[place] = None if row is None else Topic(scope, name, row[0], orjson.loads(row[1]))
    found: Topic | None = known[place]
    return found


def by_arn(store: Store, arn: str) -> Topic | None:
    """The topic of a topic's ARN."""
    parts = arn.split(":")
    return find(store, Scope(parts[4], parts[3]), parts[5])


def add(store: Store, topic: Topic, now: float) -> None:
    """Keep a new topic."""
    store.run(
        "INSERT INTO sns_topics (account, region, name, created, data) VALUES (?, ?, ?, ?, ?)",
        (*topic.scope, topic.name, now, _text(topic.attributes)),
    )
    store.changed(TOPIC)


def put(store: Store, topic: Topic) -> None:
    """Keep a topic's attributes and count."""
    store.run(
        "UPDATE sns_topics SET data = ?, deleted = ? WHERE account = ? AND region = ? AND name = ?",
        (_text(topic.attributes), topic.deleted, *topic.scope, topic.name),
    )
    store.changed(TOPIC)


def remove(store: Store, topic: Topic) -> None:
    """Forget a topic and what it remembers."""
    store.run("DELETE FROM sns_topics WHERE account = ? AND region = ? AND name = ?", (*topic.scope, topic.name))
    store.run("DELETE FROM sns_seen WHERE topic = ?", (topic.arn,))
    store.changed(TOPIC)


def listed(store: Store, scope: Scope, after: str, limit: int) -> list[str]:
    """The names behind a name, in order."""
    sql = "SELECT name FROM sns_topics WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
    return [row[0] for row in store.all(sql, (*scope, after, limit))]


def with_policy_on(store: Store, text: str) -> list[Topic]:
    """Every topic in whose attributes a text occurs."""
    sql = "SELECT account, region, name, deleted, data FROM sns_topics WHERE instr(data, ?)"
    return [Topic(Scope(row[0], row[1]), row[2], row[3], orjson.loads(row[4])) for row in store.all(sql, (text,))]


def _text(attributes: dict[str, Any]) -> str:
    return orjson.dumps(attributes).decode()


# ---- FIFO ------------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """A message that was taken lately: its id and sequence number."""

    message: str
    sequence: str


def next_sequence(store: Store, topic: Topic) -> str:
    """The sequence number of the next message: 20 digits that grow."""
    store.run(
        "UPDATE sns_topics SET sequence = sequence + 1 WHERE account = ? AND region = ? AND name = ?",
        (*topic.scope, topic.name),
    )
    sql = "SELECT sequence FROM sns_topics WHERE account = ? AND region = ? AND name = ?"
    return str(10**19 + store.one(sql, (*topic.scope, topic.name))[0])


def seen(store: Store, topic: str, key: str, now: float) -> Seen | None:
    """What a FIFO topic took under this key in the last minutes; what is older is forgotten."""
    store.run("DELETE FROM sns_seen WHERE topic = ? AND expires <= ?", (topic, now))
    found: Seen | None = store.one(
        "SELECT message, sequence FROM sns_seen WHERE topic = ? AND key = ?", (topic, key), Seen
    )
    return found


def remember(store: Store, topic: str, key: str, expires: float, message: Seen) -> None:
    """Have a FIFO topic remember a message until a time."""
    store.run("INSERT OR REPLACE INTO sns_seen VALUES (?, ?, ?, ?, ?)", (topic, key, expires, *message))


class Ordered(NamedTuple):
    """A message that a subscription of a FIFO topic has still to get."""

    place: int
    message: dict[str, Any]


def add_ordered(store: Store, subscription: str, message: dict[str, Any]) -> None:
    """Line a message up for a subscription."""
    store.run("INSERT INTO sns_ordered (subscription, message) VALUES (?, ?)", (subscription, _text(message)))


def first_ordered(store: Store, subscription: str) -> Ordered | None:
    """The next message of a subscription."""
    sql = "SELECT place, message FROM sns_ordered WHERE subscription = ? ORDER BY place LIMIT 1"
    row = store.one(sql, (subscription,))
    return None if row is None else Ordered(row[0], orjson.loads(row[1]))


def change_ordered(store: Store, changed: Ordered) -> None:
    """Keep what was learnt of a message of a line: how often it was tried, when it is to be tried again."""
    store.run("UPDATE sns_ordered SET message = ? WHERE place = ?", (_text(changed.message), changed.place))


def drop_ordered(store: Store, place: int) -> None:
    """A message of a line has been delivered."""
    store.run("DELETE FROM sns_ordered WHERE place = ?", (place,))


def drop_all_ordered(store: Store, subscription: str) -> None:
    """Forget the line of a subscription that goes."""
    store.run("DELETE FROM sns_ordered WHERE subscription = ?", (subscription,))
