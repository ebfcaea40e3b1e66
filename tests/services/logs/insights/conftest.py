"""A small store of log events that queries are run over without a cloud."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apsw
import orjson
import pytest

from cloudarium.services import logs
from cloudarium.services.logs.insights.compiling import Target, compile_query
from cloudarium.services.logs.insights.engine import Engine
from cloudarium.services.logs.insights.syntax import parse

START = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
Rows = list[dict[str, str]]
Run = Callable[..., Rows]


@pytest.fixture
def over(tmp_path: Path) -> Callable[..., Run]:
    """See `store_of`."""
    return lambda messages, **settings: store_of(tmp_path, messages, **settings)


def store_of(tmp_path: Path, messages: Sequence[str], group: str = "/app", step: int = 1000) -> Run:
    """For messages that come a second apart, a function that runs a query over them.

    Its rows have no @ptr; `run.answer` is the last answer as the child gives it.
    """
    path = tmp_path / "events.sqlite"
    connection = apsw.Connection(str(path))
    list(connection.execute(Path(logs.__file__).with_name("schema.sql").read_text()))
    list(
        connection.execute(
            "INSERT INTO logs_groups (account, region, name, class, created) VALUES (?, ?, ?, 'STANDARD', 0)",
            ("123456789012", "eu-west-1", group),
        )
    )
    list(connection.execute("INSERT INTO logs_streams (group_id, name, created) VALUES (1, 'one', 0)"))
    rows = [(1, START + at * step, at, 1, START, message) for at, message in enumerate(messages)]
    connection.executemany(
        "INSERT INTO logs_events (group_id, timestamp, id, stream_id, ingested, message) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )

    def run(text: str, limit: int | None = None, first: int = 0, last: int = 1 << 60) -> Rows:
        target = Target(
            groups=[1],
            lambdas=group.startswith("/aws/lambda/"),
            first=first,
            last=last,
            now=START / 1000,
            scope=("123456789012", "eu-west-1"),
            limit=limit,
        )
        plan = orjson.loads(orjson.dumps(asdict(compile_query(parse(text), target))))
        answer: dict[str, Any] = Engine(path).run(plan)
        run.answer = answer  # type: ignore[attr-defined]
        found: Rows = []
        for page in answer["pages"]:
            for row in orjson.loads(zlib.decompress(base64.b64decode(page["data"]))):
                found.append({each["field"]: each["value"] for each in row if each["field"] != "@ptr"})
        return found

    return run
