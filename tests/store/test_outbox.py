"""The outbox: order of due times, keys that replace, and rows that belong to their transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

SCOPE = Scope("111122223333", "eu-west-1")


@pytest.fixture
def store(tmp_path: Path):
    made = Store(tmp_path / "cloud")
    yield made
    made.close()


def kinds(store: Store, now: float) -> list[str]:
    return [row.kind for row in store.outbox.due(now, 10, set())]


def test_what_is_due_comes_in_order_of_its_time(store: Store) -> None:
    for kind, due in (("late", 30.0), ("early", 10.0), ("same-a", 20.0), ("same-b", 20.0)):
        store.outbox.put("s3", kind, SCOPE, {}, due)
    assert kinds(store, 5) == []
    assert kinds(store, 25) == ["early", "same-a", "same-b"]
    assert store.outbox.next_due(20) == 30.0


def test_a_key_has_one_row_and_the_last_one_counts(store: Store) -> None:
    store.outbox.put("dynamodb", "Expire", SCOPE, {"n": 1}, 10.0, "table")
    store.outbox.put("dynamodb", "Expire", SCOPE, {"n": 2}, 40.0, "table")
    store.outbox.put("dynamodb", "Expire", Scope("1", "x"), {"n": 3}, 10.0, "table")
    assert [(row.due, row.payload) for row in store.outbox.due(99, 9, set())] == [
        (10.0, b'{"n":3}'),
        (40.0, b'{"n":2}'),
    ]
    store.outbox.cancel("dynamodb", "Expire", SCOPE, "table")
    assert store.outbox.waiting(99) == 1


def test_an_event_belongs_to_its_transaction(store: Store) -> None:
    told = []
    store.outbox.on_change = lambda: told.append(1)
    with pytest.raises(RuntimeError), store.transaction():
        store.outbox.put("s3", "Notify", SCOPE, {}, 1.0)
        raise RuntimeError
    assert store.outbox.waiting(9) == 0
    with store.transaction():
        store.outbox.put("s3", "Notify", SCOPE, {}, 1.0)
        store.outbox.put("s3", "Notify", SCOPE, {}, 1.0)
        assert told == []
    assert told == [1]


def test_again_counts_the_attempt(store: Store) -> None:
    store.outbox.put("s3", "Notify", SCOPE, {}, 1.0)
    row = store.outbox.due(9, 1, set())[0]
    store.outbox.again(row.id, 50.0)
    assert store.outbox.due(9, 1, set()) == []
    assert store.outbox.due(50, 1, set())[0].attempts == 1
    store.outbox.done(row.id)
    assert store.outbox.waiting(99) == 0
