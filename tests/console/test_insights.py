"""The editor of Logs Insights: a query's answer as a table and a chart, and what a wrong query is told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import requests

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


def test_queries_are_saved_from_the_editor_and_offered_in_it(reader: Reader, client: Callable[..., Any]) -> None:
    logs = client("logs")
    for name in ("/shop", "/other"):
        logs.create_log_group(logGroupName=name)
    form = {"name": "shop/errors", "query": "filter level = 'E'\r\n| limit 7", "group": ["/shop"], "range": "1d"}
    where = f"{reader.cloud.url}/_cloudarium/logs/insights?account={reader.account}"
    foreign = requests.post(where, form, headers={"origin": "https://evil.example"}, timeout=30)
    assert foreign.status_code == 403
    assert requests.post(where, {**form, "name": " "}, timeout=30).status_code == 400
    shown = requests.post(where, form, timeout=30)
    assert shown.history[0].status_code == 303 and "saved=" in shown.url and "range=1d" in shown.url
    assert "filter level = &#39;E&#39;\n| limit 7" in shown.text
    assert 'value="/shop" checked' in shown.text and 'value="/other" checked' not in shown.text
    requests.post(where, {**form, "query": "limit 8"}, timeout=30)
    (kept,) = logs.describe_query_definitions()["queryDefinitions"]
    assert (kept["name"], kept["queryString"], kept["logGroupNames"]) == ("shop/errors", "limit 8", ["/shop"])
    assert ">shop/errors</a>" in reader.text("logs/insights")


def test_discovered_fields_stand_beside_the_answer(reader: Reader, client: Callable[..., Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/shop")
    logs.create_log_stream(logGroupName="/shop", logStreamName="one")
    now = int(time.time() * 1000) - 2 * 3_600_000  # longer ago than GetLogGroupFields looks by itself
    events = [{"timestamp": now, "message": message} for message in ('{"level": "INFO", "user": {"id": 1}}', "plain")]
    logs.put_log_events(logGroupName="/shop", logStreamName="one", logEvents=events)
    shown = reader.text("logs/insights", group="/shop")
    assert 'data-insert="user.id"' in shown and "50 %" in shown and 'data-insert="@message"' in shown
    assert "data-insert" not in reader.text("logs/insights")
    shown = reader.text("logs/insights", group="/shop", query="filter user.id = 1 | display level", range="12h")
    (pointer,) = re.findall(r'href="/_cloudarium/logs/record\?ptr=([^"&]+)', shown)
    shown = reader.text("logs/record", ptr=unquote(pointer))
    assert "2 discovered fields" in shown and "<code>user.id</code></td><td><pre>1</pre>" in shown and "/shop" in shown
    assert reader.get("logs/record", ptr="nonsense").status_code == 400
    query = "SOURCE '/shop' | fields level, user.id"
    shown = reader.text("logs/insights", query=query, range="12h")
    assert "Complete: 2 rows" in shown and "<th>level<th>user.id" in shown
