"""Subscriptions."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

CHANGED = "sns subscriptions"
_COLUMNS = "place, arn, topic, owner, region, protocol, endpoint, confirmed, token, data"


class Subscription(NamedTuple):
    """One subscription; `data` has its attributes (Attributes) and how it was confirmed."""

    place: int
    arn: str
    topic: str
    owner: str
    region: str
    protocol: str
    endpoint: str
    confirmed: bool
    token: str | None
    data: dict[str, Any]

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes that were set."""
        found: dict[str, str] = self.data["Attributes"]
        return found


def _of(row: tuple[Any, ...] | None) -> Subscription | None:
    return None if row is None else Subscription._make((*row[:7], bool(row[7]), row[8], orjson.loads(row[9])))


def _all(rows: list[tuple[Any, ...]]) -> list[Subscription]:
    return [found for row in rows if (found := _of(row)) is not None]


def find(store: Store, arn: str) -> Subscription | None:
    """The subscription of an ARN."""
    return _of(store.one(f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE arn = ?", (arn,)))


def same(store: Store, topic: str, protocol: str, endpoint: str, owner: str) -> Subscription | None:
    """The subscription of this endpoint to a topic."""
    sql = f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE topic = ? AND protocol = ? AND endpoint = ? AND owner = ?"
    return _of(store.one(sql, (topic, protocol, endpoint, owner)))


def by_token(store: Store, token: str) -> Subscription | None:
    """The subscription whose confirmation a token is for."""
    return _of(store.one(f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE token = ?", (token,)))


def add(store: Store, new: Subscription) -> None:
    """Keep a new subscription; its place is given here."""
    store.run(
        "INSERT INTO sns_subscriptions (arn, topic, owner, region, protocol, endpoint, confirmed, token, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*new[1:9], orjson.dumps(new.data).decode()),
    )
    store.changed(CHANGED)


def put(store: Store, changed: Subscription) -> None:
    """Keep what changed of a subscription."""
    store.run(
        "UPDATE sns_subscriptions SET confirmed = ?, token = ?, data = ? WHERE arn = ?",
        (changed.confirmed, changed.token, orjson.dumps(changed.data).decode(), changed.arn),
    )
    store.changed(CHANGED)


def remove(store: Store, arn: str) -> None:
    """Forget a subscription."""
    store.run("DELETE FROM sns_subscriptions WHERE arn = ?", (arn,))
    store.changed(CHANGED)


def of_topic(store: Store, topic: str) -> list[Subscription]:
    """All subscriptions of a topic; remembered until one changes."""
    known = store.known(CHANGED)
    if topic not in known:
        sql = f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE topic = ? ORDER BY place"
        known[topic] = _all(store.all(sql, (topic,)))
    found: list[Subscription] = known[topic]
    return found


def page_of_topic(store: Store, topic: str, after: int, limit: int) -> list[Subscription]:
    """The subscriptions of a topic behind a place."""
    sql = f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE topic = ? AND place > ? ORDER BY place LIMIT ?"
    return _all(store.all(sql, (topic, after, limit)))


def page_of_owner(store: Store, owner: str, region: str, after: int, limit: int) -> list[Subscription]:
    """The subscriptions that an account made, behind a place."""
    sql = (
        f"SELECT {_COLUMNS} FROM sns_subscriptions WHERE owner = ? AND region = ? AND place > ? ORDER BY place LIMIT ?"
    )
    return _all(store.all(sql, (owner, region, after, limit)))
