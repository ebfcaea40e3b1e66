"""`python -m bench.insights`: a million log events, put by the API and asked by queries of Logs Insights.

While each query runs, small calls are made one after the other: what they take beside a quiet cloud is shown too.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.conftest import RunningCloud

_BATCH = 5000
_GROUP = "/bench/shop"
_QUERIES = {
    "latest": "fields @timestamp, @message | sort @timestamp desc | limit 20",
    "like a word, by time": "filter @message like /ERROR/ | stats count(*) by bin(5m)",
    "a regular expression": r'filter @message like /"ms": [5-9]\d\d/ | limit 20',
    "JSON, five aggregates": (
        "filter level = 'ERROR' | stats count(*), avg(ms), pct(ms, 99), stddev(ms), max(ms) by service"
    ),
    "parse and count": 'parse @message \'"ip": "*"\' as ip | stats count(*) as n by ip | sort n desc | limit 3',
    "distinct": "stats count_distinct(user.id), count_distinct(user.ip)",
    "stats over stats": "stats count(*) as n by user.id as u | stats avg(n), max(n)",
    "dedup": "fields service, level | sort ms desc | dedup service, level",
    "pattern": "pattern message",
}


def main() -> None:
    """Put events, run each query, and say what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000)
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cloud = RunningCloud(Path(folder))
        try:
            _fill(cloud, wanted.events)
            quiet = _calls(cloud, lambda: time.sleep(1))
            print(f"{'small calls on a quiet cloud':<28} {'':>8}   {quiet}")
            for name, text in _QUERIES.items():
                print(_measured(cloud, name, text))
        finally:
            cloud.stop()


def _fill(cloud: RunningCloud, events: int) -> None:
    logs, chance = cloud.client("logs"), random.Random(1)
    logs.create_log_group(logGroupName=_GROUP)
    logs.create_log_stream(logGroupName=_GROUP, logStreamName="s")
    start = int(time.time() * 1000) - 8 * 3_600_000
    begun = time.perf_counter()
    for first in range(0, events, _BATCH):
        batch = [
            {"timestamp": start + at * 20, "message": _message(chance, at)}
            for at in range(first, min(first + _BATCH, events))
        ]
        logs.put_log_events(logGroupName=_GROUP, logStreamName="s", logEvents=batch)
    print(f"{events:,} events put in {time.perf_counter() - begun:.1f} s")


def _message(chance: random.Random, number: int) -> str:
    return json.dumps(
        {
            "level": chance.choice(["INFO", "INFO", "INFO", "WARN", "ERROR"]),
            "service": chance.choice(["orders", "cart", "pay", "mail"]),
            "ms": round(chance.expovariate(1 / 80), 2),
            "user": {"id": chance.randrange(5000), "ip": f"10.0.{chance.randrange(256)}.{chance.randrange(256)}"},
            "message": f"request {number} took a while",
        }
    )


def _measured(cloud: RunningCloud, name: str, text: str) -> str:
    logs = cloud.client("logs")
    took = 0.0
    rows: list[Any] = []

    def run() -> None:
        nonlocal took, rows
        begun = time.perf_counter()
        now = int(time.time())
        query = logs.start_query(logGroupName=_GROUP, startTime=now - 86_400, endTime=now + 86_400, queryString=text)
        while (answer := logs.get_query_results(queryId=query["queryId"]))["status"] in ("Scheduled", "Running"):
            pass
        took, rows = time.perf_counter() - begun, answer["results"]
        assert answer["status"] == "Complete", answer

    calls = _calls(cloud, run)
    return f"{name:<28} {took:>6.2f} s   {calls}   {len(rows)} rows"


def _calls(cloud: RunningCloud, during: Any) -> str:
    """The median and the longest of small calls that are made while something else goes on."""
    client = cloud.client("sts")
    other = threading.Thread(target=during)
    taken = []
    other.start()
    while other.is_alive():
        begun = time.perf_counter()
        client.get_caller_identity()
        taken.append((time.perf_counter() - begun) * 1000)
    return f"small calls {statistics.median(taken):5.1f} ms, at most {max(taken):6.1f} ms"


if __name__ == "__main__":
    main()
