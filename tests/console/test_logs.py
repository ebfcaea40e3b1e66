"""Pages of log groups: their events, filtered and as they come in, how serious they are, and their JSON."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from cloudarium.console.messages import level_of, unfolded
from tests.console.test_pages import EVIL, Reader, reader

__all__ = ["reader"]


@pytest.fixture
def put(client: Callable[..., Any]) -> Callable[..., None]:
    """Writes lines into the group /shop, now."""
    logs = client("logs")
    logs.create_log_group(logGroupName="/shop")
    logs.create_log_stream(logGroupName="/shop", logStreamName="one")

    def write(*lines: str) -> None:
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
        logs.put_log_events(logGroupName="/shop", logStreamName="one", logEvents=events)

    return write


def test_events_are_filtered_and_the_newest_is_the_last(reader: Reader, put: Callable[..., None]) -> None:
    put("order placed", f"ERROR {EVIL}", '{"level": "warning", "id": 7}')
    assert "/shop" in reader.text("logs")
    shown = reader.text("logs", group="/shop")
    assert EVIL not in shown and shown.index("order placed") < shown.index("&lt;script&gt;")
    assert "3 events, the newest last" in shown and "data-live" not in shown
    assert 'class="level-error"' in shown and 'class="level-warn"' in shown
    assert "&#34;id&#34;: 7\n}" in shown
    assert "order placed" not in reader.text("logs", group="/shop", pattern="ERROR")


def told(answer: requests.Response) -> Iterator[str]:
    """The rows that a live page is sent, batch by batch."""
    for line in answer.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_a_live_page_is_told_what_comes_in(
    reader: Reader, put: Callable[..., None], client: Callable[..., Any]
) -> None:
    assert "data-live" in reader.text("logs", group="/shop", live="1")
    since = int(time.time() * 1000)
    put("between the page and its stream")
    where = f"{reader.cloud.url}/_cloudarium/logs/live"
    asked: dict[str, Any] = {"account": reader.account, "group": "/shop", "since": since, "pattern": "-noise"}
    with requests.get(where, asked, stream=True, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        batches = told(answer)
        assert "between the page and its stream" in next(batches)
        put("noise", f"seen {EVIL}")
        rows = next(batches)
        assert rows.count("<tr") == 1 and "&lt;script&gt;" in rows and EVIL not in rows
    assert requests.get(where, {**asked, "group": "/nope"}, timeout=30).status_code == 400


def test_only_so_many_look_at_a_time(reader: Reader, put: Callable[..., None], account: str) -> None:
    put("x")
    other = reader.cloud.client("logs", key="111122223333")
    with contextlib.suppress(other.exceptions.ResourceAlreadyExistsException):
        other.create_log_group(logGroupName="/shop")
    where = f"{reader.cloud.url}/_cloudarium/logs/live?group=/shop&account="
    with contextlib.ExitStack() as looking:
        for _ in range(15):
            answer = looking.enter_context(requests.get(where + account, stream=True, timeout=30))
            assert next(answer.iter_content(1))  # it follows from its first word on
        refused = requests.get(where + account, stream=True, timeout=30)
        assert refused.status_code == 400 and "LimitExceededException" in refused.text
        answer = looking.enter_context(requests.get(where + "111122223333", stream=True, timeout=30))
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("[ERROR] KeyError: 'price'", "error"),
        ("2026-11-23T15:00:00Z abc Task timed out after 3.00 seconds", "error"),
        ("Traceback (most recent call last):", "error"),
        ('{"level": "info", "message": "no ERROR at all"}', ""),
        ('{"severity": "critical"}', "error"),
        ('{"level": 30}', ""),
        ("WARNING: disk", "warn"),
        ("terrors and warnings", ""),
        ("x" * 1000 + " ERROR", ""),
    ],
)
def test_a_line_says_how_serious_it_is(line: str, level: str) -> None:
    assert level_of(line) == level


def test_json_is_unfolded_behind_what_goes_ahead_of_it() -> None:
    assert unfolded('2026-11-23 INFO {"a": {"b": [1]}}\n') == json.dumps({"a": {"b": [1]}}, indent=2)
    assert unfolded("{not json}") == unfolded("plain") == unfolded('["a"]') == unfolded('{"a": 1} and more') == ""
    assert unfolded('{"a": "' + "x" * 70_000 + '"}') == ""
