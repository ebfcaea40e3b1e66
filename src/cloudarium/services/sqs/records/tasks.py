"""Message move tasks."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store


class Task(NamedTuple):
    """One move task; `queue` is the number of the dead-letter queue, `data` has AWS's member names."""

    id: str
    queue: int
    data: dict[str, Any]


def find(store: Store, id: str) -> Task | None:
    """The task of this id."""
    row = store.one("SELECT id, queue, data FROM sqs_tasks WHERE id = ?", (id,))
    return row and Task(row[0], row[1], orjson.loads(row[2]))


def of_queue(store: Store, queue: int, limit: int) -> list[Task]:
    """The tasks of a queue, the newest first."""
    sql = "SELECT id, queue, data FROM sqs_tasks WHERE queue = ? ORDER BY place DESC LIMIT ?"
    return [Task(id, owner, orjson.loads(data)) for id, owner, data in store.all(sql, (queue, limit))]


def add(store: Store, task: Task) -> None:
    """Add the newest task of a queue."""
    store.run(
        "INSERT INTO sqs_tasks VALUES (?, ?, (SELECT coalesce(max(place), 0) + 1 FROM sqs_tasks WHERE queue = ?), ?)",
        (task.id, task.queue, task.queue, orjson.dumps(task.data)),
    )


def put(store: Store, task: Task) -> None:
    """Note how a task has come on."""
    store.run("UPDATE sqs_tasks SET data = ? WHERE id = ?", (orjson.dumps(task.data), task.id))
