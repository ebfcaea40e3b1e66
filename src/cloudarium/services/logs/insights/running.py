"""Runs queries in child processes: as many at a time as there are children; the rest of them wait, Scheduled."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.gateway.workers import Worker
from cloudarium.services.logs.insights.compiling import Plan, Target, compile_query
from cloudarium.services.logs.insights.syntax import parse
from cloudarium.services.logs.records import queries
from cloudarium.services.logs.records.protections import any_masked
from cloudarium.services.logs.records.queries import StoredQuery
from cloudarium.store import Store
from cloudarium.store.database import FILE

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_MODULE = "cloudarium.services.logs.insights.work"
_CHILDREN = 2
_LONGEST_LINE = 256 * 1024 * 1024
_SECONDS = 60 * 60.0  # AWS's time-out of a query
_KEPT = "logs insights"
ENDED = "logs query ended"  # the bell, with the query's id


class Pool:
    """The children of one cloud, and which queries they are at."""

    def __init__(self) -> None:
        self._workers = [Worker(_MODULE, _LONGEST_LINE) for _ in range(_CHILDREN)]
        self._free = asyncio.Queue[Worker]()
        for worker in self._workers:
            self._free.put_nowait(worker)
        self._under_way: dict[str, asyncio.Task[dict[str, Any]]] = {}

    async def run(self, query_id: str, path: str, plan: Plan) -> dict[str, Any] | None:
        """The answer to a plan; None when the query was stopped meanwhile. Raises TimeoutError and RuntimeError."""
        task = asyncio.create_task(self._run(path, plan))
        self._under_way[query_id] = task
        try:
            await asyncio.wait({task})
            return None if task.cancelled() else task.result()
        finally:
            self._under_way.pop(query_id, None)
            task.cancel()  # the cloud stops

    async def _run(self, path: str, plan: Plan) -> dict[str, Any]:
        worker = await self._free.get()
        try:
            return await worker.run("query", {"path": path, "plan": asdict(plan)}, _SECONDS)
        finally:
            self._free.put_nowait(worker)

    def stop(self, query_id: str) -> None:
        """End a query at once."""
        task = self._under_way.get(query_id)
        if task is not None:
            task.cancel()

    async def end(self) -> None:
        """End the children."""
        for task in self._under_way.values():
            task.cancel()
        for worker in self._workers:
            await worker.end()


def pool(cloud: Cloud) -> Pool:
    """The children of this cloud."""
    found = cloud.keep.get(_KEPT)
    if found is None:
        found = cloud.keep[_KEPT] = Pool()
        cloud.at_close(found.end)
    result: Pool = found
    return result


def target_of(store: Store, query: StoredQuery, most: int | None) -> Target:
    """What a stored query is run over."""
    groups = orjson.loads(query.groups)
    names = groups["names"]
    return Target(
        groups=groups["ids"],
        lambdas=any(name.startswith("/aws/lambda/") for name in names),
        first=query.first,
        last=query.last,
        now=query.created / 1000,
        scope=(query.account, query.region),
        limit=most,
        masked=any_masked(store, groups["ids"]),
    )


async def run(cloud: Cloud, query: StoredQuery) -> None:
    """Run a query and keep what it finds, or what stood in its way."""
    store = cloud.store
    with store.transaction():
        queries.set_status(store, query.id, "Running")
    plan = compile_query(parse(query.text), target_of(store, query, query.most))
    problem, status, answer = None, "Failed", None
    try:
        answer = await pool(cloud).run(query.id, str(store.folder / FILE), plan)
        if answer is None:
            return
        problem = answer.get("problem")
    except TimeoutError:
        problem, status = "The query took longer than 60 minutes", "Timeout"
    except RuntimeError as error:
        problem = str(error)
    _keep(cloud, query, answer, status, problem)
    cloud.bells.ring_for_all((ENDED, query.id))


def _keep(cloud: Cloud, query: StoredQuery, answer: dict[str, Any] | None, status: str, problem: str | None) -> None:
    store = cloud.store
    with store.transaction():
        if queries.status_of(store, query.id) != "Running":
            return  # stopped or forgotten meanwhile
        if problem is not None or answer is None:
            queries.set_status(store, query.id, status, problem)
            return
        pages = [(page["rows"], base64.b64decode(page["data"])) for page in answer["pages"]]
        counts = (answer["scanned"], answer["matched"], answer["bytes"])
        queries.complete(store, query.id, counts, pages)
        queries.forget_too_much(store, query.id)
