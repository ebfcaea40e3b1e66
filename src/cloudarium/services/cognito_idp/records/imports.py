"""Jobs that import users into a pool, with the files that were uploaded for them."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

Data = dict[str, Any]


class Job(NamedTuple):
    """A job; `data` has AWS's own member names, `line` in it says how far it is."""

    pool: str
    id: str
    created: float
    key: str
    data: Data


_JOB = "pool, id, created, key, data"


def _job(row: tuple[Any, ...]) -> Job:
    pool, id, created, key, data = row
    return Job(pool, id, created, key, orjson.loads(data))


def find(store: Store, pool: str, id: str) -> Job | None:
    """The job with that id."""
    row = store.one(f"SELECT {_JOB} FROM cognito_idp_imports WHERE pool = ? AND id = ?", (pool, id))
    return row and _job(row)


def listed(store: Store, pool: str) -> list[Job]:
    """The jobs of a pool, the newest first."""
    sql = f"SELECT {_JOB} FROM cognito_idp_imports WHERE pool = ? ORDER BY created DESC, id"
    return [_job(row) for row in store.all(sql, (pool,))]


def add(store: Store, job: Job) -> None:
    """Keep a new job."""
    sql = f"INSERT INTO cognito_idp_imports ({_JOB}) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (*job[:4], orjson.dumps(job.data)))


def put(store: Store, job: Job) -> None:
    """Change a job."""
    sql = "UPDATE cognito_idp_imports SET data = ? WHERE pool = ? AND id = ?"
    store.run(sql, (orjson.dumps(job.data), job.pool, job.id))


def upload(store: Store, job: Job, content: bytes | None) -> None:
    """Keep the file of a job, or forget it."""
    store.run("UPDATE cognito_idp_imports SET content = ? WHERE pool = ? AND id = ?", (content, job.pool, job.id))


def content(store: Store, job: Job) -> bytes | None:
    """The file of a job, None when there is none."""
    row = store.one("SELECT content FROM cognito_idp_imports WHERE pool = ? AND id = ?", (job.pool, job.id))
    return row and row[0]
