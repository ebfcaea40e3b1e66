"""The editor of Logs Insights: a query's answer as a table and a chart, and what a wrong query is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cloudarium.console.pages.insights import drawn
from tests.console.test_pages import EVIL, Reader, reader

__all__ = ["reader"]


def test_a_query_is_answered_as_a_table_and_a_chart(reader: Reader, client: Callable[..., Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/shop")
    logs.create_log_stream(logGroupName="/shop", logStreamName="one")
    now = int(time.time() * 1000)
    messages = [f'{{"level": "{level}", "ms": {ms}}}' for level, ms in (("INFO", 10), ("ERROR", 30), ("INFO", 20))]
    events = [{"timestamp": now, "message": message} for message in [*messages, EVIL]]
    logs.put_log_events(logGroupName="/shop", logStreamName="one", logEvents=events)
    assert "/shop" in reader.text("logs/insights")
    shown = reader.text("logs/insights", group="/shop", query="stats max(ms) by bin(1h), level | sort level")
    assert "INFO max(ms)" in shown and "data-chart" in shown
    shown = reader.text("logs/insights", group="/shop", query="filter ms > 15 | display level, ms | sort ms")
    assert "Complete: 2 rows from 2 of 4 events" in shown and "data-chart" not in shown
    shown = reader.text("logs/insights", group="/shop", query="fields @message")
    assert EVIL not in shown and "&lt;script&gt;" in shown


def test_a_wrong_query_is_told_where(reader: Reader, client: Callable[..., Any]) -> None:
    client("logs").create_log_group(logGroupName="/shop")
    shown = reader.text("logs/insights", group="/shop", query="fields ||")
    assert 'class="card pad bad"' in shown and "line 1 and position 7" in shown


def test_only_what_counts_by_time_is_drawn() -> None:
    rows = [
        {"bin(5m)": "2026-11-23 12:00:00.000", "level": "INFO", "count(*)": "4"},
        {"bin(5m)": "2026-11-23 12:05:00.000", "level": "INFO", "count(*)": "5"},
        {"bin(5m)": "2026-11-23 12:05:00.000", "level": "ERROR", "count(*)": "1"},
    ]
    chart = drawn(rows, ["bin(5m)", "level", "count(*)"], 0.0, 1.0)
    assert chart is not None and chart["labels"] == ["INFO count(*)", "ERROR count(*)"]
    assert chart["series"] == [[4.0, 5.0], [None, 1.0]] and chart["times"] == [1795435200.0, 1795435500.0]
    assert drawn([{"level": "INFO"}], ["level"], 0.0, 1.0) is None
