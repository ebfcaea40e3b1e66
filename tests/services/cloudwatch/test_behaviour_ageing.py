"""Growing old: data gets coarser with its age and is gone in the end, on the clock and on the disk."""

from __future__ import annotations

from cloudarium.gateway.rooms import schemas
from cloudarium.services.cloudwatch import ageing, ingest
from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.data import Datum
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from tests.services.cloudwatch.conftest import NOON

DAY = 86_400


def test_data_gets_coarser_and_goes(timed):
    timed.put(1, StorageResolution=1)
    timed.put(2, ago=1)
    begun = timed.now() - 1

    def sums(period):
        found = timed.watch.get_metric_statistics(
            Namespace="shop", MetricName="m", StartTime=begun - 599, EndTime=begun + 600, Period=period,
            Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        return sorted(each["Sum"] for each in found)

    seen = {"now": (sums(1), sums(3600))}
    for age, step in (("4 hours", 4 * 3600), ("16 days", 16 * DAY), ("64 days", 48 * DAY), ("456 days", 392 * DAY)):
        timed.cloud.clock_advance(step)
        seen[age] = (sums(1) if age == "4 hours" else sums(60), sums(300), sums(3600))
    assert seen == {
        "now": ([1.0, 2.0], [3.0]),  # a value of a minute counts at the minute's begin
        "4 hours": ([], [1.0, 2.0], [3.0]),
        "16 days": ([], [1.0, 2.0], [3.0]),
        "64 days": ([], [], [1.0, 2.0]),  # the start of the hour that is asked for is rounded down by now
        "456 days": ([], [], []),
    }
    assert timed.watch.list_metrics(Namespace="shop")["Metrics"] == []


def test_rows_become_fewer_and_none():
    store, scope = Store(None, schemas()), Scope("000000000000", "us-east-1")

    def rows():
        return store.one("SELECT count(*), coalesce(sum(count), 0) FROM cloudwatch_points")

    def grow(now):
        with store.transaction():
            while ageing.grow(store, now):
                pass
        return rows()

    with store.transaction():
        for second in range(0, 7200, 10):
            ingest.take(store, scope, "n", [Datum("m", (), "None", NOON + second, 1, samples.one(1.0))], NOON + second)
    assert rows() == (720, 720.0)
    assert grow(NOON + 6 * 3600) == (120, 720.0)
    assert grow(NOON + 16 * DAY) == (24, 720.0)
    assert grow(NOON + 64 * DAY) == (2, 720.0)
    assert grow(NOON + 456 * DAY) == (0, 0)
    assert ageing.following(store, NOON + 456 * DAY) is None  # no timer for nothing
    assert store.one("SELECT count(*) FROM cloudwatch_metrics") == (0,)
    store.close()
